"""What was sent: JSON by a program, or a form by a page that works without scripts."""

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from sora_studio.domain.errors import InvalidInput, TooLarge

BODY_MAX = 64 * 1024
"""Bytes; e-mail, password and name need far less."""

_FIELDS_MAX = 50
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Sent:
    """A small body, not yet checked."""

    is_form: bool
    raw: bytes

    def read(self, kind: type[Body]) -> Body:
        """Check the fields.

        Raises:
            RequestValidationError: They are not as they should be. Their values stay out of it.
        """
        try:
            if self.is_form:
                return kind.model_validate(self.fields())
            return kind.model_validate_json(self.raw)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=False)
            raise RequestValidationError(
                [{**detail, "loc": ("body", *detail["loc"])} for detail in details]
            ) from None

    def fields(self) -> dict[str, str]:
        """Return the fields of a form; JSON has none."""
        if not self.is_form:
            return {}
        try:
            text = self.raw.decode()
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX))
        except ValueError as error:
            message = "This form cannot be read."
            raise InvalidInput(message) from error


async def read_sent(request: Request) -> Sent:
    """Read the body.

    Raises:
        TooLarge: It has more than 64 KB.
        InvalidInput: It is neither JSON nor a plain form.
    """
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind not in {_FORM, _JSON}:
        message = f"Send {_JSON} or {_FORM}."
        raise InvalidInput(message, code="unsupported_content_type")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_MAX:
            message = f"This body has more than {BODY_MAX} bytes."
            raise TooLarge(message)
    return Sent(is_form=kind == _FORM, raw=bytes(raw))

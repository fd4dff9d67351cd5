"""One call of a tool: who makes it, with which arguments, and what their person has agreed to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError

from sora_studio.api.errors import wrong_field
from sora_studio.domain.account import Identity, KeyGrant
from sora_studio.domain.errors import InvalidInput

_Arguments = TypeVar("_Arguments", bound=BaseModel)


@dataclass(frozen=True)
class Confirmation:
    """A price that a person agreed to, once."""

    price_micros: int | None  # None: nobody knows it
    once: str  # makes the call that it is for recognisable, so that it spends once

    @classmethod
    def wanted(cls, price_micros: int | None) -> "Confirmation":
        """Ask for one."""
        return cls(price_micros, f"confirmed-{uuid4().hex}")

    def dump(self) -> str:
        """Write it down, to be sealed and sent along with the question."""
        return json.dumps([self.price_micros, self.once])

    @classmethod
    def load(cls, text: str) -> "Confirmation":
        """Read what was written down here, and came back with its seal."""
        price, once = json.loads(text)
        return cls(price, once)


@dataclass(frozen=True)
class Call:
    """Who calls a tool, and the price that their person has confirmed for this call."""

    identity: Identity
    confirmed: Confirmation | None = None

    @property
    def user_id(self) -> UUID:
        """Return for whom the tool works."""
        return self.identity.user_id

    @property
    def key(self) -> KeyGrant | None:
        """Return what the API key grants; once its person has agreed to a price, it need not ask."""
        key = self.identity.key
        return replace(key, confirm_above_micros=None) if key and self.confirmed else key

    @property
    def most_micros(self) -> int | None:
        """Return the price that was agreed to; None: any that the key may spend."""
        return self.confirmed.price_micros if self.confirmed else None

    def idempotency_key(self, given: str | None) -> str | None:
        """Return by what this call is recognised when it comes again: agreed to once, it is made once."""
        return self.confirmed.once if given is None and self.confirmed else given


def read_arguments(kind: type[_Arguments], given: Mapping[str, Any]) -> _Arguments:
    """Read a tool's arguments.

    Raises:
        InvalidInput: One is missing, of the wrong type or unknown. Its value is not repeated.
    """
    names = [field.alias or name for name, field in kind.model_fields.items()]
    if unknown := given.keys() - set(names):
        message = f"There is no argument {min(unknown)[:80]!r}. There are: {', '.join(names)}."
        raise InvalidInput(message)
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        message, param = wrong_field(first["loc"], first["msg"])
        raise InvalidInput(message, param) from None

"""The fields of the composer's form, and the wish that they make."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.ids import parse_character_id
from sora_studio.domain.inputs import SOURCES, GivenInput, Role
from sora_studio.domain.video import VideoWish
from sora_studio.ui.form_data import text
from sora_studio.ui.libraries import parse_library
from sora_studio.ui.pages.create.model_options import chosen_size

CAST = "character."
"""What the fields of chosen characters begin with; the rest is the public id."""

OPTION = "option."
"""What the fields of a model's own options begin with; the rest is the field's name."""

_MOST_INPUTS = 100


def read(data: Mapping[str, Any]) -> VideoWish:
    """Read the wish; nothing of it is left to be chosen for the person.

    Raises:
        InvalidInput: The form was not complete, or an attached file is none.
        NotFound: A character's id is none.
    """
    inputs = _inputs(text(data, "inputs"))
    roles = {each.role for each in inputs}
    chosen = {name: text(data, name) for name in ("model", "seconds")}
    chosen["size"] = chosen_size(text(data, "shape"), text(data, "size"))
    if roles & SOURCES:  # its size is the film's
        del chosen["size"]
    if Role.EDIT in roles:  # so is its length
        del chosen["seconds"]
    try:
        project_id = parse_library(text(data, "library"))
    except ValueError:
        chosen["library"] = ""
        project_id = None
    if not all(chosen.values()):
        message = "The form was not complete yet, so nothing was sent. Press Create again."
        raise InvalidInput(message, "model")
    provider, _, model = chosen["model"].partition("/")
    return VideoWish(
        prompt=text(data, "prompt"),
        provider=provider,
        model=model,
        size=chosen.get("size"),
        project_id=project_id,
        seconds=chosen.get("seconds"),
        inputs=inputs,
        options={
            name.removeprefix(OPTION): value
            for name in data
            if name.startswith(OPTION) and (value := text(data, name).strip())
        },
        characters=tuple(
            parse_character_id(name.removeprefix(CAST)) for name in data if name.startswith(CAST)
        ),
    )


def _inputs(written: str) -> tuple[GivenInput, ...]:
    """Read the attached files, `[[role, id], …]`.

    Raises:
        InvalidInput: They are none.
    """
    try:
        listed = json.loads(written or "[]")
        return tuple(GivenInput(Role(role), upload_id=UUID(file)) for role, file in listed[:_MOST_INPUTS])
    except (ValueError, TypeError, AttributeError, RecursionError):
        message = "A file is not in the studio. Add it again."
        raise InvalidInput(message, "inputs") from None

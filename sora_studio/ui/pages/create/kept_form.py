"""What the composer's form holds beside its text, as the browser keeps it: it outlives this process.

A tab keeps several: one for each person who used it, and for each earlier wish that is being edited.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sora_studio.domain.inputs import Role
from sora_studio.ui.pages.create.attached import Attached

_MOST = 12  # forms in one tab
_LONGEST = 60_000  # characters; they come from a browser


@dataclass(frozen=True)
class KeptForm:
    """The form of one person, filled for one purpose."""

    owner: str  # hexadecimal: nobody else's form is filled with it
    edited: str = ""  # the public id of the video whose wish it was filled with
    choice: tuple[str, str, str] = ("", "", "")  # `provider/model`, size, seconds
    inputs: tuple[Attached, ...] = ()  # the uploaded files
    characters: tuple[str, ...] = ()  # public ids
    options: tuple[tuple[str, str], ...] = ()  # what was set of models' own fields, by their names


def read(text: str, owner_id: UUID, edited: str) -> KeptForm | None:
    """Return a person's form for a purpose out of what a browser has kept; None when it has none."""
    return next((form for form in _forms(text) if (form.owner, form.edited) == (owner_id.hex, edited)), None)


def write(text: str, form: KeptForm) -> str:
    """Return what a browser is to keep from now on: a form in the place of the one before, and the others."""
    kept = [each for each in _forms(text) if (each.owner, each.edited) != (form.owner, form.edited)]
    return json.dumps([asdict(each) for each in [form, *kept][:_MOST]])


def _forms(text: str) -> list[KeptForm]:
    """Read all of them, the latest first; nonsense is none."""
    try:
        return [_form(each) for each in json.loads(text)] if len(text) <= _LONGEST else []
    except (ValueError, TypeError, KeyError):
        return []


def _form(kept: dict[str, Any]) -> KeptForm:
    """Read one.

    Raises:
        ValueError: It is none; or TypeError or KeyError.
    """
    model, size, seconds = map(str, kept["choice"])
    inputs = tuple(_attached(each) for each in kept.get("inputs", ()))
    characters = tuple(map(str, kept["characters"]))
    options = tuple((str(name), str(value)) for name, value in kept.get("options", ()))
    choice = (model, size, seconds)
    return KeptForm(str(kept["owner"]), str(kept["edited"]), choice, inputs, characters, options)


def _attached(kept: dict[str, Any]) -> Attached:
    return Attached(
        str(kept["id"]),
        Role(kept["role"]),
        str(kept["content_type"]),
        int(kept["width"]),
        int(kept["height"]),
        float(kept["seconds"]),
    )

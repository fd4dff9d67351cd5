"""The fields that models have beside prompt, size and length: what people may set, and how it is checked."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.text import check_storable

Option = str | int | float | bool
"""One value that a person has set."""

Options = Mapping[str, Option]
"""What a person has set of a model's own fields, by name."""


class FieldType(StrEnum):
    """What a field holds."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True)
class CardField:
    """One field of a model card."""

    name: str
    type: FieldType
    label: str
    minimum: float | None = None
    maximum: float | None = None  # of a text: characters
    default: Option | None = None  # what the model does when nothing is said; None: its own affair
    choices: tuple[str, ...] = ()
    help: str = ""
    sent_as: Mapping[str, str] = field(default_factory=dict[str, str])  # by kind of server

    def name_at(self, kind: str) -> str:
        """Return the name under which a kind of server takes it, empty when it takes none of it.

        A dot stands for an object within the request: `metadata.seed`.
        """
        return self.sent_as.get(kind, "")

    @property
    def wanted(self) -> str:
        """Say what may be set: `a whole number from 1 to 200`."""
        match self.type:
            case FieldType.TEXT:
                return f"a text of at most {self.maximum:,.0f} characters" if self.maximum else "a text"
            case FieldType.BOOLEAN:
                return "true or false"
            case FieldType.CHOICE:
                return f"one of {', '.join(self.choices)}"
            case _:
                return f"a {'whole ' * (self.type is FieldType.INTEGER)}number{self._range}"

    def read(self, value: object) -> Option:
        """Check a value; numbers and truth may come as text, as a form has nothing else.

        Raises:
            InvalidInput: It is of another type, or out of range; `param` is the field's name.
        """
        read = _READERS[self.type](value)
        if read is None or not self._takes(read):
            message = f"{self.name} must be {self.wanted}."
            raise InvalidInput(message, self.name)
        if isinstance(read, str):
            check_storable(read, self.name)
        return read

    def _takes(self, value: Option) -> bool:
        if self.type is FieldType.CHOICE:
            return value in self.choices
        measured = len(value) if isinstance(value, str) else value
        if self.minimum is not None and measured < self.minimum:
            return False
        return self.maximum is None or measured <= self.maximum

    @property
    def _range(self) -> str:
        if self.minimum is None and self.maximum is None:
            return ""
        if self.maximum is None:
            return f" of at least {_written(self.minimum)}"
        return f" from {_written(self.minimum or 0)} to {_written(self.maximum)}"


def check_options(fields: Sequence[CardField], given: Mapping[str, object], model: str) -> Options:
    """Check what a person has set; what is empty counts as not set.

    Args:
        fields: What the model's server takes.
        given: By the fields' names.
        model: Its id, for the message.

    Raises:
        InvalidInput: There is no such field, or it does not take this value; `param` is the field's name.
    """
    known = {each.name: each for each in fields}
    for name in given:
        if name not in known:
            offered = f"It takes {', '.join(known)}." if known else "It takes no options here."
            message = f"{model} has no option {name[:80]!r}. {offered}"
            raise InvalidInput(message, name[:80], "unknown_parameter")
    return {name: known[name].read(given[name]) for name in sorted(given) if given[name] not in (None, "")}


def _integer(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value):
        return int(value)
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
    return cast("int", value) if whole else None


def _number(value: object) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= _LARGEST else None


def _truth(value: object) -> bool | None:
    match value:
        case bool():
            return value
        case "true" | "on":
            return True
        case "false":
            return False
        case _:
            return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _written(number: float | None) -> str:
    """Write a bound without an exponent."""
    return f"{number:.0f}" if number == int(number or 0) else f"{number:g}"


_LARGEST = 1e12  # no field of any model is larger, and PostgreSQL stores no infinity in JSON
_READERS: Mapping[FieldType, Callable[[object], Option | None]] = {
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _truth,
    FieldType.CHOICE: _text,
    FieldType.TEXT: _text,
}

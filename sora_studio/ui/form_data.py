"""What a submitted form carries: Reflex hands it to a handler as a dictionary of anything."""

from collections.abc import Mapping
from typing import Any


def text(data: Mapping[str, Any], name: str) -> str:
    """Return a field; empty when it is missing or no text."""
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def micros(value: str) -> int | None:
    """Read a price as forms send it back, in micro-dollars; None when it was not known."""
    return int(value) if value.isascii() and value.isdecimal() else None

"""Text that can be stored, and numbers that are written as text."""

import re

from sora_studio.domain.errors import InvalidInput


def check_storable(text: str, param: str) -> None:
    """Refuse a NUL and half of a character (a lone surrogate), as PostgreSQL stores neither.

    Raises:
        InvalidInput: It has.
    """
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        message = "There is a character in it that cannot be stored."
        raise InvalidInput(message, param)


def whole_number(text: str, *, most: int) -> int:
    """Read 1, 2, 3 and so on, up to `most`; anything else is 0, such as zeros before a number."""
    number = int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else 0
    return number if number <= most else 0

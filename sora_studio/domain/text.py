"""Text that can be stored."""

from sora_studio.domain.errors import InvalidInput


def check_storable(text: str, param: str) -> None:
    """Refuse a NUL and half of a character (a lone surrogate), as PostgreSQL stores neither.

    Raises:
        InvalidInput: It has.
    """
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        message = "There is a character in it that cannot be stored."
        raise InvalidInput(message, param)

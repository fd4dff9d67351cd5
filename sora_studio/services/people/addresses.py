"""One spelling for each e-mail address, as accounts are known by it."""

import re
import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from sora_studio.domain.account import EMAIL_MAX
from sora_studio.domain.errors import InvalidInput

SPECIAL_USE_DOMAIN_NAMES.clear()  # a studio in a network of its own has people with addresses in .local

_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that nobody sees, and the library lets pass; it refuses white space and format signs."""


def clean_email(text: str) -> str:
    """Return an address as it is stored: trimmed, NFC, lower case, its domain in Unicode (IDNA 2008, UTS 46).

    Raises:
        InvalidInput: It is no bare e-mail address, or has signs in it that nobody sees.
    """
    typed = unicodedata.normalize("NFC", text).strip()
    if len(typed) > EMAIL_MAX or _HIDDEN.search(typed):
        raise _no_address()
    try:
        return validate_email(typed, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise _no_address() from error


def spellings(text: str) -> tuple[str, ...]:
    """Return how an account may have a typed address: to the letter, and in its one spelling if it has one.

    Accounts from before a rule keep an address that no longer passes it; they are found by it to the letter.
    """
    letter = unicodedata.normalize("NFC", text).strip().lower()[:EMAIL_MAX]
    try:
        return letter, clean_email(text)
    except InvalidInput:
        return (letter,)


def _no_address() -> InvalidInput:
    return InvalidInput("That does not look like an e-mail address.", "email", "invalid_email")

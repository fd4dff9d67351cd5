"""The second factor of an account: codes from an authenticator (RFC 6238), and recovery codes."""

from dataclasses import dataclass, field
from datetime import datetime

RECOVERY_CODES = 10
"""How many a person gets; each works once."""

STEP = 30
"""Seconds for which an authenticator shows a code; those before and after count, as clocks differ."""

_DIGITS = 6  # of a code, in every authenticator
_AS_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True)
class TwoFactorView:
    """What a person may know of their second factor."""

    enabled_at: datetime | None  # None: there is none
    recovery_codes_left: int
    required: bool  # of everybody, by the studio's settings


@dataclass(frozen=True)
class NewSecret:
    """What an authenticator is set up with; shown until its first code was given."""

    secret: str = field(repr=False)  # base32
    uri: str = field(repr=False)  # otpauth://, for a QR code


def is_one_time_code(text: str) -> bool:
    """Tell whether a text is spelled as the code of an authenticator."""
    bare = bare_code(text)
    return len(bare) == _DIGITS and bare.isascii() and bare.isdigit()


def bare_code(text: str) -> str:
    """Return a code as it is compared: without spaces and hyphens, letters as the studio writes them."""
    return "".join(char for char in text.upper().translate(_AS_TYPED) if char.isalnum())

"""Passwords: how they are kept, and which are refused."""

import asyncio
import base64
import hashlib
import hmac
import unicodedata

import bcrypt

from sora_studio.domain.account import PASSWORD_MAX, PASSWORD_MIN
from sora_studio.domain.errors import InvalidInput
from sora_studio.services.people.guesses import is_guessable

COST = 12
"""bcrypt's work factor: some 200 ms."""

_CONTEXT = b"sora-studio password 1"
"""Keys the pre-hash, so that hashes stolen elsewhere ("password shucking") do not fit.

It is a constant and no secret: were it the signing key, changing that key would lock everybody out.
"""


class Passwords:
    """Hashes and compares without holding up the event loop; `Turns` bounds how many at once."""

    def __init__(self, cost: int = COST) -> None:
        """Choose the work factor; tests take a low one."""
        self._cost = cost

    async def hash(self, password: str) -> str:
        """Return what to store for a password."""
        return await asyncio.to_thread(self._hash, password)

    async def match(self, password: str, stored: str | None) -> bool:
        """Tell whether a password fits; an account that does not exist (None) takes as long to refuse."""
        against = (stored or self._nobodys()).encode()
        fits = await asyncio.to_thread(bcrypt.checkpw, _digest(password), against)
        return fits and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with another work factor than today's."""
        return not stored.startswith(self._prefix())

    def _prefix(self) -> str:
        return f"$2b${self._cost:02}$"

    def _nobodys(self) -> str:
        """Return a hash of no password that costs as much to compare with as any."""
        return self._prefix() + "." * 53

    def _hash(self, password: str) -> str:
        return bcrypt.hashpw(_digest(password), bcrypt.gensalt(self._cost)).decode()


def check_length(password: str) -> None:
    """Refuse a new password that is too short or too long; nothing else is asked of its composition.

    NIST SP 800-63B-4 §3.1.1.2.

    Raises:
        InvalidInput: With the code `weak_password`.
    """
    length = len(unicodedata.normalize("NFC", password))
    if not PASSWORD_MIN <= length <= PASSWORD_MAX:
        message = f"A password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters; a sentence works well."
        raise InvalidInput(message, "password", "weak_password")


def check_guessable(password: str, *about: str) -> None:
    """Refuse a new password that is among the first that anybody would guess; takes up to 0.2 seconds.

    Args:
        password: What the person chose.
        about: What is known of the person: e-mail address, name.

    Raises:
        InvalidInput: With the code `common_password`.
    """
    if is_guessable(password, about):
        message = "This password is among the first that attackers try; choose another."
        raise InvalidInput(message, "password", "common_password")


def _digest(password: str) -> bytes:
    """Bring a password of any length and script to 64 bytes: bcrypt takes 72 and stops at a NUL."""
    text = unicodedata.normalize("NFC", password).encode()
    return base64.b64encode(hmac.digest(_CONTEXT, text, hashlib.sha384))

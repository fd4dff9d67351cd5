"""Passwords: how they are kept, and which are refused."""

import asyncio
import base64
import hashlib
import hmac
import re
import unicodedata

import bcrypt
from zxcvbn import zxcvbn

from sora_studio.domain.account import PASSWORD_MAX, PASSWORD_MIN
from sora_studio.domain.errors import InvalidInput

COST = 12
"""bcrypt's work factor: some 200 ms."""

THREADS = 2
"""So many passwords are hashed at once: whatever the rush at the door, the other cores serve."""

_CONTEXT = b"sora-studio password 1"
"""Keys the pre-hash, so that hashes stolen elsewhere ("password shucking") do not fit.

It is a constant and no secret: were it the signing key, changing that key would lock everybody out.
"""

_OFTEN_GUESSED = 10**6  # among so many first guesses of a cracking program
_LONG = 32  # longer ones stand on no list
_SHORTEST_WORD = 3
_SITE = ("sorastudio", "sora", "studio")


class Passwords:
    """Hashes and compares without holding up the event loop."""

    def __init__(self, cost: int = COST) -> None:
        """Choose the work factor; tests take a low one."""
        self._cost = cost
        self._turns = asyncio.Semaphore(THREADS)

    async def hash(self, password: str) -> str:
        """Return what to store for a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hash, password)

    async def match(self, password: str, stored: str | None) -> bool:
        """Tell whether a password fits; an account that does not exist (None) takes as long to refuse."""
        async with self._turns:
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


def check_new(password: str, *about: str) -> None:
    """Refuse a new password that is too short, too long, or among the first that anybody would guess.

    Nothing is asked of its composition (NIST SP 800-63B-4 §3.1.1.2).

    Args:
        password: What the person chose.
        about: What is known of the person: e-mail address, name.

    Raises:
        InvalidInput: With the code `weak_password` or `common_password`.
    """
    length = len(unicodedata.normalize("NFC", password))
    if not PASSWORD_MIN <= length <= PASSWORD_MAX:
        message = f"A password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters; a sentence works well."
        raise InvalidInput(message, "password", "weak_password")
    if length <= _LONG and password.isascii() and _guesses(password, about) < _OFTEN_GUESSED:
        message = "This password is among the first that attackers try; choose another."
        raise InvalidInput(message, "password", "common_password")


def _digest(password: str) -> bytes:
    """Bring a password of any length and script to 64 bytes: bcrypt takes 72 and stops at a NUL."""
    text = unicodedata.normalize("NFC", password).encode()
    return base64.b64encode(hmac.digest(_CONTEXT, text, hashlib.sha384))


def _guesses(password: str, about: tuple[str, ...]) -> float:
    """Estimate how many guesses it takes: from word lists, names, keyboard rows, repeats, dates."""
    words = {*_SITE, *about}
    for text in about:
        parts = [part for part in re.split(r"[\W_]+", text) if len(part) >= _SHORTEST_WORD]
        words.update(parts, ["".join(parts)])
    return float(zxcvbn(password, user_inputs=sorted(words))["guesses"])

"""What the studio has to read again and nobody else may: encrypted by keys that its secret key derives.

Fernet is AES in CBC mode with an HMAC over all of it, and the time in it. It knows no further data to be
authenticated, so each purpose has a key of its own: what was sealed for one account opens for no other.
"""

import base64
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sora_studio.domain.ports import Clock

_LABEL = b"sora-studio vault 1 "
_KEY_BYTES = 32


FOR_LOG_OUT = "ID token of a session"
"""For what a session keeps of its beginning at an OpenID provider."""


@dataclass(frozen=True)
class Vault:
    """Seals and unseals texts."""

    _keys: tuple[bytes, ...]
    _clock: Clock

    @classmethod
    def locked_with(cls, secret_key: bytes, clock: Clock) -> "Vault":
        """Prepare it.

        Args:
            secret_key: Several with commas while one replaces the other: the first seals.
            clock: By which what was sealed grows old.
        """
        return cls(tuple(key.strip() for key in secret_key.split(b",")), clock)

    def seal(self, text: str, purpose: str) -> str:
        """Encrypt a text for a purpose."""
        return self._cipher(purpose).encrypt_at_time(text.encode(), self._now()).decode()

    def unseal(self, sealed: str, purpose: str, *, seconds: int | None = None) -> str | None:
        """Return what was sealed.

        Args:
            sealed: What `seal` returned.
            purpose: For which it was sealed.
            seconds: How old it may be; None: as old as it likes.

        Returns:
            The text; None: it was sealed for something else, by another key or too long ago, or was changed.
        """
        cipher = self._cipher(purpose)
        try:
            if seconds is None:
                return cipher.decrypt(sealed.encode()).decode()
            return cipher.decrypt_at_time(sealed.encode(), seconds, self._now()).decode()
        except InvalidToken:
            return None

    def _cipher(self, purpose: str) -> MultiFernet:
        return MultiFernet([Fernet(_derived(key, purpose)) for key in self._keys])

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _derived(key: bytes, purpose: str) -> bytes:
    info = _LABEL + purpose.encode()
    return base64.urlsafe_b64encode(HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(key))

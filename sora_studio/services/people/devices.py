"""Browsers that have logged in before: strangers' wrong guesses do not slow them down.

The proof is a cookie for each account, signed by us. It opens nothing; it only has its own count of attempts.
"""

import hmac
from dataclasses import dataclass
from uuid import UUID

from sora_studio.services.people.cookies import HOST_PREFIX, cookies_in

_NAME = "sora_device_"
_PURPOSE = b"sora-studio device cookies 1"


@dataclass(frozen=True)
class Devices:
    """Signs and verifies with a key of its own, derived from the studio's secret key."""

    _key: bytes

    @classmethod
    def signed_with(cls, secret_key: bytes) -> "Devices":
        """Derive the key."""
        return cls(hmac.digest(secret_key, _PURPOSE, "sha256"))

    def issue(self, user_id: UUID, device: str) -> str:
        """Write the token by which a browser is known to an account.

        Args:
            user_id: The account.
            device: The browser's name, 32 hex digits.
        """
        return f"{device}.{self._sign(user_id, device)}"

    def find(self, cookies: str, user_id: UUID) -> str | None:
        """Return the name of the browser that sends a Cookie header, if it has logged in to the account."""
        sent, name = cookies_in(cookies), device_cookie(user_id)
        token = sent.get(HOST_PREFIX + name) or sent.get(name) or ""
        device, _, signature = token.partition(".")
        fits = hmac.compare_digest(signature.encode(), self._sign(user_id, device).encode())
        return device if fits else None

    def _sign(self, user_id: UUID, device: str) -> str:
        return hmac.new(self._key, f"{user_id.hex}.{device}".encode(), "sha256").hexdigest()


def device_cookie(user_id: UUID) -> str:
    """Return the name of an account's cookie; several people may use one browser."""
    return _NAME + user_id.hex[:12]

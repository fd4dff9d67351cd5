"""Session tokens: signed by us, read by us, carried in a cookie or as a bearer."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from sora_studio.domain.account import Identity
from sora_studio.domain.errors import NotSignedIn
from sora_studio.services.people.cookies import HOST_PREFIX, cookies_in

COOKIE = "sora_session"
HOST_COOKIE = HOST_PREFIX + COOKIE
"""Its name on https."""

_ALGORITHM = "HS256"
_HEADER = {"alg": _ALGORITHM, "typ": "session+jwt"}  # explicit typing, RFC 8725 §3.11
_PARTY = "sora-studio"  # we are the issuer and the audience
_CLAIMS = ["iss", "aud", "sub", "sid", "iat", "exp"]
_LEEWAY = timedelta(seconds=30)
_PURPOSE = b"sora-studio session tokens 1"


@dataclass(frozen=True)
class Tokens:
    """Signs and verifies with keys of its own, derived from the studio's secret key and the one before it."""

    _keys: tuple[bytes, ...]

    @classmethod
    def signed_with(cls, secret_key: bytes) -> "Tokens":
        """Derive the keys, so that nothing else signed with the secret key can pass for a session.

        Args:
            secret_key: Several with commas while one replaces the other: the first signs.
        """
        keys = (key.strip() for key in secret_key.split(b","))
        return cls(tuple(hmac.digest(key, _PURPOSE, "sha256") for key in keys))

    def issue(self, identity: Identity, issued_at: datetime, expires_at: datetime) -> str:
        """Write a token for a session."""
        claims = {
            "iss": _PARTY,
            "aud": _PARTY,
            "sub": identity.user_id.hex,
            "sid": identity.session_id.hex,
            "iat": issued_at,
            "exp": expires_at,
        }
        return jwt.encode(claims, self._keys[0], algorithm=_ALGORITHM, headers=_HEADER)

    def read(self, token: str) -> Identity:
        """Return whose token it is; whether the session still stands is the database's to say.

        Raises:
            NotSignedIn: It is not one of ours, or out of date.
        """
        try:
            decoded = self._decode(token)
            return _identity(decoded["header"], decoded["payload"])
        except (jwt.PyJWTError, ValueError) as error:
            raise no_session() from error

    def _decode(self, token: str) -> dict[str, Any]:
        for key in self._keys:
            try:
                return jwt.decode_complete(
                    token,
                    key,
                    algorithms=[_ALGORITHM],
                    issuer=_PARTY,
                    audience=_PARTY,
                    leeway=_LEEWAY,
                    options={"require": _CLAIMS, "strict_aud": True},
                )
            except jwt.InvalidSignatureError:
                if key == self._keys[-1]:
                    raise
        raise jwt.InvalidSignatureError


def no_session() -> NotSignedIn:
    """Make the one answer to every token that opens nothing."""
    return NotSignedIn("Your session has ended. Please log in again.")


def token_in_cookies(header: str) -> str | None:
    """Find the session token in a Cookie header; on https the prefixed name wins."""
    cookies = cookies_in(header)
    return cookies.get(HOST_COOKIE) or cookies.get(COOKIE) or None


def _identity(header: dict[str, Any], claims: dict[str, Any]) -> Identity:
    """Read the claims, letting nothing through that `issue` does not write.

    Raises:
        ValueError: Another header (`kid`, `jwk`, another type), or an id in another form.
    """
    if header != _HEADER:
        message = "not the header of a session token"
        raise ValueError(message)
    return Identity(user_id=_id(claims["sub"]), session_id=_id(claims["sid"]))


def _id(text: object) -> UUID:
    found = UUID(hex=text) if isinstance(text, str) else None
    if found is None or found.hex != text:
        message = "not an id in our form"
        raise ValueError(message)
    return found

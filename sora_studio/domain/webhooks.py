"""Standard Webhooks: who sent a delivery, and which job it is about; and how ours are signed. Pure.

A delivery is a hint and nothing more: whatever it says, the provider is asked.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sora_studio.domain.errors import InvalidInput, NotAllowed

TOLERANCE = timedelta(minutes=5)
BODY_MAX = 64 * 1024  # bytes; the standard advises 20 KB

_PREFIX = "whsec_"
_VERSION = "v1"
_ID_MAX = 255
_SECRET_BYTES = 32
_REMOTE_ID_MAX = 1024


@dataclass(frozen=True)
class Delivery:
    """What came: the three headers and the raw body."""

    id: str
    timestamp: str
    signatures: str  # one or several, with spaces between
    body: bytes


def key_of(secret: str) -> bytes:
    """Return the signing key of a `whsec_…` secret.

    Raises:
        ValueError: It is not base64 after the prefix.
    """
    return base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)


def new_secret() -> str:
    """Make a secret for an endpoint of somebody else's: 256 bits."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(message_id: str, body: bytes, keys: Iterable[str], now: datetime) -> dict[str, str]:
    """Return the headers of a message, signed with each of its endpoint's secrets."""
    stamp = str(int(now.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    digests = [hmac.digest(key_of(key), signed, "sha256") for key in keys]
    signatures = " ".join(f"{_VERSION},{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signatures}


def check(delivery: Delivery, keys: Iterable[bytes], now: datetime) -> None:
    """Make sure that a holder of one of the keys signed this, within five minutes of now.

    Raises:
        NotAllowed: Nobody did, or too long ago, or in the future.
    """
    if not (0 < len(delivery.id) <= _ID_MAX and _is_near(delivery.timestamp, now)):
        message = "The delivery has no id, or its timestamp is too far from the current time."
        raise NotAllowed(message)
    signed = f"{delivery.id}.{delivery.timestamp}.".encode() + delivery.body
    expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    given = [_decode(signature) for signature in delivery.signatures.split()[:16]]
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in given):
        message = "No signature of this delivery matches."
        raise NotAllowed(message)


def remote_id_of(body: bytes) -> str | None:
    """Return the remote id that a `video.…` event is about; None for events of other kinds.

    Raises:
        InvalidInput: The body is not a JSON object.
    """
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "The body is not JSON."
        raise InvalidInput(message, code="invalid_json") from error
    if not isinstance(event, dict):
        message = "The body is not a JSON object."
        raise InvalidInput(message, code="invalid_json")
    match cast("dict[str, object]", event):
        case {"type": str(kind), "data": {"id": str(remote_id)}} if kind.startswith("video."):
            return remote_id if 0 < len(remote_id) <= _REMOTE_ID_MAX and remote_id.isprintable() else None
        case _:
            return None


def _is_near(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):  # noqa: PLR2004 - digits
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


def _decode(signature: str) -> bytes:
    version, _, digest = signature.partition(",")
    if version != _VERSION:
        return b""
    try:
        return base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        return b""

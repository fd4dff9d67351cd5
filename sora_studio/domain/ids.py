"""Ids: UUID inside the studio, `video_` and 32 hex digits outside."""

from uuid import UUID, uuid4

from sora_studio.domain.errors import NotFound

_PREFIX = "video_"
_DIGITS = 32


def new_id() -> UUID:
    """Make an unguessable id (122 random bits)."""
    return uuid4()


def public_id(video_id: UUID) -> str:
    """Write a video's id as URLs and the API show it."""
    return f"{_PREFIX}{video_id.hex}"


def parse_public_id(text: str) -> UUID:
    """Read a video's id back.

    Raises:
        NotFound: It cannot be the id of any video, so no such video exists.
    """
    digits = text.removeprefix(_PREFIX)
    if text.startswith(_PREFIX) and len(digits) == _DIGITS and set(digits) <= set("0123456789abcdef"):
        return UUID(hex=digits)
    message = "There is no such video."
    raise NotFound(message)

"""Ids: UUID inside the studio; outside a word such as `video_` or `key_`, and 32 hex digits."""

from uuid import UUID, uuid4

from sora_studio.domain.errors import NotFound

_VIDEO, _CHARACTER, _SESSION, _KEY = "video_", "char_", "session_", "key_"
_ENDPOINT, _MESSAGE, _BUDGET = "we_", "msg_", "budget_"
_DIGITS = 32


def new_id() -> UUID:
    """Make an unguessable id (122 random bits)."""
    return uuid4()


def public_id(video_id: UUID) -> str:
    """Write a video's id as URLs and the API show it."""
    return f"{_VIDEO}{video_id.hex}"


def parse_public_id(text: str) -> UUID:
    """Read a video's id back.

    Raises:
        NotFound: It cannot be the id of any video, so no such video exists.
    """
    return _parse(text, _VIDEO, "There is no such video.")


def public_character_id(character_id: UUID) -> str:
    """Write a character's id as the API shows it."""
    return f"{_CHARACTER}{character_id.hex}"


def parse_character_id(text: str) -> UUID:
    """Read a character's id back.

    Raises:
        NotFound: It cannot be the id of any character, so no such character exists.
    """
    return _parse(text, _CHARACTER, "There is no such character.")


def public_session_id(session_id: UUID) -> str:
    """Write a session's id as the API shows it; it opens nothing, its token does."""
    return f"{_SESSION}{session_id.hex}"


def parse_session_id(text: str) -> UUID:
    """Read a session's id back.

    Raises:
        NotFound: It cannot be the id of any session, so no such session exists.
    """
    return _parse(text, _SESSION, "There is no such session.")


def public_key_id(key_id: UUID) -> str:
    """Write an API key's id as the API shows it; it opens nothing, the key does."""
    return f"{_KEY}{key_id.hex}"


def parse_key_id(text: str) -> UUID:
    """Read an API key's id back.

    Raises:
        NotFound: It cannot be the id of any key, so no such key exists.
    """
    return _parse(text, _KEY, "There is no such key.")


def parse_user_id(text: str) -> UUID:
    """Read an account's id back, with its hyphens or without.

    Raises:
        NotFound: It cannot be the id of any account.
    """
    return _parse(text.replace("-", ""), "", "There is no such account.")


def parse_invitation_id(text: str) -> UUID:
    """Read an invitation's id back; it lets nobody in, its token does.

    Raises:
        NotFound: It cannot be the id of any invitation.
    """
    return _parse(text, "", "There is no such invitation.")


def parse_audit_id(text: str) -> UUID:
    """Read the id of a line of the trail back.

    Raises:
        NotFound: It cannot be the id of any line.
    """
    return _parse(text, "", "There is no such line.")


def public_endpoint_id(endpoint_id: UUID) -> str:
    """Write a webhook endpoint's id as the API shows it."""
    return f"{_ENDPOINT}{endpoint_id.hex}"


def parse_endpoint_id(text: str) -> UUID:
    """Read a webhook endpoint's id back.

    Raises:
        NotFound: It cannot be the id of any endpoint, so no such endpoint exists.
    """
    return _parse(text, _ENDPOINT, "There is no such webhook endpoint.")


def public_message_id(message_id: UUID) -> str:
    """Write a webhook message's id as endpoints and the API see it."""
    return f"{_MESSAGE}{message_id.hex}"


def parse_message_id(text: str) -> UUID:
    """Read a webhook message's id back.

    Raises:
        NotFound: It cannot be the id of any message, so no such message exists.
    """
    return _parse(text, _MESSAGE, "There is no such message.")


def public_budget_id(budget_id: UUID) -> str:
    """Write a budget's id as the API shows it."""
    return f"{_BUDGET}{budget_id.hex}"


def parse_budget_id(text: str) -> UUID:
    """Read a budget's id back.

    Raises:
        NotFound: It cannot be the id of any budget, so no such budget exists.
    """
    return _parse(text, _BUDGET, "There is no such budget.")


def _parse(text: str, prefix: str, missing: str) -> UUID:
    digits = text.removeprefix(prefix)
    if text.startswith(prefix) and len(digits) == _DIGITS and set(digits) <= set("0123456789abcdef"):
        return UUID(hex=digits)
    raise NotFound(missing)

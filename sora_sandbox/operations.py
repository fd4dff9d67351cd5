"""The operations of the Videos API, and which of them a request is."""

import re

OPERATIONS = {
    "create": ("POST", r""),
    "edit": ("POST", r"/edits"),
    "extend": ("POST", r"/extensions"),
    "character": ("POST", r"/characters"),
    "remix": ("POST", r"/.+/remix"),
    "list": ("GET", r""),
    "retrieve_character": ("GET", r"/characters/.+"),
    "content": ("GET", r"/.+/content"),
    "retrieve": ("GET", r"/.+"),
    "delete": ("DELETE", r"/.+"),
}
"""Method and path below /v1/videos by operation; the first match counts."""

CREATING = ("create", "remix", "edit", "extend")
"""The operations that make a job, and cost money at a real provider."""


def operation_of(method: str, path: str) -> str | None:
    """Return the operation that a request is; None if it is not about videos."""
    below = path.rstrip("/").removeprefix("/v1/videos")
    if below == path.rstrip("/"):
        return None
    matching = (
        name for name, (verb, rest) in OPERATIONS.items() if verb == method and re.fullmatch(rest, below)
    )
    return next(matching, None)

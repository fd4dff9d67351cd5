"""Which operation of the Videos API a request asks for."""

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
"""Method and path below /v1/videos by operation; the first that fits is meant."""

CREATING = ("create", "remix", "edit", "extend")
"""The operations that make a job, and cost money at a real provider."""


def operation_of(method: str, path: str) -> str | None:
    """Return the operation, None for anything that is not about videos."""
    below = path.rstrip("/").removeprefix("/v1/videos")
    if below == path.rstrip("/"):
        return None
    fitting = (
        name for name, (verb, rest) in OPERATIONS.items() if verb == method and re.fullmatch(rest, below)
    )
    return next(fitting, None)

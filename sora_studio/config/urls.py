"""Checking addresses."""

from urllib.parse import SplitResult, urlsplit


def http_url(url: str) -> str:
    """Check that a URL can be called; the slash at its end is dropped."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_a_port(parts):
        message = "must be a URL such as https://example.net/v1"
        raise ValueError(message)
    return url.rstrip("/")


def _has_a_port(parts: SplitResult) -> bool:
    """Tell whether the port, if one is named, can be one."""
    try:
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False

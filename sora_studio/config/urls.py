"""Checking addresses."""

from urllib.parse import urlsplit


def http_url(url: str) -> str:
    """Check that a URL can be called; the slash at its end is dropped."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "must be a URL such as https://example.net/v1"
        raise ValueError(message)
    return url.rstrip("/")

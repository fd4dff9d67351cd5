"""Reading a Cookie header."""

HOST_PREFIX = "__Host-"
"""Before a name on https: then no other host and no http page can set it (RFC 6265bis §4.1.3)."""


def cookies_in(header: str) -> dict[str, str]:
    """Return the cookies of a header; of several with one name, the one with the most specific path."""
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        cookies.setdefault(name, value)
    return cookies

"""Where to go next, without an open redirect: only to a page of ours, whatever the address says."""

from urllib.parse import urlsplit

_HOME = "/"


def safe_redirect(text: str) -> str:
    r"""Return a path on this site as it is, and the home page instead of everything else.

    Browsers read `//host`, `/\host` and, after dropping tabs and line ends, `/\t/host` as other sites.
    """
    safe = text.startswith("/") and text[1:2] not in {"/", "\\"} and "\\" not in text and text.isprintable()
    if not safe:
        return _HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return _HOME
    return _HOME if parts.scheme or parts.netloc or parts.path.startswith("/api/") else text

"""Where a server says that a finished file lies, when it does not only hand it out itself."""

import re

from sora_studio.providers.reading import names
from sora_studio.providers.wire import Json, as_object, as_text, first_of

INLINE = "data:"
"""How an address begins that is the file itself."""

_DEEPEST = 3  # objects within objects
_MOST = 4  # of a list
_URL_MAX = 8_192  # characters: signed addresses are long
_NAMES = frozenset((*names.FILES, *names.INLINE, *names.HOLDS_FILES, *names.MISUSED))
_ABSOLUTE = ("https://", "http://")
_FILM = re.compile(r"data:(video/[\w.+-]+|application/octet-stream)(;[\w=.\"+-]+)*;base64,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32}")
_RELATIVE = re.compile(r"(?!/*$)[\w.~%-]*(/[\w.~%+@,=-]*)+(\?[^\s#]*)?")


def read_file_url(body: object) -> str | None:
    """Return the file's address: absolute, relative to the server's own, or a data URL that is the film.

    Nothing is checked of it but its form: who fetches it decides where the studio goes.
    """
    return _within(as_object(body), _DEEPEST)


def is_address(value: object) -> bool:
    """Tell whether a text is an absolute address, whatever field it stands in."""
    return as_text(value, 16).strip().lower().startswith(_ABSOLUTE)


def _within(fields: Json, depth: int) -> str | None:
    """Look for an address by its names, then in what may hold one, then where it does not belong."""
    if _NAMES.isdisjoint(fields):
        return None
    named = (_address(value, depth, relative=True) for value in _values(fields, names.FILES))
    inline = (_inline(value) for value in _values(fields, names.INLINE))
    held = (_address(value, depth, relative=False) for value in _values(fields, names.HOLDS_FILES))
    misused = (_address(value, 0, relative=False) for value in _values(fields, names.MISUSED))
    return next((url for found in (named, inline, held, misused) for url in found if url), None)


def _inline(value: object) -> str | None:
    """Return what is a film in base64 as the data URL that says so."""
    return f"data:video/mp4;base64,{value}" if isinstance(value, str) and _BASE64.match(value) else None


def _values(fields: Json, tried: tuple[str, ...]) -> list[object]:
    return [each for name in tried if name in fields for each in [*first_of(fields[name])][:_MOST]]


def _address(value: object, depth: int, *, relative: bool) -> str | None:
    if isinstance(value, dict):
        return _within(as_object(value), depth - 1) if depth else None
    if not isinstance(value, str):
        return None
    if _FILM.match(value.lstrip()[:200]):
        return value.strip()
    url = as_text(value, _URL_MAX + 1).strip()
    if len(url) > _URL_MAX:
        return None
    return url if is_address(url) or (relative and _RELATIVE.fullmatch(url)) else None

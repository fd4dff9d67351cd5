"""Which words of the settings are secrets: what must not be logged, shown, or repeated by a provider."""

import re
from collections.abc import Iterator
from typing import cast
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

_SHORTEST = 8  # characters: what is shorter is no secret, and may be a word of any sentence
_WEBHOOK = "whsec_"


def secret_words(*settings: BaseModel) -> frozenset[str]:
    """Return the words of every secret in these tables, however deep it lies."""
    return words_of(*(secret for each in settings for secret in _secrets(each)))


def words_of(*secrets: str) -> frozenset[str]:
    """Return the words of secrets that are long enough: a header may have several, a URL has its password."""
    found = {word for secret in secrets for part in re.split(r"[\s,]+", secret) for word in _spellings(part)}
    return frozenset(word for word in found if len(word) >= _SHORTEST)


def _spellings(word: str) -> Iterator[str]:
    yield word
    yield word.removeprefix(_WEBHOOK)
    if "://" in word and (password := urlsplit(word).password):
        yield from (password, unquote(password))


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, dict):
        for each in cast("dict[object, object]", value).values():
            yield from _secrets(each)

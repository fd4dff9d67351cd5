"""Taking our secrets out of what providers say, in answers and in webhooks."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import cast

from sora_studio.log import mask
from sora_studio.providers.reading.names import FILES, HOLDS_FILES, MISUSED
from sora_studio.providers.wire import BLOT

_FOLLOWED = b"location"
_ADDRESSES = frozenset((*FILES, *HOLDS_FILES, *MISUSED))


class Redactor:
    """Takes secrets out of what somebody else has written."""

    def __init__(self, secrets: Collection[str]) -> None:
        longest_first = sorted(secrets, key=len, reverse=True)  # one may be the end of another
        self._secrets = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def text(self, text: str) -> str:
        """Return a text without them."""
        return self._secrets.sub(BLOT, text)

    def body(self, content: bytes) -> bytes:
        """Return an answer without them, and without what only looks like a secret in its sentences.

        JSON can spell a secret with escapes, so it is decoded first; a clean answer stays as it came.
        """
        try:
            value = json.loads(content)
            clean = self._value(value)
        except (ValueError, RecursionError):  # RecursionError: thousands of brackets
            return mask(self.text(content.decode("utf-8", "replace"))).encode()
        return content if clean == value else json.dumps(clean).encode()

    def headers(self, raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return headers without them, but for the address that is followed and never shown."""
        return [(name, value if name.lower() == _FOLLOWED else self._header(value)) for name, value in raw]

    def _header(self, value: bytes) -> bytes:
        return self.text(value.decode("latin-1")).encode("latin-1")

    def _value(self, value: object, name: str = "") -> object:
        if isinstance(value, str):
            return self._words(value, name)
        if isinstance(value, list):
            return [self._value(each, name) for each in cast("list[object]", value)]
        if isinstance(value, dict):
            fields = cast("Mapping[str, object]", value)
            return {self.text(key): self._value(each, key) for key, each in fields.items()}
        return value

    def _words(self, words: str, name: str) -> str:
        """Clean one text: addresses of files are only fetched, and prompts are compared with our own."""
        if name in _ADDRESSES and words.strip().lower().startswith(("http", "data:")):
            return words
        is_sentence = " " in words and name != "prompt"
        return mask(self.text(words)) if is_sentence else self.text(words)

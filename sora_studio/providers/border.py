"""The border: a provider's words come in here, and none of our secrets with them.

A server may repeat the key that it was shown, in an error, a job's id, a header, and what it says is shown to
people. So an answer is read, bounded and cleaned before anybody else sees it, the SDK's errors included.
Files are streamed; what turns out to be no file is cleaned by who reads it.
"""

import json
import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import cast

import httpx2

from sora_studio.log import mask
from sora_studio.providers.reading.names import FILES, HOLDS_FILES, MISUSED
from sora_studio.providers.wire import BLOT, MalformedResponse

FILE = "file"
"""The extension of a request whose answer is a file."""

_ANSWER_MAX, _ZIPPED_MAX = 8 * 1024 * 1024, 256 * 1024  # bytes on the wire: a hundred jobs are some 100 KB
_LENGTHS = {b"content-encoding", b"content-length", b"transfer-encoding"}  # not true of what was read
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


class Border(httpx2.AsyncBaseTransport):
    """Carries requests to one server, and its answers through the border."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, redactor: Redactor) -> None:
        self._transport, self._redactor = transport, redactor

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer: a file as it comes, anything else whole and clean.

        Raises:
            MalformedResponse: It is longer than an API's answer can be.
        """
        answer = await self._transport.handle_async_request(request)
        headers = self._redactor.headers(answer.headers.raw)
        if FILE in request.extensions:
            return httpx2.Response(answer.status_code, headers=headers, stream=answer.stream)
        content = self._redactor.body(await _read(answer))
        kept = [each for each in headers if each[0].lower() not in _LENGTHS]
        response = httpx2.Response(answer.status_code, headers=kept, content=content)
        response.encoding = "utf-8"  # whatever it names: what is no encoding of text could not be read at all
        return response

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()


async def _read(answer: httpx2.Response) -> bytes:
    """Read an answer to its end, within the bounds of an API's."""
    most = _ZIPPED_MAX if answer.headers.get("content-encoding") else _ANSWER_MAX
    answer.stream = _Bounded(cast("httpx2.AsyncByteStream", answer.stream), most)
    try:
        return await answer.aread()
    finally:
        await answer.aclose()


class _Bounded(httpx2.AsyncByteStream):
    """A stream that ends with an error when it is too long."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream, self._most = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        length = 0
        async for chunk in self._stream:
            length += len(chunk)
            if length > self._most:
                message = "The provider's answer is far too long."
                raise MalformedResponse(message)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()

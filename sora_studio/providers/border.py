"""The border: a provider's words come in here, and none of our secrets with them.

A server may repeat the key that it was shown, in an error, a job's id, a header, and what it says is shown to
people. So an answer is read, bounded and cleaned before anybody else sees it, the SDK's errors included.
Files are streamed; what turns out to be no file is cleaned by who reads it.
"""

from collections.abc import AsyncIterator
from typing import cast

import httpx2

from sora_studio.providers.redactor import Redactor
from sora_studio.providers.wire import MalformedResponse

FILE = "file"
"""The extension of a request whose answer is a file."""

_ANSWER_MAX, _ZIPPED_MAX = 8 * 1024 * 1024, 256 * 1024  # bytes on the wire: a hundred jobs are some 100 KB
_LENGTHS = {b"content-encoding", b"content-length", b"transfer-encoding"}  # not true of what was read


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

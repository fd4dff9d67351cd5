"""Finished files: from the provider itself, or from wherever it says that they are."""

import base64
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import quote, unquote, urlencode

import httpx2
from openai import APIStatusError

from sora_studio.domain.errors import ProviderError, ProviderUnavailable
from sora_studio.domain.ports import Content, ResumePoint
from sora_studio.domain.video import Variant
from sora_studio.providers.border import FILE
from sora_studio.providers.call import Call
from sora_studio.providers.errors import translated_errors
from sora_studio.providers.external_fetch import ExternalFetcher
from sora_studio.providers.reading.file import INLINE, read_file_url
from sora_studio.providers.redactor import Redactor
from sora_studio.providers.wire import MalformedResponse

_CHUNK = 256 * 1024  # bytes
_HOPS = 5  # redirects that are followed
_MOST_WORDS = 64 * 1024  # bytes of an answer that is no file
_PLAIN = {"Accept": "*/*", "Accept-Encoding": "identity"}
_REDIRECTS = {301, 302, 303, 307, 308}
_PARTIAL, _NOT_THAT_PART, _TOO_MANY = 206, 416, 429
_PAGES = ("application/json", "text/html", "application/xhtml+xml", "application/problem+json")
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")

FindUrl = Callable[[], Awaitable[str | None]]
"""Asks the provider where else the file is."""


class Files:
    """Opens files of one provider."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        external: ExternalFetcher,
        base_url: httpx2.URL,
        *,
        headers: Mapping[str, str],
        timeout: httpx2.Timeout,
        redactor: Redactor,
    ) -> None:
        """Start with the client for the provider's own origin and the guard of every other one.

        Args:
            http: Follows no redirects.
            external: Goes where redirects and jobs lead.
            base_url: Up to and with `/v1`.
            headers: What the provider alone is shown.
            timeout: For each step of a request.
            redactor: Cleans an answer that is no file after all.
        """
        self._http, self._external, self._base = http, external, base_url
        self._headers, self._timeout, self._redactor = headers, timeout, redactor

    @asynccontextmanager
    async def open(
        self,
        remote_id: str,
        variant: Variant,
        beginning: ResumePoint | None,
        find_url: FindUrl,
        query: Mapping[str, str],
    ) -> AsyncGenerator[Content]:
        """Open a file for streaming, from the end of its beginning where the server still has the same file.

        Where the provider does not hand it out, it is asked for the file's address.

        Raises:
            ProviderError: Neither worked.
        """
        path = f"{self._base}/videos/{quote(remote_id, safe='')}/content"
        # The main file is asked for without a variant: some servers read it as an output's index.
        fields = {**query} if variant is Variant.VIDEO else {"variant": str(variant), **query}
        url = f"{path}?{urlencode(fields)}" if fields else path
        async with AsyncExitStack() as stack:
            try:
                response = await self._file(url, beginning, stack)
            except ProviderError as error:
                elsewhere = await find_url() if _may_be_elsewhere(error) else None
                if elsewhere is None:
                    raise
                if elsewhere.lower().startswith(INLINE):
                    yield _inline(elsewhere)
                    return
                # Relative ones are the provider's own.
                response = await self._file(str(self._base.join(elsewhere)), beginning, stack)
            start, length = _extent(response)
            yield Content(_type(response), length, self._chunks(response), start, _strong_etag(response))

    async def _file(self, url: str, beginning: ResumePoint | None, stack: AsyncExitStack) -> httpx2.Response:
        """Get an answer that is a file."""
        with translated_errors(Call.CONTENT):
            response = await self._answer(httpx2.URL(url), beginning, stack)
            if _type(response) not in _PAGES:
                return response
            words = await self._read(response)
            named = _address_in(words)
            if named is None:
                message = f"The provider sent {_type(response)} instead of a file."
                raise ProviderUnavailable(message, "garbled_answer")
            if named.lower().startswith(INLINE):
                message = "The provider sent a file inside JSON that is too long for it."
                raise ProviderUnavailable(message, "garbled_answer")
            response = await self._answer(self._base.join(named), beginning, stack)
            if _type(response) in _PAGES:
                message = f"The provider's address of the file leads to {_type(response)}."
                raise ProviderUnavailable(message, "garbled_answer")
            return response

    async def _answer(
        self, url: httpx2.URL, beginning: ResumePoint | None, stack: AsyncExitStack
    ) -> httpx2.Response:
        """Ask for the rest of the file; for all of it when the rest is refused or is not of the same file."""
        if beginning:
            wanted = {"Range": f"bytes={beginning.bytes}-", "If-Range": beginning.etag}
            response = await self._follow(url, _PLAIN | wanted, stack)
            if response.is_success and _continues(response, beginning):
                return response
            if not response.is_success and response.status_code != _NOT_THAT_PART:
                await self._raise(response)
            await response.aclose()
        response = await self._follow(url, _PLAIN, stack)
        if not response.is_success:
            await self._raise(response)
        return response

    async def _follow(
        self, url: httpx2.URL, headers: Mapping[str, str], stack: AsyncExitStack
    ) -> httpx2.Response:
        """Go where redirects lead: within the provider's own origin with its key, elsewhere without."""
        home = True
        for _ in range(_HOPS + 1):
            home = home and _origin(url) == _origin(self._base)
            response = await (self._ask(url, headers) if home else self._external.send(url, headers))
            stack.push_async_callback(response.aclose)
            location = response.headers.get("location")
            if response.status_code not in _REDIRECTS or not location:
                return response
            await response.aclose()
            url = url.join(location)
        message = "Too many redirects."
        raise ProviderUnavailable(message, "too_many_redirects")

    async def _ask(self, url: httpx2.URL, headers: Mapping[str, str]) -> httpx2.Response:
        shown = {**headers, **self._headers}
        request = self._http.build_request(
            "GET", url, headers=shown, timeout=self._timeout, extensions={FILE: True}
        )
        return await self._http.send(request, stream=True)

    async def _raise(self, response: httpx2.Response) -> None:
        """Raise what the SDK raises for such an answer."""
        words = await self._read(response)
        headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
        answer = httpx2.Response(
            response.status_code, headers=headers, content=words, request=response.request
        )
        answer.encoding = "utf-8"  # whatever it names
        message = f"HTTP {response.status_code}"
        raise APIStatusError(message, response=answer, body=None)

    async def _read(self, response: httpx2.Response) -> bytes:
        """Read an answer that is no file, as far as it can be of use."""
        words = b""
        async for chunk in response.aiter_bytes(_CHUNK):
            words += chunk
            if len(words) > _MOST_WORDS:
                break
        return self._redactor.body(words)[:_MOST_WORDS]

    async def _chunks(self, response: httpx2.Response) -> AsyncIterator[bytes]:
        with translated_errors(Call.CONTENT):
            async for chunk in response.aiter_bytes(_CHUNK):
                yield chunk


def _may_be_elsewhere(error: ProviderError) -> bool:
    """Tell whether the provider answered, and with something else than the file."""
    refusal = error.__cause__
    refused = isinstance(refusal, APIStatusError) and refusal.status_code != _TOO_MANY
    return refused or error.code == "garbled_answer"


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _type(response: httpx2.Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _address_in(words: bytes) -> str | None:
    try:
        return read_file_url(json.loads(words))
    except (ValueError, RecursionError):
        return None


def _inline(url: str) -> Content:
    """Open a file that is its own address; an answer's bounds are the file's.

    Raises:
        ProviderUnavailable: It is not what it says.
    """
    head, _, data = url.partition(",")
    with translated_errors(Call.CONTENT):
        try:
            film = base64.b64decode(unquote(data), validate=True)
        except ValueError as error:
            message = "The provider's file inside JSON is damaged."
            raise MalformedResponse(message) from error

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(film), _CHUNK):
            yield film[start : start + _CHUNK]

    return Content(head[len(INLINE) :].partition(";")[0].lower(), len(film), chunks())


def _extent(response: httpx2.Response) -> tuple[int, int | None]:
    """Return where in the file the answer starts, and how long the whole file is.

    Raises:
        ProviderUnavailable: It is a part that nobody asked for.
    """
    if response.status_code != _PARTIAL:
        return 0, _length(response)
    found = _RANGE.fullmatch(response.headers.get("content-range", "").strip().lower())
    if found is None:
        message = "The provider sent a part of the file without saying which."
        raise ProviderUnavailable(message, "garbled_answer")
    return int(found[1]), int(found[3])


def _continues(response: httpx2.Response, beginning: ResumePoint) -> bool:
    """Tell whether this is the whole file again, or exactly the rest of the one that was begun."""
    if response.status_code != _PARTIAL:
        return True
    found = _RANGE.fullmatch(response.headers.get("content-range", "").strip().lower())
    if found is None or (_strong_etag(response) or beginning.etag) != beginning.etag:
        return False
    start, last, total = map(int, found.groups())
    return start == beginning.bytes and start <= last == total - 1


def _strong_etag(response: httpx2.Response) -> str | None:
    """Return the tag that stands for these very bytes (RFC 9110 §8.8.3)."""
    etag = response.headers.get("etag", "")
    return etag if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', etag) else None


def _length(response: httpx2.Response) -> int | None:
    if response.headers.get("content-encoding", "identity") != "identity":
        return None  # the length of something else
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else None

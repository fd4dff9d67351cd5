"""The line to one server: the official SDK, told what to show, how long to wait, and never to retry.

The studio has one retry layer, its jobs, and a retried POST may be billed twice.
"""

import asyncio
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

import httpx2
from openai import AsyncOpenAI

from sora_studio.domain.errors import Unsupported
from sora_studio.domain.ports import RemoteJob
from sora_studio.domain.profile import Operation, Profile
from sora_studio.providers.errors import Call, translated_errors
from sora_studio.providers.wire import MalformedResponse

_NO_KEY = "no-key"  # the SDK insists on one; servers without keys ignore it
FILE = "file"
"""The extension of a request whose answer is a file."""

_ANSWER_MAX, _ZIPPED_MAX = 8 * 1024 * 1024, 256 * 1024  # bytes on the wire: a hundred jobs are some 100 KB
_SECRET_LENGTH = 8  # characters from which a word of a header is taken for a secret
# Servers close idle connections after 5 s (uvicorn); a POST that meets the closing would be unclear.
_LIMITS = httpx2.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=3.0)


@dataclass(frozen=True)
class Timeouts:
    """How long to wait for a provider, in seconds."""

    connect: float = 5.0
    submit: float = 90.0  # whole call
    fetch: float = 20.0  # whole call: fetch, list, delete, models
    content: float = 60.0  # between two reads of a file
    absent: float = 60.0  # how long a list has to be answered with a bare 404 to be believed absent


@dataclass(frozen=True)
class Credentials:
    """How a server lets us in. Nothing of it is shown."""

    key: str = field(default="", repr=False)  # empty for servers without keys
    key_header: str | None = None  # the header that carries the key alone; None: Authorization, as a bearer
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # whatever else it wants

    @property
    def bare_key(self) -> str:
        """Return the key without the line break that a pasted one may end in."""
        return self.key.strip()

    @property
    def secrets(self) -> frozenset[str]:
        """Return what must not be repeated: the key, and every long word of the other headers."""
        words = (word for value in self.headers.values() for word in value.split())
        return frozenset([*filter(None, [self.bare_key]), *(w for w in words if len(w) >= _SECRET_LENGTH)])

    def http(self) -> httpx2.AsyncClient:
        """Return the client whose every request shows what the server wants to see."""
        own = {self.key_header: self.bare_key} if self.key_header else {}
        shown = {name.lower(): value for name, value in {**self.headers, **own}.items()}
        authorization = shown.get("authorization", "" if own else None)
        return httpx2.AsyncClient(
            headers=shown,
            event_hooks={"request": [partial(_authorize, authorization)], "response": [_bound]},
            follow_redirects=False,  # a redirect may carry the key to a stranger
            trust_env=False,  # a proxy for the internet would break servers on this machine
            limits=_LIMITS,
        )


async def _authorize(authorization: str | None, request: httpx2.Request) -> None:
    """Put something in the place of the bearer that the SDK insists on: "" is nothing, None leaves it."""
    if authorization:
        request.headers["Authorization"] = authorization
    elif authorization is not None:
        request.headers.pop("Authorization", None)


async def _bound(response: httpx2.Response) -> None:
    """Let an answer be no larger than an API's, and text; files are bounded by who asks for them."""
    response.encoding = "utf-8"  # it may name what is no encoding of text, and then it cannot be read at all
    if FILE not in response.request.extensions:
        most = _ZIPPED_MAX if response.headers.get("content-encoding") else _ANSWER_MAX
        response.stream = _Bounded(cast("httpx2.AsyncByteStream", response.stream), most)


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


class ApiClient:
    """The SDK's client for one server."""

    def __init__(
        self, base_url: str, credentials: Credentials, timeouts: Timeouts, busy: Collection[int]
    ) -> None:
        """Set up the client; connects on the first call.

        Args:
            base_url: Up to and with `/v1`.
            credentials: What the server wants to see.
            timeouts: How long it may take.
            busy: HTTP statuses by which it says that it took nothing and has no room now.
        """
        _silence_deprecation()
        self.timeouts, self.secrets, self.http = timeouts, credentials.secrets, credentials.http()
        self.bearer = {"Authorization": f"Bearer {credentials.bare_key}"} if credentials.bare_key else {}
        self._busy = busy
        self.sdk = AsyncOpenAI(
            base_url=base_url, api_key=credentials.bare_key or _NO_KEY, max_retries=0, http_client=self.http
        )

    @asynccontextmanager
    async def call(self, call: Call) -> AsyncGenerator[httpx2.Timeout]:
        """Bound a whole call and the reading of its answer, and turn what goes wrong into our own errors.

        Yields:
            The timeout for the SDK, whose own bounds each read only.

        Raises:
            ProviderError: It went wrong.
        """
        seconds = self.timeouts.submit if call.makes else self.timeouts.fetch
        with translated_errors(call, self.secrets, self._busy if call.makes else ()):
            async with asyncio.timeout(seconds):
                yield self.within(seconds)

    def within(self, seconds: float) -> httpx2.Timeout:
        """Return the SDK's form of a timeout."""
        return httpx2.Timeout(seconds, connect=self.timeouts.connect)


def _silence_deprecation() -> None:
    """Hide this one warning, which every call would repeat."""
    message = "The Sora API is scheduled to permanently shut down"
    warnings.filterwarnings("ignore", message, DeprecationWarning)


def require_operation(profile: Profile, operation: Operation) -> None:
    """Make sure that a server has an operation.

    Raises:
        Unsupported: It has not; the words are for the person.
    """
    if operation not in profile.operations:
        message = f"{profile.label} does not offer {operation.value}."
        raise Unsupported(message, "unsupported")


def without_model(profile: Profile, job: RemoteJob) -> RemoteJob:
    """Leave out a model's name that we have not given: what is served may be called otherwise here."""
    return job if profile.sends_model else replace(job, model=None)


def poll_after(response: httpx2.Response) -> str | None:
    """Return after how many milliseconds the server wants to be asked again, as it says it."""
    return response.headers.get("openai-poll-after-ms")

"""A provider that is asked only as much as it accepts, and left alone while it does not answer.

Every request waits its turn for a moment. One that would have to wait for longer is not sent at all and
raises ProviderUnavailable with the seconds until it is worth coming again: for a submit, a known "not taken".
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sora_studio.domain.errors import ProviderError, ProviderUnavailable, SubmitUnclear
from sora_studio.domain.ports import Content, Provider, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.rate_limit import SILENCE, CircuitBreaker, TokenBucket
from sora_studio.domain.video import Variant

_GATEWAY = frozenset({502, 503, 504})  # said in the provider's place by what stands before it
_TOO_MANY = 429


@dataclass(frozen=True)
class Patience:
    """How many seconds a request waits for its turn."""

    submit: float = 2.0
    look: float = 1.0
    content: float = 20.0
    rest: float = 5.0


class RateLimitedProvider:
    """Implements `domain.ports.Provider` by another one, within the rate limit of its profile."""

    def __init__(
        self,
        provider: Provider,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: Patience | None = None,
    ) -> None:
        """Limit a provider; clock, sleep and patience are for tests."""
        self._provider, self._clock, self._sleep = provider, clock, sleep
        self._patience = patience or Patience()
        self._bucket = TokenBucket(
            provider.profile.rate_limit, clock(), float(provider.profile.rate_limit.burst)
        )
        self._breaker = CircuitBreaker()
        at_once = provider.profile.rate_limit.at_once
        self._places = asyncio.Semaphore(at_once)
        self._submits = asyncio.Semaphore(max(1, at_once * 3 // 4))  # hanging POSTs keep nobody from looking

    @property
    def profile(self) -> Profile:
        """Return what it can do."""
        return self._provider.profile

    async def submit(self, submission: Submission) -> RemoteJob:
        """Ask for a video."""
        patience = self._patience.submit
        async with self._place(self._submits, patience), self._asking(patience):
            return await self._provider.submit(submission)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made."""
        async with self._asking(self._patience.rest):
            return await self._provider.create_character(name, film, key)

    async def fetch(self, remote_id: str) -> RemoteJob:
        """Ask how a job is going."""
        async with self._asking(self._patience.look):
            return await self._provider.fetch(remote_id)

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs."""
        async with self._asking(self._patience.look):
            return await self._provider.list_jobs(after=after, limit=limit)

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None
    ) -> AsyncGenerator[Content]:
        """Open a file for streaming; it takes no place, so that long files keep nobody from looking."""
        async with AsyncExitStack() as stack:
            async with self._turn(self._patience.content):
                content = await stack.enter_async_context(
                    self._provider.content(remote_id, variant, beginning)
                )
            yield content

    async def delete(self, remote_id: str) -> None:
        """Remove a job there."""
        async with self._asking(self._patience.rest):
            await self._provider.delete(remote_id)

    async def list_models(self) -> tuple[Model, ...]:
        """Return the models."""
        async with self._asking(self._patience.rest):
            return await self._provider.list_models()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._provider.close()

    @asynccontextmanager
    async def _asking(self, patience: float) -> AsyncGenerator[None]:
        async with self._place(self._places, patience), self._turn(patience):
            yield

    @asynccontextmanager
    async def _place(self, places: asyncio.Semaphore, patience: float) -> AsyncGenerator[None]:
        """Be one of those whose requests are under way."""
        self._must_be_there()
        try:
            async with asyncio.timeout(patience):
                await places.acquire()
        except TimeoutError as error:
            raise _busy(1.0) from error
        try:
            yield
        finally:
            places.release()

    @asynccontextmanager
    async def _turn(self, patience: float) -> AsyncGenerator[None]:
        """Send one request when the budget has room, and learn from what becomes of it."""
        self._must_be_there()
        if wait := self._bucket.wait(self._clock()):
            if wait > patience:
                raise _busy(wait)
            self._bucket.take(self._clock())
            await self._sleep(wait)
            self._must_be_there()
        else:
            self._bucket.take(self._clock())
        self._breaker.asked()
        try:
            yield
        except ProviderError as error:
            self._learn(error)
            raise
        except BaseException:
            self._breaker.given_up()
            raise
        self._breaker.answered()

    def _must_be_there(self) -> None:
        if wait := self._breaker.wait(self._clock()):
            message = f"{self.profile.label} is not answering at the moment."
            raise ProviderUnavailable(message, ProblemCode.PROVIDER_UNREACHABLE, wait)

    def _learn(self, error: ProviderError) -> None:
        if _is_silence(error):
            self._breaker.failed(self._clock())
            return
        self._breaker.answered()
        if _retry_after(error) is not None or _status(error) == _TOO_MANY:
            self._bucket.refused(self._clock())


def _busy(wait: float) -> ProviderUnavailable:
    message = "The studio sends this provider no more requests at a time than it accepts."
    return ProviderUnavailable(message, ProblemCode.PROVIDER_BUSY, wait)


def _is_silence(error: ProviderError) -> bool:
    """Tell whether nobody answered; a server that refuses, asks to wait or talks nonsense is there."""
    if not isinstance(error, ProviderUnavailable | SubmitUnclear) or _retry_after(error) is not None:
        return False
    return error.code in SILENCE or _status(error) in _GATEWAY


def _retry_after(error: ProviderError) -> float | None:
    return error.retry_after if isinstance(error, ProviderUnavailable) else None


def _status(error: ProviderError) -> int | None:
    """Return the HTTP status of the answer that an error is made of."""
    return getattr(error.__cause__, "status_code", None)

"""A provider that is asked only as much as it accepts, and left alone while it does not answer.

Every request waits its turn for a moment. One that would have to wait for longer is not sent at all and
raises ProviderUnavailable with the seconds until it is worth coming again: for a submit, a known "not taken".
Looks, files and submits have shares of the turns and places: a backlog of one does not hold up the others.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

from sora_studio import metrics
from sora_studio.domain.errors import ProviderError, ProviderUnavailable, SubmitUnclear
from sora_studio.domain.ports import Content, Provider, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.profile import Model, Profile, RateLimit
from sora_studio.domain.provider_health import HealthRecord, ProviderHealth
from sora_studio.domain.rate_limit import SILENCE, CircuitBreaker, Share, TokenBucket, Turn, Turns, share_of
from sora_studio.domain.video import Variant

_GATEWAY = frozenset({502, 503, 504})  # said in the provider's place by what stands before it
_TOO_MANY = 429


PATIENCE: Mapping[Share, float] = {Share.SUBMIT: 2.0, Share.LOOK: 1.0, Share.FILE: 20.0, Share.OTHER: 5.0}
"""How many seconds a request waits for its turn; the first of its kind longer, where turns are rare."""


class RateLimitedProvider:
    """Implements `domain.ports.Provider` by another one, within the rate limit of its profile."""

    def __init__(
        self,
        provider: Provider,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: Mapping[Share, float] = PATIENCE,
    ) -> None:
        """Limit a provider; clock, sleep and patience are for tests."""
        self._provider, self._clock, self._sleep = provider, clock, sleep
        self._patience = patience
        rate_limit = provider.profile.rate_limit
        self._turns = Turns(TokenBucket(rate_limit, clock(), float(rate_limit.burst)))
        self._breaker, self._record = CircuitBreaker(), HealthRecord()
        self._divided_by = 1
        self._make_room(rate_limit)

    def divide(self, instances: int) -> None:
        """Ask for its part alone of what the provider accepts, which so many instances share."""
        if instances != self._divided_by:
            self._divided_by = instances
            part = share_of(self._provider.profile.rate_limit, instances)
            self._turns.limit(part, self._clock())
            self._make_room(part)  # who has a place keeps it until its request has ended

    def _make_room(self, rate_limit: RateLimit) -> None:
        self._places = asyncio.Semaphore(rate_limit.at_once)
        most = max(1, rate_limit.at_once * 3 // 4)  # hanging requests of one kind keep nobody from another
        self._shares = {share: asyncio.Semaphore(most) for share in Share}

    @property
    def profile(self) -> Profile:
        """Return what it can do."""
        return self._provider.profile

    def health(self) -> ProviderHealth:
        """Return how it is doing."""
        return self._record.read(
            self._breaker.wait(self._clock()), is_open=self._breaker.probe_at is not None
        )

    async def submit(self, submission: Submission) -> RemoteJob:
        """Ask for a video."""
        async with self._asking(Share.SUBMIT, "submit"):
            return await self._provider.submit(submission)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made."""
        async with self._asking(Share.OTHER, "character"):
            return await self._provider.create_character(name, film, key)

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        """Ask how a job is going."""
        async with self._asking(Share.LOOK, "fetch"):
            return await self._provider.fetch(remote_id, model=model)

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs."""
        async with self._asking(Share.LOOK, "list"):
            return await self._provider.list_jobs(after=after, limit=limit)

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AsyncGenerator[Content]:
        """Open a file for streaming; it takes no place, so that long files keep nobody from looking."""
        async with AsyncExitStack() as stack:
            async with self._turn(Share.FILE, "file"):
                content = await stack.enter_async_context(
                    self._provider.content(remote_id, variant, beginning, model=model)
                )
            yield content

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        """Remove a job there."""
        async with self._asking(Share.OTHER, "delete"):
            await self._provider.delete(remote_id, model=model)

    async def list_models(self) -> tuple[Model, ...]:
        """Return the models."""
        async with self._asking(Share.OTHER, "models"):
            return await self._provider.list_models()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._provider.close()

    @asynccontextmanager
    async def _asking(self, share: Share, operation: str) -> AsyncGenerator[None]:
        """Be one of those whose requests are under way, and send one."""
        self._must_be_there()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._patience[share]):
                    for places in (self._shares[share], self._places):
                        await stack.enter_async_context(places)
            except TimeoutError as error:
                raise _busy(1.0) from error
            async with self._turn(share, operation):
                yield

    @asynccontextmanager
    async def _turn(self, share: Share, operation: str) -> AsyncGenerator[None]:
        """Send one request when it is its turn, and learn from what becomes of it."""
        self._must_be_there()
        await self._wait(share)
        self._breaker.asked()
        began = self._clock()
        try:
            yield
        except ProviderError as error:
            self._record.failed(error.message)
            self._learn(error)
            metrics.PROVIDER_REQUESTS.count(self.profile.name, operation, _result(error))
            raise
        except BaseException:
            self._breaker.given_up()
            raise
        self._record.answered(self._clock() - began)
        self._breaker.answered()
        metrics.PROVIDER_REQUESTS.count(self.profile.name, operation, "answered")

    async def _wait(self, share: Share) -> None:
        turn = self._turns.join(share)
        try:
            await self._come_up(turn, max(self._patience[share], self._turns.longest(share)))
        except BaseException:
            self._turns.leave(turn)
            raise
        self._turns.take(turn, self._clock())

    async def _come_up(self, turn: Turn, patience: float) -> None:
        """Wait until it is somebody's turn; what comes meanwhile and goes first makes it longer."""
        until = self._clock() + patience
        while wait := self._turns.wait(turn, self._clock()):
            if self._clock() + wait > until:
                raise _busy(wait)
            await self._sleep(wait)
            self._must_be_there()

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
            self._turns.bucket.refused(self._clock())


def _busy(wait: float) -> ProviderUnavailable:
    message = "The studio sends this provider no more requests at a time than it accepts."
    return ProviderUnavailable(message, ProblemCode.PROVIDER_BUSY, wait)


def _result(error: ProviderError) -> str:
    """Return a word for how a request ended, of few."""
    if isinstance(error, SubmitUnclear):
        return "unclear"
    if isinstance(error, ProviderUnavailable):
        return "silent" if _is_silence(error) else "busy"
    return "refused"


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

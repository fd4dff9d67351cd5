"""A provider that is asked no more than it takes. The clock is a number; sleeping is adding to it."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from uuid import uuid4

import pytest
from anyio.lowlevel import checkpoint

from sora_studio.domain.errors import (
    JobNotFound,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    SubmitUnclear,
)
from sora_studio.domain.ports import Submission
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.profile import RateLimit
from sora_studio.domain.rate_limit import FAILURES, PROBE_FIRST, Share
from sora_studio.domain.video import Status, Variant
from sora_studio.providers.rate_limited import PATIENCE, RateLimitedProvider
from tests.simulation.loop import VirtualLoop
from tests.support.provider import PROFILE, FakeProvider
from tests.support.waiting import eventually

PACE = RateLimit(per_second=2, burst=3, at_once=4)
AWAY = ProviderUnavailable("The provider cannot be reached.", "unreachable")
LOST = SubmitUnclear("The connection broke.", "connection_lost")


IMPATIENT = dict.fromkeys(Share, 0.0)


@dataclass
class Scene:
    """A provider in memory, paced, and the time."""

    rate_limit: RateLimit = PACE
    patience: Mapping[Share, float] = field(default_factory=lambda: PATIENCE)
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inner = FakeProvider(profile=replace(PROFILE, rate_limit=self.rate_limit))
        self.paced = RateLimitedProvider(
            self.inner, clock=lambda: self.now, sleep=self.sleep, patience=self.patience
        )

    async def sleep(self, seconds: float) -> None:
        """Let time pass; requests side by side sleep at the same time."""
        self.slept.append(seconds)
        until = self.now + seconds
        await checkpoint()
        self.now = max(self.now, until)

    async def submit(self) -> str:
        return (await self.paced.submit(submission())).remote_id

    async def fails(self, times: int = FAILURES) -> None:
        """Let so many looks meet silence."""
        self.inner.on_fetch = [AWAY] * times
        for _ in range(times):
            self.now += 1
            with pytest.raises(ProviderUnavailable, match="cannot be reached"):
                await self.paced.fetch("remote-0")


def submission() -> Submission:
    return Submission(uuid4(), "a paper boat", "sora-2", "1280x720", "4")


async def test_a_burst_goes_at_once_and_then_each_waits_its_turn():
    scene = Scene()
    for _ in range(5):
        await scene.paced.list_jobs()
    assert scene.slept == [0.5, 0.5]


async def test_who_would_wait_too_long_is_not_sent():
    """Behind others of its kind; the first of each kind has its floor."""
    scene = Scene(patience=IMPATIENT)
    for _ in range(3):
        await scene.submit()
    waiting = [asyncio.create_task(scene.submit()) for _ in range(9)]
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, ProviderUnavailable)]
    assert refused
    assert {error.code for error in refused} == {ProblemCode.PROVIDER_BUSY}
    assert all((error.retry_after or 0) >= 0.5 for error in refused)
    assert len(scene.inner.orders) == 3 + 9 - len(refused)


@pytest.mark.parametrize("per_second", [0.2, 5.0])
def test_looks_and_files_do_not_wait_behind_submits(per_second: float):
    """However many wishes wait, and however rare the turns are."""
    loop = VirtualLoop()
    inner = FakeProvider(
        replace(PROFILE, rate_limit=RateLimit(per_second=per_second, burst=1, at_once=8)),
        files={"remote-0": b"file"},
    )

    async def scene() -> tuple[float, float]:
        paced = RateLimitedProvider(inner, clock=loop.time)
        submits = [asyncio.create_task(paced.submit(submission())) for _ in range(500)]
        await eventually(lambda: inner.orders)
        began = loop.time()
        await paced.fetch("remote-0")
        looked = loop.time()
        async with paced.content("remote-0", Variant.VIDEO):
            opened = loop.time()
        await asyncio.gather(*submits, return_exceptions=True)
        return looked - began, opened - looked

    waits = loop.run_until_complete(scene())
    loop.close()
    assert max(waits) <= 2 / per_second


async def test_a_refusal_for_being_too_fast_ends_the_burst():
    scene = Scene()
    scene.inner.on_list = [ProviderUnavailable("Slow down.", "rate_limit_exceeded", 1)]
    with pytest.raises(ProviderUnavailable, match="Slow down"):
        await scene.paced.list_jobs()
    await scene.paced.list_jobs()
    assert scene.slept == [0.5]


async def test_silence_opens_the_circuit_and_only_probes_go_through():
    scene = Scene()
    await scene.fails()
    for _ in range(10):
        with pytest.raises(ProviderUnavailable) as caught:
            await scene.submit()
        assert (caught.value.code, caught.value.retry_after) == (
            ProblemCode.PROVIDER_UNREACHABLE,
            PROBE_FIRST,
        )
    assert scene.inner.orders == []
    scene.now += PROBE_FIRST
    assert await scene.submit() == "remote-0"
    assert (await scene.paced.fetch("remote-0")).status is Status.QUEUED


async def test_while_a_probe_is_under_way_nobody_else_asks():
    scene = Scene()
    await scene.fails()
    scene.now += PROBE_FIRST
    scene.inner.hold = asyncio.Event()
    probe = asyncio.create_task(scene.submit())
    await scene.inner.held.wait()
    with pytest.raises(ProviderUnavailable):
        await scene.paced.list_jobs()
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    await scene.paced.list_jobs()
    assert scene.inner.lists == 1, "a probe that was cut off leaves its place"


def answered(error: ProviderError, status: HTTPStatus) -> ProviderError:
    """Build the error of an HTTP answer as the SDK's are chained."""
    cause = Exception()
    cause.status_code = status  # pyright: ignore[reportAttributeAccessIssue] -- as openai.APIStatusError has
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (AWAY, True),
        (ProviderUnavailable("Too slow.", "timeout"), True),
        (answered(ProviderUnavailable("Bad gateway.", "http_502"), HTTPStatus.BAD_GATEWAY), True),
        (answered(ProviderUnavailable("Oops.", "http_500"), HTTPStatus.INTERNAL_SERVER_ERROR), False),
        (answered(ProviderUnavailable("Wait.", "http_503", 3), HTTPStatus.SERVICE_UNAVAILABLE), False),
        (answered(ProviderUnavailable("Wait.", "slow_down"), HTTPStatus.TOO_MANY_REQUESTS), False),
        (ProviderUnavailable("HTML.", "garbled_answer"), False),
        (ProviderRejected("No.", "http_400"), False),
        (JobNotFound("Gone.", "not_found"), False),
    ],
)
async def test_only_silence_opens_it(error: ProviderError, opens: bool):
    scene = Scene(rate_limit=RateLimit(per_second=100, burst=100))
    scene.inner.on_fetch = [error] * FAILURES
    for _ in range(FAILURES):
        scene.now += 1
        with pytest.raises(ProviderError):
            await scene.paced.fetch("remote-0")
    asked = scene.inner.fetches
    with pytest.raises(ProviderError):
        await scene.paced.fetch("remote-0")
    assert (scene.inner.fetches == asked) == opens


async def test_lost_submits_count_as_silence():
    scene = Scene()
    scene.inner.after_submit = [LOST] * FAILURES
    for _ in range(FAILURES):
        scene.now += 1
        with pytest.raises(SubmitUnclear):
            await scene.submit()
    with pytest.raises(ProviderUnavailable):
        await scene.submit()


async def test_hanging_submits_leave_places_for_looks_and_files():
    scene = Scene(rate_limit=RateLimit(per_second=100, burst=100, at_once=4), patience=IMPATIENT)
    await scene.submit()
    scene.inner.files["remote-0"] = b"file"
    scene.inner.hold = asyncio.Event()
    hanging = [asyncio.create_task(scene.submit()) for _ in range(3)]
    await scene.inner.held.wait()
    with pytest.raises(ProviderUnavailable) as caught:
        await scene.submit()
    assert caught.value.code == ProblemCode.PROVIDER_BUSY
    await scene.paced.fetch("remote-0")
    async with AsyncExitStack() as stack:  # files under way take no place
        for _ in range(5):
            content = await stack.enter_async_context(scene.paced.content("remote-0", Variant.VIDEO))
            assert b"".join([chunk async for chunk in content.chunks]) == b"file"
        await scene.paced.fetch("remote-0")
    scene.inner.hold.set()
    await asyncio.gather(*hanging)
    assert len(scene.inner.orders) == 4


async def test_the_rest_is_passed_on():
    scene = Scene()
    await scene.paced.delete("remote-9")
    assert scene.inner.deleted == ["remote-9"]
    assert await scene.paced.list_models() == scene.inner.profile.models
    assert scene.paced.profile is scene.inner.profile
    await scene.paced.close()

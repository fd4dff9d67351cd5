"""One journey per dialect, through the real client with the preset for it: what it has, and what it lacks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest

from sora_studio.config import ProviderSettings
from sora_studio.domain.errors import (
    ContentRejected,
    JobNotFound,
    ProviderMisconfigured,
    ProviderRejected,
    ProviderUnavailable,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.ports import Provider, RemoteJob, Submission
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Status, Variant
from sora_studio.providers.factory import provider_of
from tests.support.films import picture
from tests.support.inputs import sent
from tests.support.sandbox import Box, running
from tests.support.source import ROOT

PRESETS = ["sandbox", "litellm", "vllm-omni", "sglang", "fastvideo", "unsloth", "new-api", "bifrost"]
_PAPER = (ROOT / "docs/providers.md").read_text()
_OPERATIONS = ("create", "look", "list", "file", "delete", "remix", "edit", "extend", "reference")
PROMPT = "a paper boat on a river"
ENDED = {Status.COMPLETED, Status.FAILED}


@dataclass
class Journey:
    """A provider made from a bare table, and the server that it talks to."""

    preset: str
    provider: Provider
    box: Box

    async def submission(self) -> Submission:
        """Wish for what the form would offer first."""
        profile = replace(self.provider.profile, models=await self.provider.list_models())
        shortest = str(min(profile.models[0].seconds))
        model, size, seconds = profile.choose(None, "1280x720", shortest)
        return Submission(uuid4(), PROMPT, model.id, size, seconds)

    async def submit(self, submission: Submission | None = None) -> RemoteJob:
        """Have a video made, as soon as there is room."""
        submission, deadline = submission or await self.submission(), time.monotonic() + 30
        while True:
            try:
                return await self.provider.submit(submission)
            except ProviderUnavailable:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)

    async def follow(self, job: RemoteJob) -> RemoteJob:
        """Look at a job until it has come to its end."""
        deadline = time.monotonic() + 60
        while job.status not in ENDED:
            assert time.monotonic() < deadline, job
            assert job.status is not None, f"{job.status_word} is not understood"
            await asyncio.sleep(0.1)
            job = await self.provider.fetch(job.remote_id)
        return job

    async def file(self, job: RemoteJob) -> bytes:
        """Fetch a video's file."""
        async with self.provider.content(job.remote_id, Variant.VIDEO) as content:
            return b"".join([chunk async for chunk in content.chunks])


@pytest.fixture(scope="module", params=PRESETS)
async def served(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Box]]:
    """Start one dialect's server."""
    dialect = "openai" if request.param == "sandbox" else request.param
    async with running(faults=True, dialect=dialect) as box:
        yield request.param, box


@pytest.fixture
async def journey(served: tuple[str, Box]) -> AsyncIterator[Journey]:
    preset, box = served
    async with AsyncExitStack() as stack:
        await box.clear()
        await box.fault(job="instant")
        table = {"name": preset, "preset": preset, "base_url": box.base_url, "api_key": "any"}
        provider = provider_of(ProviderSettings.model_validate(table))
        stack.push_async_callback(provider.close)
        yield Journey(preset, provider, box)


KNOWN = {
    "sandbox": "",  # it is like the hosted API, which says nothing of itself
    "litellm": "LiteLLM 1.110.2 in front of volcengine",
    "vllm-omni": "vLLM-Omni 0.30",
    "sglang": "SGLang 0.5.23",
    "fastvideo": "FastVideo",
    "unsloth": "Unsloth Studio 2026.10.9",
    "new-api": "new-api v1.0.0-rc.30",
    "bifrost": "Bifrost 1.5.0-prerelease3 in front of openai",
}


async def test_a_bare_address_is_known_by_what_the_server_says(journey: Journey):
    """And every model that is offered is one of its own."""
    table = {"name": "box", "base_url": journey.box.base_url, "api_key": "any"}
    provider = provider_of(ProviderSettings.model_validate(table))
    try:
        models = await provider.list_models()
    finally:
        await provider.close()
    assert provider.profile.software == KNOWN[journey.preset]
    known = provider.profile.kind if journey.preset != "sandbox" else "sandbox"
    assert known == journey.preset
    assert journey.preset == "sandbox" or not {"sora-2", "default"} & {model.id for model in models}


async def test_a_video_from_the_wish_to_the_file_and_its_end(journey: Journey):
    job = await journey.submit()
    assert job.status in {Status.QUEUED, Status.IN_PROGRESS, Status.COMPLETED}
    done = await journey.follow(job)
    assert (done.status, done.remote_id, done.problem) == (Status.COMPLETED, job.remote_id, None)
    assert (await journey.file(done))[4:8] == b"ftyp"
    tells_facts = journey.preset in {"vllm-omni", "sglang", "fastvideo"}
    assert bool(done.facts.inference_seconds and done.facts.peak_memory_mb) is tells_facts
    await delete(journey, job.remote_id)


async def test_the_papers_say_what_works(journey: Journey, tmp_path: Path):
    (row,) = (line for line in _PAPER.splitlines() if line.startswith(f"| `{journey.preset}` | works |"))
    said = dict(zip(_OPERATIONS, row.strip("| ").split(" | ")[1:], strict=True))
    assert said == await tried(journey, tmp_path)


async def tried(journey: Journey, folder: Path) -> dict[str, str]:
    """Try every operation, and say in a word what became of it."""
    provider, wish = journey.provider, await journey.submission()
    made = await journey.follow(await journey.submit())
    await journey.file(made)

    async def derived(kind: Kind) -> None:
        await journey.follow(
            await provider.submit(replace(wish, job_id=uuid4(), kind=kind, source=made.remote_id))
        )

    found: dict[str, str] = {"create": "works", "look": "works", "file": "works"}
    found["list"] = await _became(provider.list_jobs())
    found["remix"] = await _became(derived(Kind.REMIX), "emulated")
    found["edit"], found["extend"] = [await _became(derived(kind)) for kind in (Kind.EDIT, Kind.EXTEND)]
    width, height = map(int, wish.size.split("x"))
    wish = replace(wish, job_id=uuid4(), inputs=(sent(folder, picture((width, height), "PNG")),))
    pictured = await journey.follow(await journey.submit(wish))
    found["reference"] = "works" if (await journey.box.jobs())[-1]["has_reference"] else "passed over"
    found["delete"] = await _became(provider.delete(pictured.remote_id), "emulated")
    return found


async def _became(operation: Awaitable[object], otherwise: str = "refused") -> str:
    """Have something done; what a server has not is refused here, in words."""
    try:
        await operation
    except Unsupported as error:
        return otherwise if error.message else "without a word"
    return "works"


async def delete(journey: Journey, remote_id: str) -> None:
    """Delete a job where that can be done: twice, as the second time it is gone."""
    if Operation.DELETE not in journey.provider.profile.operations:
        with pytest.raises(Unsupported):
            await journey.provider.delete(remote_id)
        return
    await journey.provider.delete(remote_id)
    await journey.provider.delete(remote_id)
    with pytest.raises(JobNotFound):
        await journey.provider.fetch(remote_id)


async def test_a_lost_submit_can_be_found_where_there_is_a_list(journey: Journey):
    provider = journey.provider
    made = [await journey.follow(await journey.submit()) for _ in range(2)]
    if Operation.LIST not in provider.profile.operations:
        with pytest.raises(Unsupported):
            await provider.list_jobs()
        return
    first = await provider.list_jobs(limit=1)
    second = await provider.list_jobs(after=first.last_id, limit=1)
    ours = {job.remote_id: job for job in (*first.jobs, *second.jobs)}
    assert ours.keys() == {job.remote_id for job in made}
    assert first.has_more
    wish = await journey.submission()
    for job in ours.values():
        tells_prompt = journey.preset not in {"sglang", "fastvideo"}
        assert (job.prompt, job.seconds) == (PROMPT if tells_prompt else None, wish.seconds)
        assert job.created_at is not None
        assert job.model in (None, wish.model)


async def test_a_gateway_does_not_have_it_made_twice(journey: Journey):
    """LiteLLM sends what failed once more by itself, and a lost answer is a failure to it."""
    if journey.preset != "litellm":
        return
    before = len(await journey.box.jobs())
    await journey.box.fault(create="accept-then-502", times=1)

    with pytest.raises(SubmitUnclear):
        await journey.submit()

    assert len(await journey.box.jobs()) == before + 1


async def test_a_job_that_fails_says_why(journey: Journey):
    await journey.box.fault(job={"error": {"code": "gpu_lost", "message": "The GPU fell off the bus."}})
    job = await journey.follow(await journey.submit())
    assert job.status is Status.FAILED
    assert job.problem is not None
    assert job.problem.message == "The GPU fell off the bus."
    with pytest.raises((JobNotFound, ProviderUnavailable, ProviderRejected)):
        await journey.file(job)


async def test_a_remix_is_made_there_or_can_be_emulated(journey: Journey):
    parent = await journey.follow(await journey.submit())
    submission = replace(
        await journey.submission(), kind=Kind.REMIX, source=parent.remote_id, prompt="at night"
    )
    if Operation.REMIX in journey.provider.profile.operations:
        assert (await journey.provider.submit(submission)).prompt == "at night"
        return
    with pytest.raises(Unsupported):
        await journey.provider.submit(submission)
    assert all(job["kind"] == "create" for job in await journey.box.jobs())


async def test_a_job_that_nobody_knows(journey: Journey):
    with pytest.raises(JobNotFound):
        await journey.provider.fetch((await journey.submit()).remote_id.replace("a", "b") + "0")


async def test_a_model_that_it_has_not(journey: Journey):
    """Where the name is sent, a wrong one is refused for good; where it is not, it does not matter."""
    submission = replace(await journey.submission(), model="no-such-model")
    if not journey.provider.profile.sends_model:
        await journey.follow(await journey.submit(submission))
        return
    with pytest.raises((ProviderMisconfigured, ProviderRejected)):
        await journey.provider.submit(submission)


async def test_a_refusal_by_moderation_is_known_where_its_code_comes_through(journey: Journey):
    submission = replace(await journey.submission(), prompt="a forbidden-test")
    with pytest.raises(ProviderRejected, match="blocked by our moderation system") as caught:
        await journey.submit(submission)
    known = journey.preset not in {"vllm-omni", "sglang", "fastvideo"}
    assert isinstance(caught.value, ContentRejected) is known


async def test_busy_is_waited_out(journey: Journey):
    """Unsloth makes one video at a time, and says so by 409."""
    if journey.preset != "unsloth":
        await journey.box.fault(create="429", times=1)
    else:
        await journey.box.fault(job="stuck", times=1)
        await journey.submit()
    with pytest.raises(ProviderUnavailable):
        await journey.provider.submit(await journey.submission())

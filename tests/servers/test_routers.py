"""The routers of SGLang, FastVideo and vLLM-Omni over a stubbed engine, with the whole studio before them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sora_studio.domain.profile import Preset
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase
from tests.support.disorder import made_in_disorder
from tests.support.harness import StudioHarness, opened_lab
from tests.support.sandbox import Box
from tests.support.waiting import comes_true

pytestmark = pytest.mark.timeout(1200)  # its packages may have to be fetched first

SERVERS = {
    Preset.SGLANG: ("SGLang 0.5.23", 81, 16),
    Preset.FASTVIDEO: ("FastVideo", 121, 24),  # it tells no version
    Preset.VLLM_OMNI: ("vLLM-Omni", 81, 16),  # the version is vLLM's to tell
}
"""How each is called, and how many frames at which rate the model that it serves makes of five seconds."""

LOST = ("accept-then-502", "accept-then-reset", "accept-then-garbage")


@pytest.fixture
async def harness(box: Box, database_url: str, tmp_path: Path) -> AsyncIterator[StudioHarness]:
    await asyncio.to_thread(_empty, box.base_url)
    async with opened_lab(box, database_url, tmp_path / "data", timeouts=None) as harness:
        await comes_true(lambda: _knows_models(harness))
        yield harness


def _empty(base_url: str) -> None:
    """Delete another test's jobs: they would be rivals of the one that is looked for."""
    listed = httpx.get(f"{base_url}/videos").json()["data"]
    for job in listed:
        httpx.delete(f"{base_url}/videos/{job['id']}").raise_for_status()


async def _knows_models(harness: StudioHarness) -> bool:
    (profile,) = harness.studio.services.videos.profiles()
    return bool(profile.software)


def test_it_is_known_by_what_it_says(harness: StudioHarness, kind: Preset):
    (profile,) = harness.studio.services.videos.profiles()
    assert profile.kind is kind
    assert profile.software.startswith(SERVERS[kind][0])
    assert "sora-2" not in [model.id for model in profile.models]


async def test_a_video_is_made_once_kept_and_deleted(harness: StudioHarness, kind: Preset):
    await harness.box.fault(retrieve="404", times=1)  # it comes late to where it is looked for
    done = await harness.until(await harness.ask())
    assert done.phase is Phase.COMPLETED, done.problem
    (job,) = await harness.taken()
    assert (job["prompt"], job["num_frames"], job["fps"]) == (done.prompt, *SERVERS[kind][1:])
    await harness.audit()

    await harness.studio.services.videos.remove(done.owner_id, done.id, at_once=True)

    async def is_deleted() -> bool:
        harness.studio.wake(TaskName.PURGE)
        return (await harness.taken())[0]["deleted_at"] is not None

    await comes_true(is_deleted)


@pytest.mark.parametrize("answer", LOST)
async def test_a_lost_answer_is_one_job_that_is_found(harness: StudioHarness, answer: str):
    """Where lists have no prompts, it is known by when, what and how long."""
    await harness.box.fault(create=answer, times=1)
    view = await harness.until(await harness.ask())
    assert view.phase is Phase.COMPLETED, view.problem
    assert await harness.told(view) == ["unclear", "adopted", "rendered", "saved"]
    assert len(await harness.taken()) == 1
    await harness.audit()


async def test_the_same_wish_twice_is_two_jobs(harness: StudioHarness):
    views = [await harness.ask("the same") for _ in range(2)]
    assert [(await harness.until(view)).phase for view in views] == [Phase.COMPLETED] * 2
    assert len(await harness.taken()) == 2
    await harness.audit()


async def test_whatever_comes_late_twice_and_out_of_order_is_one_job(harness: StudioHarness):
    await made_in_disorder(harness)
    await harness.audit()

"""F37 to F43: on its way to us a file can be cut, swapped, slow, endless, sent elsewhere, or gone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sora_studio.domain.video import Phase
from tests.support.harness import StudioHarness
from tests.support.scripted import scripted_server
from tests.support.waiting import wait_until

_FILM = {"content-type": "video/mp4"}


@pytest.mark.parametrize(
    "answer",
    [
        *("truncated", "reset", "close", "hang", "500", "429", "empty", "garbage"),
        *("html", "json-as-mp4", "html-as-mp4", {"body": {"error": "not yet"}}, {"share": 0.99}),
        {"body": "\0\0\0\x18ftypmp42", "headers": _FILM},
    ],
    ids=str,
)
async def test_what_is_no_whole_film_is_never_kept(harness: StudioHarness, answer: Any):
    """F37, F38: it is fetched again, and the person sees the delay."""
    await harness.box.fault(content=answer, times=2)
    view = await harness.ask()
    assert (await harness.until(view)).phase is Phase.COMPLETED
    assert (await harness.told(view))[-2:] == ["delayed", "saved"]
    await harness.audit()


async def test_a_slow_download_holds_up_nobody(harness: StudioHarness):
    """F39: the others are saved meanwhile, and it is cut off in the end (or when the studio stops)."""
    await harness.box.fault(content="drip", times=1)
    slow = await harness.until(await harness.ask("slow"), Phase.SAVING)
    await harness.wait(lambda: _struck(harness, "content"), hurry=False)
    other = await harness.ask("quick")
    assert (await harness.until(other)).phase is Phase.COMPLETED
    assert (await harness.look(slow)).phase is Phase.SAVING


async def test_what_people_send_holds_up_nothing_that_is_saved(harness: StudioHarness, tmp_path: Path):
    """However many films and pictures that take long they have us look at."""
    uploads = harness.studio.services.uploads._worker_pool
    looking = [asyncio.create_task(uploads.run(_look_for_long, tmp_path / "end")) for _ in range(4)]
    assert (await harness.until(await harness.ask())).phase is Phase.COMPLETED
    (tmp_path / "end").touch()
    await asyncio.gather(*looking)


def _look_for_long(end: Path) -> None:
    wait_until(end.exists)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_this_machine_is_not_followed(harness: StudioHarness, status: int):
    """F41: neither with our key nor without; the file is fetched where it was promised."""
    async with scripted_server() as elsewhere:
        target = {"location": f"{elsewhere.base_url}/film.mp4"}
        await harness.box.fault(content={"status": status, "body": "", "headers": target}, times=1)
        view = await harness.ask()
        assert (await harness.until(view)).phase is Phase.COMPLETED
        assert elsewhere.requests == []
    await harness.audit()


@pytest.mark.parametrize("answer", ["404", "410"])
async def test_a_file_that_is_gone_is_lost_and_stays_charged(harness: StudioHarness, answer: str):
    """F42: not before its time is over, however often it was not there; in words, and loudly in the log."""
    before = (await harness.box.seen())["content"]
    await harness.box.fault(job={"expires_ms": 0, "instant_ms": 0}, content=answer)
    view = await harness.until(await harness.ask(), Phase.SAVING)
    await harness.sql("UPDATE job SET remote_expires_at = now() + interval '1 hour'")
    await harness.wait(lambda: _is_asked_for(harness, before + 4))
    assert (await harness.look(view)).phase is Phase.SAVING
    await harness.sql("UPDATE job SET remote_expires_at = now()")
    seen = await harness.until(view)
    assert seen.problem
    assert (seen.phase, seen.charged) == (Phase.NEEDS_ATTENTION, True)
    assert seen.problem.code == "content_unavailable"
    await harness.audit(expected={"paid_video_lost"})


@pytest.mark.parametrize(
    "moment",
    [None, 0, 1, -5, 1_000_000_000, 1_764_000_000_000, 10**18, "soon", "2026-11-25T12:00:00Z", 1.5, True, {}],
    ids=str,
)
async def test_an_odd_expiry_does_not_matter(harness: StudioHarness, moment: Any):
    """F43: missing, past, in milliseconds, of 1970, no number at all."""
    await harness.box.fault(video={"set": {"expires_at": moment}})
    view = await harness.ask()
    assert (await harness.until(view)).phase is Phase.COMPLETED
    await harness.audit()


async def _is_asked_for(harness: StudioHarness, times: int) -> bool:
    return (await harness.box.seen())["content"] >= times


async def _struck(harness: StudioHarness, place: str) -> bool:
    return all(fault["at"] != place for fault in await harness.box.faults())

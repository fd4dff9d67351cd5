"""F37 to F43: on its way to us a file can be cut, swapped, slow, endless, sent elsewhere, or gone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sora_studio.domain.video import Phase
from tests.support.lab import Lab
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
async def test_what_is_no_whole_film_is_never_kept(lab: Lab, answer: Any):
    """F37, F38: it is fetched again, and the person is told of the delay."""
    await lab.box.fault(content=answer, times=2)
    view = await lab.ask()
    assert (await lab.until(view)).phase is Phase.COMPLETED
    assert (await lab.told(view))[-2:] == ["delayed", "saved"]
    await lab.audit()


async def test_a_slow_download_holds_up_nobody(lab: Lab):
    """F39: the others are saved meanwhile, and it is cut off in the end (or when the studio stops)."""
    await lab.box.fault(content="drip", times=1)
    slow = await lab.until(await lab.ask("slow"), Phase.SAVING)
    await lab.wait(lambda: _struck(lab, "content"), hurry=False)
    other = await lab.ask("quick")
    assert (await lab.until(other)).phase is Phase.COMPLETED
    assert (await lab.look(slow)).phase is Phase.SAVING


async def test_what_people_send_holds_up_nothing_that_is_saved(lab: Lab, tmp_path: Path):
    """However many films and pictures that take long they have us look at."""
    uploads = lab.studio.services.media._workshop
    looking = [asyncio.create_task(uploads.run(_look_for_long, tmp_path / "end")) for _ in range(4)]
    assert (await lab.until(await lab.ask())).phase is Phase.COMPLETED
    (tmp_path / "end").touch()
    await asyncio.gather(*looking)


def _look_for_long(end: Path) -> None:
    wait_until(end.exists, within=60)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_this_machine_is_not_followed(lab: Lab, status: int):
    """F41: neither with our key nor without; the file is fetched where it was promised."""
    async with scripted_server() as elsewhere:
        target = {"location": f"{elsewhere.base_url}/film.mp4"}
        await lab.box.fault(content={"status": status, "body": "", "headers": target}, times=1)
        view = await lab.ask()
        assert (await lab.until(view)).phase is Phase.COMPLETED
        assert elsewhere.requests == []
    await lab.audit()


@pytest.mark.parametrize("answer", ["404", "410"])
async def test_a_file_that_is_gone_is_lost_and_stays_charged(lab: Lab, answer: str):
    """F42: not before its time is over, however often it was not there; in words, and loudly in the log."""
    before = (await lab.box.seen())["content"]
    await lab.box.fault(job={"expires_ms": 0, "instant_ms": 0}, content=answer)
    view = await lab.until(await lab.ask(), Phase.SAVING)
    await lab.sql("UPDATE job SET remote_expires_at = now() + interval '1 hour'")
    await lab.wait(lambda: _is_asked_for(lab, before + 4))
    assert (await lab.look(view)).phase is Phase.SAVING
    await lab.sql("UPDATE job SET remote_expires_at = now()")
    seen = await lab.until(view)
    assert seen.problem
    assert (seen.phase, seen.charged) == (Phase.FAILED, True)
    assert seen.problem.code in {"content_unavailable", "expired"}
    await lab.audit(expected={"paid_video_lost"})


@pytest.mark.parametrize(
    "moment",
    [None, 0, 1, -5, 1_000_000_000, 1_764_000_000_000, 10**18, "soon", "2026-11-25T12:00:00Z", 1.5, True, {}],
    ids=str,
)
async def test_an_odd_expiry_does_not_matter(lab: Lab, moment: Any):
    """F43: missing, past, in milliseconds, of 1970, no number at all."""
    await lab.box.fault(video={"set": {"expires_at": moment}})
    view = await lab.ask()
    assert (await lab.until(view)).phase is Phase.COMPLETED
    await lab.audit()


async def _is_asked_for(lab: Lab, times: int) -> bool:
    return (await lab.box.seen())["content"] >= times


async def _struck(lab: Lab, place: str) -> bool:
    return all(fault["at"] != place for fault in await lab.box.faults())

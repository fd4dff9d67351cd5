"""What the studio does by the clock is wired to it: no fault shows what is missing here, only time would."""

from dataclasses import replace
from pathlib import Path

from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase, Variant, VideoView
from tests.support.harness import HASTE, StudioHarness, opened_lab
from tests.support.sandbox import Box


async def test_the_lease_of_a_long_post_is_renewed(box: Box, database_url: str, tmp_path: Path):
    """Otherwise what takes more than half a minute would be taken up by another one while it is under way."""
    patient = replace(HASTE, submit=60)
    async with opened_lab(box, database_url, tmp_path, timeouts=patient) as harness:
        await box.fault(create="accept-then-hang", times=1)
        view = await harness.ask()
        await harness.wait(lambda: harness.posts(view), hurry=False)
        await harness.sql("UPDATE job SET lease_until = now() + interval '10 seconds'")
        harness.studio.wake(TaskName.HEARTBEAT)
        await harness.wait(lambda: _is_held_for(harness, view, 20), hurry=False)
        assert (await harness.look(view)).phase is Phase.SUBMITTING
    await box.clear()


async def test_a_file_that_is_gone_is_fetched_again(harness: StudioHarness):
    view = await harness.until(await harness.ask(), Phase.COMPLETED)
    file = await harness.studio.services.media.file(view.owner_id, view.id, Variant.VIDEO)
    film = harness.settings.media_path / file.key
    film.unlink()
    harness.studio.wake(TaskName.SCRUB)
    await harness.wait(lambda: _is_there(film))
    await harness.audit()


async def _is_held_for(harness: StudioHarness, view: VideoView, seconds: int) -> bool:
    (row,) = await harness.sql(
        "SELECT lease_until > now() + make_interval(secs => :seconds) AS held FROM job WHERE video_id = :id",
        seconds=seconds,
        id=view.id,
    )
    return bool(row.held)


async def _is_there(path: Path) -> bool:
    return path.exists()

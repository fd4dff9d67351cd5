"""What the studio does by the clock is wired to it: no fault shows what is missing here, only time would."""

from dataclasses import replace
from pathlib import Path

from sora_studio.domain.video import Phase, Variant, VideoView
from tests.support.lab import HASTE, Lab, opened_lab
from tests.support.sandbox import Box


async def test_the_lease_of_a_long_post_is_renewed(box: Box, database_url: str, tmp_path: Path):
    """Otherwise what takes more than half a minute would be taken up by another one while it is under way."""
    patient = replace(HASTE, submit=60)
    async with opened_lab(box, database_url, tmp_path, timeouts=patient) as lab:
        await box.fault(create="accept-then-hang", times=1)
        view = await lab.ask()
        await lab.wait(lambda: lab.posts(view), hurry=False)
        await lab.sql("UPDATE job SET lease_until = now() + interval '10 seconds'")
        lab.studio.wake("heartbeat")
        await lab.wait(lambda: _is_held_for(lab, view, 20), hurry=False)
        assert (await lab.look(view)).phase is Phase.SUBMITTING
    await box.clear()


async def test_a_file_that_is_gone_is_fetched_again(lab: Lab):
    view = await lab.until(await lab.ask(), Phase.COMPLETED)
    film = (await lab.studio.services.media.file(view.owner_id, view.id, Variant.VIDEO)).path
    film.unlink()
    lab.studio.wake("scrub")
    await lab.wait(lambda: _is_there(film))
    await lab.audit()


async def _is_held_for(lab: Lab, view: VideoView, seconds: int) -> bool:
    (row,) = await lab.sql(
        "SELECT lease_until > now() + make_interval(secs => :seconds) AS held FROM job WHERE video_id = :id",
        seconds=seconds,
        id=view.id,
    )
    return bool(row.held)


async def _is_there(path: Path) -> bool:
    return path.exists()

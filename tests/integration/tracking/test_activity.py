"""What happened to a video is written down as it happens, once."""

from sqlalchemy import text

from sora_studio.domain.errors import SubmitUnclear
from sora_studio.domain.video import Status, VideoView
from tests.integration.tracking.conftest import Bench


async def told(bench: Bench, view: VideoView) -> list[str]:
    query = text("SELECT happening FROM activity WHERE video_id = :video ORDER BY id")
    async with bench.db.transaction() as tx:
        rows = await (await tx.connection()).execute(query, {"video": view.id})
        return [row.happening for row in rows]


async def test_an_untroubled_life(bench: Bench, mp4: bytes):
    view = await bench.wish()
    await bench.submit()
    for progress in (10, 20):
        bench.provider.report("remote-0", Status.IN_PROGRESS, progress)
        await bench.refresh()
    bench.provider.finish("remote-0", mp4)
    await bench.refresh()
    await bench.archive()
    assert await told(bench, view) == ["submitted", "seen", "rendered", "saved"]


async def test_a_lost_answer_is_told_and_so_is_what_became_of_it(bench: Bench):
    bench.provider.after_submit = [SubmitUnclear("The connection broke.", "connection_lost")]
    view = await bench.wish()
    await bench.submit()
    bench.provider.fail("remote-0", "x", "Out of memory.")
    await bench.reconcile()
    assert await told(bench, view) == ["unclear", "adopted", "failed"]


async def test_a_persons_decisions_are_told(bench: Bench):
    bench.provider.before_submit = [SubmitUnclear("The connection broke.", "connection_lost")] * 2
    view = await bench.wish()
    await bench.submit()
    for decide in (bench.videos.look_again, bench.videos.submit_again, bench.videos.give_up):
        await bench.sql("UPDATE job SET post_begun_at = now() - interval '95 seconds', looks = 3")
        await bench.reconcile()
        await decide(view.owner_id, view.id)
        await bench.submit()
    assert await told(bench, view) == [
        *("unclear", "attention", "looked_again"),
        *("attention", "sent_again"),
        *("unclear", "attention", "given_up"),
    ]

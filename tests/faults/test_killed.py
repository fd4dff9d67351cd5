"""F6: a process that is killed while it looks at many jobs; the other moments are the crash sweep's."""

import asyncio
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import text

from sora_studio.db.engine import Database
from sora_studio.domain.video import Phase
from tests.support.instance import running_instance
from tests.support.library import add_person, add_videos
from tests.support.plain_http import NO_TLS
from tests.support.sandbox import Box
from tests.support.waiting import PATIENCE, comes_true

_MANY = 200


async def test_killed_in_the_middle_of_a_look(
    box: Box, database: Database, database_url: str, tmp_path: Path
):
    """The next process of the same installation takes up all of them at once, and each of them once."""
    await box.clear()
    await box.fault(job="stuck")
    await _have_taken(box, database, await add_person(database))
    asked = (await box.seen())["list"]
    await box.fault(list="hang", times=1)
    where = database_url, box.base_url, tmp_path / "data", tmp_path / "media"
    async with running_instance(*where) as instance:
        await comes_true(lambda: _asked(box, asked + 1))
        instance.kill()
    assert await _count(database, "phase = 'queued' AND holder IS NOT NULL") == _MANY
    async with running_instance(*where):
        await comes_true(lambda: _all_seen(database))
        assert (await box.seen())["list"] <= asked + 1 + _MANY // 100 + 1
    told = "(SELECT video_id FROM activity WHERE kind = 'rendering' GROUP BY video_id HAVING count(*) > 1)"
    assert await _count(database, f"video_id IN {told}") == 0


async def _have_taken(box: Box, db: Database, owner_id: UUID) -> None:
    """Let the provider have so many jobs of ours, all of them due."""
    prompts = [f"{number} {owner_id}" for number in range(_MANY)]
    async with httpx.AsyncClient(base_url=box.base_url, timeout=PATIENCE, verify=NO_TLS) as http:
        for start in range(0, _MANY, 20):
            posts = (http.post("/videos", json={"prompt": each}) for each in prompts[start : start + 20])
            assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
    videos = await add_videos(db, owner_id, *prompts, phase=Phase.QUEUED, provider="videos-api")
    taken = [job["id"] for job in (await box.jobs())[-_MANY:]]
    remote = [{"video": video, "remote": remote_id} for video, remote_id in zip(videos, taken, strict=True)]
    async with db.transaction() as tx:
        statement = text("UPDATE job SET remote_id = :remote, accepted_at = now() WHERE video_id = :video")
        await (await tx.connection()).execute(statement, remote)


async def _asked(box: Box, times: int) -> bool:
    return (await box.seen())["list"] >= times


async def _all_seen(db: Database) -> bool:
    return await _count(db, "phase = 'in_progress'") == _MANY


async def _count(db: Database, condition: str) -> int:
    async with db.transaction() as tx:
        query = text(f"SELECT count(*) FROM job WHERE {condition}")  # noqa: S608 -- the tests' own
        return (await (await tx.connection()).execute(query)).scalar_one()

"""From the commit to the screen: how soon, to whom, in how many frames, and of how many bytes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from bench.lab.floor import Floor, floor
from bench.lab.lab import Lab, Served
from bench.lab.latency import latencies
from bench.lab.metric import Metric, at_most, counted, ratio_at_most
from sora_studio.db.engine import Database
from sora_studio.domain.ids import public_id
from sora_studio.domain.video import Phase
from sora_studio.ui.live import PAUSE
from sora_studio.ui.pages.create.state import RECENT, CreateState
from tests.support.library import add_videos
from tests.support.person import Person, join
from tests.support.tab import Tab, open_tab

SAMPLES = 100
TICKS = 10

_REST = 1.2 * PAUSE  # seconds: the next change must not wait for the pause that follows a burst
_OWNER = 'SELECT id FROM "user" WHERE email = %s'
_AT_REST = "UPDATE job SET due_at = NULL, progress_known = true WHERE video_id = ANY(%s)"
_TURN = "UPDATE video SET phase = %s, completed_at = now() WHERE id = %s"
_COMPLETE = "UPDATE video SET phase = 'completed', completed_at = now() WHERE id = ANY(%s)"
_TICK = "UPDATE job SET progress = progress + 1 WHERE video_id = ANY(%s)"


async def measure(lab: Lab) -> list[Metric]:
    """Change a person's videos in the database, and watch their dashboard and a stranger's."""
    studio = await lab.studio()
    async with _watching(studio) as scene:
        latency = await latencies("pushing.screen", scene.floor.change, scene.turn, samples=SAMPLES)
        turns, frames = scene.turns, scene.frames_since_start()
        every = [await scene.tick(scene.videos) for _ in range(TICKS)]
        await scene.complete(scene.videos[1:])
        whole = _size(scene.last_frame())
        one = [await scene.tick(scene.videos[:1]) for _ in range(TICKS)]
        strange = len(
            [frame for frame in scene.stranger.frames[scene.stranger_began :] if frame.get("delta")]
        )
    return [
        *latency,
        counted("pushing.frames", frames / turns, "frames per change", at_most(1), changes=turns),
        counted("pushing.strangers", strange, "frames", at_most(0), changes=turns + 2 * TICKS + 1),
        counted("pushing.tick.one", max(one), "bytes", ratio_at_most(0.1), baseline=whole, coming=1),
        counted("pushing.tick.every", max(every), "bytes", baseline=whole, coming=RECENT),
    ]


@dataclass
class _Scene:
    """A person's dashboard with videos on it, a stranger's dashboard, and the way to change things."""

    videos: list[UUID]
    tab: Tab
    stranger: Tab
    floor: Floor
    began: int = 0
    stranger_began: int = 0
    turns: int = 0

    async def turn(self) -> float:
        """Let the newest video be completed, or coming again; tell the milliseconds to the frame."""
        self.turns += 1
        phase, look = (Phase.COMPLETED, "ready") if self.turns % 2 else (Phase.IN_PROGRESS, "coming")
        video_id = self.videos[-1]
        await asyncio.sleep(_REST)
        began = time.perf_counter()
        await self.floor.connection.execute(_TURN, [phase, video_id])
        await self.tab.until(lambda: self._look(public_id(video_id)) == look)
        return (time.perf_counter() - began) * 1000

    async def complete(self, videos: list[UUID]) -> None:
        """Let videos be completed, and wait until the dashboard shows it."""
        await asyncio.sleep(_REST)
        await self.floor.connection.execute(_COMPLETE, [videos])
        await self.tab.until(lambda: all(self._look(public_id(video_id)) == "ready" for video_id in videos))

    async def tick(self, videos: list[UUID]) -> int:
        """Let videos make progress; tell the bytes that the tab gets."""
        await asyncio.sleep(_REST)
        seen = len(self.tab.frames)
        await self.floor.connection.execute(_TICK, [videos])
        await self.tab.until(lambda: _told(self.tab.frames[seen:]))
        return sum(map(_size, self.tab.frames[seen:]))

    def frames_since_start(self) -> int:
        """Count the frames that told the dashboard something."""
        return len(_told(self.tab.frames[self.began :]))

    def last_frame(self) -> dict[str, Any]:
        """Return the last frame that told the dashboard something: it carried the whole list."""
        return _told(self.tab.frames)[-1]

    def _look(self, video_id: str) -> str:
        """Return how a video is shown; nothing where it is not among those that are shown."""
        looks = {card["id"]: card["look"] for card in self.tab.value(CreateState, "cards")}
        return looks.get(video_id, "")


@asynccontextmanager
async def _watching(studio: Served) -> AsyncIterator[_Scene]:
    person, stranger = await join(studio.url), await join(studio.url, "Eve")
    videos = await _add_coming(studio, person)
    async with (
        aclosing(person.http),
        aclosing(stranger.http),
        floor(studio.url, studio.database_url) as least,
        open_tab(studio.url, cookie=f"sora_session={person.token}") as tab,
        open_tab(studio.url, cookie=f"sora_session={stranger.token}") as other,
    ):
        for each in (tab, other):
            await each.until(lambda each=each: each.value(CreateState, "ready"))
        await asyncio.sleep(1)  # what the page asks for besides
        yield _Scene(videos, tab, other, least, len(tab.frames), len(other.frames))


async def _add_coming(studio: Served, person: Person) -> list[UUID]:
    """Store as many coming videos as the dashboard shows, which no background work touches."""
    db = Database(studio.database_url)
    async with await psycopg.AsyncConnection.connect(studio.database_url, autocommit=True) as connection:
        found = await (await connection.execute(_OWNER, [person.email])).fetchone()
        assert found
        prompts = [f"A paper boat sails down a rain-filled street at dusk, take {n}" for n in range(RECENT)]
        videos = await add_videos(
            db, found[0], *prompts, phase=Phase.IN_PROGRESS, start=datetime.now(UTC), provider="elsewhere"
        )
        await connection.execute(_AT_REST, [videos])
    await db.close()
    return videos


def _told(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [frame for frame in frames if CreateState.get_full_name() in (frame.get("delta") or {})]


def _size(frame: dict[str, Any]) -> int:
    return len(json.dumps(frame, separators=(",", ":")))

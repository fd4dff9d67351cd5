"""The life of one video in a process of its own, from the wish to the purge.

`python -m tests.crash.life` reads orders, one a line, as JSON: `point`, where the process ends itself, and
what `Life` needs. It forks for each life, as importing the studio takes longer than most lives, and prints
its exit status: 0 for a life that is not ended on the way. Every step may be taken twice: one life goes on
where another was ended.
"""

import asyncio
import importlib
import json
import os
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from sora_studio import log
from sora_studio.bootstrap import Parts, Studio, studio
from sora_studio.config import PRIVATE, Settings, load
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase, PosterWidth, VideoView, VideoWish
from tests.crash.tripwire import Tripwire
from tests.support.films import picture
from tests.support.inputs import first_frame
from tests.support.kept_engines import kept_database
from tests.support.waiting import PATIENCE, eventually
from tests.support.workers import InlineWorkers

REQUEST_KEY = "one click"
_FILES = 4 + len(PosterWidth)  # the video, its thumbnail and the smaller ones, its spritesheet, its reference


@dataclass(frozen=True)
class Life:
    """Whose video it is, and where everything lies."""

    prompt: str  # of this life alone: the provider has had others
    owner_id: str
    data_dir: str
    database_url: str
    base_url: str

    def settings(self) -> Settings:
        """Return the settings of its studio."""
        data_dir = Path(self.data_dir)
        data_dir.mkdir(exist_ok=True)
        (data_dir / "providers.toml").write_text(f'[sandbox]\nbase_url = "{self.base_url}"\n')
        return load({"DATABASE_URL": self.database_url}, data_dir=data_dir)

    async def lead(self, wire: Tripwire, *, late: bool) -> None:
        """Wish for a video, wait for its end, delete it, see it gone; a late wire waits for the deletion."""
        wire.armed = not late
        async with studio(self.settings(), wire.parts()) as opened, asyncio.timeout(PATIENCE):
            view = await self._completed(opened, await self._wish(opened))
            wire.armed = True
            await opened.services.videos.remove(view.owner_id, view.id)
            await self._gone(opened)

    async def lead_to_completion(self) -> None:
        """Wish for the video, unless that was done, wait for its end, and for files that nobody owns."""
        async with (
            studio(self.settings(), Parts(database=kept_database, worker_pool=InlineWorkers)) as opened,
            asyncio.timeout(PATIENCE),
        ):
            await self._completed(opened, await self._wish(opened))
            for path in self.files():
                os.utime(path, (0, 0))  # hours pass
            opened.wake(TaskName.SCRUB)
            await eventually(lambda: len(self.files()) <= _FILES, within=PATIENCE)

    def files(self) -> list[Path]:
        """Return every file that the studio has; the name of their folder is none."""
        return [path for path in (Path(self.data_dir) / "media").rglob("[!.]*") if path.is_file()]

    async def end(self) -> None:
        """See a deleted video gone."""
        async with (
            studio(self.settings(), Parts(database=kept_database, worker_pool=InlineWorkers)) as opened,
            asyncio.timeout(PATIENCE),
        ):
            await self._gone(opened)

    async def _wish(self, opened: Studio) -> VideoView:
        """Click, as a person does whose first click may have been lost: with the same key."""
        wish = VideoWish(
            self.prompt, size="1280x720", seconds="4", inputs=(first_frame(picture((64, 36), "PNG")),)
        )
        return await opened.services.videos.create(UUID(self.owner_id), wish, idempotency_key=REQUEST_KEY)

    async def _completed(self, opened: Studio, view: VideoView) -> VideoView:
        while view.phase is not Phase.COMPLETED:
            assert view.phase is not Phase.FAILED, view.problem
            if view.phase is Phase.SUBMIT_UNKNOWN:
                await _pass_patience(opened)
            if view.phase is Phase.QUEUED:
                await _pass_first_wait(opened)
            await asyncio.sleep(0.05)
            view = await opened.services.videos.get(view.owner_id, view.id)
        return view

    async def _gone(self, opened: Studio) -> None:
        """Let the time to undo pass, and see that nothing is left to purge."""
        await _sql(opened, "UPDATE video SET deleted_at = deleted_at - interval '2 minutes'")
        while await _sql(opened, "SELECT 1 FROM video UNION ALL SELECT 1 FROM trash"):
            opened.wake(TaskName.PURGE)
            await asyncio.sleep(0.05)


async def _pass_patience(opened: Studio) -> None:
    """Let the minutes pass for which an unclear submit is looked for."""
    await _sql(
        opened,
        "UPDATE job SET submit_started_at = now() - interval '95 seconds', lookups = greatest(lookups, 2), "
        "due_at = now() WHERE phase = 'submit_unknown' AND lease_until IS NULL "
        "AND submit_started_at > now() - interval '90 seconds'",
    )


async def _pass_first_wait(opened: Studio) -> None:
    """Let the seconds pass that a new job is given before the first look."""
    if await _sql(
        opened,
        "UPDATE job SET due_at = now() WHERE phase = 'queued' AND lease_until IS NULL AND due_at > now()",
    ):
        opened.wake(TaskName.REFRESH)


async def _sql(opened: Studio, statement: str) -> int:
    async with opened.db.transaction() as tx:
        return (await (await tx.connection()).execute(text(statement))).rowcount


def main() -> None:
    """Lead the lives that are ordered, one after the other."""
    os.umask(PRIVATE)
    log.configure()  # to the other stream: this one is for the answers
    importlib.import_module("sora_studio.providers.connection")  # or each fork would load it
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _lead(json.loads(line))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - the answer


def _lead(order: dict[str, Any]) -> None:
    wire, late = Tripwire(order.pop("point")), order.pop("late")
    try:
        asyncio.run(Life(**order).lead(wire, late=late))
    except BaseException:  # noqa: BLE001 - a fork must not go on as its parent
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def order_of(life: Life, point: str, *, late: bool) -> str:
    """Write the order of a life that ends at a point."""
    return json.dumps({"point": point, "late": late, **asdict(life)})


if __name__ == "__main__":
    main()

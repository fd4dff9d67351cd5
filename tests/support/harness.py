"""The whole studio without its pages, in this process, for a test of what goes wrong around it.

Real are the database, the provider (a sandbox that fails on request, over HTTP), the disk, the scheduler.
Only the times that a provider may take are short. Whatever a test has done, it ends with an audit.
"""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    MutableSequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from structlog.testing import capture_logs

from sora_studio.api.app import create_api
from sora_studio.bootstrap import Parts, Studio, studio
from sora_studio.config import Settings
from sora_studio.domain.instance import ProcessInfo
from sora_studio.domain.ports import Provider
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase, VideoView, VideoWish
from sora_studio.providers.client import Timeouts
from sora_studio.providers.rate_limited import RateLimitedProvider
from sora_studio.providers.videos_api import VideosApiProvider
from tests.support.accounts import SIGNING_KEY
from tests.support.auditor import audit
from tests.support.kept_engines import kept_database
from tests.support.ledger import of_sandbox
from tests.support.library import add_person
from tests.support.sandbox import Box
from tests.support.waiting import PATIENCE
from tests.support.workers import InlineWorkers

HASTE = Timeouts(connect=5, submit=5, fetch=2, content=2)
WEBHOOK_SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyE="
_ENDED = (Phase.COMPLETED, Phase.FAILED, Phase.NEEDS_ATTENTION)


@dataclass
class StudioHarness:
    """A running studio, its provider, and what a test needs to know of both."""

    studio: Studio
    settings: Settings
    box: Box
    before: int
    """Jobs in the sandbox's ledger that are not of this lab."""
    owner_id: UUID
    log: list[Any]
    """Every line that the studio has logged."""
    http: httpx.AsyncClient
    """Speaks to the studio's API, without a session."""
    mark: str = field(default_factory=lambda: uuid4().hex[:8])

    async def ask(self, prompt: str = "a kite", *, owner_id: UUID | None = None, **wish: Any) -> VideoView:
        """Ask for a video; prompts of two labs are never the same."""
        wanted = VideoWish(f"{prompt} {self.mark}", **wish)
        return await self.studio.services.videos.create(owner_id or self.owner_id, wanted)

    async def look(self, view: VideoView) -> VideoView:
        """Look at a video again."""
        return await self.studio.services.videos.get(view.owner_id, view.id)

    async def until(self, view: VideoView, *phases: Phase, hurry: bool = True) -> VideoView:
        """Wait until a video is in a phase (has ended, when none is named).

        Args:
            view: The video.
            phases: Where it shall get to.
            hurry: Let no job wait for its time.
        """
        return await self.met(view, lambda seen: seen.phase in (phases or _ENDED), hurry=hurry)

    async def met(
        self, view: VideoView, condition: Callable[[VideoView], bool], *, hurry: bool = True
    ) -> VideoView:
        """Wait until a condition on a video holds."""
        seen = [view]

        async def holds() -> bool:
            seen.append(await self.look(view))
            return condition(seen[-1])

        try:
            await self.wait(holds, hurry=hurry)
        except TimeoutError:
            raise AssertionError(f"still {seen[-1].phase}: {await self.row(view)}") from None
        return seen[-1]

    async def see_through(self, view: VideoView) -> None:
        """Wait until a video is completed, sent once unless the person decided otherwise.

        A POST that "begins" and then died with its process or connection is unclear, and may never have left:
        nobody finds it, and the person sends it again.
        """
        await self.sql(
            "UPDATE job SET submit_started_at = submit_started_at - interval '95 s' WHERE remote_id IS NULL"
        )
        if (await self.until(view)).phase is Phase.NEEDS_ATTENTION:
            await self.studio.services.videos.submit_again(view.owner_id, view.id)
        assert (await self.until(view)).phase is Phase.COMPLETED
        assert await self.posts(view) <= 1 + (await self.told(view)).count("resubmitted")

    async def wait(self, condition: Callable[[], Awaitable[object]], *, hurry: bool = True) -> None:
        """Wait until a condition on anything holds."""
        async with asyncio.timeout(PATIENCE):
            while not await condition():
                if hurry:
                    await self.hurry()
                await asyncio.sleep(0.1)

    async def hurry(self) -> None:
        """Let time pass until every job is due, and run what is due and in nobody's hands."""
        await self.sql("UPDATE job SET due_at = now() WHERE due_at > now()")
        if await self.sql("SELECT FROM job WHERE due_at <= now() AND coalesce(lease_until, due_at) <= now()"):
            for task in (TaskName.SUBMIT, TaskName.REFRESH, TaskName.RECONCILE, TaskName.ARCHIVE):
                self.studio.wake(task)

    async def sql(self, statement: str, **parameters: object) -> list[Any]:
        """Run a statement behind the studio's back and return its rows."""
        async with self.studio.db.transaction() as tx:
            done = await (await tx.connection()).execute(text(statement), parameters)
            return list(done) if done.returns_rows else []

    async def row(self, view: VideoView) -> Any:
        """Return the current job of a video."""
        (row,) = await self.sql("SELECT * FROM job WHERE video_id = :id AND current", id=view.id)
        return row

    async def told(self, view: VideoView) -> list[str]:
        """Return what happened to a video, in words."""
        rows = await self.sql("SELECT kind FROM activity WHERE video_id = :id ORDER BY id", id=view.id)
        return [row.kind for row in rows]

    async def posts(self, view: VideoView) -> int:
        """Return how many POSTs the provider saw of a video, answered or not."""
        keys = await self.box.posts()
        rows = await self.sql("SELECT id FROM job WHERE video_id = :id", id=view.id)
        return sum(keys.get(str(row.id), 0) for row in rows)

    async def taken(self) -> list[dict[str, Any]]:
        """Return the jobs that the provider took from this lab."""
        return (await self.box.jobs())[self.before :]

    async def audit(self, *, expected: Collection[str] = (), history: bool = True) -> None:
        """Take all faults back, and make sure that nothing is wrong and nothing was thrown.

        Args:
            expected: Events that were rightly logged as errors; all of them have to be there.
            history: False where a migration back has taken the activity away.
        """
        await self.box.clear()
        url = self.settings.database_url
        assert url
        ledger = await asyncio.to_thread(of_sandbox, self.box.base_url, self.before)
        media = self.settings.data_dir / "media"
        found = await asyncio.to_thread(audit, ledger, url.get_secret_value(), media, history=history)
        errors = [line for line in self.log if line["log_level"] in {"error", "critical"}]
        found += [str(line) for line in errors if line["event"] not in expected]
        assert {*expected} <= {line["event"] for line in errors}
        assert not found, "\n".join(found)


@asynccontextmanager
async def opened_lab(
    box: Box,
    database_url: str,
    data_dir: Path,
    *,
    direct_url: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    timeouts: Timeouts | None = HASTE,
    parts: Parts | None = None,
) -> AsyncIterator[StudioHarness]:
    """Run a studio for the block; its provider renders nothing and is done at once, unless told otherwise.

    Args:
        box: The provider.
        database_url: A database with all tables and no rows.
        data_dir: The studio's.
        direct_url: The way to the database past a pooler.
        base_url: How the provider is reached, when there is something in between.
        api_key: What is in between wants to be shown.
        timeouts: What a provider may take; None: it is as the studio makes it, and finds out what is there.
        parts: Other parts for the studio; the provider is always this one.
    """
    settings = Settings.model_validate(
        {
            "DATABASE_URL": database_url,
            "DATABASE_DIRECT_URL": direct_url,
            "OPENAI_BASE_URL": base_url or box.base_url,
            "OPENAI_API_KEY": api_key,
            "SORA_STUDIO_DATA_DIR": data_dir,
            "SORA_STUDIO_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "SORA_STUDIO_SECRET_KEY": SIGNING_KEY.hex(),
        }
    )
    async with AsyncExitStack() as stack:

        def hasty(provider: Provider) -> Provider:
            assert timeouts
            ours = VideosApiProvider(provider.profile, base_url or box.base_url, timeouts=timeouts)
            stack.push_async_callback(ours.close)
            return RateLimitedProvider(ours)

        await box.clear()
        await box.fault(job="instant")
        log: list[Any] = stack.enter_context(capture_logs())
        stack.enter_context(_nothing_thrown(log))
        ours = parts or Parts(database=kept_database)
        ours = replace(ours, worker_pool=InlineWorkers)
        ours = replace(ours, provider=hasty) if timeouts else ours
        opened = await stack.enter_async_context(studio(settings, ours, ProcessInfo(is_private=True)))
        api = httpx.ASGITransport(create_api(settings))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=api, base_url="http://studio"))
        before, owner_id = len(await box.jobs()), await add_person(opened.db)
        yield StudioHarness(opened, settings, box, before, owner_id, log, http)


@contextmanager
def _nothing_thrown(log: MutableSequence[Any]) -> Iterator[None]:
    """Write down in the log what nobody has caught."""

    def hear(_loop: asyncio.AbstractEventLoop, said: dict[str, Any]) -> None:
        log.append({"event": said.get("message"), "log_level": "critical", **said})

    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(hear)
    try:
        yield
    finally:
        loop.set_exception_handler(before)

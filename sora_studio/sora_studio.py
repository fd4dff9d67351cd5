"""The entry: everything that the studio is, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from sora_studio import metrics
from sora_studio.bootstrap import Parts, studio
from sora_studio.config import Settings, forget_environment
from sora_studio.config.build import VERSION, commit
from sora_studio.domain.instance import ProcessInfo
from sora_studio.ui import event_timing, live
from sora_studio.ui.app import build
from sora_studio.ui.news import NewsState

_STILL_READ = ("*REFLEX_*", "PG*", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
"""What Reflex, libpq and the SDK look up in the environment when they need it."""

_log = structlog.get_logger(__name__)

app = build()


@asynccontextmanager
async def lifespan(settings: Settings, parts: Parts | None, info: ProcessInfo) -> AsyncIterator[None]:
    """Open the studio for as long as the server runs."""
    async with studio(settings, parts, info) as opened:
        forget_environment(*_STILL_READ)
        push = asyncio.create_task(live.run(opened.changes, app, NewsState.hear), name="live")
        metrics.when_started(event_timing.enable)
        _log.info("studio_opened", url=settings.public_url, version=VERSION, build=commit())
        yield
        _log.info("studio_closing")
        push.cancel()
        with suppress(asyncio.CancelledError):
            await push

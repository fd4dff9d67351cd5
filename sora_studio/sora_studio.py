"""The entry: everything that the studio is, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from sora_studio.bootstrap import studio
from sora_studio.config import Settings
from sora_studio.ui import site

_log = structlog.get_logger(__name__)

app = site.build()


@asynccontextmanager
async def lifespan(settings: Settings) -> AsyncIterator[None]:
    """Open the studio for as long as the server runs."""
    async with studio(settings):
        _log.info("Sora Studio is open", url=settings.public_url)
        yield
        _log.info("Sora Studio closes")

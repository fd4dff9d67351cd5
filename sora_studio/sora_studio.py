"""The entry: everything that the studio is, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx
import structlog

from sora_studio.bootstrap import studio
from sora_studio.config import Settings
from sora_studio.ui import placeholder

_log = structlog.get_logger(__name__)

app = rx.App()
app.add_page(placeholder.page, route="/", title="Sora Studio")
app.add_page(placeholder.page, route="/login", title="Log in")
app.add_page(placeholder.page, route="/video/[id]", title="Video")


@asynccontextmanager
async def lifespan(settings: Settings) -> AsyncIterator[None]:
    """Open the studio for as long as the server runs."""
    async with studio(settings):
        _log.info("Sora Studio is open", url=settings.public_url)
        yield
        _log.info("Sora Studio closes")

"""What several measurements need, opened when the first one asks for it."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier

from bench.lab import rows
from bench.lab.stub_provider import Taker, taking_server
from sora_studio.db.engine import Database
from sora_studio.db.migrations import migrate
from sora_studio.subprocesses.cluster import ROLE
from sora_studio.subprocesses.postgres import embedded_postgres
from tests.support.cluster import as_superuser
from tests.support.studio import RunningStudio, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 -- the specification's example
"""What the studio's provider signs its webhooks with."""

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))


@dataclass(frozen=True)
class Library:
    """A database that holds many videos."""

    url: str
    db: Database
    owners: list[UUID]  # the first has a fifth of all videos


@dataclass(frozen=True)
class Served:
    """A running studio on a database of ours; its provider takes jobs and begins none by itself."""

    url: str
    database_url: str
    provider: Taker
    process_id: int


class Lab:
    """Opens things once; `opened` closes them."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        """Keep everything in a folder, until the stack is closed."""
        self.stack, self.folder = stack, folder
        self._server: str | None = None
        self._library: Library | None = None
        self._studio: Served | None = None

    async def database(self, name: str) -> str:
        """Return the URL of a new database with all tables: on disk, durable as the studio's own."""
        if self._server is None:
            self._server = await self.stack.enter_async_context(embedded_postgres(self.folder))
        with psycopg.connect(as_superuser(self._server), autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(ROLE)))
        url = self._server.replace(f"/{ROLE}?", f"/{name}?")
        await migrate(url)
        return url

    async def library(self) -> Library:
        """Return the big library; the caller cleans up what it writes into it."""
        if self._library is None:
            url = await self.database("library")
            owners = await asyncio.to_thread(rows.fill, url, ROWS)
            db = Database(url)
            self.stack.push_async_callback(db.close)
            self._library = Library(url, db, owners)
        return self._library

    async def studio(self) -> Served:
        """Return a studio that takes requests."""
        if self._studio is None:
            database_url = await self.database("studio")
            provider = await self.stack.enter_async_context(taking_server())
            settings = {
                "DATABASE_URL": database_url,
                "OPENAI_BASE_URL": provider.url,
                "SORA_STUDIO_WEBHOOK_SECRET": SECRET,
            }
            running = serving(self.folder / "studio", environment=settings)
            studio = await asyncio.to_thread(running.__enter__)
            self.stack.push_async_callback(_stop, running, studio)
            self._studio = Served(studio.url, database_url, provider, studio.process.pid)
        return self._studio


async def _stop(running: AbstractContextManager[RunningStudio], studio: RunningStudio) -> None:
    await asyncio.to_thread(studio.stop)
    running.__exit__(None, None, None)


@asynccontextmanager
async def opened() -> AsyncIterator[Lab]:
    """Open a lab in a temporary folder, and clear it away at the end."""
    with tempfile.TemporaryDirectory(prefix="sora-studio-bench-") as folder:
        async with AsyncExitStack() as stack:
            yield Lab(stack, Path(folder))

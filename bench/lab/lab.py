"""What several measurements need, opened when the first one asks for it."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier

from bench.lab import rows
from sora_studio.children.postgres import embedded_postgres
from sora_studio.db.engine import Database
from sora_studio.db.migrations import migrate

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))


@dataclass(frozen=True)
class Library:
    """A database that holds many videos."""

    url: str
    db: Database
    owners: list[UUID]  # the first has a fifth of all videos


class Lab:
    """Opens things once; `opened` closes them."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        """Keep everything in a folder, until the stack is closed."""
        self.stack, self.folder = stack, folder
        self._server: str | None = None
        self._library: Library | None = None

    async def database(self, name: str) -> str:
        """Return the URL of a new database with all tables: on disk, durable as the studio's own."""
        if self._server is None:
            self._server = await self.stack.enter_async_context(embedded_postgres(self.folder))
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = self._server.replace("/postgres?", f"/{name}?")
        await migrate(url)
        return url

    async def library(self) -> Library:
        """Return the big library; whoever writes into it cleans up."""
        if self._library is None:
            url = await self.database("library")
            owners = await asyncio.to_thread(rows.fill, url, ROWS)
            db = Database(url)
            self.stack.push_async_callback(db.close)
            self._library = Library(url, db, owners)
        return self._library


@asynccontextmanager
async def opened() -> AsyncIterator[Lab]:
    """Open a lab in a temporary folder, and clear it away at the end."""
    with tempfile.TemporaryDirectory(prefix="sora-studio-bench-") as folder:
        async with AsyncExitStack() as stack:
            yield Lab(stack, Path(folder))

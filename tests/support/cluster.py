"""A PostgreSQL of a test's own, to be stopped, killed and started again."""

import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from sora_studio.subprocesses.cluster import ROLE, SUPERUSER
from sora_studio.subprocesses.postgres import embedded_postgres
from tests.support.studio import fresh_data_dir
from tests.support.waiting import PATIENCE


def as_superuser(url: str) -> str:
    """Return the URL of a database of an embedded server for the one who may do everything there."""
    return url.replace(f"//{ROLE}@", f"//{SUPERUSER}@")


@dataclass
class Cluster:
    """An embedded server; its URL stays the same over restarts."""

    data_dir: Path
    url: str = ""
    _stack: AsyncExitStack | None = None

    async def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._stack = AsyncExitStack()
        self.url = await self._stack.enter_async_context(embedded_postgres(self.data_dir))

    async def stop(self) -> None:
        """End it in order: open transactions are rolled back, connections closed."""
        if self._stack:
            await self._stack.aclose()
            self._stack = None

    async def kill(self) -> None:
        """Take it away without warning, every process of it."""
        here = self.data_dir.resolve() / "postgres"
        ours = [each for each in psutil.process_iter(["name", "cwd"]) if each.info["cwd"] == str(here)]
        for process in ours:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(ours, timeout=PATIENCE)
        await self.stop()

    def configure(self, **settings: object) -> None:
        """Write settings that count from the next start on."""
        with (self.data_dir / "postgres" / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


@asynccontextmanager
async def running_cluster() -> AsyncIterator[Cluster]:
    """Run a server for the block."""
    with fresh_data_dir() as data_dir:
        cluster = Cluster(data_dir)
        await cluster.start()
        try:
            yield cluster
        finally:
            await cluster.stop()

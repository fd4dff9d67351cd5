"""A studio without its pages as a process of its own, to be frozen, thawed and killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sora_studio import log
from sora_studio.bootstrap import Parts, studio
from sora_studio.config import PRIVATE, Settings
from sora_studio.storage.local import LocalStorage
from tests.support.accounts import SIGNING_KEY
from tests.support.forks import ForkedProcess, preload
from tests.support.source import ROOT

preload("tests.support.instance")

_OPEN = "the studio is open"


@dataclass(frozen=True)
class Instance:
    """A process that works on the jobs of a database."""

    process: ForkedProcess

    async def says(self) -> str:
        """Wait for the next line that it prints; nothing when it has ended."""
        return (await asyncio.to_thread(self.process.stdout.readline)).strip()

    def freeze(self) -> None:
        """Stop it where it is; its connections stay open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had been."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Take it away without warning."""
        self.process.kill()
        self.process.wait()


@asynccontextmanager
async def starting_instance(
    database_url: str, base_url: str, data_dir: Path, media: Path
) -> AsyncIterator[Instance]:
    """Start one for the block, with a provider at `base_url` and files in a folder that others may share."""
    settings = {
        "DATABASE_URL": database_url,
        "OPENAI_BASE_URL": base_url,
        "SORA_STUDIO_DATA_DIR": str(data_dir),
        "SORA_STUDIO_SECRET_KEY": SIGNING_KEY.hex(),
    }
    process = ForkedProcess("tests.support.instance:main", [json.dumps(settings), str(media)], ROOT)
    try:
        yield Instance(process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@asynccontextmanager
async def running_instance(
    database_url: str, base_url: str, data_dir: Path, media: Path
) -> AsyncIterator[Instance]:
    """Run one for the block; it is open."""
    async with starting_instance(database_url, base_url, data_dir, media) as instance:
        assert await instance.says() == _OPEN
        yield instance


async def _run(settings: Settings, media: Path) -> None:
    log.configure(settings.log_format)  # to the other stream: this one is for the test
    async with studio(settings, Parts(storage=lambda _: LocalStorage(media))):
        print(_OPEN, flush=True)  # noqa: T201 -- what the test waits for
        await asyncio.Event().wait()


def main() -> None:
    """Be the process; its command line is the settings and the folder of the files."""
    os.umask(PRIVATE)
    log.configure()  # on standard error: its output is for the test
    asyncio.run(_run(Settings.model_validate(json.loads(sys.argv[0])), Path(sys.argv[1])))

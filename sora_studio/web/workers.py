"""Several processes behind one address: one for each core, as each has one event loop.

They listen on the same sockets, so whichever is free takes a connection, and those that wait are not lost
with a process. This one has what only one can have (the database, the sandbox) and starts the others again.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from socket import socket

from sora_studio import log
from sora_studio.config import Settings, load, load_providers
from sora_studio.config.environment import known
from sora_studio.config.secret_words import secret_words
from sora_studio.db.access import find_access
from sora_studio.db.engine import CONNECTIONS
from sora_studio.services.upgrade import upgrade
from sora_studio.subprocesses.lock import alone_in
from sora_studio.subprocesses.postgres import embedded_postgres
from sora_studio.subprocesses.process import ChildFailed, keep_running, spawn
from sora_studio.subprocesses.sandbox import sandbox_child
from sora_studio.web import frontend
from sora_studio.web.server import listen

_PATIENCE = 9.0  # seconds for a worker to end in: more than it takes where a proxy has to notice


_BESIDE = 25  # connections of commands, and of backups


def run(host: str, port: int, data_dir: Path | None, workers: int) -> bool:
    """Serve by so many processes until Ctrl-C or SIGTERM; return whether the start succeeded.

    Raises:
        ConfigError: The address or a setting is not fit for a start.
    """
    sockets = listen(host, port)
    settings = load(data_dir=data_dir, port=sockets[0].getsockname()[1])
    log.configure(settings.log_format, settings.log_level)
    return asyncio.run(_run(settings, host, sockets, workers))


async def _run(settings: Settings, host: str, sockets: list[socket], workers: int) -> bool:
    chosen = load_providers(settings)
    log.hide(secret_words(settings, *chosen))
    async with AsyncExitStack() as stack:
        told = await _database(settings, workers, stack)
        if any(each.is_child for each in chosen):
            await stack.enter_async_context(sandbox_child(settings.data_dir, settings.sandbox_speed))
        ended = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, ended.set)
        command = _command(settings, host, sockets)
        return await _keep_all(command, told, sockets, workers, ended)


async def _database(settings: Settings, workers: int, stack: AsyncExitStack) -> Mapping[str, str]:
    """Have the database ready for the workers; return what they have to know of it."""
    if settings.database_url is None:
        url = await stack.enter_async_context(
            embedded_postgres(settings.data_dir, workers * CONNECTIONS + _BESIDE)
        )
        await upgrade(url, settings.data_dir)
        return {"DATABASE_URL": url}
    stack.enter_context(alone_in(settings.data_dir))
    direct = settings.database_direct_url
    access = await find_access(
        settings.database_url.get_secret_value(), direct.get_secret_value() if direct else None
    )
    await upgrade(access.direct_url or access.url, settings.data_dir)
    return {}


def _command(settings: Settings, host: str, sockets: list[socket]) -> list[str]:
    files = [f"--socket={each.fileno()}" for each in sockets]
    where = [f"--host={host}", f"--port={sockets[0].getsockname()[1]}", f"--data-dir={settings.data_dir}"]
    return [sys.executable, "-m", "sora_studio.cli.main", "serve", *where, *files]


async def _keep_all(
    command: list[str], told: Mapping[str, str], sockets: list[socket], workers: int, ended: asyncio.Event
) -> bool:
    """Keep workers running until the end; False: it came by itself, as one of them could not be started."""

    def start(number: int) -> subprocess.Popen[bytes]:
        return spawn(
            [*command, f"--worker={number}"],
            last_signal=signal.SIGTERM,
            cwd=frontend.ROOT,
            environment={**known(), **told},
            files=[each.fileno() for each in sockets],
        )

    running = [
        asyncio.create_task(
            keep_running(partial(start, number), f"worker {number + 1}", patience=_PATIENCE, must_start=True)
        )
        for number in range(workers)
    ]
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait({waiting, *running}, return_when=asyncio.FIRST_COMPLETED)
    for task in (waiting, *running):
        task.cancel()
    for result in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(result, Exception) and not isinstance(result, ChildFailed):
            raise result
    return ended.is_set()

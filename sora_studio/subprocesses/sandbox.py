"""The sandbox provider as a child: on a loopback port of its own, with a key, started again when it dies."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from sora_studio.config import ConfigError, ProviderSettings, for_children
from sora_studio.subprocesses.process import keep_running, spawn

_LOOPBACK = "127.0.0.1"
_PORT, _KEY = "port", "key"  # files
_STOP_PATIENCE = 3.0  # seconds
_PORT_PATIENCE = 3.0  # the sandbox of a studio that was just killed needs a moment to leave its port


class SandboxAccess(NamedTuple):
    """How a studio reaches the sandbox that it has started."""

    base_url: str
    api_key: str

    def give(self, settings: ProviderSettings) -> ProviderSettings:
        """Return the provider's settings with where it is, and what it wants to see."""
        return settings.model_copy(update={"base_url": self.base_url, "api_key": SecretStr(self.api_key)})


@asynccontextmanager
async def sandbox_child(data_dir: Path, speed: float = 1.0) -> AsyncIterator[SandboxAccess]:
    """Run the sandbox under the data directory for the block; yield how to reach it.

    Everybody on this machine can reach its port, so it wants a key, which is another one at each start. It
    answers a second later, which is not waited for: a call before that fails as it does while any provider is
    away, and is made again. The port is remembered: addresses that an earlier run handed out still work.

    Args:
        data_dir: The studio's; the sandbox keeps its own things in a folder there.
        speed: How much faster than real providers it renders; 1.0 is lifelike.
    """
    directory = data_dir / "sandbox"
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    port = await _port(directory / _PORT)
    access = SandboxAccess(f"http://{_LOOPBACK}:{port}/v1", secrets.token_urlsafe(32))
    _remember(directory / _KEY, access.api_key)
    options = {
        "host": _LOOPBACK,
        "port": port,
        "data-dir": directory,
        "speed": speed,
        "parent-pid": os.getpid(),
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "sora_sandbox", *arguments]
    told = {**for_children("SORA_SANDBOX_CANNED*"), "SORA_SANDBOX_API_KEY": access.api_key}
    start = partial(spawn, command, last_signal=signal.SIGTERM, environment=told)
    watch = asyncio.create_task(keep_running(start, "sandbox", patience=_STOP_PATIENCE), name="sandbox")
    try:
        yield access
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


@asynccontextmanager
async def running_sandbox(data_dir: Path) -> AsyncIterator[SandboxAccess]:
    """Yield how to reach the sandbox that another process runs under the data directory.

    Raises:
        ConfigError: None ever ran there.
    """
    access = remembered_access(data_dir)
    if access is None:
        message = f"No sandbox runs in {data_dir}."
        raise ConfigError(message)
    yield access


def remembered_access(data_dir: Path) -> SandboxAccess | None:
    """Return how to reach the sandbox of a running studio, or of the last one; None when it never ran."""
    directory = data_dir / "sandbox"
    port = _read_port(directory / _PORT)
    with suppress(FileNotFoundError):
        return (
            SandboxAccess(f"http://{_LOOPBACK}:{port}/v1", (directory / _KEY).read_text()) if port else None
        )
    return None


async def _port(memory: Path) -> int:
    """Return the port of the last run if it is free, else another one, which is remembered."""
    remembered = _read_port(memory)
    deadline = asyncio.get_running_loop().time() + _PORT_PATIENCE
    while remembered and asyncio.get_running_loop().time() < deadline:
        if _free_port(remembered):
            return remembered
        await asyncio.sleep(0.05)
    chosen = _free_port(0)
    _remember(memory, str(chosen))
    return chosen


def _remember(memory: Path, text: str) -> None:
    """Write a small file that only we may read, whole or not at all."""
    fresh = memory.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(memory)


def _read_port(memory: Path) -> int:
    """Return the remembered port; 0 when there is none, or nonsense."""
    try:
        return int(memory.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _free_port(port: int) -> int:
    """Return the port if it is free, 0 if it is taken; asked for 0, return any free one."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # remains of closed connections do not count
        try:
            probe.bind((_LOOPBACK, port))
        except (OSError, OverflowError):
            return 0
        return int(probe.getsockname()[1])

"""Every process of it: PostgreSQL, the provider, the instances, and the proxy with TLS in front of them.

A process that dies is started again, as a supervisor of services does.
"""

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sora_studio.config import ConfigError
from sora_studio.config.environment import known
from sora_studio.config.signing_key import stored_key
from sora_studio.subprocesses.postgres import embedded_postgres
from sora_studio.subprocesses.process import keep_running, spawn
from sora_studio.subprocesses.sandbox import SandboxAccess, sandbox_child

ROOT = Path(__file__).resolve().parent.parent
STATE = "running.json"
"""What runs, for those that try something with it; for its owner only, as it names the provider's key."""

_CADDYFILE = Path(__file__).with_name("Caddyfile")
_STOP_PATIENCE = 9.0  # seconds


@dataclass(frozen=True)
class Plan:
    """How much of it there is, and where."""

    folder: Path = ROOT / "data" / "production"
    port: int = 8443
    web: int = 2
    work: int = 1
    provider: SandboxAccess | None = None  # None: OPENAI_BASE_URL, or a sandbox
    table: str = ""  # more lines of the provider's in providers.toml


@dataclass
class Running:
    """What runs."""

    url: str
    database_url: str
    media: str
    certificate: str  # of the authority that signs the proxy's
    provider: SandboxAccess
    ports: dict[str, int]  # of the instances, by name
    processes: dict[str, int]  # their ids, by name; those of the proxy, too

    def write(self, folder: Path) -> None:
        """Write it down, whole."""
        fresh = folder / f".{STATE}"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(folder / STATE)

    @classmethod
    def read(cls, folder: Path) -> "Running | None":
        """Read what runs in a folder; None: nothing does."""
        with suppress(FileNotFoundError):
            said: dict[str, Any] = json.loads((folder / STATE).read_text())
            said["provider"] = SandboxAccess(*said["provider"])
            return cls(**said)
        return None


@asynccontextmanager
async def production(plan: Plan, on_end: Callable[[], None] = lambda: None) -> AsyncIterator[Running]:
    """Run all of it for the block.

    Args:
        plan: How much of it.
        on_end: Called when a process is not started again: the block should end.

    Raises:
        ConfigError: There is no Caddy, or something cannot be started.
    """
    caddy = shutil.which("caddy") or shutil.which("caddy", path="/usr/bin:/usr/local/bin")
    if caddy is None:
        message = "There is no Caddy. Install the system's package: sudo apt-get install caddy"
        raise ConfigError(message)
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(embedded_postgres(plan.folder))
        provider = plan.provider or await _provider(plan, stack)
        names = _names(plan)
        running = Running(
            url=f"https://localhost:{plan.port}",
            database_url=database_url,
            media=str(plan.folder / "media"),
            certificate=str(plan.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"),
            provider=provider,
            ports=dict(zip(names, _free_ports(len(names)), strict=True)),
            processes={},
        )
        environment = _settings(plan, running)
        stack.callback((plan.folder / STATE).unlink, missing_ok=True)
        tasks = await stack.enter_async_context(_cancelled())
        for name in names:
            command = _instance(name, plan.folder, running.ports[name])
            tasks.append(_keep(name, command, environment, plan.folder, running))
            if name == names[0]:  # it makes the tables and the first files, and the others find them
                await answers(running.ports[name], tasks)
        for name in names[1:]:
            await answers(running.ports[name], tasks)
        tasks.append(_keep("proxy", [caddy, *_PROXY], _of_proxy(plan, running), plan.folder, running))
        await _listens(plan.port, tasks)
        for task in tasks:
            task.add_done_callback(lambda _: on_end())
        yield running
        _must_run(tasks)


_PROXY = ("run", "--adapter", "caddyfile", "--config", str(_CADDYFILE))


def _names(plan: Plan) -> list[str]:
    return [f"web-{n + 1}" for n in range(plan.web)] + [f"work-{n + 1}" for n in range(plan.work)]


async def _provider(plan: Plan, stack: AsyncExitStack) -> SandboxAccess:
    """Return the server of the environment, or else a sandbox of our own."""
    environment = known()
    if url := environment.get("OPENAI_BASE_URL"):
        return SandboxAccess(url, environment.get("OPENAI_API_KEY", ""))
    access = await stack.enter_async_context(sandbox_child(plan.folder))
    await _listens(int(access.base_url.rpartition(":")[2].partition("/")[0]), [])
    return access


def _settings(plan: Plan, running: Running) -> dict[str, str]:
    """Return the environment of all instances."""
    stored_key(plan.folder / "secret_key")
    table = plan.folder / "providers.toml"
    table.touch(mode=0o600)
    preset = "" if plan.provider or known().get("OPENAI_BASE_URL") else 'preset = "sandbox"\n'
    named = {"base_url": running.provider.base_url, "api_key": running.provider.api_key}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in named.items() if value)
    table.write_text(f"[provider]\n{preset}{lines}{plan.table}")
    inherited = {name: value for name, value in known().items() if not name.startswith("OPENAI_")}
    return {
        **inherited,
        "DATABASE_URL": running.database_url,
        "SORA_STUDIO_PROVIDERS": str(table),
        "SORA_STUDIO_SECRET_KEY_FILE": str(plan.folder / "secret_key"),
        "SORA_STUDIO_MEDIA_DIR": running.media,
        "SORA_STUDIO_PUBLIC_URL": running.url,
        "SORA_STUDIO_BACKUPS": f"to={plan.folder / 'backups'}",
    }


def _instance(name: str, folder: Path, port: int) -> list[str]:
    role = name.partition("-")[0]
    serve = (sys.executable, "-m", "sora_studio.cli.main", "serve")
    return [*serve, f"--role={role}", f"--port={port}", f"--data-dir={folder / name}"]


def _of_proxy(plan: Plan, running: Running) -> dict[str, str]:
    web = [f"127.0.0.1:{port}" for name, port in running.ports.items() if name.startswith("web")]
    return {
        "PORT": str(plan.port),
        "FOLDER": str(plan.folder / "caddy"),
        "UPSTREAMS": " ".join(web),
        "HOME": str(plan.folder),
    }


def _keep(
    name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path, running: Running
) -> "asyncio.Task[None]":
    """Start a process and whenever it ends; its lines go to a file of its name."""

    def start() -> subprocess.Popen[bytes]:
        with (folder / f"{name}.log").open("ab") as output:
            process = spawn(
                command, last_signal=signal.SIGTERM, cwd=ROOT, output=output, environment=environment
            )
        running.processes[name] = process.pid
        running.write(folder)
        return process

    task = partial(keep_running, start, name, patience=_STOP_PATIENCE, must_start=True)
    return asyncio.create_task(task(), name=name)


@asynccontextmanager
async def _cancelled() -> "AsyncIterator[list[asyncio.Task[None]]]":
    """Yield a list of tasks that end with the block, all at the same time."""
    tasks: list[asyncio.Task[None]] = []
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answers(port: int, tasks: "Sequence[asyncio.Task[None]]") -> None:
    """Wait until an instance is ready.

    Raises:
        ConfigError: It has ended, or does not get there.
    """
    await _listens(port, tasks)
    async with asyncio.timeout(120):
        while True:
            _must_run(tasks)
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                status = await reader.readline()
                writer.close()
                if b" 200 " in status:
                    return
            await asyncio.sleep(0.1)


async def _listens(port: int, tasks: "Sequence[asyncio.Task[None]]") -> None:
    async with asyncio.timeout(120):
        while True:
            _must_run(tasks)
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


def _must_run(tasks: "Sequence[asyncio.Task[None]]") -> None:
    for task in tasks:
        if task.done():
            message = f"{task.get_name()} could not be started: see its .log in the folder."
            raise ConfigError(message)


def _free_ports(many: int) -> list[int]:
    """Return ports that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(many)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()

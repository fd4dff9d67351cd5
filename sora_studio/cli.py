"""The command line: `sora-studio serve | sandbox | migrate | healthcheck`.

Imports stand inside the commands: `--help` and the sandbox must not wait for the whole studio.
"""

import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from sora_studio.config import ConfigError, load

_GRACE = 4
"""Seconds for running requests after SIGTERM; the children need their part of the ten that we promise."""

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.", show_default="./data")]

cli = typer.Typer(
    help="Sora Studio: make videos through any server that speaks the Videos API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, secrets included
)


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 3000,
    data_dir: DataDir = None,
) -> None:
    """Run the studio until Ctrl-C or SIGTERM."""
    import structlog
    import uvicorn

    from sora_studio import frontend, log
    from sora_studio.asgi import create

    sockets = _listen(host, port)
    settings = load(data_dir=data_dir, port=sockets[0].getsockname()[1])
    if not frontend.is_built():
        message = "The front end is not built. Run make install."
        raise ConfigError(message)
    log.configure(settings.log_format)
    if not frontend.is_current():
        structlog.get_logger(__name__).warning("the front end is older than its sources: run make install")
    os.chdir(frontend.ROOT)
    server = uvicorn.Server(
        uvicorn.Config(
            create(settings),
            lifespan="on",
            log_config=None,
            access_log=False,  # it would show the tab's token, which is as good as a password
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            number, _ignore
        )  # uvicorn raises it again when all is closed: an ordered end is no failure
    server.run(sockets=sockets)
    if not server.started:
        raise typer.Exit(1)


@cli.command()
def sandbox(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 4010,
    speed: Annotated[float, typer.Option(help="Times faster than a real provider.", min=0.1)] = 1.0,
    data_dir: Annotated[Path, typer.Option(help="Where it keeps jobs and files.")] = Path("data/sandbox"),
    parent_pid: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run a Videos API server at /v1 that renders real MP4s (no AI model: it draws)."""
    from sora_studio.sandbox import SandboxSettings, run

    run(host, port, SandboxSettings(data_dir=data_dir, speed=speed, parent_pid=parent_pid))


@cli.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the newest schema, and stop; `serve` does so by itself."""
    import asyncio

    from sora_studio import log
    from sora_studio.children.postgres import embedded_postgres
    from sora_studio.db import migrations

    async def run() -> None:
        if settings.database_url is not None:
            await migrations.migrate(settings.database_url.get_secret_value())
        else:
            async with embedded_postgres(settings.data_dir) as url:
                await migrations.migrate(url)

    settings = load(data_dir=data_dir)
    log.configure(settings.log_format)
    asyncio.run(run())


@cli.command()
def healthcheck(
    url: Annotated[str, typer.Option(help="Where the studio listens.")] = "http://127.0.0.1:3000",
) -> None:
    """Exit with 0 when the studio can serve, with 1 and its reasons otherwise."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 -- the operator's own URL
            typer.echo(answer.read().decode())
    except urllib.error.HTTPError as answer:
        typer.echo(answer.read().decode(), err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"{url} does not answer: {error}", err=True)
        raise typer.Exit(1) from None


def _listen(host: str, port: int) -> list[socket.socket]:
    """Open the sockets before anything slow starts; the IPv4 loopback brings its IPv6 twin, if there is one.

    Raises:
        ConfigError: The port is taken, or the address is not ours.
    """
    sockets = [_bound(host, port)]
    if host in {"127.0.0.1", "localhost"}:
        with suppress(ConfigError):
            sockets.append(_bound("::1", sockets[0].getsockname()[1]))
    return sockets


def _bound(host: str, port: int) -> socket.socket:
    """Open one listening socket."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        message = f"{host} port {port}: {error.strerror}. Choose another port: --port, or PORT=… make run."
        raise ConfigError(message) from error


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing about a signal."""


def main() -> None:
    """Run the command line; what is wrong with the set-up is said in plain sentences."""
    try:
        cli()
    except ConfigError as error:
        sys.exit("\n".join(("Sora Studio cannot start:", *error.problems)))


if __name__ == "__main__":
    main()

"""The command line: `sora-studio serve | sandbox | migrate | healthcheck`, and those of its neighbours.

Imports stand inside the commands: `--help` and the sandbox must not wait for the whole studio.
"""

import gc
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from sora_studio.cli.maintenance import maintenance_cli
from sora_studio.cli.provider import provider_cli
from sora_studio.config import ConfigError, load

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.", show_default="./data")]

cli = typer.Typer(
    help="Sora Studio: make videos through any server that speaks the Videos API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, secrets included
)


cli.add_typer(provider_cli, name="provider")


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 3000,
    data_dir: DataDir = None,
) -> None:
    """Run the studio until Ctrl-C or SIGTERM."""
    gc.disable()  # to look for garbage among what is only being loaded costs a quarter of the start
    from sora_studio.web import server

    if not server.run(host, port, data_dir):
        raise typer.Exit(1)


@cli.command()
def sandbox(  # noqa: PLR0913 -- the options of a command
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 4010,
    speed: Annotated[float, typer.Option(help="Times faster than a real provider.", min=0.001)] = 1.0,
    data_dir: Annotated[Path, typer.Option(help="Where it keeps jobs and files.")] = Path("data/sandbox"),
    dialect: Annotated[str, typer.Option(help="Whose server it behaves like; docs/sandbox.md.")] = "openai",
    faults: Annotated[bool, typer.Option("--faults", help="Open /faults, to ask for trouble.")] = False,
    expires_after: Annotated[int, typer.Option(help="Seconds for which a video can be had.", min=1)] = 3600,
    max_queued: Annotated[int, typer.Option(help="How many jobs may wait; more are refused.", min=1)] = 500,
    workers: Annotated[
        int,
        typer.Option(help="How many videos are drawn at a time.", min=1, show_default="2, or 1 on one CPU"),
    ] = max(1, min(2, os.cpu_count() or 1)),
    webhook_url: Annotated[str | None, typer.Option(help="Where to announce what has ended.")] = None,
    webhook_secret: Annotated[
        str | None, typer.Option(help="Signs that, whsec_….", envvar="SORA_SANDBOX_WEBHOOK_SECRET")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(help="Asked of every call under /v1.", envvar="SORA_SANDBOX_API_KEY")
    ] = None,
    parent_pid: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run a Videos API server at /v1 that renders real MP4s (no AI model: it draws)."""
    from sora_studio.sandbox import SandboxSettings, run
    from sora_studio.sandbox.dialects import DIALECTS

    if dialect not in DIALECTS:
        text = f"no dialect is called {dialect!r}; there are {', '.join(DIALECTS)}"
        raise typer.BadParameter(text, param_hint="--dialect")
    settings = SandboxSettings(
        data_dir=data_dir,
        speed=speed,
        parent_pid=parent_pid,
        dialect=dialect,
        faults=faults,
        expires_after=expires_after,
        max_queued=max_queued,
        workers=workers,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        api_key=api_key,
    )
    run(host, port, settings)


@cli.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the newest schema, and stop; `serve` does so by itself."""
    import asyncio

    from sora_studio import log
    from sora_studio.db import migrations
    from sora_studio.subprocesses.postgres import embedded_postgres

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


cli.registered_commands += maintenance_cli.registered_commands


def main() -> None:
    """Run the command line; what is wrong with the set-up is said in plain sentences."""
    try:
        cli()
    except ConfigError as error:
        sys.exit("\n".join(("Sora Studio cannot start:", *error.problems)))


if __name__ == "__main__":
    main()

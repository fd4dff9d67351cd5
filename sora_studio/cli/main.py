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

from sora_sandbox.cli import sandbox
from sora_studio.cli.backup import backup_cli, restore_cli
from sora_studio.cli.db import db_cli
from sora_studio.cli.doctor import doctor_cli
from sora_studio.cli.maintenance import maintenance_cli
from sora_studio.cli.media import media_cli
from sora_studio.cli.provider import provider_cli
from sora_studio.cli.user import user_cli
from sora_studio.config import PRIVATE, ConfigError, load
from sora_studio.domain.instance import InstanceRole

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]

cli = typer.Typer(
    help="Sora Studio: make videos through any server that speaks the Videos API.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain text: no boxes, and no `<bool>` behind a switch
    pretty_exceptions_enable=False,  # they print local variables, secrets included
)


def _say_version(wanted: bool) -> None:  # noqa: FBT001 -- as Typer calls it
    if wanted:
        version()
        raise typer.Exit


@cli.callback()
def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take what stands before a command."""


cli.add_typer(backup_cli, name="backup")
cli.add_typer(db_cli, name="db")
cli.add_typer(media_cli, name="media")
cli.add_typer(provider_cli, name="provider")
cli.add_typer(user_cli, name="user")


@cli.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 3000,
    data_dir: DataDir = None,
    role: Annotated[
        InstanceRole, typer.Option(help="The part of a studio that this process is.")
    ] = InstanceRole.ALL,
    workers: Annotated[
        int, typer.Option(help="How many processes share the address: one for each core.", min=1)
    ] = 1,
    worker: Annotated[int | None, typer.Option(hidden=True)] = None,
    socket: Annotated[list[int] | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the studio until Ctrl-C or SIGTERM."""
    gc.disable()  # to look for garbage among what is only being loaded costs a quarter of the start
    if workers > 1:
        from sora_studio.web import workers as several

        if role is not InstanceRole.ALL:
            text = "several processes behind one address do everything: leave --role out"
            raise typer.BadParameter(text, param_hint="--workers")
        served = several.run(host, port, data_dir, workers)
    else:
        from sora_studio.web import server

        place = server.Worker(worker, socket or ()) if worker is not None else None
        served = server.run(host, port, data_dir, role=role, worker=place)
    if not served:
        raise typer.Exit(1)


cli.command()(sandbox)


@cli.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the newest schema, as `serve` does."""
    import asyncio

    from sora_studio import log
    from sora_studio.db.access import find_access
    from sora_studio.services.upgrade import upgrade
    from sora_studio.subprocesses.postgres import embedded_postgres

    async def run() -> None:
        if settings.database_url is not None:
            url = settings.database_direct_url or settings.database_url
            access = await find_access(url.get_secret_value())
            await upgrade(access.direct_url or access.url, settings.data_dir)
        else:
            settings.require_used()
            async with embedded_postgres(settings.data_dir) as url:
                await upgrade(url, settings.data_dir)

    settings = load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    asyncio.run(run())


@cli.command()
def version() -> None:
    """Print the version, and the build."""
    from sora_studio.config.build import VERSION, commit

    typer.echo(f"sora-studio {VERSION} ({commit()})")


@cli.command()
def healthcheck(
    url: Annotated[str, typer.Option(help="Where the studio listens.")] = "http://127.0.0.1:3000",
) -> None:
    """Exit with 0 when the studio can serve, else 1 and reasons."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 -- the operator's own URL
            typer.echo(answer.read().decode())
    except urllib.error.HTTPError as answer:
        typer.echo(answer.read().decode(), err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"{url} does not answer: {error}", err=True)
        raise typer.Exit(1) from None


for _more in (maintenance_cli, restore_cli, doctor_cli):
    cli.registered_commands += _more.registered_commands


def main() -> None:
    """Run the command line; what is wrong with the set-up is said in plain sentences."""
    os.umask(PRIVATE)
    try:
        cli()
    except ConfigError as error:
        sys.exit("\n".join(("Sora Studio cannot start:", *error.problems)))


if __name__ == "__main__":
    main()

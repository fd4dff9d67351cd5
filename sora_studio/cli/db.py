"""The command `sora-studio db move`.

Imports stand inside the commands, as in `main`.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sora_studio.config import Settings

_EMBEDDED = "embedded"
DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]

db_cli = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the database.")


@db_cli.callback()
def _group() -> None:
    """Keep the name of the one command."""


@db_cli.command()
def move(
    to: Annotated[str, typer.Option(help=f"An empty database (postgresql://…), or `{_EMBEDDED}`.")],
    data_dir: DataDir = None,
) -> None:
    """Move everything to another PostgreSQL, with the studio stopped."""
    from sora_studio import log
    from sora_studio.config import ConfigError, load
    from sora_studio.domain.errors import SoraStudioError

    settings = load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    try:
        asyncio.run(_move(settings, to))
    except (ConfigError, SoraStudioError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


async def _move(settings: "Settings", to: str) -> None:
    from sora_studio.services.database_move import move_database

    async with AsyncExitStack() as stack:
        source, target = await _both(settings, to, stack)
        rows = await move_database(source, target, settings.data_dir)
    typer.echo(f"{sum(rows.values())} rows of {len(rows)} tables are there, the same numbers as before.")
    then = "unset DATABASE_URL" if to == _EMBEDDED else "set DATABASE_URL to it"
    typer.echo(f"Now {then}, and start the studio. The old database refuses everything: remove it later.")


async def _both(settings: "Settings", to: str, stack: AsyncExitStack) -> tuple[str, str]:
    """Open both databases; return their URLs, past any pooler."""
    from sora_studio.config import ConfigError
    from sora_studio.db.access import find_access
    from sora_studio.maintenance import open_alone, past_pooler

    if to != _EMBEDDED:
        source = await stack.enter_async_context(open_alone(settings))
        return source, past_pooler(await find_access(to, patience=0))
    url = settings.database_direct_url or settings.database_url
    if url is None:
        message = "The database is embedded already."
        raise ConfigError(message)
    settings.require_used()
    target = await _open_embedded(settings.data_dir, stack)
    return past_pooler(await find_access(url.get_secret_value())), target


async def _open_embedded(data_dir: Path, stack: AsyncExitStack) -> str:
    """Open the embedded database; one that was moved away is set aside, and a new one made."""
    from datetime import UTC, datetime

    from sora_studio.db.moving import is_marked
    from sora_studio.subprocesses.postgres import embedded_postgres

    async with embedded_postgres(data_dir) as url:
        is_old = await is_marked(url)
    if is_old:
        aside = data_dir / f"postgres.moved-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
        (data_dir / "postgres").rename(aside)
        typer.echo(f"The database that was moved away before is in {aside} now.")
    return await stack.enter_async_context(embedded_postgres(data_dir))

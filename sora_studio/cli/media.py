"""The command `sora-studio media move`.

Imports stand inside the commands, as in `main`.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sora_studio.config import Settings
    from sora_studio.domain.ports import Storage

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]

media_cli = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the videos' files.")


@media_cli.callback()
def _group() -> None:
    """Keep the name of the one command."""


@media_cli.command()
def move(
    to: Annotated[str, typer.Option(help="A directory, or a bucket: s3://bucket/prefix.")],
    data_dir: DataDir = None,
) -> None:
    """Copy all files to another place; run again for the rest."""
    from sora_studio import log
    from sora_studio.config import load
    from sora_studio.domain.errors import SoraStudioError

    settings = load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    try:
        well = asyncio.run(_move(settings, to))
    except SoraStudioError as error:
        typer.echo(f"{error} What has arrived stays there: run this again for the rest.", err=True)
        raise typer.Exit(1) from error
    if not well:
        raise typer.Exit(1)


async def _move(settings: "Settings", to: str) -> bool:
    from sora_studio.maintenance import open_database
    from sora_studio.services.disk_space import FREE_FLOOR
    from sora_studio.services.media_move import MediaMove
    from sora_studio.storage.opening import open_storage

    here = settings.media_url or str(settings.media_path.absolute())
    target, then = _target(settings, here, to)
    async with open_database(settings) as (db, joined):
        floor = FREE_FLOOR if settings.media_url else 0  # from a disk, nothing is copied on it
        moved = await MediaMove(db, open_storage(settings), target, floor=floor).run()
    for complaint in moved.complaints:
        typer.echo(complaint)
    typer.echo(f"{moved.taken} files copied, {moved.bytes / 1e6:.1f} MB; {moved.there} were there.")
    if moved.complaints:
        return False
    if joined:
        typer.echo("A studio is running: stop it, and run this again for what it has stored meanwhile.")
        return True
    typer.echo(f"Now {then}, and start the studio. What is in {here} is still there.")
    return True


def _target(settings: "Settings", here: str, to: str) -> "tuple[Storage, str]":
    """Return where the files go, and what has to be set afterwards."""
    from sora_studio.storage.local import LocalStorage
    from sora_studio.storage.opening import open_bucket

    there = to.rstrip("/") if "://" in to else str(Path(to).absolute())
    if f"{there}/".startswith(f"{here}/") or f"{here}/".startswith(f"{there}/"):
        message = f"The files are in {here}: choose a place that is neither inside it nor around it."
        raise typer.BadParameter(message)
    if "://" not in to:
        return LocalStorage(Path(there)), f"unset SORA_STUDIO_MEDIA_URL, set SORA_STUDIO_MEDIA_DIR={there}"
    try:
        chosen = settings.object_store_at(to)
    except ValueError as error:
        message = f"{to} {error}."
        raise typer.BadParameter(message) from error
    return open_bucket(settings, chosen), f"set SORA_STUDIO_MEDIA_URL={chosen.url}"

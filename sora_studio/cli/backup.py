"""`sora-studio backup` and `sora-studio restore`.

Imports stand inside the commands, as in `main`.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from sora_studio.config import Settings
    from sora_studio.services.backups.manifest import Backup

Source = Annotated[Path, typer.Argument(help="A backup, or the directory of all: then the newest.")]
DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]


class _MakesByDefault(TyperGroup):
    """Takes what is none of its commands for the arguments of `make`: `backup TARGET`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride] -- its base, which Typer does not export
        """Put the command in that is meant."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["make", *args]
        return super().parse_args(ctx, args)


backup_cli = typer.Typer(
    cls=_MakesByDefault,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Back the studio up, and look whether a backup is good.",
)
restore_cli = typer.Typer(rich_markup_mode=None)


@backup_cli.command()
def make(
    target: Annotated[Path, typer.Argument(help="The directory of all backups, on another disk.")],
    *,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Leave out the signing key and the providers.")
    ] = False,
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many backups to leave there.  [default: all]")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Back up into a directory; the word `make` can be left out."""
    from sora_studio.maintenance import open_as_it_is
    from sora_studio.services.backups.create import Origin, create_backup
    from sora_studio.storage.opening import open_storage

    async def work() -> None:
        async with open_as_it_is(settings) as url:
            origin = Origin(settings, open_storage(settings), url)
            made = await create_backup(origin, target, secrets=not without_secrets, keep=keep)
        typer.echo(f"{_about(made)}\n{made.directory}")

    settings = _settings(data_dir)
    _run(work())


@backup_cli.command()
def verify(source: Source) -> None:
    """Read a backup in full; exit with 1 on problems."""
    from sora_studio.services.backups import verify as verification
    from sora_studio.services.backups.manifest import find_backup

    async def work() -> None:
        found = find_backup(source)
        wrong = await verification.verify(found)
        typer.echo("\n".join((*wrong, _about(found), f"{found.directory}: {len(wrong)} problems.")))
        if wrong:
            raise typer.Exit(1)

    _run(work())


@restore_cli.command()
def restore(source: Source, data_dir: DataDir = None) -> None:
    """Make a studio of a backup, where none has been."""
    from sora_studio.services.backups import restore as restoration
    from sora_studio.services.backups.manifest import find_backup

    async def work() -> None:
        done = await restoration.restore(settings, find_backup(source))
        typer.echo(f"{_about(done.backup)}\nRestored into {settings.data_dir}.")
        if done.unclear:
            typer.echo(
                f"{done.unclear} wishes had not been sent when the backup was made and may have been since: "
                "the studio looks for them, and asks their people before it sends one."
            )

    settings = _settings(data_dir)
    _run(work())


def _settings(data_dir: Path | None) -> "Settings":
    from sora_studio import log
    from sora_studio.config import load

    settings = load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    return settings


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Do it; what goes wrong is said in a sentence."""
    from sora_studio.config import ConfigError
    from sora_studio.domain.errors import SoraStudioError

    try:
        asyncio.run(work)
    except (ConfigError, SoraStudioError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _about(backup: "Backup") -> str:
    of = backup.manifest
    return (
        f"{of.created_at:%Y-%m-%d %H:%M:%S} UTC, version {of.version}: {of.people} people, "
        f"{of.videos} videos, {of.files} files with {of.bytes / 1e6:.1f} MB."
    )

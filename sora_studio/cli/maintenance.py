"""What an operator does by hand, beside a running studio or without one: reconcile, import, scrub.

Imports stand inside the commands, as in `cli`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sora_studio.services.jobs.background import BackgroundWork

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]

maintenance_cli = typer.Typer(rich_markup_mode=None)


@maintenance_cli.command()
def reconcile(data_dir: DataDir = None) -> None:
    """Settle unclear submits, ask about jobs, save files, now."""
    _run(data_dir, _reconcile)


@maintenance_cli.command(name="import")
def import_(
    owner: Annotated[str, typer.Option(help="The e-mail address of the person who will own them.")],
    provider: Annotated[str | None, typer.Option(help="Only this one.  [default: all]")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Import jobs that providers list and no video here knows."""

    async def work(tools: "BackgroundWork") -> bool:
        return await _import(tools, owner, provider, dry=dry_run)

    _run(data_dir, work)


@maintenance_cli.command()
def scrub(
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Download missing files again, remove strays, mark what is lost.")
    ] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Also read every file in full.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Compare files with the database; exit with 1 on problems."""

    async def work(tools: "BackgroundWork") -> bool:
        return await _scrub(tools, fix=fix, deep=deep)

    _run(data_dir, work)


def _run(data_dir: Path | None, work: "Callable[[BackgroundWork], Awaitable[bool]]") -> None:
    """Open the tools, do one thing, and exit with 1 when that came to nothing."""
    from sora_studio import log
    from sora_studio.config import forget_environment, load
    from sora_studio.domain.errors import SoraStudioError
    from sora_studio.maintenance import open_tools

    async def run() -> bool:
        async with open_tools(settings) as tools:
            forget_environment("PG*")
            return await work(tools)

    settings = load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    try:
        well = asyncio.run(run())
    except SoraStudioError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if not well:
        raise typer.Exit(1)


async def _reconcile(tools: "BackgroundWork") -> bool:
    moved = await tools.catch_up.run()
    for each in moved:
        way = each.phase if each.phase is each.video.phase else f"{each.video.phase} → {each.phase}"
        typer.echo(f"{each.video.video_id}  {way}  {each.video.title}")
    advanced = sum(each.phase is not each.video.phase for each in moved)
    typer.echo(f"{len(moved)} unfinished videos: {advanced} advanced.")
    return True


async def _import(tools: "BackgroundWork", owner: str, provider: str | None, *, dry: bool) -> bool:
    owner_id = await tools.importer.owner(owner)
    names = [profile.name for profile in tools.catalog.profiles() if provider in {None, profile.name}]
    if not names:
        typer.echo(f"There is no provider {provider!r}.", err=True)
    well = bool(names)
    for name in names:
        done = await tools.importer.run(owner_id, name, dry=dry)
        if done.trouble:
            typer.echo(f"{name}: {done.trouble}", err=True)
            well = False
            continue
        for remote in done.videos:
            typer.echo(f"{name}  {remote.remote_id}  {remote.status_word}  {(remote.prompt or '')[:60]}")
        passed = "".join(f"; {number} {why}" for why, number in sorted(done.passed_over.items()))
        found = f"; {done.taken_up} lost ones found again" if done.taken_up else ""
        typer.echo(f"{name}: {len(done.videos)} {'would be ' if dry else ''}imported{found}{passed}.")
    if not dry:
        await tools.catch_up.save()
    return well


async def _scrub(tools: "BackgroundWork", *, fix: bool, deep: bool) -> bool:
    findings = await tools.scrubber.run(fix=fix, deep=deep)
    for complaint in findings.complaints:
        typer.echo(complaint)
    typer.echo(
        f"{findings.videos} videos: {len(findings.complaints)} problems, {findings.mended} repaired. "
        f"{findings.strays} files without a row, {findings.removed} removed."
    )
    return findings.is_well

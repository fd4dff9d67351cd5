"""The commands `sora-studio user list | add | admin | reset | reset-two-factor | disable | enable | delete`.

They take no password: who is to have one gets a link by which to set it. Imports stand inside the commands.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sora_studio.domain.account import OPERATOR, Role

if TYPE_CHECKING:
    from sora_studio.domain.access_link import NewLink
    from sora_studio.domain.people import PersonView
    from sora_studio.services.people.assembly import People

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]
Email = Annotated[str, typer.Argument(help="The e-mail address of the account.")]

user_cli = typer.Typer(
    help="Look after the studio's accounts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@user_cli.command("list")
def list_users(
    search: Annotated[str, typer.Argument(help="Words of the name or the address.")] = "",
    data_dir: DataDir = None,
) -> None:
    """List accounts, the newest first."""

    async def work(people: "People") -> None:
        from sora_studio.domain.people import PAGE_MAX, PeopleQuery

        query = PeopleQuery(search, limit=PAGE_MAX)
        while True:
            page = await people.people.page(OPERATOR, query)
            for person in page.people:
                typer.echo(_line(person))
            if not page.has_more:
                return
            query = PeopleQuery(search, after=page.people[-1].account.id, limit=PAGE_MAX)

    _run(data_dir, work)


@user_cli.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="What to call them.  [default: as the address begins]")] = "",
    *,
    admin: Annotated[
        bool, typer.Option("--admin", help="Let them run the studio; the first account does anyway.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Open an account and print the link for its password."""

    async def work(people: "People") -> None:
        role = Role.ADMIN if admin else Role.MEMBER
        _print(await people.people.add(OPERATOR, email, name or email.partition("@")[0], role))

    _run(data_dir, work)


@user_cli.command()
def admin(
    email: Email,
    *,
    revoke: Annotated[bool, typer.Option("--revoke", help="Make them a member instead.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make somebody an admin."""

    async def work(people: "People") -> None:
        role = Role.MEMBER if revoke else Role.ADMIN
        person = await people.people.find(OPERATOR, email)
        typer.echo(_line(await people.people.change_role(OPERATOR, person.account.id, role)))

    _run(data_dir, work)


@user_cli.command()
def reset(email: Email, data_dir: DataDir = None) -> None:
    """Print a link by which somebody sets a new password."""

    async def work(people: "People") -> None:
        person = await people.people.find(OPERATOR, email)
        _print(await people.people.reset_link(OPERATOR, person.account.id))

    _run(data_dir, work)


@user_cli.command("reset-two-factor")
def reset_two_factor(email: Email, data_dir: DataDir = None) -> None:
    """Take the second factor off somebody who has lost it."""

    async def work(people: "People") -> None:
        person = await people.people.find(OPERATOR, email)
        typer.echo(_line(await people.people.reset_two_factor(OPERATOR, person.account.id)))

    _run(data_dir, work)


@user_cli.command()
def disable(email: Email, data_dir: DataDir = None) -> None:
    """Shut an account; its sessions end at once."""

    async def work(people: "People") -> None:
        person = await people.people.find(OPERATOR, email)
        typer.echo(_line(await people.people.disable(OPERATOR, person.account.id)))

    _run(data_dir, work)


@user_cli.command()
def enable(email: Email, data_dir: DataDir = None) -> None:
    """Open an account again, or let in one that waits."""

    async def work(people: "People") -> None:
        person = await people.people.find(OPERATOR, email)
        typer.echo(_line(await people.people.enable(OPERATOR, person.account.id)))

    _run(data_dir, work)


@user_cli.command()
def delete(
    email: Email,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Delete an account with all its videos; asks first."""

    async def work(people: "People") -> None:
        person = await people.people.find(OPERATOR, email)
        await people.people.delete(OPERATOR, person.account.id)
        typer.echo(f"{person.account.email} was deleted.")

    if not yes:
        typer.confirm(f"Delete {email} with all videos? This cannot be undone", abort=True)
    _run(data_dir, work)


def _run(data_dir: Path | None, work: "Callable[[People], Awaitable[None]]") -> None:
    """Do one thing to the accounts of the studio in a directory; exit with 1 when that was refused."""
    from sora_studio import log
    from sora_studio.config import load
    from sora_studio.domain.errors import SoraStudioError
    from sora_studio.maintenance import open_accounts

    async def run() -> None:
        async with open_accounts(settings) as people:
            await work(people)

    settings = load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    try:
        asyncio.run(run())
    except SoraStudioError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _print(link: "NewLink") -> None:
    typer.echo(link.url)
    typer.echo(f"It works once, until {link.expires_at:%Y-%m-%d %H:%M} UTC.", err=True)


def _line(person: "PersonView") -> str:
    account, seen = person.account, person.last_seen_at
    last = f"{seen:%Y-%m-%d %H:%M}" if seen else "-"
    return f"{account.email}  {account.role}  {person.standing}  {last}  {account.display_name}"

"""The command line: `sora-sandbox`, which is also `sora-studio sandbox` and `python -m sora_sandbox`.

Imports stand inside the command: `--help` must not wait for a web framework.
"""

import os
from pathlib import Path
from typing import Annotated

import typer


def sandbox(  # noqa: PLR0913 -- the options of a command
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 4010,
    speed: Annotated[float, typer.Option(help="Times faster than a real provider.", min=0.001)] = 1.0,
    data_dir: Annotated[Path, typer.Option(help="Where it keeps jobs and files.")] = Path("data/sandbox"),
    dialect: Annotated[str, typer.Option(help="The server to imitate; see docs/sandbox.md.")] = "openai",
    faults: Annotated[
        bool, typer.Option("--faults", help="Open /faults, which makes requests fail, and /ledger.")
    ] = False,
    canned: Annotated[
        bool,
        typer.Option(
            "--canned",
            help="Give jobs of one size and length the same film, instead of rendering each prompt.",
            envvar="SORA_SANDBOX_CANNED",
        ),
    ] = False,
    canned_films_dir: Annotated[
        Path | None,
        typer.Option(
            help="Where canned films are kept; sandboxes may share it.  [default: in the data directory]",
            envvar="SORA_SANDBOX_CANNED_FILMS_DIR",
        ),
    ] = None,
    expires_after: Annotated[
        int, typer.Option(help="Seconds until a finished video's files expire.", min=1)
    ] = 3600,
    max_queued: Annotated[int, typer.Option(help="How many jobs may wait; more are refused.", min=1)] = 500,
    workers: Annotated[
        int,
        typer.Option(
            help="How many videos are rendered at a time.  [default: 2, or 1 on one CPU]",
            min=1,
            show_default=False,
        ),
    ] = max(1, min(2, os.cpu_count() or 1)),
    webhook_url: Annotated[
        str | None, typer.Option(help="Where to send webhooks about finished jobs.")
    ] = None,
    webhook_secret: Annotated[
        str | None, typer.Option(help="Signs the webhooks: whsec_…", envvar="SORA_SANDBOX_WEBHOOK_SECRET")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(help="Required of every call under /v1.", envvar="SORA_SANDBOX_API_KEY")
    ] = None,
    allowed_hosts: Annotated[
        str,
        typer.Option(
            help="More names than localhost by which it may be called, with commas.",
            envvar="SORA_SANDBOX_ALLOWED_HOSTS",
        ),
    ] = "",
    parent_pid: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run a Videos API server at /v1 that draws real MP4s."""
    from sora_sandbox import server
    from sora_sandbox.dialects import DIALECTS
    from sora_sandbox.settings import SandboxSettings

    if dialect not in DIALECTS:
        text = f"{dialect!r} is not one of {', '.join(DIALECTS)}"
        raise typer.BadParameter(text, param_hint="--dialect")
    settings = SandboxSettings(
        data_dir=data_dir,
        speed=speed,
        parent_pid=parent_pid,
        dialect=dialect,
        faults=faults,
        canned=canned,
        canned_films_dir=canned_films_dir or data_dir / "canned",
        expires_after=expires_after,
        max_queued=max_queued,
        workers=workers,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        api_key=api_key,
        allowed_hosts=tuple(allowed_hosts.lower().replace(",", " ").split()),
    )
    server.run(host, port, settings)


def main() -> None:
    """Run the command line."""
    os.umask(0o077)  # what it keeps is for its own user
    program = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,  # they print local variables
    )
    program.command()(sandbox)
    program()

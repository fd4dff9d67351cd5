"""`sora-studio doctor`: looks for what is wrong.

Imports stand inside the command, as in `main`.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sora_studio.doctor.finding import Finding

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]

doctor_cli = typer.Typer(rich_markup_mode=None)

_MARKS = {"ok": "✓", "skipped": "·", "warning": "!", "problem": "✗"}


@doctor_cli.command()
def doctor(
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Fix what can be fixed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print findings for programs.")] = False,
    port: Annotated[int, typer.Option(help="The port of the studio.", min=1, max=65535)] = 3000,
    data_dir: DataDir = None,
) -> None:
    """Look for what is wrong; exit with 1 on problems."""
    from sora_studio import log
    from sora_studio.config.environment import known
    from sora_studio.doctor.examination import examine
    from sora_studio.doctor.finding import Level

    async def work() -> "list[Finding]":
        found: list[Finding] = []
        async for finding in examine(known(), data_dir, port):
            found.append(finding.mended() if fix else finding)
            if not as_json:
                typer.echo(_lines(found[-1], log.escape))
        return found

    log.configure(level="error")
    found = asyncio.run(work())
    wrong = [each for each in found if each.level is Level.PROBLEM and not each.fixed]
    warnings = [each for each in found if each.level is Level.WARNING]
    if as_json:
        typer.echo(json.dumps([_as_object(each) for each in found], indent=1))
    else:
        typer.echo(f"{len(found)} checks: {len(wrong)} problems, {len(warnings)} warnings.")
    if wrong:
        raise typer.Exit(1)


def _lines(finding: "Finding", escape: Callable[[str], str]) -> str:
    """Write a finding for people; servers and proxies have a say in it, so it is escaped."""
    mark = "✓" if finding.fixed else _MARKS[finding.level]
    line = f"{mark} {escape(f'{finding.check}: {finding.text}')}"
    if finding.fixed:
        return f"{line} Mended."
    return f"{line}\n    {escape(finding.remedy)}" if finding.remedy else line


def _as_object(finding: "Finding") -> dict[str, object]:
    return {
        "check": finding.check,
        "level": finding.level,
        "text": finding.text,
        "remedy": finding.remedy,
        "fixed": finding.fixed,
    }

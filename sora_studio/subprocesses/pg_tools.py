"""pg_dump and pg_restore: the wheel's on this machine, the system's for a server elsewhere, if it has them.

The wheel's know no TLS.
"""

import asyncio
import shutil
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from sora_studio.config import ConfigError, for_children
from sora_studio.config.authority import is_loopback
from sora_studio.subprocesses import cluster

_RESTORE = (
    *("--exit-on-error", "--single-transaction"),
    *("--no-owner", "--no-privileges", "--no-comments"),  # what is restored belongs to who restores it
)


async def dump(url: str, target: Path, *, snapshot: str | None = None, without: str | None = None) -> None:
    """Dump a database as it is now, or in a snapshot, in PostgreSQL's custom format.

    Args:
        url: The database itself, no pooler.
        target: The file.
        snapshot: The moment.
        without: A table whose rows are left out.

    Raises:
        ConfigError: The program is missing, or failed; the text has its last words.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges"]
    if snapshot:
        options.append(f"--snapshot={snapshot}")
    if without:
        options.append(f"--exclude-table-data={without}")
    where, environment = _without_password(url)
    await _run(_program("pg_dump", url), *options, f"--file={target}", where, environment=environment)


async def restore(url: str, source: Path) -> None:
    """Fill an empty database from a dump, whole or not at all.

    Raises:
        ConfigError: The program is missing, or failed; the text has its last words.
    """
    where, environment = _without_password(url)
    program = _program("pg_restore", url)
    await _run(program, *_RESTORE, f"--dbname={where}", str(source), environment=environment)


async def check_dump(source: Path) -> None:
    """Make sure that a dump can be read.

    Raises:
        ConfigError: It cannot.
    """
    await _run(cluster.programs() / "pg_restore", "--file=/dev/null", str(source), environment={})


async def _run(program: Path, *arguments: str, environment: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        env={**for_children("PG*"), **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        last_words = "\n".join(said.decode(errors="replace").strip().splitlines()[-5:])
        message = f"{program.name} failed:\n{last_words}"
        raise ConfigError(message)


def _program(name: str, url: str) -> Path:
    """Return the program to be used for a database."""
    host = urlsplit(url).hostname
    own = shutil.which(name) if host and not is_loopback(host) else None
    return Path(own) if own else cluster.programs() / name


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """Return a URL that everybody may see in the list of processes, and the environment with the rest."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    password = asked.pop("password", None) or unquote(parts.password or "")
    account, _, place = parts.netloc.rpartition("@")
    user = f"{account.partition(':')[0]}@" if account else ""
    seen = urlunsplit(parts._replace(netloc=f"{user}{place}", query=urlencode(asked)))
    return seen, {"PGPASSWORD": password} if password else {}

"""How the database can be used: found out by asking it, not guessed by its address.

A transaction pooler lends out another session for each transaction. What belongs to a session (prepared
statements, settings, LISTEN, locks) is gone with the next one, or somebody else's. Some poolers refuse such
settings, others pass over them in silence.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog

from sora_studio.db.engine import OWN_SESSION, connect_options
from sora_studio.domain.errors import Unavailable

PATIENCE = 60.0
"""Seconds that a start waits for a database which is not there yet."""

_PAUSE = 0.5
_PASSES = ("starting up", "shutting down", "recovery", "too many", "remaining connection slots")
"""What a server says that will let us in a little later; anything else that it says is for the operator."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Access:
    """Where the database is."""

    url: str
    direct_url: str | None = None  # past the pooler, if there is one and a way past it is known
    pooled: bool = False  # whether the session of the next transaction may be another one


async def find_access(url: str, direct_url: str | None = None, *, patience: float = PATIENCE) -> Access:
    """Wait until the database is there, and find out how it can be used.

    Args:
        url: Where the studio reads and writes.
        direct_url: The way past a pooler, as the operator says.
        patience: Seconds to wait, which one line of the log says.

    Raises:
        Unavailable: It is not there, or does not let us in; the text says why.
    """
    access, told = Access(url, direct_url), False
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            pooled = await _is_pooled(url) or not await _keeps_settings(url)
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            late = asyncio.get_running_loop().time() >= deadline
            if late or not _may_pass(reason):
                message = f"The database cannot be reached. {reason}"
                raise Unavailable(message) from error
            if not told:
                _log.warning("database_awaited", seconds=round(patience), reason=reason)
            told = True
            await asyncio.sleep(_PAUSE)
        else:
            return replace(access, pooled=pooled, direct_url=direct_url or (_past(url) if pooled else None))


async def _is_pooled(url: str) -> bool:
    """Tell whether two connections take turns with one session, or one is given another one."""
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(await _connect(url)) for _ in range(2)]
        before = await _session(first)
        async with second.transaction():
            return await _session(second) == before or await _session(first) != before


async def _keeps_settings(url: str) -> bool:
    """Tell whether the settings count that a connection begins with."""
    try:
        async with await _connect(url, **OWN_SESSION) as connection:
            row = await (await connection.execute("SHOW statement_timeout")).fetchone()
            return row == ("30s",)
    except psycopg.OperationalError:  # it is there: somebody has just been let in
        return False


async def _connect(url: str, **options: Any) -> psycopg.AsyncConnection:  # noqa: ANN401 -- libpq's
    plain: dict[str, Any] = options | connect_options() | {"autocommit": True, "prepare_threshold": None}
    return await psycopg.AsyncConnection.connect(url, **plain)


async def _session(connection: psycopg.AsyncConnection) -> int:
    row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    return row[0] if row else 0


def _may_pass(reason: str) -> bool:
    """Tell whether a server that cannot be used may be usable in a moment."""
    return "FATAL" not in reason or any(word in reason for word in _PASSES)


def _past(url: str) -> str | None:
    """Return the way past Neon's pooler, whose name says it; None for any other."""
    host = urlsplit(url).hostname or ""
    return url.replace(host, host.replace("-pooler.", ".", 1), 1) if "-pooler." in host else None

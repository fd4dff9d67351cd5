"""The connection to PostgreSQL: one pool, short transactions, one LISTEN connection."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import psycopg
import structlog
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from sora_studio.domain.errors import Unavailable

CHANNEL = "studio_changed"
"""Where triggers announce, on commit, whose data changed: the payload is the owner's id, nothing else."""

KEEPALIVE: Mapping[str, int] = {
    "connect_timeout": 15,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}
"""How every connection notices that its server has vanished without a word: after 25 seconds, in which a
network may be mended; the kernel by itself takes a quarter of an hour, and two hours when nothing is sent."""

Transaction = AsyncSession
"""What `Database.transaction` opens and repositories work in: commits and rollbacks are not theirs."""

_PAUSES = (0.05, 0.2, 0.8)  # seconds at most, before each time that a step is done again
_STATEMENT_TIMEOUT = "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"

_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class Database:
    """The one way to PostgreSQL."""

    def __init__(self, url: str, pool_size: int = 10, *, direct_url: str | None = None) -> None:
        """Prepare a pool; nothing is opened yet.

        Args:
            url: `postgresql://…`, pooled hosts such as Neon's `-pooler` included.
            pool_size: Connections kept; half as many more are opened under load.
            direct_url: Where LISTEN works when `url` is a transaction pooler; derived for Neon.
        """
        target = _target(url)
        self._listen_url = _direct(_target(direct_url) if direct_url else target)
        self.engine = create_async_engine(
            target.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size // 2,
            pool_timeout=5,
            hide_parameters=True,  # prompts and hashes stay out of error messages
            pool_pre_ping=True,  # a restarted server or a slept compute costs a ping, not a failed request
            connect_args=_connect_args(target),
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a short transaction: committed at the end of the block, rolled back on an error.

        Raises:
            Unavailable: The database cannot be reached.
        """
        with translated_errors():
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    async def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            Unavailable: There is none.
        """
        async with self.transaction() as session:
            await (await session.connection()).execute(text("SELECT 1"))

    async def listen(self) -> AsyncIterator[str]:
        """Yield the payload of every notification; an empty one first, as soon as we listen.

        Raises:
            Unavailable: The connection could not be had or was lost; call again.
        """
        try:
            async with await psycopg.AsyncConnection.connect(
                self._listen_url.render_as_string(hide_password=False),
                autocommit=True,
                **_connect_args(self._listen_url),
            ) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                yield ""
                async for notification in connection.notifies():
                    yield notification.payload
        except psycopg.Error as error:
            message = "The connection that listens for changes was lost."
            raise Unavailable(message) from error

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self.engine.dispose()


def retry_on_deadlock(step: Callable[_P, Awaitable[_T]]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Retry a step on deadlock, three times at most: the server undid it for the sake of another one.

    Two transactions that wait for each other are ended that way: one of them is the victim, and nothing of it
    is left. So the step must do nothing but its one transaction: whatever else it did would be done twice.
    """

    @wraps(step)
    async def until_done(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        for pause in _PAUSES:
            try:
                return await step(*args, **kwargs)
            except Unavailable as error:
                if not _was_undone(error):
                    raise
            _log.info("done_again", step=step.__qualname__)
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - so that the two do not meet again
        return await step(*args, **kwargs)

    return until_done


def _was_undone(error: Unavailable) -> bool:
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and isinstance(cause.orig, DeadlockDetected | SerializationFailure)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn "the database is away" into Unavailable; constraint errors pass for the repositories."""
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, PoolTimeoutError, OSError) as error:
        message = "The database cannot be reached."
        raise Unavailable(message) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        message = "The connection to the database was lost."
        raise Unavailable(message) from error


def _target(url: str) -> URL:
    return make_url(url).set(drivername="postgresql")


def _is_pooler(url: URL) -> bool:
    return "-pooler." in (url.host or "")


def _direct(url: URL) -> URL:
    """Neon's pooler cannot LISTEN; its direct host has the same name without `-pooler`."""
    return url.set(host=url.host.replace("-pooler.", ".", 1)) if url.host and _is_pooler(url) else url


def _connect_args(url: URL) -> dict[str, Any]:
    arguments: dict[str, Any] = {**KEEPALIVE, "application_name": "sora-studio"}
    if _is_pooler(url):
        arguments["prepare_threshold"] = None  # a transaction pooler hands out another session each time
    else:
        arguments["options"] = _STATEMENT_TIMEOUT
    return arguments

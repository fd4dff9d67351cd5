"""The connection to PostgreSQL: one pool, short transactions, one LISTEN connection."""

import asyncio
import random
import select
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import structlog
from psycopg.errors import (
    CharacterNotInRepertoire,
    DeadlockDetected,
    SerializationFailure,
    UntranslatableCharacter,
)
from sqlalchemy import URL, event, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from sora_studio.db.listener import Listener
from sora_studio.domain.errors import InvalidInput, Unavailable

CONNECTIONS = 25
"""That one process of a studio may open: docs/operations.md."""

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

_READY = text(
    "SELECT current_setting('transaction_read_only') = 'off' AND to_regclass('alembic_version') IS NOT NULL"
)
_PAUSES = (0.05, 0.2, 0.8)  # seconds at most, before each time that a step is done again
OWN_SESSION: Mapping[str, Any] = {
    "options": "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
    "prepare_threshold": 2,  # times that a statement is sent before the server keeps it
}
"""How a connection begins that keeps its session."""

_POOLED: Mapping[str, Any] = {"prepare_threshold": None}  # the session of the next transaction is another one

_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class Database:
    """The one way to PostgreSQL."""

    def __init__(
        self, url: str, pool_size: int = 10, *, direct_url: str | None = None, pooled: bool = False
    ) -> None:
        """Prepare a pool; nothing is opened yet.

        Args:
            url: `postgresql://…`.
            pool_size: Connections kept; half as many more are opened under load.
            direct_url: Where LISTEN works when `url` is a transaction pooler.
            pooled: Whether it is one.
        """
        target = _target(url)
        self._listener = Listener(
            _target(direct_url or url).render_as_string(hide_password=False), connect_options(), self.announce
        )
        self.engine = create_async_engine(
            target.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size // 2,
            pool_timeout=5,
            hide_parameters=True,  # prompts and hashes stay out of error messages
            connect_args={**connect_options(), **(_POOLED if pooled else OWN_SESSION)},
        )
        event.listen(self.engine.sync_engine, "checkout", _must_be_open)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a short transaction: committed at the end of the block, rolled back on an error.

        Raises:
            Unavailable: The database cannot be reached.
        """
        with translated_errors():
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Open a session in which nothing has to be undone: each statement is a transaction of its own.

        It sees what has been committed when it begins, as it does in `transaction`, whose beginning and end
        would cost two more ways to the server.

        Raises:
            Unavailable: The database cannot be reached.
        """
        with translated_errors():
            async with AsyncSession(self.engine, expire_on_commit=False) as session:
                await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
                yield session

    async def can_write(self) -> bool:
        """Tell whether our tables are there and can be written, by the same kind of query as every request's.

        Raises:
            Unavailable: The database cannot be reached.
        """
        async with self.transaction() as session:
            row = await (await session.connection()).execute(_READY)
            return bool(row.scalar_one())

    async def announce(self, channel: str, word: str) -> None:
        """Say a word on a channel, over the way that everybody writes by.

        Raises:
            Unavailable: The database cannot be reached.
        """
        async with self.transaction() as session:
            said = text("SELECT pg_notify(:channel, :word)")
            await (await session.connection()).execute(said, {"channel": channel, "word": word})

    def listen(self) -> AsyncIterator[str]:
        """Yield the payload of every announcement; see `Listener.listen`."""
        return self._listener.listen()

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
    """Turn "the database is away" into Unavailable, and text that it can never hold into InvalidInput.

    Constraint errors pass for the repositories.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DataError as error:
        if not _is_unstorable_text(error):
            raise
        message = "A text contains a character that cannot be stored."
        raise InvalidInput(message) from error
    except (OperationalError, PoolTimeoutError, OSError) as error:
        message = "The database cannot be reached."
        raise Unavailable(message) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        message = "The connection to the database was lost."
        raise Unavailable(message) from error


def _is_unstorable_text(error: DataError) -> bool:
    """Tell whether a value was refused for a NUL, which the driver sees, or half of a character, in JSON."""
    refusals = CharacterNotInRepertoire | UntranslatableCharacter
    return isinstance(error.orig, refusals) or "NUL (0x00)" in str(error.orig)


def _target(url: str) -> URL:
    return make_url(url).set(drivername="postgresql")


def connect_options() -> dict[str, Any]:
    """Return how every connection is made, whatever it is for."""
    return {**KEEPALIVE, "application_name": "sora-studio"}


def _must_be_open(connection: Any, record: Any, _proxy: object) -> None:  # noqa: ANN401 -- SQLAlchemy's own
    """Let go of a connection that the server has closed since it was last used.

    A server that ends, or that ends a session, says so: then there is something to read where nothing was
    asked. To look for that costs no transaction, as a ping would.
    """
    if not record.info.setdefault("used", False):
        record.info["used"] = True
        return
    waiting = select.poll()
    waiting.register(connection.driver_connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise InvalidatePoolError

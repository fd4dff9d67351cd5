"""Bring the schema to this version, once, no matter which process starts first."""

import asyncio
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from alembic import command
from sora_studio.db.engine import KEEPALIVE
from sora_studio.db.locks import Lock
from sora_studio.domain.errors import Unavailable

_FOLDER = Path(__file__).resolve().parents[2] / "alembic"


async def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to a revision in one transaction under a lock; nothing is written when it is there already.

    Raises:
        Unavailable: The database cannot be reached, or is newer than this version.
    """
    await asyncio.to_thread(_migrate, url, revision)


async def pending_from(url: str) -> str | None:
    """Return the revision that a migration would start from; None when there is nothing to migrate.

    Raises:
        Unavailable: The database cannot be reached.
    """
    return await asyncio.to_thread(_pending_from, url)


def is_known(revision: str) -> bool:
    """Tell whether this version knows a revision: one that it does not know is a newer version's."""
    return revision in {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def _pending_from(url: str) -> str | None:
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            return None if _is_at_head(connection) else current
    except SQLAlchemyError as error:
        message = f"The database could not be migrated: {error}"
        raise Unavailable(message) from error
    finally:
        engine.dispose()


def _migrate(url: str, revision: str) -> None:
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            if _is_at_head(connection):
                return
            with connection.begin():  # the lock ends with it, and so does a half of what was done
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.MIGRATING.value})
                command.upgrade(alembic_config(connection), revision)
    except CommandError as error:
        message = f"This database was used by a newer version of the studio; run that version. {error}"
        raise Unavailable(message) from error
    except SQLAlchemyError as error:
        message = f"The database could not be migrated: {error}"
        raise Unavailable(message) from error
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    target = make_url(url).set(drivername="postgresql+psycopg")
    options = {
        **KEEPALIVE,
        "connect_timeout": 30,
        "prepare_threshold": None,
    }  # as a transaction pooler needs it
    return create_engine(target, poolclass=NullPool, connect_args=options)


def _is_at_head(connection: Connection) -> bool:
    heads = set(ScriptDirectory(str(_FOLDER)).get_heads())
    current = set(MigrationContext.configure(connection).get_current_heads())
    connection.rollback()
    return current == heads

"""What a running studio uses: processor time, and transactions of its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import psycopg
from sqlalchemy.engine import make_url

from bench.lab.lab import Served
from tests.support.cluster import as_superuser

_TRANSACTIONS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"


@dataclass(frozen=True)
class Usage:
    """What was used since the start."""

    transactions: int
    seconds: float  # of processor

    def since(self, before: "Usage") -> "Usage":
        """Return what was used since then."""
        return Usage(self.transactions - before.transactions, self.seconds - before.seconds)


class Meter:
    """Reads both; a look is not counted, as it goes to another database."""

    def __init__(self, studio: Served, connection: psycopg.Connection) -> None:
        self._name = make_url(studio.database_url).database
        self._process, self._connection = psutil.Process(studio.process_id), connection

    def read(self) -> Usage:
        """Return what was used until now."""
        row = self._connection.execute(_TRANSACTIONS, [self._name]).fetchone()
        times = self._process.cpu_times()
        return Usage(row[0] if row else 0, times.user + times.system)


@contextmanager
def metered(studio: Served) -> Iterator[Meter]:
    """Open a meter for the block."""
    name = make_url(studio.database_url).database
    elsewhere = as_superuser(studio.database_url).replace(f"/{name}?", "/postgres?")
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        yield Meter(studio, connection)

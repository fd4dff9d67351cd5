"""What a studio costs that nobody uses: a database that sleeps when idle has to be let sleep."""

import asyncio
import time

import psutil
import psycopg
from sqlalchemy.engine import make_url

from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted
from tests.support.cluster import as_superuser

SETTLED, MINUTE = 15.0, 60.0  # seconds after the start, and that are measured

_TRANSACTIONS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"


async def measure(lab: Lab) -> list[Metric]:
    """Count transactions and processor time of a minute in which nothing happens."""
    studio = await lab.studio()
    name = make_url(studio.database_url).database
    elsewhere = as_superuser(studio.database_url).replace(
        f"/{name}?", "/postgres?"
    )  # the look is not counted
    with psycopg.connect(elsewhere, autocommit=True) as connection:

        def transactions() -> int:
            row = connection.execute(_TRANSACTIONS, [name]).fetchone()
            return row[0] if row else 0

        await asyncio.sleep(SETTLED)
        process = psutil.Process(studio.process_id)
        before, used, began = transactions(), _used(process), time.monotonic()
        await asyncio.sleep(MINUTE)
        took = time.monotonic() - began
        share = (_used(process) - used) / took * 100
        return [
            counted("idle.transactions", (transactions() - before) / took, "per second", at_most(0.2)),
            counted("idle.processor", share, "% of a core", at_most(0.2)),
        ]


def _used(process: psutil.Process) -> float:
    """Return the seconds of processor time that a process has used."""
    times = process.cpu_times()
    return times.user + times.system

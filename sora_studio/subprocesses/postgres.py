"""The embedded PostgreSQL: the server from the wheel, run as our own child on a unix socket.

Only the wheel's programs are used. Its own manager counts handles in a file (after one `kill -9` the server
is never stopped again), takes any process with a remembered number for the server, gives a start ten seconds,
and as root adds a user to the system and opens every parent directory for reading.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sora_studio.subprocesses import cluster
from sora_studio.subprocesses.cluster_server import (
    FEWEST_PLACES,
    ClusterServer,
    socket_directory,
    url_of_running,
)
from sora_studio.subprocesses.lock import alone_in
from sora_studio.subprocesses.major_upgrade import take_over


@asynccontextmanager
async def embedded_postgres(data_dir: Path, places: int = FEWEST_PLACES) -> AsyncIterator[str]:
    """Run a PostgreSQL under the data directory for the block; yield its `postgresql://…` URL.

    A server that a killed studio left running is ended first. It takes 1 s the first time, then 0.1 s; longer
    where an earlier major version wrote the data, which are then taken over.

    Args:
        data_dir: Where its data are.
        places: Connections that are wanted of it.

    Raises:
        ConfigError: It is in use by another studio, belongs to another PostgreSQL, or cannot be started.
    """
    directory = data_dir.resolve() / "postgres"
    log = directory.with_name("postgres.log")
    with alone_in(data_dir):
        await take_over(directory, log)
        with socket_directory(directory) as sockets:
            user = await asyncio.to_thread(cluster.prepare, directory, sockets, log)
            server = ClusterServer(directory, sockets, log, cluster.programs(), places)
            async with server.serve(user) as url:
                yield url


def running_postgres(data_dir: Path) -> str | None:
    """Return the URL of a running studio's PostgreSQL under the data directory, if it is ready.

    One of an earlier version is not: it is being dumped, and what is written there now would be lost.
    """
    directory = data_dir.resolve() / "postgres"
    return url_of_running(directory) if cluster.version_of(directory) == cluster.our_version() else None

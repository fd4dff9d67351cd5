"""The embedded PostgreSQL: the server from the wheel, run as our own child on a unix socket.

Only the wheel's programs are used. Its own manager counts handles in a file (after one `kill -9` the server
is never stopped again), takes any process with a remembered number for the server, gives a start ten seconds,
and as root adds a user to the system and opens every parent directory for reading.
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

from sora_studio.config import for_children
from sora_studio.subprocesses import cluster
from sora_studio.subprocesses.lock import alone_in
from sora_studio.subprocesses.process import end, gone, spawn

_START_PATIENCE = 120.0  # seconds; recovery after a crash takes a while
_STOP_PATIENCE = 4.0
_GLANCE = 0.02  # seconds between looks at a starting server
_LONGEST_SOCKET_PATH = 103  # bytes that every system allows for the path of a unix socket
_SOCKET_NAME = ".s.PGSQL.5432"
_DISCREET = {
    "log_min_messages": "log",  # what a statement meets is ours to log
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
"""No e-mail address and no prompt gets into the server's log, whatever postgresql.conf says."""

_QUIET = {"autovacuum_naptime": "5min"}
"""An idle server looks for work only now and then: each look is several transactions in every database."""

_ROLE = Path(__file__).with_name("database_role.sql")


@asynccontextmanager
async def embedded_postgres(data_dir: Path) -> AsyncIterator[str]:
    """Run a PostgreSQL under the data directory for the block; yield its `postgresql://…` URL.

    A server that a killed studio left running is ended first. It takes 1 s the first time, then 0.1 s.

    Raises:
        ConfigError: It is in use by another studio, belongs to another PostgreSQL, or cannot be started.
    """
    directory = data_dir.resolve() / "postgres"
    log = directory.with_name("postgres.log")
    with alone_in(data_dir), _socket_directory(directory) as sockets:
        user = await asyncio.to_thread(cluster.prepare, directory, sockets, log)
        with log.open("wb") as output:
            os.fchmod(output.fileno(), 0o600)
            command = _command(directory, sockets)
            process = spawn(
                command, last_signal=cluster.FAST_SHUTDOWN, user=user, cwd=directory, output=output
            )
        try:
            await _ready(process, directory, log)
            await _give_role(directory, sockets)
            yield _url(sockets)
        finally:
            await end(process, cluster.FAST_SHUTDOWN, patience=_STOP_PATIENCE)


def running_postgres(data_dir: Path) -> str | None:
    """Return the URL of a running studio's PostgreSQL under the data directory, if it is ready.

    The fifth line of its pid file says where its socket is.
    """
    lines = _pid_file(data_dir.resolve() / "postgres")
    return _url(Path(lines[4].strip())) if _is_ready(lines) else None


@contextmanager
def _socket_directory(directory: Path) -> Iterator[Path]:
    """Yield where the socket goes: beside the data, or to a private directory when that path is too long."""
    if len(os.fsencode(directory / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
        yield directory
    else:
        with tempfile.TemporaryDirectory(prefix="sora-studio-") as private:
            yield Path(private)


def _command(directory: Path, sockets: Path) -> list[str]:
    """Return the command of the server: no network, and only its own user at the socket."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{sockets}"',
        "unix_socket_permissions": "0700",
    }
    options = [
        part
        for name, value in {**settings, **_DISCREET, **_QUIET}.items()
        for part in ("-c", f"{name}={value}")
    ]
    return [str(cluster.programs() / "postgres"), "-D", str(directory), *options]


async def _give_role(directory: Path, sockets: Path) -> None:
    """Make sure of the role that the studio works as, and of its database, as the superuser.

    Raises:
        ConfigError: It could not be made.
    """
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={_ROLE}")
    psql = await asyncio.create_subprocess_exec(
        *(cluster.programs() / "psql", *options, _url(sockets, cluster.SUPERUSER, "template1")),
        env=for_children(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, said = await psql.communicate()
    if psql.returncode:
        raise cluster.failure(directory, "could not be set up", said.decode(errors="replace"))


async def _ready(process: subprocess.Popen[bytes], directory: Path, log: Path) -> None:
    """Wait until the server takes connections.

    Raises:
        ConfigError: It exited instead, or takes far too long.
    """
    deadline = asyncio.get_running_loop().time() + _START_PATIENCE
    while not _says_ready(directory, process.pid):
        ended = await gone(process, within=_GLANCE)
        if ended or asyncio.get_running_loop().time() > deadline:
            raise cluster.failure(directory, "did not start", log.read_text(errors="replace"))


def _says_ready(directory: Path, pid: int) -> bool:
    """Tell whether this very server takes connections, by its pid file."""
    lines = _pid_file(directory)
    return lines[0] == str(pid) and _is_ready(lines)


def _pid_file(directory: Path) -> list[str]:
    """Return the lines of a server's pid file; a single empty one when there is none."""
    try:
        return (directory / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return [""]


def _is_ready(lines: list[str]) -> bool:
    """Tell whether a server takes connections, which is the eighth line of its pid file."""
    return [line.strip() for line in lines[7:8]] == ["ready"]


def _url(sockets: Path, role: str = cluster.ROLE, database: str = cluster.ROLE) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(sockets))}"

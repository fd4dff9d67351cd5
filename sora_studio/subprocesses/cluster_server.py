"""A PostgreSQL server on one data directory, as our own child on a unix socket."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sora_studio.config import for_children
from sora_studio.subprocesses import cluster
from sora_studio.subprocesses.process import User, end, gone, spawn

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

FEWEST_PLACES = 100
"""Connections that a server takes, however few are wanted."""

_ROLE = Path(__file__).with_name("database_role.sql")


@dataclass(frozen=True)
class ClusterServer:
    """What a server needs."""

    directory: Path
    sockets: Path
    log: Path
    programs: Path
    places: int = FEWEST_PLACES  # connections

    @asynccontextmanager
    async def serve(self, user: User | None) -> AsyncIterator[str]:
        """Run it for the block, as a user; yield the URL of the studio's database, which is made if need be.

        Raises:
            ConfigError: It cannot be started.
        """
        with self.log.open("wb") as output:
            os.fchmod(output.fileno(), 0o600)
            process = spawn(
                self._command(),
                last_signal=cluster.FAST_SHUTDOWN,
                user=user,
                cwd=self.directory,
                output=output,
            )
        try:
            await self._ready(process)
            await self._give_role()
            yield cluster_url(self.sockets)
        finally:
            await end(process, cluster.FAST_SHUTDOWN, patience=_STOP_PATIENCE)

    def _command(self) -> list[str]:
        """Return the command: no network, and only its own user at the socket."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.sockets}"',
            "unix_socket_permissions": "0700",
            "max_connections": str(max(FEWEST_PLACES, self.places)),
        }
        options = [
            part
            for name, value in {**settings, **_DISCREET, **_QUIET}.items()
            for part in ("-c", f"{name}={value}")
        ]
        return [str(self.programs / "postgres"), "-D", str(self.directory), *options]

    async def _ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it takes connections.

        Raises:
            ConfigError: It exited instead, or takes far too long.
        """
        deadline = asyncio.get_running_loop().time() + _START_PATIENCE
        while not self._says_ready(process.pid):
            ended = await gone(process, within=_GLANCE)
            if ended or asyncio.get_running_loop().time() > deadline:
                raise cluster.failure(self.directory, "did not start", self.log.read_text(errors="replace"))

    def _says_ready(self, pid: int) -> bool:
        """Tell whether this very server takes connections, by its pid file."""
        lines = _pid_file(self.directory)
        return lines[0] == str(pid) and _is_ready(lines)

    async def _give_role(self) -> None:
        """Make sure of the role that the studio works as, and of its database, as the superuser.

        Raises:
            ConfigError: It could not be made.
        """
        options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={_ROLE}")
        psql = await asyncio.create_subprocess_exec(
            *(
                cluster.programs() / "psql",
                *options,
                cluster_url(self.sockets, cluster.SUPERUSER, "template1"),
            ),
            env=for_children(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, said = await psql.communicate()
        if psql.returncode:
            raise cluster.failure(self.directory, "could not be set up", said.decode(errors="replace"))


@contextmanager
def socket_directory(directory: Path) -> Iterator[Path]:
    """Yield where the socket goes: beside the data, or to a private directory when that path is too long."""
    if len(os.fsencode(directory / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
        yield directory
    else:
        with tempfile.TemporaryDirectory(prefix="sora-studio-") as private:
            yield Path(private)


def cluster_url(sockets: Path, role: str = cluster.ROLE, database: str = cluster.ROLE) -> str:
    """Return the URL of a database behind a socket."""
    return f"postgresql://{role}@/{database}?host={quote(str(sockets))}"


def url_of_running(directory: Path) -> str | None:
    """Return the URL of the server that runs on a directory, if it is ready.

    The fifth line of its pid file says where its socket is.
    """
    lines = _pid_file(directory)
    return cluster_url(Path(lines[4].strip())) if _is_ready(lines) else None


def _pid_file(directory: Path) -> list[str]:
    """Return the lines of a server's pid file; a single empty one when there is none."""
    try:
        return (directory / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return [""]


def _is_ready(lines: list[str]) -> bool:
    """Tell whether a server takes connections, which is the eighth line of its pid file."""
    return [line.strip() for line in lines[7:8]] == ["ready"]

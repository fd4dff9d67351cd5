"""A studio whose start is forked, and its commands: everything that they load, and how they begin.

Loaded by the process that forks them, before any test's first.
"""

import gc
import importlib
import os
import sys
from pathlib import Path

from sora_studio.bootstrap import Parts
from sora_studio.cli import main as command_line
from sora_studio.config import PRIVATE
from sora_studio.services.people.passwords import Passwords
from sora_studio.web import server
from sora_studio.web.asgi import REFLEX
from tests.support.source import ROOT

_CHEAP = (
    4  # bcrypt's least: the people of a test sign up by the hundred, a quarter of a second each otherwise
)

os.chdir(ROOT)
os.environ.update(REFLEX)  # read when the site is loaded
for _name in (
    "sora_studio.sora_studio",
    "sora_studio.db.migrations",
    "sora_studio.maintenance",
    "sora_studio.providers.check",
    "sora_studio.providers.connection",
    "sora_studio.services.pictures",
):
    importlib.import_module(_name)


def serve() -> None:
    """Be `sora-studio serve` with cheap passwords; its arguments are the port and the data directory."""
    _, port, data_dir = sys.argv
    os.umask(PRIVATE)
    gc.disable()  # as the command does
    if not server.run("127.0.0.1", int(port), Path(data_dir), Parts(passwords=lambda: Passwords(_CHEAP))):
        sys.exit(1)


def command() -> None:
    """Be any other command of `sora-studio`."""
    command_line.main()

"""Secrets that nobody else has: wherever one of them is found that is not its own place, it has leaked."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from sora_studio.subprocesses import cluster
from sora_studio.subprocesses.postgres import running_postgres
from tests.support.cluster import as_superuser
from tests.support.studio import RunningStudio

CANARIES: Mapping[str, str] = {
    "SORA_STUDIO_SECRET_KEY": "canary-of-the-signing-key-0123456789abcdef",
    "SORA_STUDIO_WEBHOOK_SECRET": "whsec_Y2FuYXJ5LW9mLXRoZS13ZWJob29rcw==",
    "OPENAI_API_KEY": "sk-canary-of-the-provider-0123456789",
    "AWS_SECRET_ACCESS_KEY": "canary-of-whatever-else-is-in-the-environment",
}
"""An environment to start a studio in."""

WORDS = tuple(value.removeprefix("whsec_") for value in CANARIES.values())


def leaks(studio: RunningStudio, data_dir: Path) -> list[str]:
    """Return where one of them is: in the log, a file, the database, the environment of a child."""
    return [place for place, content in _places(studio, data_dir) if any(word in content for word in WORDS)]


def _places(studio: RunningStudio, data_dir: Path) -> Iterator[tuple[str, str]]:
    yield "the log", studio.log.read_text()
    yield "the database", _dump(data_dir)
    for path in data_dir.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes().decode("latin-1")
    for child in studio.tree()[1:]:
        environment = Path(f"/proc/{child.pid}/environ")
        yield f"the environment of {_name(child)}", environment.read_text() if environment.exists() else ""


def _dump(data_dir: Path) -> str:
    """Return the whole database as SQL: in its own files, long values are compressed."""
    url = running_postgres(data_dir)
    assert url
    command = [cluster.programs() / "pg_dump", as_superuser(url)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ}).stdout


def _name(process: psutil.Process) -> str:
    return " ".join(process.cmdline())[:200]

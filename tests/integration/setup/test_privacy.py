"""What is the operator's stays the operator's: no secret gets about, and no other user reads a file."""

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.conftest import FAST
from tests.support.canary import CANARIES, leaks
from tests.support.person import join
from tests.support.studio import RunningStudio, fresh_data_dir, serving

_CHILDREN = {"postgres", "sora_sandbox", "multiprocessing"}


@pytest.fixture(scope="module")
async def used_studio() -> AsyncIterator[tuple[RunningStudio, Path]]:
    """Yield a studio that has made a video, so that all of its children run, and its data directory."""
    old = os.umask(0o022)  # as a person's shell has it
    with (
        fresh_data_dir() as data_dir,
        serving(data_dir, environment={**FAST, **CANARIES}, forked=False) as studio,
    ):
        os.umask(old)
        ada = await join(studio.url)
        assert (await ada.ended(await ada.ask("a kite")))["status"] == "completed"
        await ada.http.aclose()
        yield studio, data_dir


def test_secrets_are_found_nowhere(used_studio: tuple[RunningStudio, Path]):
    studio, data_dir = used_studio
    commands = " ".join(" ".join(child.cmdline()) for child in studio.tree()[1:])
    assert [name for name in _CHILDREN if name not in commands] == []
    assert leaks(studio, data_dir) == []


def test_no_other_user_reads_a_file(used_studio: tuple[RunningStudio, Path]):
    _, data_dir = used_studio
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in data_dir.rglob("*")}
    opened = {str(path): oct(mode) for path, mode in modes.items() if mode & 0o077 and not path.is_socket()}
    assert opened == {}
    assert stat.S_IMODE(data_dir.stat().st_mode) in {0o700, 0o710}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts programs as somebody else")
def test_nothing_runs_as_nobody(used_studio: tuple[RunningStudio, Path]):
    studio, _ = used_studio
    assert {child.username() for child in studio.tree()} == {"root", "sora-studio-db"}

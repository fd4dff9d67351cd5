"""One folder of canned films for all sandboxes of a test run, so that each is rendered once."""

import os
import shutil
import tempfile

import pytest

_VARIABLE = "SORA_SANDBOX_CANNED_FILMS_DIR"


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder to every sandbox that will be started; workers of xdist inherit it."""
    if _VARIABLE in os.environ:
        return
    os.environ[_VARIABLE] = folder = tempfile.mkdtemp(prefix="canned-films-")

    def forget() -> None:
        del os.environ[_VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(forget)

"""Which tests one worker of xdist gets: those of a file, and those of a folder that shares what is dear."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

_FOLDERS = ("tests/attacks/", "tests/e2e/", "tests/integration/api/", "tests/integration/authorisation/")
"""Where a session has a studio running, and people with videos: a second one for another worker would take as
much processor time as dozens of tests."""


class FolderScheduling(LoadFileScheduling):
    """Deals out files, and these folders as one."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next(filter(nodeid.startswith, _FOLDERS), None)
        return folder or super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling | None:
    """Deal out folders where files would be dealt out."""
    return FolderScheduling(config, log) if config.getvalue("dist") == "loadfile" else None

"""Adds to the report of a failed test what the studios that run then complain of in their logs."""

import re
from collections.abc import Generator

import pytest

from tests.support.studio import RUNNING

_COMPLAINT = re.compile(r"\b(error|critical)\b|Traceback", re.IGNORECASE)
_LAST = 20  # lines


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add it."""
    report = yield
    for studio in RUNNING if report.failed else ():
        lines = studio.log.read_text(errors="replace").splitlines()
        told = [line for line in lines if _COMPLAINT.search(line)]
        report.sections.append((f"Complaints of the studio on port {studio.port}", "\n".join(told[-_LAST:])))
    return report

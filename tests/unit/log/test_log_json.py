"""What programs read of an error."""

import json
import logging

import pytest

from sora_studio import log


def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]):
    """A password that a function was called with stays out of the log."""

    def fail(password: str) -> None:
        raise ValueError(len(password))

    log.configure("json")
    try:
        fail("a very hidden pass phrase")
    except ValueError:
        logging.getLogger("sora_studio.test").exception("failed")
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "ValueError" in line
    assert json.loads(line)["event"] == "failed"
    assert "hidden" not in line

"""What comes from outside forges no line of the log, and fills it with nothing."""

import logging
from typing import Literal

import pytest

from sora_studio import log

FORGED = "oops\r\n2026-11-25T16:00:00Z [error] forged\x1b[2J\x9b1m\u202e\u2028\x00 end"
Style = Literal["console", "json"]
Said = pytest.CaptureFixture[str]


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_text_is_one_line_without_control_characters(style: Style, capsys: Said):
    log.configure(style)
    logging.getLogger("sora_studio.test").warning("A page failed: %s", FORGED)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert "forged" in line
    assert "end" in line


def test_a_traceback_looks_like_no_line_of_the_log(capsys: Said):
    log.configure("console")
    logging.getLogger("sora_studio.test").error("failed", exc_info=ValueError(FORGED))
    first, *more = capsys.readouterr().err.splitlines()
    assert "failed" in first
    assert "ValueError: oops" in "".join(more)
    assert all(line.isprintable() and (line.startswith("    ") or not line) for line in more)


@pytest.mark.parametrize("style", ["console", "json"])
def test_however_long_a_text_is_a_line_is_not(style: Style, capsys: Said):
    log.configure(style)
    error = ValueError("x" * 1_000_000)
    logging.getLogger("reflex.app").error("Event data: %s", error, exc_info=error)
    assert len(capsys.readouterr().err) < 30_000


@pytest.mark.parametrize(
    ("name", "said"), [("reflex.app", 60), ("engineio.server", 60), ("sora_studio.x", 100)]
)
def test_nonsense_on_a_socket_fills_no_log(name: str, said: int, capsys: Said):
    log.configure("json")
    at = 1_800_000_000.0
    for number in range(101):
        record = logging.makeLogRecord({"name": name, "levelno": logging.ERROR, "msg": "nonsense"})
        record.created = at if number < 100 else at + 60
        logging.getLogger(name).handle(record)
    assert len(capsys.readouterr().err.splitlines()) == said + 1

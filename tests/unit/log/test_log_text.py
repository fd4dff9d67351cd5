"""What comes from outside forges no line of the log, and fills it with nothing."""

import json
import logging
from typing import Literal

import pytest
import structlog

from sora_studio import log

FORGED = "oops\r\n2026-11-25T16:00:00Z [error] forged\x1b[2J\x9b1m\u202e\u2028\x00 end"
AT = 1_800_000_000.0
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


@pytest.mark.parametrize("style", ["console", "json"])
def test_an_error_is_one_line_with_its_trace(style: Style, capsys: Said):
    log.configure(style)
    try:
        _fail()
    except ValueError:
        logging.getLogger("sora_studio.test").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    for word in ("failed", "ValueError", "oops", "_fail", "KeyError", "why"):
        assert word in line


@pytest.mark.parametrize("style", ["console", "json"])
def test_however_long_a_text_is_a_line_is_not(style: Style, capsys: Said):
    log.configure(style)
    error = ValueError("x" * 1_000_000)
    logging.getLogger("reflex.app").error("Event data: %s", error, exc_info=error)
    assert len(capsys.readouterr().err) < 30_000


@pytest.mark.parametrize("name", ["reflex.app", "sora_studio.x"])
def test_trouble_of_one_kind_is_one_line_a_minute_with_a_count(name: str, capsys: Said):
    log.configure("json")
    for number in range(101):
        _say(name, logging.WARNING, "nonsense", at=AT if number < 100 else AT + 60)
    lines = [*map(json.loads, capsys.readouterr().err.splitlines())]
    assert [line["event"] for line in lines] == ["nonsense"] * 3
    assert [line.get("repeated") for line in lines] == [None, 99, None]


def test_the_count_is_told_when_nothing_more_happens(capsys: Said):
    log.configure("json")
    for _ in range(3):
        _say("reflex.app", logging.ERROR, "nonsense")
    logging.getLogger().handlers[0].close()
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["repeated"] == 2


def test_what_is_about_one_thing_each_is_always_written(capsys: Said):
    """A paid video that was lost is not the same as another one; nor is who has logged in."""
    log.configure("json")
    for number in range(50):
        structlog.get_logger("sora_studio.x").error("paid_video_lost", job=number)
        structlog.get_logger("sora_studio.x").info("logged_in", person=number)
    assert len(capsys.readouterr().err.splitlines()) == 100


def test_errors_that_differ_are_told_apart_and_the_same_ones_can_be_found(capsys: Said):
    log.configure("json")
    for number in range(3):
        for name, failing in {"a": _fail, "b": lambda: int("x")}.items():
            try:
                failing()
            except ValueError:
                structlog.get_logger("sora_studio.x").exception(
                    "request_failed", request_id=f"{name}-{number}"
                )
    logging.getLogger().handlers[0].close()
    lines = [*map(json.loads, capsys.readouterr().err.splitlines())]
    assert [line.get("request_id") for line in lines[:2]] == ["a-0", "b-0"]
    assert [line["ids"] for line in lines[2:]] == [["a-1", "a-2"], ["b-1", "b-2"]]


def test_no_stranger_makes_it_remember_without_end(capsys: Said):
    log.configure("json")
    for number in range(3_000):
        _say(f"reflex.{number}", logging.ERROR, "nonsense")
    assert len(capsys.readouterr().err.splitlines()) == 1_001


def _fail() -> None:
    try:
        {}["why"]
    except KeyError as cause:
        raise ValueError(FORGED) from cause


def _say(name: str, level: int, words: str, *, at: float = AT) -> None:
    fields = {"name": name, "levelno": level, "levelname": logging.getLevelName(level), "msg": words}
    record = logging.makeLogRecord(fields)
    record.created = at
    logging.getLogger(name).handle(record)


def test_a_logger_that_was_used_follows_the_next_configuration():
    used = structlog.get_logger("sora_studio.test")
    log.configure()
    used.info("before")
    log.configure()
    with structlog.testing.capture_logs() as heard:
        used.info("after")
    assert [line["event"] for line in heard] == ["after"]

"""How much is logged, and who else hears of errors."""

from collections.abc import Mapping
from typing import Any

import pytest
import structlog

from sora_studio import log

Said = pytest.CaptureFixture[str]


def test_nothing_below_the_level_is_written(capsys: Said):
    log.configure("json", "warning")
    logger = structlog.get_logger("sora_studio.x")
    logger.info("unimportant")
    logger.warning("important")
    (line,) = capsys.readouterr().err.splitlines()
    assert '"important"' in line


def test_errors_are_reported_once_a_minute_each_with_its_ids(capsys: Said):
    """What is counted in the log instead of written is not sent either."""
    heard: list[tuple[str, BaseException | None, Mapping[str, Any]]] = []
    log.configure("json", report=lambda *said: heard.append(said))
    logger = structlog.get_logger("sora_studio.x")
    failure = ValueError("a boat at dawn")
    with structlog.contextvars.bound_contextvars(request_id="4bf92f35"):
        for _ in range(5):
            logger.error("request_failed", exc_info=failure)
    logger.error("paid_video_lost", video_id="video_1")
    logger.warning("provider_slow")
    capsys.readouterr()
    assert [(name, error) for name, error, _ in heard] == [
        ("request_failed", failure),
        ("paid_video_lost", None),
    ]
    assert heard[0][2]["request_id"] == "4bf92f35"
    assert heard[1][2]["video_id"] == "video_1"

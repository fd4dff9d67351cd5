"""Reports to Sentry, over real HTTP to a stub of it: what arrives, and what never does."""

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from sora_studio import log
from sora_studio.api import errors
from sora_studio.config import ConfigError, load
from sora_studio.domain.tasks import PeriodicTask, TaskName
from sora_studio.error_reports import ErrorReports
from sora_studio.scheduler import Scheduler
from sora_studio.ui.errors import report
from sora_studio.web.server import _error_reports
from tests.support.scripted import ScriptedServer, says, scripted_server
from tests.support.waiting import eventually

PROMPT, SECRET = "a paper boat of my own", "sk-secret-of-mine"


def _fail(prompt: str) -> None:
    request = {"prompt": prompt, "key": SECRET}
    message = f"{request} was refused"
    raise ValueError(message)


def _failure() -> ValueError:
    try:
        _fail(PROMPT)
    except ValueError as error:
        error.add_note(PROMPT)
        return error
    raise AssertionError


async def _arrived(stub: ScriptedServer, reports: ErrorReports) -> tuple[dict[str, Any], str]:
    """Return the one event that has arrived, and everything that came with it."""
    await eventually(lambda: bool(stub.requests))
    await asyncio.to_thread(reports.close)
    (request,) = stub.requests
    body = (
        gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
    )
    envelope = body.decode()
    return json.loads(envelope.splitlines()[2]), envelope + json.dumps(dict(request.headers))


@pytest.fixture
async def stub():
    async with scripted_server() as server:
        server.at("POST", "/api/7/envelope/", says({"id": "1"}))
        yield server


def reports_to(stub: ScriptedServer) -> ErrorReports:
    address = stub.base_url.removesuffix("/v1").replace("http://", "http://public@")
    return ErrorReports(f"{address}/7", "sora-studio@1+abc")


async def test_an_error_arrives_with_its_place_and_ids_and_no_words(stub: ScriptedServer):
    reports = reports_to(stub)
    fields = {"request_id": "4bf92f35", "video_id": "video_1", "reason": PROMPT, "reference": PROMPT}
    reports.send("request_failed", _failure(), fields)
    event, everything = await _arrived(stub, reports)
    (value,) = event["exception"]["values"]
    assert (value["type"], value["value"]) == ("ValueError", "")
    assert [frame["function"] for frame in value["stacktrace"]["frames"]][-1] == "_fail"
    assert event["tags"] == {"event": "request_failed", "request_id": "4bf92f35", "video_id": "video_1"}
    assert event["release"] == "sora-studio@1+abc"
    assert PROMPT not in everything
    assert SECRET not in everything


async def test_so_does_what_went_wrong_without_one(stub: ScriptedServer):
    reports = reports_to(stub)
    reports.send("paid_video_lost", None, {"job_id": "1f"})
    event, _ = await _arrived(stub, reports)
    assert (event["message"], event["tags"]["job_id"], event["level"]) == ("paid_video_lost", "1f", "error")


async def test_a_server_that_is_not_there_holds_nobody_up():
    reports = ErrorReports("http://public@127.0.0.1:9/7", "1")
    reports.send("request_failed", _failure(), {})
    await asyncio.to_thread(reports.close)


class _Broken:
    def __init__(self, error: Exception) -> None:
        self._error = error

    async def run(self) -> None:
        raise self._error


async def test_requests_pages_and_background_work_are_heard_through_the_log(
    stub: ScriptedServer, capsys: pytest.CaptureFixture[str]
):
    """Reflex runs handlers outside of any request, the scheduler its tasks: the log hears of them all."""
    reports = reports_to(stub)
    log.configure("json", report=reports.send)
    api = FastAPI()
    errors.add_handlers(api)

    @api.get("/")
    async def fail() -> None:
        raise KeyError(PROMPT)

    transport: Any = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/")).status_code == 500
    assert report(_failure()) is not None
    scheduler = Scheduler()
    scheduler.start(PeriodicTask(TaskName.PURGE, None, _Broken(OSError(PROMPT)).run))
    await eventually(lambda: len(stub.requests) == 3)
    await scheduler.stop()
    await asyncio.to_thread(reports.close)
    sent = [request.body for request in stub.requests]
    everything = "".join(
        (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode() for body in sent
    )
    for word in ("request_failed", "KeyError", "page_event_failed", "ValueError", "OSError", "purge"):
        assert word in everything
    assert PROMPT not in everything
    assert PROMPT in capsys.readouterr().err, "the log has the words"


def test_what_goes_wrong_without_an_error_is_reported_once_a_minute(capsys: pytest.CaptureFixture[str]):
    """Each is written; a thousand reports would say no more than one."""
    heard: list[str] = []
    log.configure("json", report=lambda name, _error, _fields: heard.append(name))
    for number in range(5):
        structlog.get_logger("sora_studio.x").error("paid_video_lost", job_id=str(number))
    assert capsys.readouterr().err.count("paid_video_lost") == 5
    assert heard in (["paid_video_lost"], ["paid_video_lost"] * 2), "the minute may have changed"


def test_a_reporter_that_fails_takes_nobody_along(capsys: pytest.CaptureFixture[str]):
    def fail(*_: object) -> None:
        raise RuntimeError("the reporter")

    log.configure("json", report=fail)
    structlog.get_logger("sora_studio.x").error("paid_video_lost")
    said = capsys.readouterr().err
    assert "paid_video_lost" in said
    assert "the reporter" in said


@pytest.mark.parametrize(
    "dsn",
    ["https://key@sentry.example/mine", "https://key@sentry.example:port/1", "https://key@sentry.example/1/"],
)
def test_an_address_that_the_sdk_would_refuse_is_refused_in_words(dsn: str):
    with pytest.raises(ConfigError, match="SENTRY_DSN must be a URL such as"):
        load({"SENTRY_DSN": dsn})


def test_without_an_address_there_is_nobody_to_report_to():
    assert _error_reports(load({})) is None

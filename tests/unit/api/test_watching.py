"""What those read who watch a studio, and who they have to be."""

import httpx
import pytest
from starlette.requests import Request

from sora_studio.api.app import create_api
from sora_studio.api.dependencies import request_origin
from sora_studio.config import load
from sora_studio.services.metrics import MetricsService, Sources
from tests.support.fakes import FakeStudio

TOKEN = {"Authorization": "Bearer the right one"}


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({}, None, 200),  # from this machine
        ({"X-Forwarded-For": "203.0.113.9"}, None, 404),  # a proxy of it asks for somebody
        ({"Host": "studio.example"}, None, 404),
        ({}, "the right one", 404),  # a proxy of it may ask for somebody, and not say so
        (TOKEN, "the right one", 200),
        ({"Host": "studio.example"} | TOKEN, "the right one", 200),
        ({"Host": "studio.example", "Authorization": "Bearer another"}, "the right one", 404),
        ({"Host": "studio.example", "Authorization": "Basic the right one"}, "the right one", 404),
    ],
)
async def test_figures_are_for_who_has_the_token_or_for_this_machine(
    anonymous: httpx.AsyncClient, studio: FakeStudio, headers: dict[str, str], token: str | None, status: int
):
    studio.metrics.token = token
    answer = await anonymous.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("sora_studio" in answer.text) == (status == 200)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("public", "host", "local"),
    [
        ("http://localhost:3000", "localhost:3000", True),
        ("https://studio.example", "127.0.0.1:3000", False),  # what nginx sends by default
    ],
)
def test_behind_a_public_name_nobody_is_this_machine(public: str, host: str, local: bool):
    api = create_api(load({"SORA_STUDIO_PUBLIC_URL": public}))
    headers = [(b"host", host.encode())]
    scope = {"type": "http", "client": ("127.0.0.1", 5000), "headers": headers, "app": api}
    assert request_origin(Request(scope)).is_local is local


@pytest.mark.parametrize(
    ("token", "given", "local", "opens"),
    [(None, None, True, True), (None, "x", False, False), ("t", None, True, False), ("t", "t", False, True)],
)
def test_where_there_is_a_token_everybody_needs_it(
    token: str | None, given: str | None, local: bool, opens: bool
):
    figures = MetricsService(Sources(*[None] * 8), token)  # pyright: ignore[reportArgumentType] -- not looked at
    assert figures.opens(given, is_local=local) is opens


async def test_everybody_may_know_what_runs(anonymous: httpx.AsyncClient):
    said = (await anonymous.get("/api/version")).json()
    assert said["version"]
    assert said["build"]


@pytest.mark.parametrize(
    ("headers", "forwarded", "believed"),
    [
        ({}, False, False),
        ({"X-Forwarded-For": "203.0.113.9"}, True, False),
        ({"X-Forwarded-For": "203.0.113.9, 127.0.0.1"}, True, True),
        ({"X-Forwarded-For": "127.0.0.1:4711"}, True, True),
        ({"X-Forwarded-For": "127.0.0.10"}, True, False),
    ],
)
async def test_the_doctor_learns_what_is_seen_of_it(
    anonymous: httpx.AsyncClient, studio: FakeStudio, headers: dict[str, str], forwarded: bool, believed: bool
):
    allowed = {"Authorization": f"Bearer {studio.diagnosis.make_pass()}"}
    seen = (await anonymous.get("/api/doctor", headers=headers | allowed)).json()
    assert (seen["address"], seen["scheme"], seen["host"]) == ("127.0.0.1", "http", "localhost")
    assert (seen["forwarded"], seen["believed"]) == (forwarded, believed)


async def test_nobody_else_learns_that(anonymous: httpx.AsyncClient):
    for headers in ({}, {"Authorization": "Bearer gAAAA"}):
        assert (await anonymous.get("/api/doctor", headers=headers)).status_code == 404

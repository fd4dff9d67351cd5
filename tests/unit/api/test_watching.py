"""What those read who watch a studio, and who they have to be."""

import httpx
import pytest

from tests.support.fakes import FakeStudio

TOKEN = {"Authorization": "Bearer the right one"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # from this machine
        ({"X-Forwarded-For": "203.0.113.9"}, 404),  # a proxy of it asks for somebody
        ({"Host": "studio.example"}, 404),
        ({"Host": "studio.example"} | TOKEN, 200),
        ({"Host": "studio.example", "Authorization": "Bearer another"}, 404),
        ({"Host": "studio.example", "Authorization": "Basic the right one"}, 404),
    ],
)
async def test_figures_are_for_this_machine_and_who_has_the_token(
    anonymous: httpx.AsyncClient, headers: dict[str, str], status: int
):
    answer = await anonymous.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("sora_studio" in answer.text) == (status == 200)
    assert answer.headers["cache-control"] == "no-store"


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

"""A running studio as those see it who watch it: its figures, its doctor, and the lines of one video."""

import json

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.authorisation.conftest import CHEAP, Stage
from tests.integration.setup.test_maintenance import command
from tests.support.plain_http import NO_TLS
from tests.support.studio import RunningStudio
from tests.support.waiting import eventually

_MOST = 500  # series


async def test_it_can_be_scraped(stage: Stage):
    """Routes are told apart by their patterns: no id is in a label."""
    async with httpx.AsyncClient(base_url=stage.url, verify=NO_TLS) as prometheus:
        await prometheus.get("/metrics")
        await stage.owner.http.get(f"/api/videos/{stage.ready}")
        await stage.owner.http.get("/api/no-such-address")
        await stage.nobody.get("/login")
        said = (await prometheus.get("/metrics")).text
    families = {each.name: each for each in text_string_to_metric_families(said)}
    requests = families["sora_studio_http_request_duration_seconds"].samples
    routes = {(each.labels["route"], each.labels["status"]) for each in requests}
    assert {("/api/videos/{video_id}", "200"), ("none", "404"), ("site", "200")} <= routes
    assert stage.ready not in said
    del families["sora_studio_http_request_duration_seconds"]  # of routes there are as many as were asked for
    assert sum(len(each.samples) for each in families.values()) < _MOST


async def test_the_doctor_finds_nothing_wrong(studio: RunningStudio, stage: Stage):
    del stage
    data_dir = studio.log.with_suffix("")
    status, said = await command(data_dir, "doctor", "--json", f"--port={studio.port}")
    found = {each["check"]: each for each in json.loads(said)}
    assert [each for each in found.values() if each["level"] == "problem"] == []
    assert status == 0
    for check in ("public_address", "proxy_scheme", "websocket", "database_listen", "provider:sandbox"):
        assert found[check]["level"] == "ok", found[check]
    assert len(found) >= 20


async def test_one_id_joins_a_request_with_everything_that_becomes_of_its_video(
    studio: RunningStudio, stage: Stage
):
    answer = await stage.owner.http.post("/api/videos", json={"prompt": CHEAP})
    video_id, request_id = answer.json()["id"], answer.headers["x-request-id"]
    await stage.owner.ended(video_id)

    def lines() -> list[dict[str, str]]:
        written = (json.loads(line) for line in studio.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in written if line.get("video_id") == video_id]

    await eventually(lambda: lines()[-1].get("phase") == "failed")
    first, *steps = lines()
    assert (first["event"], first["request_id"]) == ("video_requested", request_id)
    assert {step["event"] for step in steps} == {"job_step"}
    assert all(step["job_id"] and step["provider"] == "sandbox" for step in steps)

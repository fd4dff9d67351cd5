"""Requests are told apart by patterns, whatever is asked for."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from sora_studio import metrics
from sora_studio.api.app import create_api
from sora_studio.web.middleware.measured import Measured


async def test_no_id_and_no_word_of_a_stranger_is_in_a_label():
    metrics.start()
    transport = httpx.ASGITransport(Measured(create_api()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.get("/api/videos/video_0123456789")
        await client.get("/api/a-word-of-mine")
        await client.request("BREW", "/api/coffee")
        await client.get("/livez")
    said = metrics.exposition([]).decode()
    samples = [
        sample
        for family in text_string_to_metric_families(said)
        for sample in family.samples
        if sample.name == "sora_studio_http_request_duration_seconds_count"
    ]
    seen = {(each.labels["method"], each.labels["route"]) for each in samples}
    assert {("GET", "/api/videos/{video_id}"), ("GET", "none"), ("other", "none"), ("GET", "/livez")} <= seen
    assert not any(word in said for word in ("0123456789", "a-word-of-mine", "coffee", "BREW"))

"""Announcements of finished jobs, as a receiver with the official SDK sees them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from openai import InvalidWebhookSignatureError

from tests.support.sandbox import running_sandbox, wait_for_video
from tests.support.waiting import wait_until

SECRET = "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3g="


pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@pytest.fixture
def receiver(request: pytest.FixtureRequest):
    """An HTTP server that keeps what it is sent, and refuses the first so many deliveries (1)."""
    refused = getattr(request, "param", 1)
    deliveries: list[tuple[dict[str, str], str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            deliveries.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if len(deliveries) <= refused else 204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", deliveries
    server.shutdown()
    server.server_close()


def test_a_finished_job_is_announced_signed_and_again_when_refused(tmp_path: Path, receiver):
    url, deliveries = receiver
    with (
        running_sandbox(tmp_path, webhook_url=url, webhook_secret=SECRET) as sandbox,
        sandbox.client() as client,
    ):
        video = client.videos.create(prompt="forbidden-late-test")
        assert wait_for_video(client, video).status == "failed"
        wait_until(lambda: len(deliveries) == 2)
        (first, first_body), (second, second_body) = deliveries
        event = client.webhooks.unwrap(second_body, second, secret=SECRET).to_dict()

        assert (event["type"], event["data"]) == ("video.failed", {"id": video.id})
        assert first["webhook-id"] == second["webhook-id"]
        assert first_body == second_body
        with pytest.raises(InvalidWebhookSignatureError):
            client.webhooks.unwrap(second_body + " ", second, secret=SECRET)


@pytest.mark.parametrize("receiver", [0], indirect=True)
def test_faults_of_announcements(tmp_path: Path, receiver):
    url, deliveries = receiver
    with (
        running_sandbox(tmp_path, faults=True, webhook_url=url, webhook_secret=SECRET) as sandbox,
        sandbox.client() as client,
    ):
        sandbox.fault(job="instant")

        def announced(expected: int, *faults: str) -> list[str]:
            """Let as many videos end as there are faults, and return the ids that are announced."""
            deliveries.clear()
            sandbox.clear("webhook")
            for fault in faults:
                sandbox.fault(webhook=fault or {}, times=1)
                ids.append(client.videos.create(prompt="a dog").id)
                wait_for_video(client, ids[-1])
            wait_until(lambda: len(deliveries) == expected)
            return [json.loads(body)["data"]["id"] for _, body in deliveries]

        ids: list[str] = []
        assert announced(3, "duplicate", "") == [ids[0], ids[0], ids[1]]
        assert deliveries[0][0]["webhook-id"] == deliveries[1][0]["webhook-id"]
        assert announced(1, "drop", "") == [ids[3]]
        assert announced(2, "swap", "") == [ids[5], ids[4]]
        assert announced(1, "late") == [ids[6]]
        assert announced(1, "bad-signature") == [ids[7]]
        with pytest.raises(InvalidWebhookSignatureError):
            client.webhooks.unwrap(deliveries[0][1], deliveries[0][0], secret=SECRET)

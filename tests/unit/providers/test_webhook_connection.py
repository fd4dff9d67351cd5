"""How one webhook is sent: through the SSRF guard, and never further than the address that was named."""

from datetime import timedelta

import httpx2
import pytest

from sora_studio.providers.webhook_connection import WebhookConnection

NAMES = {"hooks.example": ["93.184.216.34"], "inside.example": ["10.0.0.7"], "hooks.lan": ["192.168.1.5"]}


async def resolve(host: str) -> list[str]:
    if host not in NAMES:
        raise OSError("unknown name")
    return NAMES[host]


class Receiver:
    """Answers, and remembers what it was sent."""

    def __init__(self, status: int = 200, **headers: str) -> None:
        self.status, self.headers = status, headers
        self.seen: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        return httpx2.Response(self.status, headers=self.headers, content=b"x" * 10)


def sender(receiver: Receiver, *hosts: str) -> WebhookConnection:
    return WebhookConnection(hosts, resolve=resolve, transport=httpx2.MockTransport(receiver))


async def test_a_message_is_one_post_to_the_checked_address_of_the_name():
    receiver = Receiver(204)
    answer = await sender(receiver).send("https://hooks.example/in?a=1", {"webhook-id": "msg_1"}, b"{}")
    assert (answer.status_code, answer.error) == (204, None)
    (request,) = receiver.seen
    assert (request.method, str(request.url)) == ("POST", "https://93.184.216.34/in?a=1")
    assert (request.headers["host"], request.headers["webhook-id"]) == ("hooks.example", "msg_1")
    assert (request.headers["content-type"], request.read()) == ("application/json", b"{}")
    assert "cookie" not in request.headers
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://hooks.example:8443/",
        "https://inside.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://user:pass@hooks.example/",
        "https://nowhere.example/",
        "ftp://hooks.example/",
        "nonsense",
    ],
)
async def test_nothing_is_sent_to_where_only_the_studio_can_reach(url: str):
    receiver = Receiver()
    answer = await sender(receiver).send(url, {}, b"{}")
    assert answer.status_code is None
    assert answer.error
    assert receiver.seen == []


async def test_an_operator_may_allow_hosts_of_their_own_network():
    receiver = Receiver()
    allowed = sender(receiver, "hooks.lan:8080", "127.0.0.1:9000")
    for url in ("http://hooks.lan:8080/in", "http://127.0.0.1:9000/in"):
        assert allowed.check(url) is None
        assert (await allowed.send(url, {}, b"{}")).is_success
    for url in ("http://hooks.lan/in", "http://127.0.0.1:9001/in"):
        assert "does not go" in (allowed.check(url) or "")
    assert len(receiver.seen) == 2


async def test_redirects_are_not_followed():
    receiver = Receiver(302, location="https://hooks.example/elsewhere")
    answer = await sender(receiver).send("https://hooks.example/in", {}, b"{}")
    assert (answer.status_code, answer.is_success) == (302, False)
    assert "redirects are not followed" in (answer.error or "")
    assert len(receiver.seen) == 1


@pytest.mark.parametrize(
    ("said", "understood"),
    [("120", timedelta(minutes=2)), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("9" * 30, None)],
)
async def test_how_long_to_wait_is_read_in_seconds(said: str, understood: timedelta | None):
    receiver = Receiver(429, **{"retry-after": said})
    assert (await sender(receiver).send("https://hooks.example/", {}, b"")).retry_after == understood


async def test_what_cannot_be_reached_is_said():
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    there = WebhookConnection(resolve=resolve, transport=httpx2.MockTransport(broken))
    answer = await there.send("https://hooks.example/", {}, b"")
    assert (answer.status_code, answer.error) == (None, "It cannot be reached (ConnectError).")

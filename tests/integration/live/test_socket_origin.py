"""Who may open a socket, over a real server: by the page's origin, in both transports."""

import aiohttp
import pytest

from tests.support.accounts import sign_up
from tests.support.probe import Probe, ProbeState
from tests.support.tab import open_tab

OWN_HOSTS = ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "192.0.2.7:8080", "studio.lan"]

FOREIGN = [
    "https://evil.example",
    "http://evil.example:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost:{port}.evil.example",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example/127.0.0.1:{port}",
    "https://studio.example.evil.example",
    "https://evilstudio.example",
    "https://studio.example",
    "null",
    "",
    "file://",
    "chrome-extension://abcdef",
]


async def handshake(probe: Probe, transport: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Begin a socket as a browser would and return the status and the headers of the answer."""
    address = f"{probe.url}/_event/?token=t&EIO=4&transport={transport}"
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    sent = headers | (upgrade if transport == "websocket" else {})
    async with aiohttp.ClientSession() as http, http.get(address, headers=sent) as answer:
        return answer.status, dict(answer.headers)


@pytest.mark.parametrize("host", OWN_HOSTS)
async def test_a_page_of_ours_opens_a_socket_by_whatever_name_it_came(probe: Probe, host: str):
    host = host.format(port=probe.port)
    status, _ = await handshake(probe, "websocket", {"Host": host, "Origin": f"http://{host}"})
    assert status == 101


async def test_a_page_of_the_public_address_does_and_a_program_without_origin(probe: Probe):
    assert (await handshake(probe, "websocket", {"Origin": "http://studio.example"}))[0] == 101
    assert (await handshake(probe, "websocket", {}))[0] == 101


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_opens_no_socket_even_with_our_visitors_cookie(probe: Probe, origin: str):
    ada = await sign_up(probe.accounts)
    headers = {
        "Origin": origin.format(port=probe.port),
        "Cookie": f"sora_session={ada.access_token}",
        "Host": f"127.0.0.1:{probe.port}",
    }
    status, _ = await handshake(probe, "websocket", headers)
    assert status == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "", None])
async def test_the_polling_transport_is_closed_to_everybody(probe: Probe, origin: str | None):
    status, headers = await handshake(probe, "polling", {"Origin": origin} if origin is not None else {})
    assert status >= 400
    assert "access-control-allow-origin" not in {name.lower() for name in headers}


@pytest.mark.parametrize("path", ["/ping", "/_health", "/library"])
async def test_no_answer_tells_a_foreign_page_that_it_may_read_it(probe: Probe, path: str):
    foreign = {"Origin": "https://evil.example", "Cookie": "sora_session=x"}
    async with aiohttp.ClientSession() as http:
        for method in ("GET", "OPTIONS"):
            async with http.request(method, probe.url + path, headers=foreign) as answer:
                assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/_upload", "/_upload/secret.txt", "/_all_routes"])
async def test_what_reflex_would_offer_to_anybody_is_not_there(probe: Probe, path: str):
    async with aiohttp.ClientSession() as http:
        for method in ("GET", "POST"):
            async with http.request(method, probe.url + path) as answer:
                assert answer.status in {404, 405}


async def test_the_tabs_of_the_tests_come_in_as_pages_do(probe: Probe):
    ada = await sign_up(probe.accounts)
    cookie = f"sora_session={ada.access_token}"
    async with open_tab(probe.url, cookie=cookie, path="/library", headers={"Origin": probe.url}) as tab:
        await tab.until(lambda: tab.value(ProbeState, "readings"))

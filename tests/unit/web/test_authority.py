"""Whom a request may name as its server: what is ours stands in the configuration, never in the request."""

import pytest

from tests.unit.web.conftest import Knock

OURS = {"public_url": "https://studio.example", "allowed_hosts": "Studio.LAN, bücher.example"}

OWN_HOSTS = [
    "localhost",
    "localhost:3000",
    "LocalHost.:80",
    "app.localhost",
    "127.0.0.1:3000",
    "192.0.2.7:8080",
    "[::1]:3000",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:192.0.2.7]",
    "studio.example",
    "STUDIO.example.:443",
    "studio.example:80",
    "studio.lan",
    "xn--bcher-kva.example:3000",
]
FOREIGN_HOSTS = [
    "",
    "evil.example",
    "evil.example:3000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io",
    "evilstudio.example",
    "studio.example.evil.example",
    "sub.studio.example",
    "localhost@evil.example",
    "evil.example@localhost",
    "localhost:3000@evil.example",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost:99999",
    "localhost:port",
    "localhost..",
    ".localhost",
    "[::1",
    "::1",
    "[localhost]",
    "[::1]evil.example",
    "[fe80::1%25eth0]",
    "2130706433",
    "0x7f.1",
    "http://localhost",
    "localhost/",
    "localhost#@evil.example",
    "localhost\\evil.example",
    "ﬁ.localhost.evil.example",
]


@pytest.mark.parametrize("host", OWN_HOSTS)
async def test_a_host_of_ours_is_served(knock: Knock, host: str):
    answer = await knock(**OURS).get("/livez", headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_another_host_is_refused_as_the_api_refuses(knock: Knock, host: str, method: str):
    sent = {b"Host": host.encode(), b"Origin": b"http://" + host.encode()}
    answer = await knock(**OURS).request(method, "/api/videos", headers=sent)
    assert answer.status_code == 421
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}
    assert answer.json()["error"]["code"] == "unknown_host"


async def test_two_hosts_are_none(knock: Knock):
    both = [("Host", "localhost"), ("Host", "evil.example")]
    assert (await knock().get("/livez", headers=both)).status_code == 421


async def test_a_proxys_word_of_the_host_is_not_taken(knock: Knock):
    said = {"X-Forwarded-Host": "studio.example", "Forwarded": "host=studio.example", "Host": "evil.example"}
    assert (await knock(**OURS).get("/livez", headers=said)).status_code == 421
    said = {"X-Forwarded-Host": "evil.example", "Host": "studio.example"}
    assert (await knock(**OURS).get("/livez", headers=said)).status_code == 200


async def test_a_person_is_told_the_right_address(knock: Knock):
    sent = {"Host": "evil.example", "Accept": "text/html,application/xhtml+xml"}
    answer = await knock(**OURS).get("/library", headers=sent)
    assert answer.status_code == 421
    assert '<a href="https://studio.example">' in answer.text


@pytest.mark.parametrize(
    ("host", "scheme", "origin", "status"),
    [
        ("studio.example", "https", "https://studio.example", 200),
        ("studio.example:443", "https", "https://studio.example", 200),
        ("studio.example", "http", "https://studio.example", 200),  # a proxy that says nothing of TLS
        ("127.0.0.1:3000", "http", "https://studio.example", 200),  # nor of the host
        ("studio.example", "https", "http://studio.example", 403),
        ("studio.example", "http", "http://studio.example", 403),
        ("studio.example", "https", "https://studio.example:8443", 403),
        ("studio.example:8443", "https", "https://studio.example:8443", 200),
        ("192.0.2.7", "http", "http://192.0.2.7:80", 200),
        ("192.0.2.7", "https", "http://192.0.2.7", 403),
        ("192.0.2.7", "http", "http://192.0.2.8", 403),
        ("192.0.2.7", "http", "http://evil.example", 403),
        ("[::1]:3000", "http", "http://[0:0::1]:3000", 200),
        ("studio.lan", "http", "http://studio.lan", 200),
        ("localhost", "http", "http://studio.lan", 403),
    ],
)
async def test_a_page_is_ours_by_scheme_host_and_port(
    knock: Knock, host: str, scheme: str, origin: str, status: int
):
    sent = {"Host": host, "X-Forwarded-Proto": scheme, "Origin": origin}
    answer = await knock(**OURS).post("/api/videos", headers=sent)
    assert answer.status_code == status


async def test_a_form_through_a_proxy_that_hides_our_name_is_refused_in_words(knock: Knock):
    sent = {"Host": "127.0.0.1:3000", "Origin": "https://studio.example", "Accept": "text/html"}
    answer = await knock().post("/api/auth/login", data={"email": "ada@example.org"}, headers=sent)
    assert answer.status_code == 403
    assert "has to set SORA_STUDIO_PUBLIC_URL" in answer.text


async def test_two_origins_are_none(knock: Knock):
    both = [("Origin", "http://localhost:3000"), ("Origin", "http://evil.example")]
    assert (await knock().post("/api/videos", headers=both)).status_code == 403


@pytest.mark.parametrize(
    ("public_url", "scheme", "kept"),
    [
        ("https://studio.example", "https", "__Host-sora_session=b; __Host-sora_device_1=d"),
        ("https://studio.example", "http", "__Host-sora_session=b; __Host-sora_device_1=d"),
        ("http://studio.example", "https", "__Host-sora_session=b; __Host-sora_device_1=d"),
        ("http://studio.example", "http", "sora_session=a; sora_device_1=c"),
    ],
)
async def test_the_cookie_counts_under_the_name_of_its_scheme(
    knock: Knock, public_url: str, scheme: str, kept: str
):
    ours = "sora_session=a; sora_device_1=c;__Host-sora_session=b; __Host-sora_device_1=d"
    sent = {"X-Forwarded-Proto": scheme, "Cookie": f"x=1; {ours}; y=2"}
    answer = await knock(public_url=public_url).get("/api/videos", headers=sent)
    assert answer.json()["cookie"] == f"x=1; {kept}; y=2"

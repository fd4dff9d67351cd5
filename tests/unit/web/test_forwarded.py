"""Who a visitor is, behind proxies: what a stranger writes into the headers counts for nothing."""

import pytest
from structlog.testing import capture_logs

from tests.unit.web.conftest import Knock


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "client"),
    [
        ("127.0.0.1", "", None, "127.0.0.1"),
        ("127.0.0.1", "", "203.0.113.9", "203.0.113.9"),
        ("::1", "", "2001:db8::9", "2001:db8::9"),
        ("127.0.0.1", "", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is the visitor's own word
        ("203.0.113.9", "", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "10.0.0.0/8", "198.51.100.1, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("10.0.0.2", "10.0.0.2", "198.51.100.1, 10.0.0.3", "10.0.0.3"),
        ("::ffff:10.0.0.2", "10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "10.0.0.2", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "", "10.0.0.2, 127.0.0.1", "10.0.0.2"),
        ("127.0.0.1", "", "127.0.0.2", "127.0.0.2"),
        ("127.0.0.1", "", "203.0.113.9:4711", "203.0.113.9"),
        ("127.0.0.1", "", "[2001:db8::9]:4711", "2001:db8::9"),
        ("127.0.0.1", "", "::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "", "unknown", "127.0.0.1"),
        ("127.0.0.1", "", "203.0.113.9, x", "127.0.0.1"),
        ("127.0.0.1", "", "", "127.0.0.1"),
    ],
)
async def test_the_visitor_is_the_last_hop_that_is_no_proxy_of_ours(
    knock: Knock, peer: str, trusted: str, forwarded: str | None, client: str
):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    answer = await knock(peer, trusted_proxies=trusted).get("/", headers=headers)
    assert answer.json()["client"] == client


async def test_several_headers_are_one_list(knock: Knock):
    said = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.9")]
    assert (await knock().get("/", headers=said)).json()["client"] == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "http, https", "https"),
        ("127.0.0.1", "gopher", "http"),
        ("203.0.113.9", "https", "http"),
    ],
)
async def test_the_scheme_is_believed_from_proxies_of_ours_only(
    knock: Knock, peer: str, said: str, scheme: str
):
    answer = await knock(peer).get("/", headers={"X-Forwarded-Proto": said})
    assert answer.json()["scheme"] == scheme


async def test_a_proxy_that_is_not_named_is_told_of_once(knock: Knock):
    http = knock("10.0.0.2")
    with capture_logs() as log:
        for _ in range(3):
            await http.get("/", headers={"X-Forwarded-For": "203.0.113.9"})
    [line] = log
    assert (line["event"], line["address"]) == ("proxy_not_trusted", "10.0.0.2")
    assert line["remedy"] == "SORA_STUDIO_TRUSTED_PROXIES"

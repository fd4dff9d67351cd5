"""The built front end, as browsers get it: at any address, with strict headers, without redirects."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import NamedTuple

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sora_studio.web.frontend import CLIENT, ROOT
from tests.support.studio import RunningStudio, fresh_data_dir, serving
from tests.support.waiting import PATIENCE

_MODULES = ROOT / "assets" / "js"


class _Answer(NamedTuple):
    status: int
    headers: Message
    body: str


@pytest.fixture(scope="module")
def studio() -> Iterator[RunningStudio]:
    """Serve one studio for all tests of this file."""
    with fresh_data_dir() as data_dir, serving(data_dir) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/login", "/login/", "/video/video_0123"])
def test_pages_are_there_under_their_plain_names(studio: RunningStudio, path: str):
    assert _get(studio, path).status == 200


def test_an_unknown_page_is_a_404_with_the_shell_that_says_so(studio: RunningStudio):
    answer = _get(studio, "/no-such-page")

    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_no_address_is_fixed_in_the_build(studio: RunningStudio):
    """One build serves any host and port: the browser uses the address it came by."""
    [name] = [path.name for path in CLIENT.glob("assets/reflex-env-*.js")]
    script = _get(studio, f"/assets/{name}").body

    assert re.findall(r"(?:http|ws)s?://", script) == []
    assert script.count("location.origin") >= 2


def test_files_with_a_hash_in_their_name_are_kept_for_ever(studio: RunningStudio):
    page = _get(studio, "/").body
    [name] = set(re.findall(r"/assets/root-[\w-]+\.js", page))

    assert _get(studio, name).headers["cache-control"] == "public, max-age=31536000, immutable"


def test_files_without_one_are_asked_for_again(studio: RunningStudio):
    page = _get(studio, "/")
    again = _get(studio, "/", {"If-None-Match": str(page.headers["etag"])})

    assert page.headers["cache-control"] == "no-cache"
    assert again.status == 304
    assert again.headers["content-security-policy"] is None  # it would replace the kept page's


def test_text_is_sent_compressed(studio: RunningStudio):
    assert _get(studio, "/", {"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/", "/login", "/no-such-page"])
def test_a_page_loads_one_stylesheet_and_one_script_of_ours(studio: RunningStudio, path: str):
    page = _get(studio, path).body
    sheets = re.findall(r'<link href="([^"]+)" rel="stylesheet"', page)
    scripts = re.findall(r'<script src="([^"]+)"', page)

    assert [len(sheets), scripts] == [1, ["/studio.js"]]
    assert _get(studio, sheets[0]).headers["content-type"].startswith("text/css")


def test_the_script_is_one_small_file(studio: RunningStudio):
    """It needs no other, and weighs less than the modules that it is made of."""
    script = _get(studio, "/studio.js").body

    assert not re.search(r"\b(import|export)\b", script)
    assert len(script) < sum(path.stat().st_size for path in _MODULES.glob("*.js")) * 0.75
    assert _get(studio, "/studio.js", {"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/css/tokens.css", "/js/studio.js", "/js/dom.js"])
def test_what_the_build_has_bundled_is_not_served_again(studio: RunningStudio, path: str):
    assert _get(studio, path).status == 404


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/ping"])
def test_every_answer_carries_the_security_headers(studio: RunningStudio, path: str):
    headers = _get(studio, path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["server"] is None


def test_pages_run_their_own_scripts_only(studio: RunningStudio):
    policy = _get(studio, "/").headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))

    assert "'unsafe-inline'" not in scripts
    assert scripts.count("'sha256-") > 3


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_every_local_name_opens_a_socket_unconfigured(studio: RunningStudio, host: str):
    opened = json.loads(_handshake(studio, host, origin=f"http://{host}:{studio.port}").removeprefix("0"))

    assert opened["sid"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:1"]
)
def test_a_foreign_page_opens_no_socket(studio: RunningStudio, origin: str):
    with pytest.raises(InvalidStatus) as refused:
        _handshake(studio, "localhost", origin=origin)

    assert refused.value.response.status_code == 403


def test_a_foreign_page_posts_nothing(studio: RunningStudio):
    answer = _get(studio, "/api/auth/logout", {"Origin": "https://evil.example"}, method="POST")

    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (403, "foreign_origin")


def test_every_request_has_an_id(studio: RunningStudio):
    first, second = (_get(studio, "/").headers["x-request-id"] for _ in range(2))

    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


def _get(
    studio: RunningStudio, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> _Answer:
    """Return the answer, redirects included: they are not followed."""
    request = urllib.request.Request(f"{studio.url}{path}", headers=dict(headers or {}), method=method)
    try:
        with urllib.request.build_opener(_Unfollowed).open(request, timeout=PATIENCE) as answer:
            return _Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as answer:
        with answer:
            return _Answer(answer.code, answer.headers, answer.read().decode(errors="replace"))


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Stay where we are."""


def _handshake(studio: RunningStudio, host: str, *, origin: str) -> str:
    """Open a tab's socket and return the first thing it says."""
    url = f"ws://{host}:{studio.port}/_event/?token=a-tab&EIO=4&transport=websocket"
    with connect(url, additional_headers={"Origin": origin}) as socket:
        return str(socket.recv(timeout=PATIENCE))

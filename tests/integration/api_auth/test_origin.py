"""Requests that a page of another site makes a browser send with our visitor's cookie."""

from typing import Any

import httpx
import pytest

from tests.integration.api_auth.conftest import Browse
from tests.support.accounts import PASSWORD

ADA = {"email": "ada@example.org", "password": PASSWORD}
PUBLIC = "https://studio.example"

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:8000"},
    {"Origin": "http://localhost"},
    {"Origin": "http://studio.example"},
    {"Origin": "https://localhost:3000"},
    {"Origin": "http://localhost:3000.evil.example"},
    {"Origin": "http://localhost:3000@evil.example"},
    {"Origin": "https://studio.example.evil.example"},
    {"Origin": "https://evil.example/studio.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "file://"},
    {"Origin": "chrome-extension://abcdef"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
OWN = [
    {},
    {"Origin": "https://studio.example"},
    {"Origin": "https://studio.example:443"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]
ATTACKS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/auth/login", {"data": ADA}),
    ("POST", "/api/auth/login", {"json": ADA}),
    (
        "POST",
        "/api/auth/login",
        {"content": b'{"email":"ada@example.org"}', "headers": {"Content-Type": "text/plain"}},
    ),
    ("POST", "/api/auth/signup", {"data": {"email": "new@example.org", "password": PASSWORD}}),
    ("POST", "/api/auth/logout", {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    ("POST", "/api/auth/logout", {}),
    ("PATCH", "/api/users/me", {"json": {"display_name": "Mallory"}}),
    ("DELETE", "/api/users/me", {"json": {"password": PASSWORD}}),
    (
        "POST",
        "/api/users/me/password",
        {"json": {"current_password": PASSWORD, "new_password": "the thief's pass phrase"}},
    ),
]


def headers(more: dict[str, Any], origin: dict[str, str]) -> dict[str, Any]:
    return more | {"headers": more.get("headers", {}) | origin}


@pytest.mark.parametrize(("method", "path", "request_"), ATTACKS, ids=lambda value: str(value)[:40])
async def test_a_foreign_page_changes_nothing(
    browse: Browse, method: str, path: str, request_: dict[str, Any]
):
    http = await signed_in(browse)
    before = (await http.get("/api/users/me")).json()
    for origin in FOREIGN:
        answer = await http.request(method, path, **headers(request_, origin))
        assert (answer.status_code, origin) == (403, origin)
        assert "set-cookie" not in answer.headers
    assert (await http.get("/api/users/me")).json() == before
    assert (await http.post("/api/auth/login", json=ADA)).status_code == 200


@pytest.mark.parametrize("origin", OWN, ids=str)
async def test_our_own_pages_and_programs_are_let_in(browse: Browse, origin: dict[str, str]):
    http = await signed_in(browse)
    edit = await http.patch("/api/users/me", json={"display_name": "Ada"}, headers=origin)
    assert edit.status_code == 200
    assert (await http.post("/api/auth/login", data=ADA, headers=origin)).status_code == 303


@pytest.mark.parametrize("name", ["localhost:3000", "studio.example", "192.0.2.7"])
async def test_a_page_without_https_is_told_that_no_cookie_is_kept(browse: Browse, name: str):
    """Its form would be answered with a cookie that its browser drops, and the log-in would begin anew."""
    http = browse(f"http://{name}", PUBLIC)
    sent = {"Origin": f"http://{name}", "Accept": "text/html,*/*"}
    answer = await http.post("/api/auth/login", data=ADA, headers=sent)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "the studio keeps no cookie" in answer.text
    assert f'<a href="{PUBLIC}">{PUBLIC}</a>' in answer.text
    assert "set-cookie" not in answer.headers


async def signed_in(browse: Browse) -> httpx.AsyncClient:
    """Return a client with a session's cookie, which it sends wherever it is made to send something."""
    http = browse(public_url=PUBLIC)
    token = (await browse().post("/api/auth/signup", json=ADA)).json()["access_token"]
    http.headers["Cookie"] = f"__Host-sora_session={token}"
    return http


@pytest.mark.parametrize(
    "host", ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "192.0.2.7:8080", "studio.lan"]
)
async def test_every_address_by_which_we_are_called_is_ours(browse: Browse, host: str):
    http = browse(f"http://{host}")
    assert (
        await http.post("/api/auth/signup", data=ADA, headers={"Origin": f"http://{host}"})
    ).status_code == 303


@pytest.mark.parametrize("origin", FOREIGN, ids=str)
async def test_no_foreign_page_is_told_that_it_may_read_the_answer(
    http: httpx.AsyncClient, origin: dict[str, str]
):
    await http.post("/api/auth/signup", json=ADA)
    for answer in (
        await http.get("/api/users/me", headers=origin),
        await http.options("/api/users/me", headers=origin),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]

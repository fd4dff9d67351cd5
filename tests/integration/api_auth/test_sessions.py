"""Sign up, log in, log out: what programs get, and what browsers get for a form."""

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sora_studio import container
from sora_studio.api.app import create_api
from sora_studio.db.engine import Database
from sora_studio.services.people.accounts import AccountService
from tests.integration.api_auth.conftest import Browse
from tests.support.accounts import PASSWORD, account_service, services_with, sign_up

ADA = {"email": "ada@example.org", "password": PASSWORD, "display_name": "Ada"}


def cookie(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie("; ".join(answer.headers.get_list("set-cookie")))


UNUSED = {"budgets": [], "storage_bytes": 0, "storage_quota_bytes": None}
"""What an account tells besides while nothing was made."""


async def test_signing_up_opens_the_api_by_token_and_by_cookie(browse: Browse):
    http = browse()
    answer = await http.post("/api/auth/signup", json=ADA)
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"user", "access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 90 * 24 * 3600)
    assert (body["user"]["email"], body["user"]["display_name"]) == ("ada@example.org", "Ada")
    by_cookie = await http.get("/api/users/me")
    by_token = await browse().get(
        "/api/users/me", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert by_cookie.json() == by_token.json() == body["user"] | UNUSED


async def test_the_cookie_on_http(http: httpx.AsyncClient):
    answer = await http.post("/api/auth/signup", json=ADA)
    session, device = [SimpleCookie(each).popitem()[1] for each in answer.headers.get_list("set-cookie")]
    assert (session.key, device.key[:12]) == ("sora_session", "sora_device_")
    for morsel, days in ((session, 90), (device, 400)):
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "lax", "/")
        assert (morsel["max-age"], morsel["domain"], morsel["secure"]) == (str(days * 24 * 3600), "", "")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "public_url"),
    [("https://studio.lan", ""), ("http://10.0.0.5:3000", "https://studio.example")],
    ids=["TLS as uvicorn sees it", "TLS as the public URL says"],
)
async def test_the_cookie_on_https(accounts: AccountService, browse: Browse, url: str, public_url: str):
    await sign_up(accounts, "grace")  # the first account wants a code from elsewhere
    http = browse(url, public_url)
    given = (await http.post("/api/auth/signup", json=ADA)).headers.get_list("set-cookie")
    morsel, device = [SimpleCookie(each).popitem()[1] for each in given]
    assert (morsel.key, device.key[:19]) == ("__Host-sora_session", "__Host-sora_device_")
    for each in (morsel, device):
        assert (each["secure"], each["httponly"], each["path"], each["domain"]) == (True, True, "/", "")
    answer = await http.post("/api/auth/logout", headers={"Cookie": f"{morsel.key}={morsel.value}"})
    cleared = SimpleCookie("; ".join(answer.headers.get_list("set-cookie")))
    assert answer.status_code == 204
    assert cleared["__Host-sora_session"].value == ""
    assert answer.headers["clear-site-data"] == '"cache"'


async def test_every_log_in_is_a_new_session(http: httpx.AsyncClient):
    first = (await http.post("/api/auth/signup", json=ADA)).json()
    second = await http.post("/api/auth/login", json=ADA)
    assert second.status_code == 200
    assert second.json()["user"] == first["user"]
    assert second.json()["access_token"] != first["access_token"]
    assert cookie(second)["sora_session"].value == second.json()["access_token"]


async def test_a_name_is_made_from_the_address_when_none_is_given(http: httpx.AsyncClient):
    answer = await http.post("/api/auth/signup", json={"email": "ada.king@example.org", "password": PASSWORD})
    assert answer.json()["user"]["display_name"] == "ada.king"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"email": "nowhere"}, 400, "invalid_email"),
        ({"password": "too short"}, 400, "weak_password"),
        ({"password": "passwordpassword"}, 400, "common_password"),
        ({"display_name": "\u0007"}, 400, "invalid_name"),
        ({"display_name": "a\u0000b"}, 400, "invalid_name"),
        ({"email": "a\u0000b@example.org"}, 400, "invalid_email"),
        ({"email": None}, 400, "invalid_value"),
        ({"email": ["ada@example.org"]}, 400, "invalid_value"),
        ({"password": 15}, 400, "invalid_value"),
    ],
)
async def test_a_bad_sign_up_says_which_field(
    http: httpx.AsyncClient, change: dict[str, Any], status: int, code: str
):
    answer = await http.post("/api/auth/signup", json=ADA | change)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, next(iter(change)))
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text


async def test_an_address_has_one_account(http: httpx.AsyncClient):
    await http.post("/api/auth/signup", json=ADA)
    assert (await http.post("/api/auth/signup", json=ADA | {"email": "ADA@Example.org"})).status_code == 409


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", "nonsense"])
async def test_a_wrong_password_and_an_unknown_account_look_the_same(
    accounts: AccountService, http: httpx.AsyncClient, email: str
):
    await sign_up(accounts)
    answer = await http.post("/api/auth/login", json={"email": email, "password": "some other long password"})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "The e-mail address or the password is wrong."
    assert "set-cookie" not in answer.headers


async def test_too_many_wrong_passwords_are_told_to_wait(accounts: AccountService, http: httpx.AsyncClient):
    await sign_up(accounts)
    wrong = {"email": "ada@example.org", "password": "some other long password"}
    statuses = [(await http.post("/api/auth/login", json=wrong)).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    answer = await http.post("/api/auth/login", json=ADA)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300


BODIES = {
    "nothing": (b"", "application/json"),
    "no JSON": (b"email=ada", "application/json"),
    "no object": (b'["ada@example.org"]', "application/json"),
    "half": (b'{"email": "ada@example.org"', "application/json"),
    "deep": (b"[" * 60_000, "application/json"),
    "no UTF-8": (b'{"email": "\xff\xfe"}', "application/json"),
    "half a character": (b'{"email": "\\ud800", "password": "\\ud800"}', "application/json"),
    "text": (b'{"email": "ada@example.org", "password": "x"}', "text/plain"),
    "no type": (b'{"email": "ada@example.org", "password": "x"}', ""),
    "multipart": (b"--x--", "multipart/form-data; boundary=x"),
    "XML": (b"<email/>", "application/xml"),
}


@pytest.mark.parametrize("path", ["/api/auth/signup", "/api/auth/login"])
@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_cannot_be_read_is_a_400(
    http: httpx.AsyncClient, path: str, body: bytes, kind: str
):
    answer = await http.post(path, content=body, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_body_that_is_too_large_is_a_413(http: httpx.AsyncClient, kind: str):
    answer = await http.post("/api/auth/login", content=b"x" * 70_000, headers={"Content-Type": kind})
    assert answer.status_code == 413


async def test_a_form_signs_up_and_goes_where_its_page_was_asked_for(http: httpx.AsyncClient):
    answer = await http.post("/api/auth/signup", data=ADA | {"next": "/library?q=a dog"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/library?q=a%20dog")
    assert answer.headers["cache-control"] == "no-store"
    assert (await http.get("/api/users/me")).json()["email"] == "ada@example.org"
    again = await http.post("/api/auth/login", data={"email": "ada@example.org", "password": PASSWORD})
    assert (again.status_code, again.headers["location"]) == (303, "/")
    assert cookie(again)["sora_session"].value


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_a_form_goes_to_no_other_site(accounts: AccountService, http: httpx.AsyncClient, target: str):
    await sign_up(accounts)
    answer = await http.post("/api/auth/login", data=ADA | {"next": target})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    ("page", "change", "code"),
    [
        ("login", {"password": "some other long password"}, "wrong_credentials"),
        ("login", {"email": "nobody@example.org"}, "wrong_credentials"),
        ("signup", {"email": "nowhere"}, "invalid_email"),
        ("signup", {"password": "too short"}, "weak_password"),
        ("signup", {"password": "passwordpassword"}, "common_password"),
        ("signup", {"display_name": "x" * 81}, "invalid_name"),
        ("signup", {}, "email_taken"),
        ("signup", {"password": None}, "invalid_value"),
    ],
)
async def test_a_form_that_is_refused_goes_back_to_its_page(
    accounts: AccountService, http: httpx.AsyncClient, page: str, change: dict[str, Any], code: str
):
    await sign_up(accounts)
    fields = {
        name: value for name, value in (ADA | {"next": "/library"} | change).items() if value is not None
    }
    answer = await http.post(f"/api/auth/{page}", data=fields)
    back = urlsplit(answer.headers["location"])
    assert (answer.status_code, back.path, back.netloc) == (303, f"/{page}", "")
    kept = dict(parse_qsl(back.query))
    assert kept == {"error": code, "next": "/library"}  # and nothing that was typed
    assert "set-cookie" not in answer.headers


async def test_a_form_that_came_too_often_goes_back_with_too_many(
    accounts: AccountService, http: httpx.AsyncClient
):
    await sign_up(accounts)
    wrong = {"email": "ada@example.org", "password": "some other long password"}
    for _ in range(10):
        await http.post("/api/auth/login", data=wrong)
    assert "error=too_many" in (await http.post("/api/auth/login", data=wrong)).headers["location"]


async def test_what_a_form_sends_back_breaks_no_header(http: httpx.AsyncClient):
    answer = await http.post(
        "/api/auth/login", data={"email": "a\r\nSet-Cookie: x=y&error=fine", "password": "x"}
    )
    assert answer.status_code == 303
    assert dict(parse_qsl(urlsplit(answer.headers["location"]).query))["error"] == "wrong_credentials"
    assert "set-cookie" not in answer.headers


async def test_a_log_in_ends_the_session_that_the_browser_had(browse: Browse):
    http, elsewhere = browse(), browse()
    first = (await http.post("/api/auth/signup", json=ADA)).json()["access_token"]
    await elsewhere.post("/api/auth/login", json=ADA)
    assert (await http.post("/api/auth/login", data=ADA)).status_code == 303
    assert (await http.get("/api/users/me")).status_code == 200
    assert (await elsewhere.get("/api/users/me")).status_code == 200
    old = await browse().get("/api/users/me", headers={"Authorization": f"Bearer {first}"})
    assert old.status_code == 401


async def test_a_browser_that_is_known_logs_in_while_strangers_guess(
    accounts: AccountService, http: httpx.AsyncClient, browse: Browse
):
    await sign_up(accounts)
    await http.post("/api/auth/login", json=ADA)
    await http.post("/api/auth/logout")
    wrong = ADA | {"password": "some other long password"}
    stranger = browse()
    guesses = [(await stranger.post("/api/auth/login", json=wrong)).status_code for _ in range(11)]
    assert guesses == [401] * 10 + [429]
    assert (await stranger.post("/api/auth/login", json=ADA)).status_code == 429
    assert (await http.post("/api/auth/login", json=ADA)).status_code == 200


async def test_a_studio_that_opens_no_accounts_says_so(database: Database):
    with container.using(services_with(account_service(database, policy="closed"))):
        transport = httpx.ASGITransport(create_api())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as http:
            answer = await http.post("/api/auth/signup", json=ADA)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "sign_up_closed")
            form = await http.post("/api/auth/signup", data=ADA)
            assert form.headers["location"] == "/signup?error=sign_up_closed"
            assert (await http.post("/api/auth/login", json=ADA)).status_code == 401


async def test_logging_out_ends_the_session_everywhere(browse: Browse):
    http = browse()
    token = (await http.post("/api/auth/signup", json=ADA)).json()["access_token"]
    answer = await http.post("/api/auth/logout")
    assert answer.status_code == 204
    assert cookie(answer)["sora_session"].value == ""
    assert (await http.get("/api/users/me")).status_code == 401
    by_token = await browse().get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
    assert by_token.status_code == 401
    assert (
        await browse().post("/api/auth/logout", headers={"Authorization": f"Bearer {token}"})
    ).status_code == 401


async def test_a_form_logs_out_signed_in_or_not(http: httpx.AsyncClient):
    await http.post("/api/auth/signup", json=ADA)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        answer = await http.post("/api/auth/logout", headers=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert cookie(answer)["sora_session"].value == ""
    assert (await http.get("/api/users/me")).status_code == 401


async def test_logging_out_with_a_token_leaves_other_sessions_alone(browse: Browse):
    http = browse()
    await http.post("/api/auth/signup", json=ADA)
    other = browse()
    token = (await other.post("/api/auth/login", json=ADA)).json()["access_token"]
    other.cookies.clear()
    assert (
        await other.post("/api/auth/logout", headers={"Authorization": f"Bearer {token}"})
    ).status_code == 204
    assert (await http.get("/api/users/me")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["signup", "login", "logout"])
async def test_only_post_changes_sessions(http: httpx.AsyncClient, method: str, path: str):
    await http.post("/api/auth/signup", json=ADA)
    assert (await http.request(method, f"/api/auth/{path}")).status_code == 405
    assert (await http.get("/api/users/me")).status_code == 200

"""One's own account over HTTP."""

from typing import Any

import httpx
import pytest

from sora_studio.services.people.accounts import AccountService
from tests.integration.api_auth.conftest import Browse
from tests.support.accounts import PASSWORD, sign_up

ME = "/api/users/me"
NEW = "quite another pass phrase"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def ada(accounts: AccountService, http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return a client of somebody who is signed in."""
    http.headers.update(bearer((await sign_up(accounts)).access_token))
    return http


ROUTES = [
    ("GET", ME, None),
    ("PATCH", ME, {"display_name": "Mallory"}),
    ("DELETE", ME, {"password": PASSWORD}),
    ("POST", f"{ME}/password", {"current_password": PASSWORD, "new_password": NEW}),
    ("GET", f"{ME}/sessions", None),
    ("DELETE", f"{ME}/sessions", None),
    ("DELETE", f"{ME}/sessions/session_{'0' * 32}", None),
]

CREDENTIALS = {
    "none": {},
    "no token": {"Authorization": "Bearer"},
    "empty token": {"Authorization": "Bearer "},
    "nonsense": {"Authorization": "Bearer nonsense"},
    "basic": {"Authorization": "Basic YWRhOnB3"},
    "cookie of nonsense": {"Cookie": "sora_session=nonsense"},
    "empty cookie": {"Cookie": "sora_session="},
    "token in another header": {"X-Api-Key": "nonsense"},
}


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize("headers", CREDENTIALS.values(), ids=CREDENTIALS.keys())
async def test_nobody_is_refused(
    http: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, Any]
):
    answer = await http.request(method, path, json=body, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_a_session_that_has_ended_is_nobody(
    accounts: AccountService, http: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None
):
    token = (await sign_up(accounts)).access_token
    await accounts.log_out(await accounts.identify(token))
    assert (await http.request(method, path, json=body, headers=bearer(token))).status_code == 401


async def test_a_token_that_opens_nothing_is_not_replaced_by_the_cookie(http: httpx.AsyncClient):
    await http.post("/api/auth/signup", json={"email": "ada@example.org", "password": PASSWORD})
    assert (await http.get(ME)).status_code == 200
    assert (await http.get(ME, headers=bearer("nonsense"))).status_code == 401


async def test_i_can_read_and_edit_my_account(ada: httpx.AsyncClient):
    me = (await ada.get(ME)).json()
    assert me.keys() == {
        *("id", "email", "display_name", "created_at", "role"),
        *("budgets", "storage_bytes", "storage_quota_bytes"),
    }
    renamed = (await ada.patch(ME, json={"display_name": "Ada King"})).json()
    assert renamed == me | {"display_name": "Ada King"}
    moved = (await ada.patch(ME, json={"email": "KING@example.org", "current_password": PASSWORD})).json()
    assert moved == renamed | {"email": "king@example.org"}
    assert (await ada.patch(ME, json={})).json() == (await ada.get(ME)).json() == moved


async def test_what_is_personal_is_kept_in_no_cache(ada: httpx.AsyncClient):
    assert (await ada.get(ME)).headers["cache-control"] == "no-store"
    assert (await ada.patch(ME, json={})).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("field", ["id", "created_at", "password_hash", "password", "role", "owner_id"])
async def test_nothing_else_can_be_set(ada: httpx.AsyncClient, field: str):
    before = (await ada.get(ME)).json()
    await ada.patch(ME, json={field: "00000000-0000-0000-0000-000000000000"})
    assert (await ada.get(ME)).json() == before
    assert (
        await ada.post("/api/auth/login", json={"email": "ada@example.org", "password": PASSWORD})
    ).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"email": "nowhere"}, 400),
        ({"email": "grace@example.org", "current_password": PASSWORD}, 409),
        ({"email": "king@example.org"}, 403),
        ({"email": "king@example.org", "current_password": "not my password at all"}, 403),
        ({"display_name": "\u200b\u3164\ufeff\u2800"}, 400),
        ({"display_name": " "}, 400),
        ({"email": 1}, 400),
    ],
)
async def test_a_bad_edit_changes_nothing(
    accounts: AccountService, ada: httpx.AsyncClient, change: dict[str, Any], status: int
):
    await sign_up(accounts, "grace")
    before = (await ada.get(ME)).json()
    assert (await ada.patch(ME, json=change)).status_code == status
    assert (await ada.get(ME)).json() == before


async def test_i_can_change_my_password(ada: httpx.AsyncClient, browse: Browse):
    other = browse()
    await other.post("/api/auth/login", json={"email": "ada@example.org", "password": PASSWORD})
    answer = await ada.post(f"{ME}/password", json={"current_password": PASSWORD, "new_password": NEW})
    assert answer.status_code == 204
    assert (await ada.get(ME)).status_code == 200
    assert (await other.get(ME)).status_code == 401
    assert (
        await other.post("/api/auth/login", json={"email": "ada@example.org", "password": NEW})
    ).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "status"),
    [("not my password at all", NEW, 403), (PASSWORD, "short", 400), (PASSWORD, "passwordpassword", 400)],
)
async def test_a_password_is_not_changed_without_the_old_one_and_a_good_new_one(
    ada: httpx.AsyncClient, current: str, new: str, status: int
):
    answer = await ada.post(f"{ME}/password", json={"current_password": current, "new_password": new})
    assert answer.status_code == status
    assert new not in answer.text
    login = await ada.post("/api/auth/login", json={"email": "ada@example.org", "password": PASSWORD})
    assert login.status_code == 200


async def test_i_see_where_i_am_logged_in_and_can_end_it(ada: httpx.AsyncClient, browse: Browse):
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"}
    credentials = {"email": "ada@example.org", "password": PASSWORD}
    others = [browse(), browse(), browse()]
    for other in others:
        await other.post("/api/auth/login", json=credentials, headers=firefox)
    listed = (await ada.get(ME + "/sessions")).json()["data"]
    assert sorted((each["device"], each["current"]) for each in listed) == [
        *[("Firefox on Linux", False)] * 3,
        ("tests", True),
    ]
    assert listed[0].keys() == {"id", "device", "address", "created_at", "last_seen_at", "current"}
    theirs = [
        each["id"] for each in (await others[0].get(ME + "/sessions")).json()["data"] if each["current"]
    ]
    assert (await ada.delete(f"{ME}/sessions/{theirs[0]}")).status_code == 204
    assert [(await other.get(ME)).status_code for other in others] == [401, 200, 200]
    for missing in (theirs[0], "session_", "nonsense", f"session_{'0' * 32}"):
        assert (await ada.delete(f"{ME}/sessions/{missing}")).status_code == 404
    assert (await ada.delete(ME + "/sessions")).status_code == 204
    assert [(await each.get(ME)).status_code for each in (ada, *others)] == [200, 401, 401, 401]


async def test_i_can_delete_my_account_with_my_password(http: httpx.AsyncClient):
    who = {"email": "ada@example.org", "password": PASSWORD}
    await http.post("/api/auth/signup", json=who)
    assert (await http.request("DELETE", ME, json={"password": "not my password at all"})).status_code == 403
    assert (await http.request("DELETE", ME)).status_code in {400, 422}
    answer = await http.request("DELETE", ME, json={"password": PASSWORD})
    assert answer.status_code == 204
    assert 'sora_session=""' in answer.headers["set-cookie"]
    assert (await http.post("/api/auth/login", json=who)).status_code == 401


async def test_an_address_that_can_be_nobodys_is_refused(http: httpx.AsyncClient):
    sent = {"email": "ada\0@example.org", "password": PASSWORD}
    assert (await http.post("/api/auth/login", json=sent)).status_code == 400
    form = await http.post("/api/auth/login", data=sent)
    assert (form.status_code, form.headers["location"]) == (303, "/login?error=invalid_value")

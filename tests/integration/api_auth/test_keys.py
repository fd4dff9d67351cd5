"""API keys over HTTP: how they are made, what they open, and how they end."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bench.lab.statements import watched
from sora_studio import container
from sora_studio.db.engine import Database
from sora_studio.domain.account import Scope
from sora_studio.domain.api_key import KEYS_MAX, new_key
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.throttle import LIMITS, Throttle
from tests.integration.api_auth.conftest import Browse
from tests.support.accounts import PASSWORD, services_with, sign_up
from tests.support.fakes import FakeVideos
from tests.support.library import authenticator_of

KEYS = "/api/keys"
DAY = 24 * 3600
WISH: dict[str, Any] = {"name": "render farm", "scopes": ["videos:read"]}

Script = Callable[[str], httpx.AsyncClient]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def accounts(accounts: AccountService) -> AsyncIterator[AccountService]:
    """Have videos, too."""
    services = replace(services_with(accounts), videos=FakeVideos())  # type: ignore[arg-type] -- a fake
    with container.using(services):
        yield accounts


@pytest.fixture
async def ada(accounts: AccountService, browse: Browse) -> httpx.AsyncClient:
    """Return a client of somebody who is signed in."""
    http = browse()
    http.headers.update(bearer((await sign_up(accounts)).access_token))
    return http


@pytest.fixture
def script(browse: Browse) -> Script:
    """Make clients that sign in with a key."""

    def client(key: str) -> httpx.AsyncClient:
        http = browse()
        http.headers.update(bearer(key))
        return http

    return client


async def make(http: httpx.AsyncClient, **wish: Any) -> dict[str, Any]:
    answer = await http.post(KEYS, json=WISH | wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def sql(database: Database, statement: str, **values: Any) -> list[Any]:
    async with database.transaction() as tx:
        result = await (await tx.connection()).execute(text(statement), values)
        return list(result.mappings()) if result.returns_rows else []


async def test_a_key_is_shown_once_and_stored_as_a_hash(ada: httpx.AsyncClient, database: Database):
    with capture_logs() as log:
        made = await make(ada)
        assert re.fullmatch("sst_[0-9A-Za-z]{36}", made["key"])
        assert made["expires_at"] - made["created_at"] == 90 * DAY
        assert (made["last4"], made["last_used_at"]) == (made["key"][-4:], None)
        listed = (await ada.get(KEYS)).json()["data"]
        assert listed == [{name: value for name, value in made.items() if name != "key"}]
    rows = await sql(database, "SELECT * FROM api_key")
    trail = await sql(database, "SELECT act, about FROM audit WHERE act LIKE 'key%'")
    assert made["key"][:-4] not in f"{rows} {trail} {log}"
    assert [dict(line) for line in trail] == [{"act": "key_creation", "about": made["id"]}]


@pytest.mark.parametrize(
    ("wish", "param"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"budget_usd": "five"}, "budget_usd"),
        ({"project_id": "project_1"}, "project_id"),
    ],
    ids=str,
)
async def test_what_will_not_do_is_named(ada: httpx.AsyncClient, wish: dict[str, Any], param: str):
    answer = await ada.post(KEYS, json=WISH | wish)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert (await ada.get(KEYS)).json()["data"] == []


async def test_a_key_opens_what_its_scopes_reach_and_nothing_else(
    ada: httpx.AsyncClient, script: Script, browse: Browse
):
    everything = script((await make(ada, scopes=[*Scope], expires_in_days=None))["key"])
    reader = script((await make(ada))["key"])
    wish = {"prompt": "a paper boat"}
    video = (await everything.post("/api/videos", json=wish)).json()["id"]
    assert [each["id"] for each in (await reader.get("/api/videos")).json()["data"]] == [video]
    for refused in (await reader.post("/api/videos", json=wish), await reader.delete(f"/api/videos/{video}")):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_scope")
        assert "the scope videos:" in refused.json()["error"]["message"]
    for method, path in [("GET", "/api/users/me"), ("GET", KEYS), ("POST", KEYS)]:
        refused = await everything.request(method, path, json=WISH)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_scope")
    by_cookie = await browse().get(
        "/api/videos", headers={"Cookie": f"sora_session={everything.headers['authorization'][7:]}"}
    )
    assert by_cookie.status_code == 401


async def test_nobody_manages_somebody_elses_keys(
    ada: httpx.AsyncClient, accounts: AccountService, browse: Browse
):
    made = await make(ada)
    eve = browse()
    eve.headers.update(bearer((await sign_up(accounts, "eve")).access_token))
    for key_id in (made["id"], "key_" + "0" * 32, "nonsense"):
        assert (await eve.delete(f"{KEYS}/{key_id}")).status_code == 404
        assert (await eve.post(f"{KEYS}/{key_id}/rotate")).status_code == 404
    assert (await eve.get(KEYS)).json()["data"] == []
    assert len((await ada.get(KEYS)).json()["data"]) == 1


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE api_key SET revoked_at = now()",
        "UPDATE api_key SET expires_at = now()",
        'UPDATE "user" SET disabled_at = now()',
        'DELETE FROM "user"',
    ],
)
async def test_a_key_that_has_ended_opens_nothing(
    ada: httpx.AsyncClient, script: Script, database: Database, ending: str
):
    key = script((await make(ada))["key"])
    assert (await key.get("/api/videos")).status_code == 200
    await sql(database, ending)
    answer = await key.get("/api/videos")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_revoking_acts_at_once_and_the_second_time_is_404(ada: httpx.AsyncClient, script: Script):
    made = await make(ada)
    assert (await ada.delete(f"{KEYS}/{made['id']}")).status_code == 204
    answer = await script(made["key"]).get("/api/videos")
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "This API key was revoked.")
    assert (await ada.delete(f"{KEYS}/{made['id']}")).status_code == 404
    assert (await ada.get(KEYS)).json()["data"] == []


async def test_a_rotated_key_keeps_its_id_and_works_beside_the_new_one_for_a_while(
    ada: httpx.AsyncClient, script: Script, database: Database
):
    made = await make(ada, expires_in_days=7, requests_per_minute=50)
    await sql(database, "UPDATE api_key SET created_at = now() - interval '6 days'")
    await sql(database, "UPDATE api_key SET expires_at = created_at + interval '7 days'")
    new = (await ada.post(f"{KEYS}/{made['id']}/rotate", json={"overlap_hours": 48})).json()
    assert (new["id"], new["name"], new["requests_per_minute"]) == (made["id"], made["name"], 50)
    assert new["expires_at"] - new["created_at"] == pytest.approx(13 * DAY, abs=60)
    assert new["overlap_until"] - new["created_at"] == pytest.approx(7 * DAY, abs=60)  # its own end
    assert [(await script(key).get("/api/videos")).status_code for key in (made["key"], new["key"])] == [
        200,
        200,
    ]
    await sql(database, "UPDATE api_key SET previous_until = now()")
    assert (await script(made["key"]).get("/api/videos")).status_code == 401
    last = (await ada.post(f"{KEYS}/{made['id']}/rotate", json={"overlap_hours": 0})).json()
    answers = [(await script(key["key"]).get("/api/videos")).status_code for key in (made, new, last)]
    assert answers == [401, 401, 200]
    acts = await sql(database, "SELECT act FROM audit WHERE act LIKE 'key%' ORDER BY at")
    assert [line["act"] for line in acts] == ["key_creation", "key_rotation", "key_rotation"]


async def test_to_make_or_replace_a_key_asks_for_the_password_again_after_ten_minutes(
    ada: httpx.AsyncClient, database: Database
):
    made = await make(ada, budget_usd="5")
    path, long_ago = f"{KEYS}/{made['id']}", "UPDATE session SET proved_at = now() - interval '10 minutes'"

    async def act() -> list[httpx.Response]:
        budget = await ada.patch(path, json={"budget_usd": "50"})
        return [await ada.post(KEYS, json=WISH), await ada.post(f"{path}/rotate"), budget]

    await sql(database, long_ago)
    refused = [(answer.status_code, answer.json()["error"]["code"]) for answer in await act()]
    assert refused == [(403, "password_required")] * 3
    assert [each["last4"] for each in (await ada.get(KEYS)).json()["data"]] == [made["last4"]]
    assert (await ada.post("/api/users/me/confirm_password", json={"password": PASSWORD})).status_code == 204
    assert [answer.status_code for answer in await act()] == [201, 200, 200]
    await sql(database, long_ago)
    assert (await ada.delete(path)).status_code == 204  # who finds it stolen is quick


async def test_the_last_use_is_noted_once_a_minute(
    ada: httpx.AsyncClient, script: Script, database: Database
):
    key = script((await make(ada))["key"])
    with watched(database) as seen:
        for _ in range(5):
            await key.get("/api/videos")
    assert len([each for each in seen if each.sql.startswith("UPDATE")]) == 1
    assert len(seen) == 6
    used = (await ada.get(KEYS)).json()["data"][0]
    assert used["last_used_at"] >= used["created_at"]
    assert used["last_used_address"] == "127.0.0.1"


async def test_wrong_keys_are_refused_before_any_work_and_shut_nobody_out(
    ada: httpx.AsyncClient, script: Script, database: Database
):
    good = script((await make(ada))["key"])
    forgotten, mangled = script(new_key()), script(new_key()[:-1])
    with watched(database) as seen, capture_logs() as log:
        statuses = [(await mangled.get("/api/videos")).status_code for _ in range(25)]
        assert seen == []
        statuses += [(await forgotten.get("/api/videos")).status_code for _ in range(25)]
        assert len(seen) == 20
    assert statuses == ([401] * 20 + [429] * 5) * 2
    assert (await good.get("/api/videos")).status_code == 200
    assert not re.search("sst_[0-9A-Za-z]{20}", str(log))


async def test_an_address_with_many_wrong_keys_has_to_wait(database: Database, http: httpx.AsyncClient):
    throttle = Throttle({**LIMITS, "wrong API keys from an address": "3 per minute"})
    gate = authenticator_of(database, throttle=throttle)
    with container.using(replace(container.services(), authenticator=gate)):
        answers = [(await http.get("/api/videos", headers=bearer(new_key()))).status_code for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]


async def test_a_person_has_so_many_keys_and_no_more(ada: httpx.AsyncClient, database: Database):
    me = (await make(ada))["id"]
    copy = """INSERT INTO api_key (id, user_id, name, sha256, last4, scopes, created_at, last_used_address)
        SELECT gen_random_uuid(), user_id, name, n::text, last4, scopes, created_at, ''
        FROM api_key, generate_series(2, :most) n"""
    await sql(database, copy, most=KEYS_MAX)
    answer = await ada.post(KEYS, json=WISH)
    assert answer.status_code == 409
    await ada.delete(f"{KEYS}/{me}")
    assert (await ada.post(KEYS, json=WISH)).status_code == 201


async def test_every_answer_says_how_many_requests_are_left(
    ada: httpx.AsyncClient, script: Script, browse: Browse
):
    key = script((await make(ada, requests_per_minute=2))["key"])
    first, second, third = [await key.get("/api/videos") for _ in range(3)]
    assert [each.status_code for each in (first, second, third)] == [200, 200, 429]
    assert [each.headers["x-ratelimit-remaining-requests"] for each in (first, second, third)] == list("100")
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert re.fullmatch(r"1m0s|5\ds", first.headers["x-ratelimit-reset-requests"])
    assert first.headers["ratelimit-policy"] == '"person";q=30000;w=60, "key";q=2;w=60'
    assert re.fullmatch(r'"person";r=\d+;t=\d+, "key";r=1;t=\d+', first.headers["ratelimit"])
    assert third.json()["error"]["code"] == "rate_limit_exceeded"
    assert 0 < int(third.headers["retry-after"]) <= 60
    missing = await ada.get("/api/videos/nonsense")
    assert (missing.status_code, missing.headers["ratelimit-policy"]) == (404, '"person";q=30000;w=60')
    assert "ratelimit" not in (await browse().get("/api/videos")).headers


async def test_the_password_is_no_business_of_keys(ada: httpx.AsyncClient, script: Script):
    key = script((await make(ada))["key"])
    change = {"current_password": "a rather long pass phrase", "new_password": "quite another pass phrase"}
    assert (await ada.post("/api/users/me/password", json=change)).status_code == 204
    assert (await key.get("/api/videos")).status_code == 200


async def test_agents_come_with_a_key_and_with_nothing_else(
    ada: httpx.AsyncClient, script: Script, browse: Browse, database: Database
):
    """Each refusal is the protocol's own, with the reason in words."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    read = {"Accept": "application/json, text/event-stream"}
    good, revoked, expired = [await make(ada) for _ in range(3)]
    assert (await ada.delete(f"{KEYS}/{revoked['id']}")).status_code == 204
    name = f"id = '{expired['id'].removeprefix('key_')}'"
    await sql(database, f"UPDATE api_key SET expires_at = now() - interval '1 day' WHERE {name}")  # noqa: S608 -- an id of ours
    assert (await script(good["key"]).post("/mcp", json=ping, headers=read)).json()["result"] == {}
    session = ada.headers["authorization"][7:]
    refused = {
        "revoked": await script(revoked["key"]).post("/mcp", json=ping, headers=read),
        "expired": await script(expired["key"]).post("/mcp", json=ping, headers=read),
        "opens nothing": await script(new_key()).post("/mcp", json=ping, headers=read),
        "Connect with an API key": await ada.post("/mcp", json=ping, headers=read),
        "Connect with": await browse().post(
            "/mcp", json=ping, headers=read | {"Cookie": f"sora_session={session}"}
        ),
    }
    for words, answer in refused.items():
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        error = answer.json()["error"]
        assert words in error["message"]
        assert error["data"]["error"]["code"] == "invalid_api_key"

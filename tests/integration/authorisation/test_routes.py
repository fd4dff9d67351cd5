"""Who gets what from every route of the API: one row each, over a real server."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from sora_studio.api.app import create_api
from sora_studio.domain.account import Scope
from tests.integration.authorisation.conftest import CHEAP, SECRET, Stage, hook, picture
from tests.support.accounts import PASSWORD
from tests.support.person import Person, join
from tests.support.plain_http import NO_TLS

OPEN = {"anonymous": 200, "revoked": 200, "stranger": 200, "owner": 200}
OWN = {"anonymous": 401, "revoked": 401, "stranger": 200, "owner": 200}
"""Everybody who is signed in has their own."""
DONE = OWN | {"stranger": 204, "owner": 204}
SHUT = {"anonymous": 401, "revoked": 401, "stranger": 404, "owner": 200}
"""Somebody else's is as good as none."""


@dataclass(frozen=True)
class Row:
    """A route, what is sent to it, and the status that each of four people gets."""

    method: str
    path: str
    statuses: dict[str, int]
    send: dict[str, Any] = field(default_factory=dict[str, Any])
    thing: Callable[[Stage], Awaitable[str]] | None = None  # makes what stands for THING
    spoils: bool = False  # it ends a session or an account: on new people only
    key: Scope | None = None  # what an API key of the owner needs for it; None: no key is enough

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


WITHIN = {
    *("GET /api/models", "GET /api/models/{model_id:path}", "GET /api/projects", "GET /api/usage"),
    *("GET /api/videos", "GET /api/videos/status", "POST /api/videos", "POST /api/videos/create"),
    "POST /api/videos/batch_actions",
    "POST /api/uploads",
}
"""What a key for one project gets an answer from whatever is asked: the answer is about that project."""

THING = "{thing}"


async def _ready(stage: Stage) -> str:
    return stage.ready


async def _model(_: Stage) -> str:
    return "sandbox/sora-2"


async def _refused(stage: Stage) -> str:
    return stage.refused


async def _upload(stage: Stage) -> str:
    return stage.upload


def new_account() -> dict[str, str]:
    return {"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "display_name": "New"}


HOOKS, HOOK = Scope.WEBHOOKS_WRITE, "/api/webhook_endpoints"
READ, WRITE, DELETE, USAGE = Scope.VIDEOS_READ, Scope.VIDEOS_WRITE, Scope.VIDEOS_DELETE, Scope.USAGE_READ


ADMIN = {"anonymous": 401, "revoked": 401, "stranger": 403, "owner": 200}
"""Of the studio: the owner is the one who opened its first account."""

WISH = {"json": {"prompt": "forbidden-test"}}
FILE = {"files": {"file": ("p.png", picture(), "image/png")}}
PING = {
    "json": {"jsonrpc": "2.0", "id": 1, "method": "ping"},
    "headers": {"Accept": "application/json, text/event-stream"},
}
VIDEO = "/api/videos/{video_id}"
TABLE = [
    Row("GET", "/livez", OPEN),
    Row("HEAD", "/livez", OPEN),
    Row("GET", "/readyz", OPEN),
    Row("HEAD", "/readyz", OPEN),
    Row("GET", "/api/version", OPEN),
    Row("GET", "/api/doctor", dict.fromkeys(OPEN, 404)),
    Row("GET", "/metrics", OPEN),  # from this machine; tests/unit/api has the rest
    Row("GET", "/.well-known/security.txt", OPEN),
    Row("GET", "/api/docs", OPEN),
    Row("GET", "/api/openapi.json", OPEN),
    Row("HEAD", "/api/openapi.json", OPEN),
    Row("POST", "/api/auth/signup", dict.fromkeys(OPEN, 201), {"json": new_account}),
    Row("POST", "/api/auth/login", dict.fromkeys(OPEN, 401), {"json": {"email": "x@y.z", "password": "-"}}),
    Row("POST", "/api/auth/logout", DONE, spoils=True),
    Row("POST", "/api/auth/reset", dict.fromkeys(OPEN, 400), {"json": {"token": "-", "password": PASSWORD}}),
    Row("GET", "/api/auth/oidc", dict.fromkeys(OPEN, 303)),
    Row("GET", "/api/auth/oidc/callback", dict.fromkeys(OPEN, 303)),
    Row("POST", "/api/auth/oidc/backchannel", dict.fromkeys(OPEN, 400), {"data": {"logout_token": "a.b.c"}}),
    Row("POST", "/api/auth/login/code", dict.fromkeys(OPEN, 401), {"json": {"code": "-"}}),
    Row("GET", "/api/users/me/two_factor", OWN),
    Row("POST", "/api/users/me/two_factor", OWN | {"stranger": 201, "owner": 201}, spoils=True),
    Row("POST", "/api/users/me/two_factor/enable", OWN | {"stranger": 400, "owner": 400},  # nothing was begun
        {"json": {"code": "000000"}}, spoils=True),
    Row("POST", "/api/users/me/two_factor/recovery_codes", OWN | {"stranger": 409, "owner": 409}),
    Row("DELETE", "/api/users/me/two_factor", OWN | {"stranger": 409, "owner": 409}),
    Row("DELETE", "/api/admin/users/{user_id}/two_factor", ADMIN | {"owner": 409}, {}, Stage.somebody),
    Row("POST", "/api/users/me/confirm_password", DONE, {"json": {"password": PASSWORD}}),
    Row("GET", "/api/admin/users", ADMIN),
    Row("PATCH", "/api/admin/users/{user_id}", ADMIN, {"json": {"disabled": True}}, Stage.somebody),
    Row("POST", "/api/admin/users/{user_id}/reset_link", ADMIN | {"owner": 201}, {}, Stage.somebody),
    Row("DELETE", "/api/admin/users/{user_id}", ADMIN | {"owner": 204}, {}, Stage.somebody),
    Row("POST", "/api/admin/invitations", ADMIN | {"owner": 201}, {"json": {}}),
    Row("GET", "/api/admin/invitations", ADMIN),
    Row("DELETE", "/api/admin/invitations/{invitation_id}", ADMIN | {"owner": 204}, {}, Stage.invitation),
    Row("GET", "/api/admin/settings", ADMIN),
    Row("PATCH", "/api/admin/settings", ADMIN, {"json": {"sign_up": "open"}}),
    Row("GET", "/api/admin/queue", ADMIN, {"params": {"provider": "sandbox"}}),
    Row("PATCH", "/api/admin/queue/{video_id}", ADMIN | {"owner": 409}, {"json": {"urgent": True}}, _ready),
    Row("PATCH", "/api/admin/projects/{project_id}", ADMIN, {"json": {"queue_weight": 2}}, Stage.project),
    Row("GET", "/api/admin/projects", ADMIN),
    Row("POST", "/api/admin/projects/{project_id}/manager", ADMIN | {"owner": 409},
        {"json": {"email": "nobody@example.org"}}, Stage.project),
    Row("GET", "/api/admin/audit", ADMIN),
    Row("GET", "/api/admin/audit/csv", ADMIN),
    Row("GET", "/api/users/me", OWN),
    Row("PATCH", "/api/users/me", OWN, {"json": {"display_name": "Newer"}}, spoils=True),
    Row("DELETE", "/api/users/me", DONE, {"json": {"password": PASSWORD}}, spoils=True),
    Row("GET", "/api/users/me/sessions", OWN),
    Row("DELETE", "/api/users/me/sessions/{session_id}", SHUT | {"owner": 204}, {}, Stage.session),
    Row("DELETE", "/api/users/me/sessions", DONE, spoils=True),
    Row("POST", "/api/keys", OWN | {"stranger": 201, "owner": 201},
        {"json": {"name": "x", "scopes": [READ]}}),
    Row("GET", "/api/keys", OWN),
    Row("POST", "/api/keys/{key_id}/rotate", SHUT, {}, Stage.key),
    Row("PATCH", "/api/keys/{key_id}", SHUT, {"json": {"budget_usd": "5"}}, Stage.key),
    Row("DELETE", "/api/keys/{key_id}", SHUT | {"owner": 204}, {}, Stage.key),
    Row("POST", "/api/users/me/password", DONE,
        {"json": {"current_password": PASSWORD, "new_password": f"{PASSWORD} too"}}, spoils=True),
    Row("GET", "/api/models", OWN, key=READ),
    Row("GET", "/api/models/{model_id:path}", OWN, {}, _model, key=READ),
    Row("POST", "/api/videos", OWN, WISH, key=WRITE),
    Row("POST", "/api/videos/create", OWN, WISH, key=WRITE),
    Row("GET", "/api/videos", OWN, {"params": {"limit": 100, "q": SECRET}}, key=READ),
    Row("GET", "/api/videos/status", OWN, {"params": {"ids": THING}}, _ready, key=READ),
    Row("POST", "/api/videos/remix", SHUT,
        {"json": {"remix_video_id": THING, "prompt": CHEAP}}, _ready, key=WRITE),
    Row("POST", "/api/videos/edits", SHUT,
        {"json": {"video": {"id": THING}, "prompt": CHEAP}}, _ready, key=WRITE),
    Row("GET", "/api/budgets", ADMIN),
    Row("POST", "/api/budgets", ADMIN | {"owner": 201}, {"json": {"scope": "studio", "amount_usd": "5"}}),
    Row("PATCH", "/api/budgets/{budget_id}", ADMIN, {"json": {"amount_usd": "5"}}, Stage.budget),
    Row("DELETE", "/api/budgets/{budget_id}", ADMIN, {}, Stage.budget),
    Row("GET", "/api/usage", OWN, key=USAGE),
    Row("GET", "/api/usage", ADMIN, {"params": {"scope": "studio"}}),
    Row("GET", "/api/ledger", ADMIN),
    Row("POST", "/api/videos/extensions", SHUT,
        {"json": {"video": {"id": THING}, "prompt": CHEAP, "seconds": "4"}}, _ready, key=WRITE),
    Row("POST", "/api/videos/characters", SHUT,
        {"json": {"name": SECRET, "video_id": THING}}, _ready, key=WRITE),
    Row("GET", "/api/videos/characters", OWN, key=READ),
    Row("GET", "/api/videos/characters/{character_id}", SHUT, {}, Stage.character, key=READ),
    Row("DELETE", "/api/videos/characters/{character_id}", SHUT, {}, Stage.character, key=DELETE),
    Row("GET", VIDEO, SHUT, {}, _ready, key=READ),
    Row("GET", f"{VIDEO}/activity", SHUT, {}, _refused, key=READ),
    Row("PATCH", VIDEO, SHUT, {"json": {"title": f"{SECRET} renamed"}}, Stage.fresh, key=WRITE),
    Row("DELETE", VIDEO, SHUT, {}, Stage.fresh, key=DELETE),
    Row("POST", "/api/videos/batch_actions", OWN,
        {"json": {"action": "star", "stars": 3, "select": {"ids": [THING]}}}, _ready, key=WRITE),
    Row("POST", "/api/videos/batch_actions/{batch_id}/undo", SHUT, {}, Stage.batch, key=WRITE),
    Row("POST", f"{VIDEO}/queue", SHUT | {"owner": 409}, {"json": {"to": "first"}}, _ready, key=WRITE),
    Row("POST", f"{VIDEO}/restore", SHUT, {}, Stage.removed, key=WRITE),
    Row("POST", f"{VIDEO}/remix", SHUT, {"json": {"prompt": CHEAP}}, _ready, key=WRITE),
    Row("POST", f"{VIDEO}/check_again", SHUT | {"owner": 409}, {}, _ready, key=WRITE),
    Row("POST", f"{VIDEO}/submit_again", SHUT | {"owner": 409}, {}, _ready, key=WRITE),
    Row("POST", f"{VIDEO}/give_up", SHUT | {"owner": 409}, {}, _ready, key=WRITE),
    *(Row(method, f"{VIDEO}/content", SHUT, {"params": {"variant": variant}}, _ready, key=READ)
      for method in ("GET", "HEAD") for variant in ("video", "thumbnail", "spritesheet")),
    Row("POST", "/api/projects", OWN | {"stranger": 201, "owner": 201}, {"json": {"name": "New"}}),
    Row("GET", "/api/projects", OWN, key=READ),
    Row("GET", "/api/projects/{project_id}", SHUT, {}, Stage.project, key=READ),
    Row("PATCH", "/api/projects/{project_id}", SHUT, {"json": {"name": SECRET}}, Stage.project),
    Row("DELETE", "/api/projects/{project_id}", SHUT | {"owner": 204}, {}, Stage.project),
    Row("POST", "/api/projects/{project_id}/members", SHUT | {"owner": 400},
        {"json": {"email": "nobody@example.org", "role": "editor"}}, Stage.project),
    Row("PUT", "/api/projects/{project_id}/members/{user_id}", SHUT | {"owner": 404},
        {"json": {"role": "manager"}}, Stage.project),
    Row("DELETE", "/api/projects/{project_id}/members/{user_id}", SHUT | {"owner": 404}, {}, Stage.project),
    Row("GET", f"{VIDEO}/inputs", SHUT, {}, _refused, key=READ),
    Row("GET", f"{VIDEO}/inputs/{{position}}", SHUT, {}, _refused, key=READ),
    Row("HEAD", f"{VIDEO}/inputs/{{position}}", SHUT, {}, _refused, key=READ),
    Row("POST", "/api/webhooks/provider", dict.fromkeys(OPEN, 403), {"json": {"type": "video.completed"}}),
    Row("GET", "/api/webhook_event_types", OWN, key=HOOKS),
    Row("POST", HOOK, OWN, {"json": hook() | {"name": "x"}}, key=HOOKS),
    Row("GET", HOOK, OWN, {}, Stage.webhook_endpoint, key=HOOKS),
    Row("GET", f"{HOOK}/{{endpoint_id}}", SHUT, {}, Stage.webhook_endpoint, key=HOOKS),
    Row("POST", f"{HOOK}/{{endpoint_id}}", SHUT, {"json": {"name": SECRET}},
        Stage.webhook_endpoint, key=HOOKS),
    Row("DELETE", f"{HOOK}/{{endpoint_id}}", SHUT, {}, Stage.webhook_endpoint, key=HOOKS),
    Row("POST", f"{HOOK}/{{endpoint_id}}/rotate_secret", SHUT, {}, Stage.webhook_endpoint, key=HOOKS),
    Row("POST", f"{HOOK}/{{endpoint_id}}/test", SHUT | {"owner": 400},  # nobody is there
        {"json": {"event_type": "video.failed"}}, Stage.webhook_endpoint, key=HOOKS),
    Row("GET", f"{HOOK}/{{endpoint_id}}/messages", SHUT, {}, Stage.webhook_endpoint, key=HOOKS),
    Row("POST", f"{HOOK}/{{endpoint_id}}/messages/{{message_id}}/replay", SHUT | {"owner": 404},  # none yet
        {}, Stage.webhook_endpoint, key=HOOKS),
    Row("POST", "/mcp", dict.fromkeys(OPEN, 401), PING),
    Row("POST", "/api/uploads", OWN, FILE, key=WRITE),
    Row("GET", "/api/uploads/{upload_id}", SHUT, {}, _upload, key=READ),
    Row("HEAD", "/api/uploads/{upload_id}", SHUT, {}, _upload, key=READ),
    Row("DELETE", "/api/uploads/{upload_id}", SHUT, {}, Stage.pictured, key=WRITE),
]  # fmt: skip


def routes() -> Iterator[str]:
    """Yield every route that the app answers."""
    for route in iter_route_contexts(create_api().routes):
        for method in route.methods or ():
            yield f"{method} {route.path}"


def test_every_route_has_a_row_and_every_row_a_route():
    assert {str(row) for row in TABLE} == set(routes())


@dataclass(frozen=True)
class Actors:
    """Four clients of the API, which say in the same way who they are."""

    stage: Stage
    way: str
    stack: AsyncExitStack

    async def enter(self, *, new: bool) -> dict[str, httpx.AsyncClient]:
        """Open the clients; new people stand in for the stranger and the owner if they will be spoiled."""
        stranger, owner = (
            [await self._newcomer() for _ in range(2)] if new else (self.stage.stranger, self.stage.owner)
        )
        return {
            "anonymous": await self._client(None),
            "revoked": await self._client(self.stage.revoked),
            "stranger": await self._client(stranger),
            "owner": await self._client(owner),
        }

    async def _newcomer(self) -> Person:
        person = await join(self.stage.url, "New")
        self.stack.push_async_callback(person.http.aclose)
        return person

    async def _client(self, person: Person | None) -> httpx.AsyncClient:
        token = person.token if person else ""
        says = {"bearer": {"Authorization": f"Bearer {token}"}, "cookie": {"Cookie": f"sora_session={token}"}}
        client = httpx.AsyncClient(
            base_url=self.stage.url, timeout=60, headers=says[self.way] if person else {}, verify=NO_TLS
        )
        return await self.stack.enter_async_context(client)


@pytest.fixture(params=["bearer", "cookie"])
async def actors(stage: Stage, request: pytest.FixtureRequest) -> AsyncIterator[Actors]:
    async with AsyncExitStack() as stack:
        yield Actors(stage, request.param, stack)


@pytest.mark.parametrize("row", TABLE, ids=str)
async def test_everybody_gets_their_own_and_nothing_else(stage: Stage, row: Row, actors: Actors):
    clients = await actors.enter(new=row.spoils)
    thing = await row.thing(stage) if row.thing else ""
    before = await stage.belongings()
    others = {name: await ask(client, row, thing) for name, client in clients.items() if name != "owner"}
    assert await stage.belongings() == before
    answers = {**others, "owner": await ask(clients["owner"], row, thing)}
    assert {name: answer.status_code for name, answer in answers.items()} == row.statuses
    assert not [name for name, answer in others.items() if SECRET in answer.text]


@pytest.mark.parametrize("row", TABLE, ids=str)
async def test_a_key_opens_what_its_scope_reaches(stage: Stage, row: Row):
    """One with every scope but the needed one gets nothing, one with that scope alone what its owner gets."""
    thing = await row.thing(stage) if row.thing else ""
    async with AsyncExitStack() as stack:
        without, fit = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=stage.url,
                    timeout=60,
                    headers={"Authorization": f"Bearer {key}"},
                    verify=NO_TLS,
                )
            )
            for key in stage.keys[row.key]
        ]
        refused = await ask(without, row, thing)
        if row.path == "/mcp":  # any key opens it, and no session: see test_agents.py for what is behind
            assert refused.status_code == 200
            return
        if len(set(row.statuses.values())) == 1:  # open to everybody
            assert refused.status_code == row.statuses["anonymous"]
            return
        if row.path == "/api/auth/logout":  # there is no session to end
            assert refused.status_code == 401
            return
        assert refused.status_code == 403
        assert SECRET not in refused.text
        if row.method != "HEAD":
            assert refused.json()["error"]["code"] == "insufficient_scope"
        if row.key:
            assert (await ask(fit, row, thing)).status_code == row.statuses["owner"]


@pytest.mark.parametrize("row", [row for row in TABLE if row.key], ids=str)
async def test_a_key_for_one_project_reaches_nothing_outside_of_it(stage: Stage, row: Row):
    """The thing is its own person's, and is not there for it; webhooks are closed to such keys altogether."""
    thing = await row.thing(stage) if row.thing else ""
    headers = {"Authorization": f"Bearer {stage.bound}"}
    before = await stage.belongings()
    async with httpx.AsyncClient(base_url=stage.url, timeout=60, headers=headers, verify=NO_TLS) as bound:
        answer = await ask(bound, row, thing)
    expected = 403 if row.key is HOOKS else 200 if str(row) in WITHIN else 404
    assert (answer.status_code, SECRET in answer.text) == (expected, False)
    assert await stage.belongings() == before


async def ask(client: httpx.AsyncClient, row: Row, thing: str) -> httpx.Response:
    """Send what a row says."""
    path = re.sub(r"{\w+(:path)?}", thing, row.path.replace("{position}", "0"))
    return await client.request(
        row.method, path, **{name: _filled(value, thing) for name, value in row.send.items()}
    )


def _filled(value: Any, thing: str) -> Any:
    if callable(value):
        return value()
    if isinstance(value, dict):
        return {name: _filled(part, thing) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, thing) for part in value]
    return thing if value == THING else value


async def test_the_idempotency_key_of_one_person_is_nothing_to_another(stage: Stage):
    key = {"Idempotency-Key": uuid4().hex}
    first = await stage.owner.http.post("/api/videos", json={"prompt": CHEAP}, headers=key)
    other = await stage.stranger.http.post("/api/videos", json={"prompt": "forbidden-test"}, headers=key)
    again = await stage.owner.http.post("/api/videos", json={"prompt": CHEAP}, headers=key)
    assert (first.status_code, other.status_code, again.status_code) == (200, 200, 200)
    assert other.json()["id"] != first.json()["id"] == again.json()["id"]
    assert SECRET not in other.text

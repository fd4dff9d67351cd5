"""A running studio, the owner of everything in it, and those who must not have it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from PIL import Image

from sora_studio.domain.account import Scope
from sora_studio.subprocesses.postgres import running_postgres
from tests.support.person import Person, join, log_in
from tests.support.plain_http import NO_TLS
from tests.support.studio import RunningStudio, fresh_data_dir, serving

SECRET = f"canary{uuid4().hex}"
"""Stands in everything that is the owner's; nobody else may ever receive it."""

APART = "Apart"
"""The project of the keys that reach nothing else."""

CHEAP = f"{SECRET} forbidden-test"
"""A prompt that the sandbox refuses at once: a whole life of a video for the price of a request."""

MANY = 33
"""Videos of the owner: more than the library's first page."""


_BELONGINGS = """
SELECT id, email, display_name, password_hash, role, disabled_at::text FROM "user" WHERE email = %(email)s
UNION ALL (
    SELECT video.id, title, prompt, model, kind, library_id::text
    FROM video JOIN "user" ON "user".id = owner_id
    WHERE email = %(email)s AND deleted_at IS NULL AND library_id = owner_id ORDER BY video.id
) UNION ALL (
    SELECT video_id, mark, '', '', '', library_id::text FROM video_mark JOIN "user" ON "user".id = library_id
    WHERE email = %(email)s ORDER BY video_id, mark
)"""


@dataclass(frozen=True)
class Stage:
    """Who acts, and what there is to act on; everything here is the owner's."""

    url: str
    owner: Person
    stranger: Person
    revoked: Person
    """The owner's own session, which has ended."""
    nobody: httpx.AsyncClient
    ready: str
    """A finished video."""
    refused: str
    """A failed one, made from a picture."""
    upload: str
    """A picture that no video uses yet."""
    database: psycopg.AsyncConnection
    """The studio's own."""
    keys: Mapping[Scope | None, tuple[str, str]]
    """By scope: two keys of the owner, one with every other scope and one with it alone; None: with all."""
    bound: str
    """A key of the owner with every scope, for a project in which nothing of all this is."""

    async def fresh(self) -> str:
        """Make a video that a test may spoil."""
        return await self.owner.ask(CHEAP)

    async def removed(self) -> str:
        """Make a video and delete it: for a minute it can be brought back."""
        video_id = await self.fresh()
        await self.owner.http.delete(f"/api/videos/{video_id}")
        return video_id

    async def character(self) -> str:
        """Make a character that a test may spoil."""
        wish = {"name": SECRET, "video_id": self.ready}
        answer = await self.owner.http.post("/api/videos/characters", json=wish)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def project(self) -> str:
        """Open a project that a test may spoil; those before go: of one person there are only so many."""
        for each in (await self.owner.http.get("/api/projects")).json()["data"]:
            if each["name"] != APART:
                await self.owner.http.delete(f"/api/projects/{each['id']}")
        answer = await self.owner.http.post("/api/projects", json={"name": SECRET})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def session(self) -> str:
        """Open a session of the owner that a test may end."""
        person = await log_in(self.url, self.owner.email)
        listed = (await person.http.get("/api/users/me/sessions")).json()["data"]
        await person.http.aclose()
        return next(each["id"] for each in listed if each["current"])

    async def key(self) -> str:
        """Make an API key of the owner that a test may end."""
        return (await make_key(self.owner, *Scope))["id"]

    async def batch(self) -> str:
        """Tag the finished video in a way that a test may undo."""
        await self.database.execute("DELETE FROM video_mark WHERE mark LIKE '#%'")  # a video has 20 at most
        wish = {"action": "tag", "tag": uuid4().hex, "select": {"ids": [self.ready]}}
        answer = await self.owner.http.post("/api/videos/batch_actions", json=wish)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def somebody(self) -> str:
        """Open an account that an admin may spoil; the owner is the studio's first, and so its admin."""
        person = await join(self.url, "Somebody")
        account = await person.http.get("/api/users/me")
        await person.http.aclose()
        return account.json()["id"].replace("-", "")

    async def invitation(self) -> str:
        """Make an invitation that a test may take back."""
        answer = await self.owner.http.post("/api/admin/invitations", json={})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def budget(self) -> str:
        """Make a budget that a test may spoil; the sandbox costs nothing, so it bounds nothing."""
        wish = {"scope": "studio", "amount_usd": "1000"}
        answer = await self.owner.http.post("/api/budgets", json=wish)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def webhook_endpoint(self) -> str:
        """Make a webhook endpoint of the owner that a test may spoil; the one before goes."""
        for each in (await self.owner.http.get("/api/webhook_endpoints")).json()["data"]:
            await self.owner.http.delete(f"/api/webhook_endpoints/{each['id']}")
        answer = await self.owner.http.post("/api/webhook_endpoints", json=hook())
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def pictured(self) -> str:
        """Upload a picture that a test may use."""
        return await self.owner.add_picture(picture())

    async def belongings(self) -> Any:
        """Return what nobody else may change; by the API it would take longer than most tests."""
        kept = await (await self.database.execute(_BELONGINGS, {"email": self.owner.email})).fetchall()
        assert len(kept) > MANY
        return kept


@pytest.fixture(scope="session")
def studio() -> Iterator[RunningStudio]:
    """Serve the studio as its users do."""
    settings = {
        "SORA_STUDIO_SANDBOX_SPEED": "20",
        "SORA_SANDBOX_CANNED": "1",
        "SORA_STUDIO_LOG_FORMAT": "json",
    }
    with fresh_data_dir() as data_dir, serving(data_dir, environment=settings) as running:
        yield running


def errors(studio: RunningStudio, *, after: int = 0) -> list[str]:
    """Return what the log says of our own mistakes, each kind once; `after` skips lines."""
    lines = [json.loads(line) for line in studio.log.read_text().splitlines()[after:] if line.startswith("{")]
    mistakes = [line for line in lines if line["level"] in {"error", "critical"}]
    return sorted(
        {
            str([cause["exc_value"] for cause in line.get("exception", [])] or line["event"])
            for line in mistakes
        }
    )


@pytest.fixture(scope="session")
async def stage(studio: RunningStudio) -> AsyncIterator[Stage]:
    """Fill the stage."""
    owner, stranger = await join(studio.url, "Ada"), await join(studio.url, "Grace")
    revoked = await log_in(studio.url, owner.email)
    assert (await revoked.http.post("/api/auth/logout")).status_code == 204
    await owner.http.patch("/api/users/me", json={"display_name": f"Ada {SECRET}"})
    upload, used = [await owner.add_picture(picture()) for _ in range(2)]
    ready = await owner.ask(f"{SECRET} lighthouse")
    refused = await owner.ask(CHEAP, input_reference={"file_id": used})
    many = await asyncio.gather(*(owner.ask(CHEAP) for _ in range(MANY - 2)))
    for video_id in (refused, *many, ready):
        await owner.ended(video_id)
    nobody = httpx.AsyncClient(base_url=studio.url, timeout=60, verify=NO_TLS)
    url = running_postgres(studio.log.with_suffix(""))
    assert url
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as database:
        keys, bound = await keys_of(owner), (await make_bound_key(owner))["key"]
        yield Stage(
            studio.url, owner, stranger, revoked, nobody, ready, refused, upload, database, keys, bound
        )
    for client in (owner.http, stranger.http, revoked.http, nobody):
        await client.aclose()


@pytest.fixture(autouse=True)
async def proven(stage: Stage) -> None:
    """Let everybody have just given their password: some tests come long after the stage was filled."""
    await stage.database.execute("UPDATE session SET proved_at = now()")


def hook() -> dict[str, Any]:
    """Return the wish for a webhook endpoint where nobody is."""
    return {"name": SECRET, "url": "https://hooks.invalid/in", "event_types": ["budget.threshold_reached"]}


async def make_key(person: Person, *scopes: Scope, name: str = SECRET) -> dict[str, Any]:
    """Make an API key."""
    answer = await person.http.post("/api/keys", json={"name": name, "scopes": scopes})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def make_bound_key(person: Person, project_id: str = "") -> dict[str, Any]:
    """Make an API key for one project, of a new one if none is named, with every scope that it can have."""
    if not project_id:
        opened = await person.http.post("/api/projects", json={"name": APART})
        project_id = opened.json()["id"]
    scopes = [scope for scope in Scope if scope is not Scope.WEBHOOKS_WRITE]
    wish = {"name": "bound", "scopes": scopes, "project_id": project_id}
    answer = await person.http.post("/api/keys", json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def keys_of(person: Person) -> Mapping[Scope | None, tuple[str, str]]:
    """Make the keys that the matrix of routes needs."""
    everything = (await make_key(person, *Scope))["key"]
    keys: dict[Scope | None, tuple[str, str]] = {None: (everything, everything)}
    for scope in Scope:
        others = [other for other in Scope if other != scope]
        keys[scope] = ((await make_key(person, *others))["key"], (await make_key(person, scope))["key"])
    return keys


def picture() -> bytes:
    """Return a small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (64, 36), "teal").save(file, "PNG")
    return file.getvalue()

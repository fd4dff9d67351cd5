"""What a key for one project may do there, by its person's role, and what it never may."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sora_studio.domain.ids import parse_public_id
from tests.integration.authorisation.conftest import Stage, make_bound_key, picture
from tests.support.agent import agent
from tests.support.person import Person, join


@dataclass(frozen=True)
class Bound:
    """A key for a project, what is in it, and somebody else who runs it, too."""

    http: httpx.AsyncClient
    key: str
    project: str
    inside: str
    """A video in the project; of its manager's, not of the key's person."""
    person: Person
    manager: Person

    async def become(self, role: str | None) -> None:
        """Give the key's person another role in the project; None: none."""
        me = (await self.person.http.get("/api/users/me")).json()["id"]
        path = f"/api/projects/{self.project}/members/{me}"
        method, body = ("PUT", {"role": role}) if role else ("DELETE", None)
        answer = await self.manager.http.request(method, path, json=body)
        assert answer.is_success, answer.text


@pytest.fixture
async def bound(stage: Stage) -> AsyncIterator[Bound]:
    manager, person = await join(stage.url, "Mina"), await join(stage.url, "Eda")
    project = (await manager.http.post("/api/projects", json={"name": "Together"})).json()["id"]
    member = {"email": person.email, "role": "editor"}
    assert (await manager.http.post(f"/api/projects/{project}/members", json=member)).is_success
    inside = await manager.ask("forbidden-test", project_id=project)
    key = (await make_bound_key(person, project))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=stage.url, timeout=60, headers=headers) as http:
        yield Bound(http, key, project, inside, person, manager)
    for each in (manager, person):
        await each.http.aclose()


def ids(answer: httpx.Response) -> list[str]:
    return [each["id"] for each in answer.json()["data"]]


async def test_it_works_in_its_project_as_its_person_does(bound: Bound):
    http = bound.http
    made = (await http.post("/api/videos", json={"prompt": "forbidden-test"})).json()
    assert made["project_id"] == bound.project
    named = {"prompt": "forbidden-test", "project_id": bound.project}
    also = (await http.post("/api/videos", json=named)).json()["id"]
    assert ids(await http.get("/api/videos")) == [also, made["id"], bound.inside]
    assert ids(await http.get("/api/videos", params={"project": bound.project}))[2] == bound.inside
    statuses = await http.get("/api/videos/status", params={"ids": bound.inside})
    assert ids(statuses) == [bound.inside]
    path = f"/api/videos/{bound.inside}"
    assert (await http.patch(path, json={"title": "Ours"})).json()["title"] == "Ours"
    stays = await http.patch(f"/api/videos/{also}", json={"project_id": bound.project})
    assert stays.json()["project_id"] == bound.project
    assert (await http.get(f"{path}/activity")).status_code == 200
    assert (await http.post(f"{path}/queue", json={"to": "first"})).status_code == 403
    assert (await http.delete(path)).status_code == 200
    assert (await http.post(f"{path}/restore")).json()["id"] == bound.inside
    gone = await http.post(
        "/api/videos/batch_actions", json={"action": "delete", "select": {"ids": [bound.inside]}}
    )
    undone = await http.post(f"/api/videos/batch_actions/{gone.json()['id']}/undo")
    assert (undone.status_code, undone.json()["count"]) == (200, 1)
    assert ids(await http.get("/api/projects")) == [bound.project]
    assert (await http.get(f"/api/projects/{bound.project}")).json()["name"] == "Together"
    usage = await http.get("/api/usage", params={"group_by": "project"})
    assert [row["key"] for row in usage.json()["data"]] == [bound.project]


async def test_what_its_person_has_elsewhere_is_not_there(bound: Bound):
    mine = await bound.person.ask("forbidden-test")
    upload = await bound.person.add_picture(picture())
    other = (await bound.person.http.post("/api/projects", json={"name": "Other"})).json()["id"]
    before = await bound.person.video(mine)
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/api/videos/{mine}", None),
        ("GET", f"/api/videos/{mine}/content", None),
        ("PATCH", f"/api/videos/{mine}", {"title": "taken"}),
        ("PATCH", f"/api/videos/{mine}", {"project_id": bound.project}),
        ("DELETE", f"/api/videos/{mine}", None),
        ("POST", f"/api/videos/{mine}/remix", {"prompt": "forbidden-test"}),
        ("POST", "/api/videos/remix", {"remix_video_id": mine, "prompt": "forbidden-test"}),
        ("POST", "/api/videos/edits", {"video": {"id": mine}, "prompt": "forbidden-test"}),
        ("POST", "/api/videos", {"prompt": "forbidden-test", "project_id": other}),
        ("PATCH", f"/api/videos/{bound.inside}", {"project_id": None}),
        ("PATCH", f"/api/videos/{bound.inside}", {"project_id": other}),
        ("GET", f"/api/videos?project={other}", None),
        ("GET", f"/api/projects/{other}", None),
        ("GET", f"/api/usage?scope=project:{other}", None),
        ("GET", "/api/usage?scope=mine", None),
        ("GET", "/api/usage?scope=studio", None),
        ("GET", f"/api/uploads/{upload}", None),
        ("DELETE", f"/api/uploads/{upload}", None),
        ("GET", "/api/videos/characters", None),
    ]
    answers = [await bound.http.request(method, path, json=body) for method, path, body in asked]
    assert [answer.status_code for answer in answers] == [404] * len(asked)
    assert ids(await bound.http.get("/api/videos/status", params={"ids": mine})) == []
    assert await bound.person.video(mine) == before
    assert (await bound.person.video(bound.inside))["project_id"] == bound.project


async def test_what_a_video_was_made_from_is_hidden_where_it_cannot_reach_that(bound: Bound, stage: Stage):
    mine = await bound.person.ask("forbidden-test")
    also = await bound.person.ask("forbidden-test", project_id=bound.project)

    async def made_from(parent: str) -> set[str | None]:
        change = "UPDATE video SET parent_id = %s WHERE id = %s"
        await stage.database.execute(change, [parse_public_id(each) for each in (parent, bound.inside)])
        path = f"/api/videos/{bound.inside}"
        found = [(await bound.http.get(path)).json(), (await bound.http.patch(path, json={})).json()]
        found += (await bound.http.get("/api/videos")).json()["data"]
        async with agent(stage.url, bound.key) as client:
            found.append((await client.call_tool("get_video", {"video_id": bound.inside})).structured_content)
            found += (await client.call_tool("list_videos", {})).structured_content["data"]
        return {each["remixed_from_video_id"] for each in found if each["id"] == bound.inside}

    assert await made_from(mine) == {None}
    assert (await bound.person.video(bound.inside))["remixed_from_video_id"] == mine
    assert await made_from(also) == {also}


async def test_files_that_came_with_it_are_all_that_it_can_name(bound: Bound):
    theirs = await bound.person.add_picture(picture())
    sent = await bound.http.post("/api/uploads", files={"file": ("p.png", picture(), "image/png")})
    mine = sent.json()["id"]
    wish = {"prompt": "forbidden-test", "input_reference": {"file_id": theirs}}
    refused = await bound.http.post("/api/videos", json=wish)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_file_id")
    taken = await bound.http.post("/api/videos", json=wish | {"input_reference": {"file_id": mine}})
    assert (taken.status_code, taken.json()["project_id"]) == (200, bound.project)
    assert (await bound.person.http.get(f"/api/uploads/{mine}")).status_code == 200
    assert (await bound.http.delete(f"/api/uploads/{mine}")).status_code == 200


async def test_a_request_that_comes_again_finds_nothing_that_has_left_the_project(bound: Bound):
    again = {"Idempotency-Key": "once"}
    body = {"prompt": "forbidden-test"}
    made = (await bound.http.post("/api/videos", json=body, headers=again)).json()["id"]
    assert (await bound.http.post("/api/videos", json=body, headers=again)).json()["id"] == made
    assert (await bound.person.http.patch(f"/api/videos/{made}", json={"project_id": None})).is_success
    answer = await bound.http.post("/api/videos", json=body, headers=again)
    assert (answer.status_code, made in answer.text) == (404, False)


async def test_a_role_that_is_lost_is_lost_to_the_key_at_once(bound: Bound, stage: Stage):
    path = f"/api/videos/{bound.inside}"
    await bound.become("viewer")
    looks = [await bound.http.get(each) for each in (path, "/api/videos", "/api/models", "/api/usage")]
    assert [answer.status_code for answer in looks] == [200] * 4
    acts = [
        await bound.http.patch(path, json={"title": "mine"}),
        await bound.http.delete(path),
        await bound.http.post("/api/videos", json={"prompt": "forbidden-test"}),
        await bound.http.post("/api/uploads", files={"file": ("p.png", picture(), "image/png")}),
    ]
    assert [answer.status_code for answer in acts] == [403] * 4
    await bound.become(None)
    looks = [await bound.http.get(each) for each in (path, "/api/videos", "/api/models", "/api/usage")]
    assert [answer.status_code for answer in looks] == [404] * 4
    async with agent(stage.url, bound.key) as client:
        answer = await client.call_tool("get_video", {"video_id": bound.inside})
        assert (answer.is_error, answer.structured_content["error"]["code"]) == (True, "not_found")


async def test_an_agent_with_it_works_in_the_project(bound: Bound, stage: Stage):
    mine = await bound.person.ask("forbidden-test")
    async with agent(stage.url, bound.key) as client:
        made = await client.call_tool("create_video", {"prompt": "forbidden-test"})
        assert made.structured_content["project_id"] == bound.project
        listed = await client.call_tool("list_videos", {})
        found = [each["id"] for each in listed.structured_content["data"]]
        assert found == [made.structured_content["id"], bound.inside]
        away = await client.call_tool("get_video", {"video_id": mine})
        assert away.structured_content["error"]["code"] == "not_found"
        spent = await client.call_tool("get_usage", {"group_by": "project"})
        assert [row["key"] for row in spent.structured_content["data"]] == [bound.project]


async def test_no_key_is_made_for_a_project_that_one_is_not_in(bound: Bound, stage: Stage):
    wish = {"name": "x", "scopes": ["videos:read"], "project_id": bound.project}
    answer = await stage.stranger.http.post("/api/keys", json=wish)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "There is no such project.")
    wish["scopes"] = ["videos:read", "webhooks:write"]
    answer = await bound.person.http.post("/api/keys", json=wish)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "scopes")
    assert "cannot manage webhooks" in answer.json()["error"]["message"]


async def test_it_goes_with_its_project(stage: Stage):
    person = await join(stage.url, "Lone")
    project = (await person.http.post("/api/projects", json={"name": "Short"})).json()["id"]
    key = (await make_bound_key(person, project))["key"]
    assert (await person.http.delete(f"/api/projects/{project}")).status_code == 204
    answer = await person.http.get("/api/videos", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401
    assert (await person.http.get("/api/keys")).json()["data"] == []
    await person.http.aclose()

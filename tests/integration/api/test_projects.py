"""Projects over HTTP: who is in one shares its library, each as far as their role goes."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.api.conftest import PASSWORD, Person

CHEAP = "forbidden-test of a shared lighthouse"
"""The sandbox refuses it at once."""


def me(person: Person) -> str:
    return person.http.get("/users/me").json()["id"]


def open_project(person: Person, *others: tuple[Person, str]) -> str:
    """Open a project and let others in."""
    answer = person.http.post("/projects", json={"name": "Launch film"})
    assert answer.status_code == 201, answer.text
    project = answer.json()["id"]
    for other, role in others:
        assert put(person, project, other, role).status_code == 200
    return project


def put(manager: Person, project: str, other: Person, role: str) -> httpx.Response:
    return manager.http.put(f"/projects/{project}/members/{me(other)}", json={"role": role})


def ask(person: Person, project: str | None = None) -> dict[str, Any]:
    answer = person.http.post("/videos", json={"prompt": CHEAP, "project_id": project})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(person: Person, project: str | None = None, **params: str) -> list[str]:
    answer = person.http.get("/videos", params={**({"project": project} if project else {}), **params})
    assert answer.status_code == 200, answer.text
    return [video["id"] for video in answer.json()["data"]]


def test_a_project_is_a_library_of_its_own(ada: Person, eve: Person):
    project = open_project(ada, (eve, "editor"))
    own, shared, hers = ask(ada), ask(ada, project), ask(eve, project)
    assert (own["project_id"], shared["project_id"]) == (None, project)
    assert ids(ada) == [own["id"]]
    assert ids(eve) == []
    assert ids(ada, project) == ids(eve, project) == [hers["id"], shared["id"]]
    assert ids(eve, project, q="lighthouse") == [hers["id"], shared["id"]]
    assert ids(ada, q="lighthouse") == [own["id"]]
    assert ada.http.post("/projects", json={"name": "Sequel"}).status_code == 201
    listed = ada.http.get("/projects").json()["data"]
    assert [(each["name"], each["role"], each["members"], each["videos"]) for each in listed] == [
        ("Launch film", "manager", 2, 2),
        ("Sequel", "manager", 1, 0),
    ]


def test_what_a_project_spent_is_its_members_to_read(ada: Person, eve: Person):
    project = open_project(ada)
    ask(ada, project)
    ask(ada)
    usage = ada.http.get("/usage", params={"scope": f"project:{project}"}).json()
    assert usage["totals"]["count"] == 1
    assert ada.http.get("/usage").json()["totals"]["count"] == 2
    assert eve.http.get("/usage", params={"scope": f"project:{project}"}).status_code == 404
    assert put(ada, project, eve, "viewer").status_code == 200
    assert eve.http.get("/usage", params={"scope": f"project:{project}"}).json() == usage


def test_who_is_not_in_a_project_finds_nothing_of_it(ada: Person, eve: Person):
    project = open_project(ada)
    video = ask(ada, project)["id"]
    for method, path, body in [
        ("GET", f"/projects/{project}", None),
        ("PATCH", f"/projects/{project}", {"name": "Mine"}),
        ("DELETE", f"/projects/{project}", None),
        ("PUT", f"/projects/{project}/members/{me(eve)}", {"role": "manager"}),
        ("DELETE", f"/projects/{project}/members/{me(ada)}", None),
        ("GET", f"/videos?project={project}", None),
        ("POST", "/videos", {"prompt": CHEAP, "project_id": project}),
        ("GET", f"/videos/{video}", None),
        ("PATCH", f"/videos/{ask(eve)['id']}", {"project_id": project}),
    ]:
        assert eve.http.request(method, path, json=body).status_code == 404, (method, path)
    assert eve.http.get("/videos/status", params={"ids": video}).json()["data"] == []


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 200), ("manager", 200)])
def test_a_role_says_how_far_it_goes(ada: Person, eve: Person, role: str, status: int):
    project = open_project(ada, (eve, role))
    video = ask(ada, project)["id"]
    assert eve.http.get(f"/videos/{video}").status_code == 200
    assert eve.http.get(f"/videos/{video}/activity").status_code == 200
    assert eve.http.get("/videos/status", params={"ids": video}).json()["data"][0]["id"] == video
    makes = {"prompt": CHEAP, "project_id": project}
    assert eve.http.post("/videos", json=makes).status_code == status
    assert eve.http.patch(f"/videos/{video}", json={"title": "Ours"}).status_code == status
    assert eve.http.delete(f"/videos/{video}").status_code == status
    if status == 200:
        assert eve.http.post(f"/videos/{video}/restore").status_code == 200
    runs = 200 if role == "manager" else 403
    assert eve.http.patch(f"/projects/{project}", json={"name": "Ours"}).status_code == runs


def test_a_role_that_ends_opens_nothing_any_more(ada: Person, eve: Person):
    project = open_project(ada, (eve, "editor"))
    hers = ask(eve, project)["id"]
    assert ada.http.delete(f"/projects/{project}/members/{me(eve)}").status_code == 204
    assert eve.http.get(f"/videos/{hers}").status_code == 404
    assert ada.http.get(f"/videos/{hers}").status_code == 200


def test_a_video_moves_by_its_maker_alone(ada: Person, eve: Person):
    project = open_project(ada, (eve, "editor"))
    video = ask(ada)["id"]
    assert eve.http.patch(f"/videos/{video}", json={"project_id": project}).status_code == 404
    moved = ada.http.patch(f"/videos/{video}", json={"project_id": project, "title": "Ours"})
    assert (moved.status_code, moved.json()["project_id"], moved.json()["title"]) == (200, project, "Ours")
    assert ids(eve, project) == [video]
    assert eve.http.patch(f"/videos/{video}", json={"project_id": None}).status_code == 403
    assert ada.http.patch(f"/videos/{video}", json={"project_id": None}).json()["project_id"] is None
    assert ids(ada) == [video]


def test_somebody_always_runs_a_project(ada: Person, eve: Person):
    project = open_project(ada, (eve, "editor"))
    for answer in (
        put(ada, project, ada, "viewer"),
        ada.http.delete(f"/projects/{project}/members/{me(ada)}"),
        ada.http.request("DELETE", "/users/me", json={"password": PASSWORD}),
    ):
        assert answer.status_code == 409, answer.text
    assert put(ada, project, eve, "manager").status_code == 200
    assert ada.http.delete(f"/projects/{project}/members/{me(ada)}").status_code == 204
    assert eve.http.get(f"/projects/{project}").json()["members"] == 1


def test_what_somebody_made_in_a_project_outlives_their_account(ada: Person, eve: Person):
    project = open_project(ada, (eve, "editor"))
    hers = ask(eve, project)["id"]
    assert eve.http.request("DELETE", "/users/me", json={"password": PASSWORD}).status_code == 204
    assert ids(ada, project) == [hers]
    assert ada.http.get(f"/videos/{hers}").json()["prompt"] == CHEAP


def test_a_project_with_videos_is_not_deleted_and_an_empty_one_is(ada: Person):
    project, empty = open_project(ada), open_project(ada)
    ask(ada, project)
    assert ada.http.delete(f"/projects/{project}").status_code == 409
    assert ada.http.delete(f"/projects/{empty}").status_code == 204
    assert ada.http.get(f"/projects/{empty}").status_code == 404


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\u0000b"])
def test_a_project_has_a_name_that_can_be_read(ada: Person, name: str):
    answer = ada.http.post("/projects", json={"name": name})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "name")


def test_nobody_is_let_in_who_has_no_account(ada: Person):
    project = open_project(ada)
    answer = ada.http.put(f"/projects/{project}/members/{uuid4()}", json={"role": "viewer"})
    assert answer.status_code == 404


def test_somebody_is_let_in_by_their_address(ada: Person, eve: Person):
    project = open_project(ada)
    members = f"/projects/{project}/members"
    email = eve.http.get("/users/me").json()["email"]
    unknown = ada.http.post(members, json={"email": "nobody@example.org", "role": "editor"})
    assert (unknown.status_code, unknown.json()["error"]["param"]) == (400, "email")
    added = ada.http.post(members, json={"email": email.upper(), "role": "viewer"})
    assert (added.status_code, added.json()["user_id"], added.json()["role"]) == (201, me(eve), "viewer")
    assert ada.http.post(members, json={"email": email, "role": "editor"}).status_code == 409
    assert eve.http.post(members, json={"email": email, "role": "manager"}).status_code == 403
    assert eve.http.get(f"/projects/{project}").json()["role"] == "viewer"


def test_projects_come_in_pages(ada: Person):
    projects = sorted(open_project(ada) for _ in range(3))  # of one name: then the id counts
    first = ada.http.get("/projects", params={"limit": 2}).json()
    second = ada.http.get("/projects", params={"limit": 2, "after": first["last_id"]}).json()
    assert [each["id"] for each in first["data"] + second["data"]] == projects
    assert (first["has_more"], second["has_more"]) == (True, False)

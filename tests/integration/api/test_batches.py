"""Stars, tags and several videos at once, over HTTP."""

from typing import Any

import httpx

from tests.integration.api.conftest import Person

CHEAP = "forbidden-test"
LATE = 4_000_000_000  # seconds: whatever is there


def act(person: Person, action: str, select: dict[str, Any], **more: Any) -> httpx.Response:
    wish = {"action": action, "select": select, **more}
    return person.http.post("/videos/batch_actions", json=wish)


def ask(person: Person, prompt: str) -> str:
    return person.http.post("/videos", json={"prompt": f"{CHEAP} {prompt}"}).json()["id"]


def listed(person: Person, q: str = "") -> list[str]:
    return [each["id"] for each in person.http.get("/videos", params={"q": q}).json()["data"]]


def test_stars_and_tags_are_set_and_found(ada: Person):
    one, two = ask(ada, "one"), ask(ada, "two")
    body = ada.http.patch(f"/videos/{one}", json={"stars": 4, "tags": ["Client", "night shots"]}).json()
    assert (body["stars"], body["tags"]) == (4, ["client", "night-shots"])
    assert ada.http.get(f"/videos/{two}").json()["tags"] == []
    assert listed(ada, "stars:>=4") == listed(ada, "#client one") == [one]
    title = ada.http.get(f"/videos/{two}").json()["title"]
    for wrong in ({"stars": 6}, {"tags": ["-"]}, {"tags": ["x" * 41]}):
        refused = ada.http.patch(f"/videos/{two}", json={"title": "Half", **wrong})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, *wrong)
    assert ada.http.get(f"/videos/{two}").json()["title"] == title


def test_all_that_match_are_deleted_and_brought_back(ada: Person):
    one, two, kept = ask(ada, "fox one"), ask(ada, "fox two"), ask(ada, "fox kept")
    seen = ada.http.get(f"/videos/{kept}").json()["created_at"]
    assert act(ada, "delete", {"query": "fox", "until": seen - 60}).json()["count"] == 0
    done = act(ada, "delete", {"query": "fox", "except": [kept], "until": seen}).json()
    assert (done["object"], done["count"], listed(ada)) == ("video.batch_action", 2, [kept])
    undone = ada.http.post(f"/videos/batch_actions/{done['id']}/undo")
    assert (undone.json()["count"], listed(ada)) == (2, [kept, two, one])
    assert ada.http.post(f"/videos/batch_actions/{done['id']}/undo").status_code == 404


def test_what_makes_no_sense_is_refused_and_changes_nothing(ada: Person):
    one = ask(ada, "one")
    for action, select, more in (
        ("star", {"ids": [one]}, {}),
        ("star", {"ids": [one]}, {"stars": 9}),
        ("tag", {"ids": [one]}, {"tag": ""}),
        ("delete", {}, {}),
        ("delete", {"query": ""}, {}),
        ("delete", {"ids": ["video_nonsense"]}, {}),
        ("delete", {"ids": one}, {}),
        ("delete", {"ids": [one], "except": [one]}, {}),
        ("delete", {"ids": [one], "status": "failed"}, {}),
        *(
            ("delete", {"query": "", "until": LATE, **select}, more)
            for select, more in (
                ({"except": ["video_nonsense"]}, {}),
                ({"exept": [one]}, {}),
                ({}, {"projectid": one}),
                ({"status": ""}, {}),
                ({"status": " , "}, {}),
                ({"query": "-two"}, {}),
                ({"query": "stars:9"}, {}),
            )
        ),
        ("delete", {"ids": [one], "query": ""}, {}),
        ("delete", {"ids": [f"video_{number:032x}" for number in range(1_001)]}, {}),
        ("delete", {"query": "", "until": LATE, "status": "gone"}, {}),
        ("rename", {"ids": [one]}, {}),
    ):
        answer = act(ada, action, select, **more)
        assert answer.status_code in {400, 422}, answer.text
        assert answer.json()["error"]["message"]
    wrong = act(ada, "delete", {"query": "", "until": LATE, "except": ["video_nonsense"]})
    assert wrong.json()["error"]["param"] == "except"
    assert listed(ada) == [one]


def test_a_key_deletes_only_with_the_scope_for_it(ada: Person):
    one = ask(ada, "one")
    made = ada.http.post("/keys", json={"name": "x", "scopes": ["videos:write"]}).json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    wish = {"action": "delete", "select": {"ids": [one]}}
    assert ada.http.post("/videos/batch_actions", json=wish, headers=bearer).status_code == 403
    rate = {"action": "star", "stars": 2, "select": {"ids": [one]}}
    assert ada.http.post("/videos/batch_actions", json=rate, headers=bearer).json()["count"] == 1

"""Each fault does to a plain HTTP client what its name says, and the ledger tells what really happened."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.plain_http import NO_TLS
from tests.support.sandbox import RunningSandbox, running_sandbox
from tests.support.waiting import PATIENCE, wait_until

_HASTE = httpx.Timeout(PATIENCE, read=0.5)


def _create(http: httpx.Client, **headers: str) -> dict[str, Any]:
    return http.post("/videos", json={"prompt": "a dog"}, headers=headers).json()


def _finished(http: httpx.Client) -> str:
    video_id = _create(http)["id"]
    wait_until(lambda: http.get(f"/videos/{video_id}").json()["status"] == "completed")
    return video_id


def test_without_the_flag_there_is_no_control(tmp_path: Path):
    with running_sandbox(tmp_path) as sandbox:
        for method in ("GET", "PUT", "POST", "DELETE"):
            assert (
                httpx.request(method, f"{sandbox.base_url[:-2]}faults", json=[], verify=NO_TLS).status_code
                == 404
            )


def test_the_control_is_behind_the_key(tmp_path: Path):
    with running_sandbox(tmp_path, faults=True, api_key="sk-right") as sandbox:
        assert httpx.get(f"{sandbox.base_url[:-2]}faults", verify=NO_TLS).status_code == 401
        sandbox.fault(create="500")
        assert len(sandbox.faults()) == 1


@pytest.mark.parametrize(
    ("recipe", "accepted", "broken"),
    [
        ("reset", 0, httpx.ReadError),
        ("accept-then-reset", 1, httpx.ReadError),
        ("close", 0, httpx.RemoteProtocolError),
        ("accept-then-close", 1, httpx.RemoteProtocolError),
        ("hang", 0, httpx.ReadTimeout),
        ("accept-then-hang", 1, httpx.ReadTimeout),
    ],
)
def test_a_connection_breaks_with_the_job_taken_or_not(
    box: RunningSandbox, http: httpx.Client, recipe: str, accepted: int, broken: type[Exception]
):
    box.fault(create=recipe, times=1)
    jobs, posts = len(box.ledger()), box.seen()["create"]
    with pytest.raises(broken):
        http.post("/videos", json={"prompt": "a dog"}, timeout=_HASTE if "hang" in recipe else PATIENCE)

    wait_until(lambda: len(box.ledger()) == jobs + accepted)
    assert box.seen()["create"] == posts + 1
    assert "id" in _create(http)  # once was enough


@pytest.mark.parametrize("accept", ["", "accept-then-"])
@pytest.mark.parametrize(
    ("recipe", "status", "kind", "text"),
    [
        ("500", 500, "application/json", "server_error"),
        ("502", 502, "application/json", "A fault was asked for: 502."),
        ("400", 400, "application/json", "invalid_request_error"),
        ("401", 401, "application/json", "authentication_error"),
        ("403", 403, "application/json", "permission_error"),
        ("garbage", 200, "application/json", '{"id": ]'),
        ("html", 200, "text/html", "<h1>"),
        ("empty", 200, "text/html", ""),
        ("wrong-object", 200, "application/json", '"list"'),
        ("missing-id", 200, "application/json", '"queued"'),
    ],
)
def test_an_answer_is_replaced_with_the_job_taken_or_not(
    box: RunningSandbox, http: httpx.Client, accept: str, recipe: str, status: int, kind: str, text: str
):
    box.fault(create=accept + recipe, times=1)
    jobs = len(box.ledger())
    answer = http.post("/videos", json={"prompt": "a dog"})

    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    assert text in answer.text
    assert len(box.ledger()) == jobs + bool(accept)


@pytest.mark.parametrize("wait", ["2", None, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_429_says_when_to_come_back_as_asked(box: RunningSandbox, http: httpx.Client, wait: str | None):
    box.fault(create="429", headers={"Retry-After": wait} if wait else {}, times=2)
    answers = [http.post("/videos", json={"prompt": "a dog"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers.get("retry-after") == wait
    assert answers[0].json()["error"]["type"] == "rate_limit_error"


def test_an_answer_is_late(box: RunningSandbox, http: httpx.Client):
    box.fault(create={"delay_ms": 300}, times=1)
    began = time.monotonic()

    assert "id" in _create(http)
    assert time.monotonic() - began >= 0.3


def test_the_ledger_counts_what_came_in_by_key(box: RunningSandbox, http: httpx.Client):
    box.fault(create="accept-then-502", times=1)
    for _ in range(3):
        http.post("/videos", json={"prompt": "a dog"}, headers={"Idempotency-Key": "click"})
    box.fault(create="500", times=1)
    http.post("/videos", json={"prompt": "a dog"}, headers={"Idempotency-Key": "refused"})

    (job,) = (job for job in box.ledger() if job["idempotency_key"] == "click")
    assert (job["posts"], job["kind"], job["prompt"]) == (3, "create", "a dog")
    assert box.posts()["refused"] == 1
    before = box.seen()
    http.get(f"/videos/{job['id']}")
    http.get("/videos")
    assert {name: n - before[name] for name, n in box.seen().items() if n != before[name]} == {
        "retrieve": 1,
        "list": 1,
    }


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"status": "paused"}, "paused"),
        ({"progress": 150}, 150),
        ({"progress": -1}, -1),
        ({"progress": "45%"}, "45%"),
        ({"progress": None}, None),
        ({"expires_at": 1_000}, 1_000),
        ({"expires_at": 1_800_000_000_000}, 1_800_000_000_000),
    ],
)
def test_fields_are_replaced_in_every_view_of_a_video(
    box: RunningSandbox, http: httpx.Client, fields: dict[str, Any], shown: Any
):
    (name,) = fields
    video_id = _create(http)["id"]
    box.fault(poll={"set": fields})

    assert http.get(f"/videos/{video_id}").json()[name] == shown
    assert http.get("/videos").json()["data"][0][name] == shown


def test_a_list_of_values_is_used_in_turn_and_fields_can_be_missing(box: RunningSandbox, http: httpx.Client):
    video_id = _finished(http)
    box.fault(retrieve={"set": {"progress": [50, 20, 80]}, "omit": ["expires_at"]})
    answers = [http.get(f"/videos/{video_id}").json() for _ in range(4)]

    assert [answer["progress"] for answer in answers] == [50, 20, 80, 80]
    assert "expires_at" not in answers[0]


def test_a_failed_job_is_told_as_a_500_with_the_video_in_it(box: RunningSandbox, http: httpx.Client):
    video_id = _finished(http)
    box.fault(retrieve="video-as-500", times=1)
    answer = http.get(f"/videos/{video_id}")

    assert answer.status_code == 500
    assert (answer.json()["object"], answer.json()["id"], answer.json()["status"]) == (
        "video",
        video_id,
        "failed",
    )


def test_progress_stays_at_nothing_until_the_end(box: RunningSandbox, http: httpx.Client):
    box.fault(job={"instant_ms": 300}, poll="no-progress")
    video_id = _create(http)["id"]
    seen: list[tuple[str, int]] = []

    def completed() -> bool:
        video = http.get(f"/videos/{video_id}").json()
        seen.append((video["status"], video["progress"]))
        return video["status"] == "completed"

    wait_until(completed)
    assert {progress for status, progress in seen if status != "completed"} == {0}
    assert seen[-1] == ("completed", 100)


def test_an_instant_job_costs_no_rendering_and_has_all_files(box: RunningSandbox, http: httpx.Client):
    video_id = _finished(http)
    mp4, webp, jpg = (
        http.get(f"/videos/{video_id}/content", params={"variant": variant}).content
        for variant in ("video", "thumbnail", "spritesheet")
    )

    assert (mp4[4:8], webp[8:12], jpg[:2]) == (b"ftyp", b"WEBP", b"\xff\xd8")
    assert box.workers() == []
    http.delete(f"/videos/{video_id}")
    assert http.get(f"/videos/{_finished(http)}/content").content == mp4


def test_instant_jobs_wait_for_no_worker(box: RunningSandbox, http: httpx.Client):
    box.fault(job={"instant_ms": 2_000})
    ids = [_create(http)["id"] for _ in range(20)]
    wait_until(
        lambda: {http.get(f"/videos/{video_id}").json()["status"] for video_id in ids} == {"completed"}
    )

    assert len(ids) == len(set(ids))


def test_jobs_have_the_fate_that_was_asked_for(box: RunningSandbox, http: httpx.Client):
    box.fault(job="stuck", times=1)
    stuck = _create(http)["id"]
    box.fault(job={"error": {"code": "out_of_memory", "message": "No memory is left."}}, times=1)
    failed = _create(http)["id"]
    box.fault(job="long-id", times=1)
    long = _create(http)["id"]

    wait_until(lambda: http.get(f"/videos/{failed}").json()["status"] == "failed")
    assert http.get(f"/videos/{failed}").json()["error"]["code"] == "out_of_memory"
    wait_until(lambda: http.get(f"/videos/{stuck}").json()["status"] == "in_progress")
    assert http.delete(f"/videos/{stuck}").status_code == 200
    assert len(long) == 266
    wait_until(lambda: http.get(f"/videos/{long}").json()["status"] == "completed")
    assert http.get(f"/videos/{long}/content").status_code == 200


def test_a_file_expires_when_asked(box: RunningSandbox, http: httpx.Client):
    box.fault(job={"expires_ms": 300}, times=1)
    video_id = _finished(http)

    def expired() -> bool:
        return http.get(f"/videos/{video_id}/content").status_code == 404

    wait_until(expired)
    assert http.get(f"/videos/{video_id}").json()["status"] == "completed"


def test_a_stuck_job_is_stuck_after_a_restart(tmp_path: Path):
    with (
        running_sandbox(tmp_path, faults=True) as box,
        httpx.Client(base_url=box.base_url, verify=NO_TLS) as http,
    ):
        box.fault(job="stuck")
        video_id = _create(http, **{"Idempotency-Key": "click"})["id"]
        wait_until(lambda: http.get(f"/videos/{video_id}").json()["status"] == "in_progress")
    with (
        running_sandbox(tmp_path, faults=True) as again,
        httpx.Client(base_url=again.base_url, verify=NO_TLS) as http,
    ):
        wait_until(lambda: http.get(f"/videos/{video_id}").json()["status"] == "in_progress")
        assert again.workers() == []
        assert again.posts() == {"click": 1}


def test_a_body_is_cut_off_at_a_share_of_its_announced_length(box: RunningSandbox, http: httpx.Client):
    video_id = _finished(http)
    whole = http.get(f"/videos/{video_id}/content").content
    box.fault(content={"share": 0.3}, times=1)
    parts: list[bytes] = []
    with http.stream("GET", f"/videos/{video_id}/content") as answer:
        with pytest.raises(httpx.RemoteProtocolError):
            parts.extend(answer.iter_raw())  # keeps what came before the end
        announced = int(answer.headers["content-length"])

    assert announced == len(whole)
    assert b"".join(parts) == whole[: int(0.3 * len(whole))]


def test_a_body_drips(box: RunningSandbox, http: httpx.Client):
    video_id = _finished(http)
    box.fault(content={"bytes_per_second": 200, "body": "x" * 100, "headers": {"content-type": "video/mp4"}})
    began = time.monotonic()

    assert http.get(f"/videos/{video_id}/content").text == "x" * 100
    assert time.monotonic() - began >= 0.4


def test_a_body_has_no_end(box: RunningSandbox, http: httpx.Client):
    video_id = _finished(http)
    box.fault(content="endless", times=1)
    size, start = 0, b""
    with http.stream("GET", f"/videos/{video_id}/content") as answer:
        for part in answer.iter_bytes():
            size, start = size + len(part), start or part
            if size > 5_000_000:
                break

    assert "content-length" not in answer.headers
    assert start[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("json-as-mp4", 200, "video/mp4"),
        ("html-as-mp4", 200, "video/mp4"),
        ("404", 404, "application/json"),
        ("410", 410, "application/json"),
        ({"status": 302, "headers": {"location": "http://127.0.0.1:1/a.mp4"}}, 302, "video/mp4"),
    ],
)
def test_content_is_something_else(
    box: RunningSandbox, http: httpx.Client, fault: Any, status: int, kind: str
):
    video_id = _finished(http)
    box.fault(content=fault, times=1)
    answer = http.get(f"/videos/{video_id}/content", follow_redirects=False)

    assert answer.status_code == status
    if status == 302:
        assert answer.headers["location"] == "http://127.0.0.1:1/a.mp4"
    else:
        assert answer.headers["content-type"] == kind
        assert b"ftyp" not in answer.content


def test_of_two_faults_the_later_one_wins_and_both_are_listed(box: RunningSandbox, http: httpx.Client):
    video_id = _finished(http)
    box.clear()
    box.fault(retrieve={"set": {"progress": 7}})
    box.fault(retrieve="500", times=1)

    assert http.get(f"/videos/{video_id}").status_code == 500
    assert http.get(f"/videos/{video_id}").json()["progress"] == 7
    assert box.faults() == [{"at": "retrieve", "set": {"progress": 7}, "hits": 2}]
    box.clear("retrieve")
    assert box.faults() == []


@pytest.mark.parametrize(
    ("fault", "param"),
    [
        ({"at": "nowhere"}, "at"),
        ({"at": "create", "do": "explode"}, "do"),
        ({"at": "create", "do": "999"}, "status"),
        ({"at": "create", "colour": "red"}, "colour"),
        ({}, "at"),
    ],
)
def test_nonsense_is_refused_and_nothing_is_added(box: RunningSandbox, fault: Any, param: str):
    before = box.faults()
    answer = httpx.post(
        f"{box.base_url[:-2]}faults", json=[{"at": "create", "do": "500"}, fault], verify=NO_TLS
    )

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert box.faults() == before

"""Every dialect's rows over plain HTTP: what each server takes, has, shows and refuses."""

import base64
import io
import re
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from sora_sandbox.dialects import DIALECTS
from tests.support.plain_http import NO_TLS
from tests.support.sandbox import RunningSandbox, running, running_sandbox
from tests.support.waiting import PATIENCE, wait_until

OTHERS = sorted(DIALECTS.keys() - {"openai"})
MODELS = {name: dialect.models[0] for name, dialect in DIALECTS.items()}
WORDS = {"litellm": "completed", "new-api": "SUCCESS"}


class Server:
    """One dialect's server, and a client that speaks to it."""

    def __init__(self, name: str, box: RunningSandbox) -> None:
        self.name, self.box = name, box
        self.http = httpx.Client(base_url=box.base_url, timeout=PATIENCE, verify=NO_TLS)

    def create(self, **fields: Any) -> httpx.Response:
        """Create by a form, as the SDK does."""
        wanted = {"prompt": "a dog", "model": MODELS[self.name], **fields}
        return self.http.post(
            "/videos", files={k: (None, str(v)) for k, v in wanted.items() if v is not None}
        )

    def show(self, video_id: str) -> dict[str, Any]:
        return self.http.get(f"/videos/{video_id}").json()

    def job(self, fate: Any, **fields: Any) -> str:
        """Create a job with a fate, and wait until that is fulfilled."""
        self.box.clear()
        self.box.fault(job=fate)
        video_id = self.create(**fields).json()["id"]
        wanted = "in_progress" if fate == "stuck" else "failed" if "error" in fate else "completed"
        wait_until(
            lambda: next(job for job in self.box.ledger() if job["id"] == video_id)["status"] == wanted
        )
        return video_id

    def content(self, video_id: str, variant: str | None = None) -> httpx.Response:
        params = {"variant": variant} if variant else None
        return self.http.get(f"/videos/{video_id}/content", params=params, follow_redirects=False)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory):
    """Start each dialect's server when it is first asked for."""
    started: dict[str, Server] = {}
    with ExitStack() as stack:

        def server(name: str) -> Server:
            if name not in started:
                folder = tmp_path_factory.mktemp(name)
                box = stack.enter_context(running_sandbox(folder, faults=True, dialect=name))
                started[name] = Server(name, box)
                stack.callback(started[name].http.close)
            started[name].box.clear()
            started[name].box.fault(job="instant")
            if name == "unsloth":
                wait_until(lambda: not _busy(started[name]))
            return started[name]

        yield server


Servers = Callable[[str], Server]


@pytest.mark.parametrize("name", DIALECTS)
def test_a_form_makes_a_video_that_can_be_had(servers: Servers, name: str):
    server = servers(name)
    video_id = server.job("instant")

    assert server.show(video_id)["status"] == WORDS.get(name, "completed")
    assert server.content(video_id).content[4:8] == b"ftyp"
    assert server.http.get("/models").json()["data"][0]["id"] == MODELS[name]


@pytest.mark.parametrize("name", DIALECTS)
def test_only_one_server_takes_no_json(servers: Servers, name: str):
    answer = servers(name).http.post("/videos", json={"prompt": "a dog", "model": MODELS[name]})

    assert answer.status_code == (400 if name == "vllm-omni" else 200)


@pytest.mark.parametrize("name", OTHERS)
def test_what_nobody_knows_is_passed_over_and_a_reference_is_fitted(servers: Servers, name: str):
    server = servers(name)
    picture = io.BytesIO()
    Image.new("RGB", (64, 64)).save(picture, "PNG")
    answer = server.http.post(
        "/videos",
        data={"prompt": "a dog", "model": MODELS[name], "negative_prompt": "a cat", "size": "640x352"},
        files={"input_reference": ("a.png", picture.getvalue(), "image/png")},
    )

    assert answer.status_code == 200
    (kept,) = (server.box.data_dir / "references").iterdir()
    with Image.open(kept) as fitted:
        assert fitted.size == (640, 352)


@pytest.mark.parametrize("name", DIALECTS)
def test_only_the_sandbox_itself_honours_a_key(servers: Servers, name: str):
    server = servers(name)
    headers = {"Idempotency-Key": "click"}
    form = {"prompt": (None, "a dog"), "model": (None, MODELS[name])}
    ids: set[str] = set()
    for _ in range(2):
        answer = server.http.post("/videos", files=form, headers=headers)
        ids.add(answer.json()["id"])
        wait_until(lambda: name != "unsloth" or not _busy(server))

    jobs = [job for job in server.box.ledger() if job["idempotency_key"] == "click"]
    assert len(ids) == len(jobs) == (1 if name == "openai" else 2)
    assert {job["posts"] for job in jobs} == {2}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("openai", r"video_[0-9a-f]{48}"),
        ("litellm", r"video_[A-Za-z0-9+]{235,264}=+"),
        ("vllm-omni", r"video_gen_[0-9a-f]{32}"),
        ("sglang", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("fastvideo", r"[0-9a-f]{32}"),
        ("unsloth", r"video_[0-9a-f]{48}"),
        ("new-api", r"task_[0-9A-Za-z]{32}"),
        ("bifrost", r"video_[0-9a-f]{48}:openai"),
    ],
)
def test_ids(servers: Servers, name: str, form: str):
    video_id = servers(name).job("instant")

    assert re.fullmatch(form, video_id)
    if name == "litellm":
        assert base64.b64decode(video_id.removeprefix("video_")).startswith(b"litellm:custom_llm_provider:")
        assert 158 <= len(video_id) <= 270
    if name == "sglang":
        assert uuid.UUID(video_id).version == 4


_ABSENT = object()


@pytest.mark.parametrize(
    ("name", "running", "ended"),
    [
        ("openai", {"status": "in_progress", "progress": 0}, {"seconds": "4", "size": "1280x720"}),
        ("litellm", {"status": "processing", "progress": _ABSENT, "seconds": None, "size": None},
         {"seconds": "4", "progress": 100, "expires_at": None}),
        ("vllm-omni", {"status": "in_progress", "progress": 0, "expires_at": None},
         {"progress": 100, "prompt": "a dog", "inference_time_s": 1.0, "peak_memory_mb": 61_440.0}),
        ("sglang", {"status": "in_progress", "progress": 0, "prompt": _ABSENT, "inference_time_s": None},
         {"seconds": "4", "expires_at": None, "prompt": _ABSENT, "inference_time_s": 1.0}),
        ("fastvideo", {"status": "queued", "progress": 0, "prompt": _ABSENT},
         {"progress": 100, "expires_at": _ABSENT, "prompt": _ABSENT, "remixed_from_video_id": _ABSENT}),
        ("unsloth", {"status": "in_progress", "progress": 0}, {"seconds": "4.04", "expires_at": None}),
        ("new-api", {"status": "IN_PROGRESS", "progress": "0%", "finished_at": 0, "fail_reason": ""},
         {"status": "SUCCESS", "progress": "100%", "id": _ABSENT, "size": _ABSENT, "seconds": _ABSENT}),
        ("bifrost", {"status": "in_progress", "progress": 0.0, "seconds": _ABSENT, "error": _ABSENT},
         {"seconds": "4", "progress": 100.0, "extra_fields": {"provider": "openai"}}),
    ],
)  # fmt: skip
def test_what_a_video_looks_like(servers: Servers, name: str, running: Any, ended: Any):
    server = servers(name)
    for fate, wanted in (("instant", ended), ("stuck", running)):
        video_id = server.job(fate, size="1280x720")
        shown = server.show(video_id)
        assert {field: shown.get(field, _ABSENT) for field in wanted} == wanted
        assert {type(shown.get(field, _ABSENT)) for field in wanted} == {type(v) for v in wanted.values()}
    server.http.delete(f"/videos/{video_id}")


def test_new_api_answers_a_create_with_a_video_and_a_look_with_a_task(servers: Servers):
    server = servers("new-api")
    created = server.create().json()

    assert (created["object"], created["status"], created["progress"]) == ("video", "queued", 0)
    assert server.show(created["id"])["task_id"] == created["task_id"] == created["id"]


def test_litellm_does_not_know_at_first_when_a_job_began(servers: Servers):
    shown = servers("litellm").create().json()

    assert (shown["status"], shown["created_at"], shown["progress"]) == ("queued", None, None)


@pytest.mark.parametrize("name", DIALECTS)
def test_progress_moves_or_jumps(servers: Servers, name: str):
    server = servers(name)
    server.box.clear()
    server.box.fault(job={"instant_ms": 600})
    video_id = server.create().json()["id"]
    seen: list[Any] = []

    def ended() -> bool:
        shown = server.show(video_id)
        if shown["status"] == WORDS.get(name, "completed"):
            return True
        seen.append(shown.get("progress"))
        return False

    wait_until(ended)
    numbers = {float(str(value).rstrip("%")) for value in seen if value is not None}
    if name == "litellm":
        assert numbers == set()
    elif name in {"vllm-omni", "fastvideo"}:
        assert numbers == {0.0}
    else:
        assert len(numbers) > 2


@pytest.mark.parametrize(
    ("name", "status", "word", "error"),
    [
        ("openai", 200, "failed", {"code": "oom", "message": "No memory."}),
        ("litellm", 200, "failed", {"code": 3, "message": "No memory."}),
        ("vllm-omni", 500, "failed", {"code": 500, "message": "No memory."}),
        ("sglang", 200, "failed", {"message": "No memory."}),
        ("fastvideo", 200, "failed", {"message": "No memory."}),
        ("unsloth", 200, "failed", {"code": "oom", "message": "No memory."}),
        ("bifrost", 200, "failed", {"code": "oom", "message": "No memory."}),
    ],
)
def test_a_failed_job(servers: Servers, name: str, status: int, word: str, error: Any):
    server = servers(name)
    answer = server.http.get(
        f"/videos/{server.job({'instant_ms': 0, 'error': {'code': 'oom', 'message': 'No memory.'}})}"
    )

    assert answer.status_code == status
    assert (answer.json()["object"], answer.json()["status"]) == ("video", word)
    assert answer.json()["error"] == error


def test_a_failed_task_of_new_api_says_why_without_a_code(servers: Servers):
    server = servers("new-api")
    shown = server.show(server.job({"instant_ms": 0, "error": {"code": "oom", "message": "No memory."}}))

    assert (shown["status"], shown["fail_reason"], "error" in shown) == ("FAILURE", "No memory.", False)


def test_litellm_calls_a_refusal_cancelled(servers: Servers):
    server = servers("litellm")
    video_id = server.create(prompt="forbidden-late-test").json()["id"]

    wait_until(lambda: server.show(video_id)["status"] == "cancelled")


def test_vllm_omni_fails_with_a_400_where_moderation_refused(servers: Servers):
    server = servers("vllm-omni")
    video_id = server.create(prompt="forbidden-late-test").json()["id"]

    wait_until(lambda: server.http.get(f"/videos/{video_id}").status_code == 400)
    assert server.show(video_id)["error"]["code"] == 400


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("litellm", 400, "LLM Provider NOT provided"),
        ("new-api", 404, "Not Found"),
        ("bifrost", 400, "provider query parameter is required"),
    ],
)
def test_servers_without_a_plain_list(servers: Servers, name: str, status: int, text: str):
    answer = servers(name).http.get("/videos")

    assert answer.status_code == status
    assert text in answer.text


@pytest.mark.parametrize("name", ["openai", "vllm-omni", "sglang", "fastvideo", "unsloth", "bifrost"])
def test_lists(servers: Servers, name: str):
    server = servers(name)
    server.job("instant")
    extra = {"provider": "openai"} if name == "bifrost" else {}
    page = server.http.get("/videos", params={"limit": 1, **extra}).json()

    if name == "fastvideo":
        assert set(page) == {"object", "data"}
    else:
        assert page["last_id"] == page["data"][0]["id"]
    lost = server.http.get("/videos", params={"after": "unknown", **extra})
    if name in {"openai", "unsloth", "bifrost"}:
        assert lost.status_code == 400
    else:
        assert lost.json()["data"] == []
    nothing = server.http.get("/videos", params={"limit": 0, **extra}).status_code
    assert nothing == {"sglang": 422, "fastvideo": 422, "unsloth": 400}.get(name, 200)


def test_the_list_of_vllm_omni_is_as_long_as_it_is(servers: Servers):
    server = servers("vllm-omni")
    for _ in range(22):
        server.create()

    assert len(server.http.get("/videos").json()["data"]) >= 22


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("openai", 200, {"object": "video.deleted", "deleted": True}),
        ("litellm", 405, {"detail": "Method Not Allowed"}),
        ("vllm-omni", 200, {"object": "video.deleted", "deleted": True}),
        ("sglang", 200, {"object": "video", "status": "deleted"}),
        ("fastvideo", 200, {"object": "video", "status": "deleted"}),
        ("unsloth", 200, {"object": "video.deleted", "deleted": True}),
        ("new-api", 404, {}),
        ("bifrost", 200, {"object": "video.deleted", "deleted": True}),
    ],
)
def test_deletions(servers: Servers, name: str, status: int, body: dict[str, Any]):
    server = servers(name)
    answer = server.http.delete(f"/videos/{server.job('instant')}")

    assert answer.status_code == status
    assert body.items() <= answer.json().items()
    assert ("deleted" in answer.json()) == ("deleted" in body)


@pytest.mark.parametrize(
    ("name", "variants"),
    [
        ("openai", {"video": b"ftyp", "thumbnail": b"WEBP", "spritesheet": b"JFIF", "gif": 400}),
        ("litellm", {"video": b"ftyp", "thumbnail": b"ftyp", "spritesheet": b"ftyp"}),
        ("vllm-omni", {"video": b"ftyp", "thumbnail": b"ftyp"}),
        ("sglang", {"0": b"ftyp", "video": 404, "thumbnail": 404, "1": 404}),
        ("fastvideo", {"video": b"ftyp", "thumbnail": b"ftyp"}),
        ("unsloth", {"video": b"ftyp", "thumbnail": 501, "spritesheet": 400}),
        ("new-api", {"video": b"ftyp", "thumbnail": b"ftyp"}),
        ("bifrost", {"video": b"ftyp", "thumbnail": b"ftyp"}),
    ],
)
def test_variants(servers: Servers, name: str, variants: dict[str, Any]):
    server = servers(name)
    video_id = server.job("instant")

    for variant, wanted in variants.items():
        answer = server.content(video_id, variant)
        if isinstance(wanted, int):
            assert answer.status_code == wanted, variant
        else:
            assert wanted in answer.content[:16], variant


@pytest.mark.parametrize(
    ("name", "not_ready", "failed"),
    [
        ("openai", 404, 404),
        ("vllm-omni", 404, 422),
        ("fastvideo", 404, 500),
        ("unsloth", 400, 400),
        ("new-api", 400, 400),
    ],
)
def test_content_that_is_not_there(servers: Servers, name: str, not_ready: int, failed: int):
    server = servers(name)
    error = {"error": {"code": "oom", "message": "No memory."}, "instant_ms": 0}
    assert server.content(server.job(error)).status_code == failed
    stuck = server.job("stuck")
    assert server.content(stuck).status_code == not_ready
    server.http.delete(f"/videos/{stuck}")


def test_new_api_passes_ranges_on(servers: Servers):
    server = servers("new-api")
    answer = server.http.get(f"/videos/{server.job('instant')}/content", headers={"Range": "bytes=4-7"})

    assert (answer.status_code, answer.content) == (206, b"ftyp")


def test_files_in_a_cloud_are_at_a_url(servers: Servers):
    server = servers("sglang")
    video_id = server.job("instant", model="wan-cloud")
    refused = server.content(video_id)

    assert (refused.status_code, "use the cloud URL" in refused.json()["detail"]) == (400, True)
    assert httpx.get(server.show(video_id)["url"], verify=NO_TLS).content[4:8] == b"ftyp"
    plain = server.job("instant")
    assert server.show(plain)["url"] is None
    assert httpx.get(f"{server.box.base_url[:-2]}cloud/{plain}.mp4", verify=NO_TLS).status_code == 404


@pytest.mark.parametrize("name", OTHERS)
def test_operations_that_a_server_does_not_have(servers: Servers, name: str):
    server = servers(name)
    video_id = server.job("instant")
    answers = [
        server.http.post(f"/videos/{video_id}/remix", json={"prompt": "b"}).status_code,
        server.http.post("/videos/edits", json={"prompt": "b", "video": {"id": video_id}}).status_code,
        server.http.post("/videos/extensions", json={"prompt": "b"}).status_code,
        server.http.post("/videos/characters", data={"name": "b"}).status_code,
        server.http.get("/videos/characters/char_1").status_code,
    ]

    assert answers == {
        "litellm": [500, 500, 500, 500, 500],
        "new-api": [400, 404, 404, 404, 404],
        "bifrost": [200, 404, 404, 404, 404],
    }.get(name, [404, 405, 405, 405, 404])


@pytest.mark.parametrize(
    ("name", "fields", "status"),
    [
        ("litellm", {"model": "sora-2"}, 400),
        ("litellm", {"model": None}, 400),
        ("vllm-omni", {"model": "sora-2"}, 400),
        ("vllm-omni", {"model": None}, 200),
        ("vllm-omni", {"seconds": "4.5"}, 400),
        ("vllm-omni", {"seconds": "04"}, 400),
        ("vllm-omni", {"size": "16:10"}, 400),
        ("sglang", {"model": "anything", "seconds": "5", "size": "832x480"}, 200),
        ("fastvideo", {"model": "anything", "seconds": "5", "size": "832x480"}, 200),
        ("unsloth", {"seconds": "auto"}, 200),
        ("unsloth", {"model": "another"}, 409),
        ("unsloth", {"seconds": "2.5"}, 200),
        ("unsloth", {"seconds": "0"}, 400),
        ("unsloth", {"size": "1000x1000"}, 400),
        ("unsloth", {"size": "4096x4096"}, 400),
        ("new-api", {"model": "sora-2"}, 503),
        ("new-api", {"duration": 6, "size": "16:9"}, 200),
        ("bifrost", {"model": "sora-2"}, 400),
        ("bifrost", {"model": "openai/sora-2-pro"}, 200),
    ],
)  # fmt: skip
def test_what_is_taken(servers: Servers, name: str, fields: dict[str, Any], status: int):
    server = servers(name)
    answer = server.create(**fields)

    assert answer.status_code == status, answer.text
    if "duration" in fields:
        assert server.box.ledger()[-1]["seconds"] == "6"


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("openai", lambda body: body["error"]["code"] == "video_not_found"),
        ("litellm", lambda body: '"code": "video_not_found"' in body["error"]["message"]
         and body["error"]["code"] == "404"),
        ("vllm-omni", lambda body: (body["error"]["type"], body["error"]["code"]) == ("Not Found", 404)),
        ("sglang", lambda body: isinstance(body["detail"], str)),
        ("fastvideo", lambda body: isinstance(body["detail"], str)),
        ("unsloth", lambda body: body["error"]["code"] == "video_not_found"),
        ("new-api", lambda body: body["code"] == "task_not_exist"),
        ("bifrost", lambda body: body["status_code"] == 404 and "is_bifrost_error" in body),
    ],
)  # fmt: skip
def test_errors(servers: Servers, name: str, check: Callable[[Any], bool]):
    answer = servers(name).http.get("/videos/unknown")

    assert answer.status_code == (400 if name == "new-api" else 404)
    assert check(answer.json()), answer.text


@pytest.mark.parametrize(("told", "jobs"), [({}, 2), ({"x-litellm-num-retries": "0"}, 1)])
def test_litellm_sends_once_more_what_failed_unless_told_not_to(
    servers: Servers, told: dict[str, str], jobs: int
):
    server = servers("litellm")
    before = len(server.box.ledger())
    server.box.fault(create="accept-then-502", times=1)
    form = {"prompt": (None, "a dog"), "model": (None, MODELS["litellm"])}
    answer = server.http.post("/videos", files=form, headers=told)

    assert answer.status_code == (502 if told else 200)
    assert len(server.box.ledger()) == before + jobs


def test_what_fastapi_cannot_read_is_a_422_with_details(servers: Servers):
    missing, unreadable = servers("sglang").create(prompt=None), servers("sglang").create(seconds="four")

    assert (missing.status_code, missing.json()) == (400, {"detail": "prompt is required"})
    assert unreadable.status_code == 422
    assert unreadable.json()["detail"][0]["loc"] == ["body", "seconds"]


def test_a_second_job_is_refused_where_there_is_one_machine(servers: Servers):
    server = servers("unsloth")
    stuck = server.job("stuck")
    answer = server.create()
    server.http.delete(f"/videos/{stuck}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, None)
    assert servers("unsloth").create().status_code == 200


@pytest.mark.parametrize("name", DIALECTS)
def test_who_says_when_to_ask_again(servers: Servers, name: str):
    server = servers(name)
    stuck = server.job("stuck")
    hint = server.http.get(f"/videos/{stuck}").headers.get("openai-poll-after-ms")
    server.http.delete(f"/videos/{stuck}")

    assert hint == {"openai": "100", "unsloth": "2000"}.get(name)


@pytest.mark.parametrize(
    ("name", "headers", "status"),
    [
        ("litellm", {"x-litellm-api-key": "Bearer sk-right"}, 404),
        ("litellm", {"Authorization": "Bearer sk-wrong"}, 401),
        ("sglang", {}, 404),
        ("bifrost", {"Authorization": "Bearer sk-right"}, 404),
        ("bifrost", {}, 401),
    ],
)
def test_keys(tmp_path: Path, name: str, headers: dict[str, str], status: int):
    with running_sandbox(tmp_path, dialect=name, api_key="sk-right") as box:
        assert (
            httpx.get(f"{box.base_url}/videos/unknown", headers=headers, verify=NO_TLS).status_code == status
        )


@pytest.mark.parametrize("name", ["vllm-omni", "unsloth"])
async def test_who_forgets_at_a_restart(tmp_path: Path, name: str):
    async with running(tmp_path, dialect=name, faults=True) as box, httpx.AsyncClient(verify=NO_TLS) as http:
        await box.fault(job="stuck")
        created = await http.post(f"{box.base_url}/videos", data={"prompt": "a dog"})
        video_id = created.json()["id"]
        assert [job["kind"] for job in await box.jobs()] == ["create"]
        assert (await box.seen())["create"] == 1
    async with running(tmp_path, dialect=name, faults=True) as box, httpx.AsyncClient(verify=NO_TLS) as http:
        found = await http.get(f"{box.base_url}/videos/{video_id}")
        assert found.status_code == (404 if name == "vllm-omni" else 200)
        assert [job["id"] for job in await box.jobs()] == [video_id]


def test_sizes_that_no_hosted_model_has_are_really_drawn(tmp_path: Path):
    with running_sandbox(tmp_path, dialect="sglang", faults=True) as box:
        server = Server("sglang", box)
        video_id = server.create(size="331x187", seconds="1").json()["id"]
        wait_until(lambda: server.show(video_id)["status"] == "completed")
        with av.open(io.BytesIO(server.content(video_id).content)) as film:
            assert (film.streams.video[0].width, film.streams.video[0].height) == (330, 186)
        server.http.close()


def _busy(server: Server) -> bool:
    living = (job["status"] for job in server.box.ledger() if job["deleted_at"] is None)
    return not {"queued", "in_progress"}.isdisjoint(living)

"""The Videos API as the official SDK sees it, over services in memory."""

import warnings
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import httpx2
import openai
import pytest
from fastapi import FastAPI

from sora_studio.domain.activity import Activity, ActivityKind
from sora_studio.domain.errors import LimitReached, Unavailable
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import STATUS_OF, Phase, Status, Variant
from tests.support.fakes import START, FakeStudio
from tests.support.films import picture
from tests.support.inputs import first_frame

NOON = 1_793_534_400  # START in unix seconds


@pytest.fixture
async def sdk(http: httpx.AsyncClient, api: FastAPI) -> AsyncIterator[openai.AsyncOpenAI]:
    """Return the owner's SDK, without retries."""
    token = http.headers["Authorization"].removeprefix("Bearer ")
    transport: Any = httpx2.ASGITransport(api)
    async with openai.AsyncOpenAI(
        base_url="http://localhost/api",
        api_key=token,
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(transport=transport),
    ) as client:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The Sora API", DeprecationWarning)
            yield client


@pytest.mark.parametrize("phase", Phase)
async def test_a_video_in_every_phase(
    http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID, phase: Phase
):
    """OpenAI's fields have OpenAI's types; times are unix seconds, money is dollars."""
    problem = Problem("moderation_blocked", "No.") if phase in {Phase.FAILED, Phase.NEEDS_ATTENTION} else None
    parent = studio.videos.add(owner_id)
    view = studio.videos.add(owner_id, "a boat", phase, problem=problem, parent_id=parent.id, progress=40)
    answer = (await http.get(f"/api/videos/{public_id(view.id)}")).json()
    assert answer == {
        "id": f"video_{view.id.hex}",
        "object": "video",
        "created_at": NOON + 60,
        "completed_at": NOON if phase is Phase.COMPLETED else None,
        "expires_at": None,
        "status": STATUS_OF[phase],
        "progress": 40,
        "model": "sora-2",
        "prompt": "a boat",
        "size": "1280x720",
        "seconds": "4",
        "remixed_from_video_id": f"video_{parent.id.hex}",
        "error": {"code": "moderation_blocked", "message": "No."} if phase is Phase.FAILED else None,
        "title": "a boat",
        "kind": "create",
        "phase": phase,
        "provider": "fake",
        "cost_usd": 0.4,
        "options": {},
        "facts": dict.fromkeys(("seed", "revised_prompt", "inference_time_s", "peak_memory_mb", "cost_usd")),
        "project_id": None,
        "queue_position": None,
        "queue_before_yours": None,
        "queue_before_others": None,
        "queue_expected_seconds": None,
        "charged": {Phase.COMPLETED: True, Phase.SUBMIT_UNKNOWN: None}.get(phase, False),
        "stars": 0,
        "tags": [],
    }
    brief = (await http.get("/api/videos/status", params={"ids": answer["id"]})).json()
    assert brief == {
        "object": "list",
        "data": [{name: answer[name] for name in ("id", "status", "phase", "progress", "error")}],
    }


async def test_what_happened_to_a_video(http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID):
    view = studio.videos.add(owner_id)
    studio.videos.activities[view.id] = [
        Activity(START, ActivityKind.SUBMITTED),
        Activity(START + timedelta(seconds=3.5), ActivityKind.DELAYED, "502 Bad Gateway"),
    ]
    answer = (await http.get(f"/api/videos/{public_id(view.id)}/activity")).json()
    assert answer == {
        "object": "list",
        "data": [
            {"at": NOON, "kind": "submitted", "note": ""},
            {"at": NOON + 3, "kind": "delayed", "note": "502 Bad Gateway"},
        ],
    }


async def test_what_is_not_known_is_null(http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID):
    soon = START + timedelta(hours=1)
    view = studio.videos.add(owner_id, phase=Phase.SAVING, price_micros=None, expires_at=soon)
    answer = (await http.get(f"/api/videos/{public_id(view.id)}")).json()
    assert (answer["cost_usd"], answer["remixed_from_video_id"]) == (None, None)
    assert answer["expires_at"] == NOON + 3600


async def test_the_sdk_does_the_whole_round(sdk: openai.AsyncOpenAI, studio: FakeStudio, owner_id: UUID):
    video = await sdk.videos.create(
        prompt="a boat", seconds="8", size="720x1280", input_reference=("a.png", b"bytes", "image/png")
    )
    assert (video.status, video.seconds, video.size) == ("queued", "8", "720x1280")
    assert studio.videos.wishes[0].inputs == (first_frame(b"bytes"),)
    with pytest.raises(openai.ConflictError):
        await sdk.videos.remix(video.id, prompt="at night")

    view = studio.videos.kept[parse_public_id(video.id)]
    view = studio.videos.change(view, phase=Phase.COMPLETED, progress=100)
    studio.media.keep(view, Variant.VIDEO, b"film")
    studio.media.keep(view, Variant.THUMBNAIL, b"still")
    assert (await sdk.videos.poll(video.id)).status == "completed"
    assert (await sdk.videos.download_content(video.id)).content == b"film"
    assert (await sdk.videos.download_content(video.id, variant="thumbnail")).content == b"still"

    remix = await sdk.videos.remix(video.id, prompt="at night")
    assert (remix.remixed_from_video_id, remix.prompt) == (video.id, "at night")
    deleted = await sdk.videos.delete(video.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (video.id, True, "video.deleted")
    assert [left.owner_id for left in studio.videos.kept.values()] == [owner_id]


async def test_the_sdk_pages_to_the_end_in_both_orders(
    sdk: openai.AsyncOpenAI, studio: FakeStudio, owner_id: UUID
):
    ids = [public_id(studio.videos.add(owner_id, f"clip {number}").id) for number in range(7)]
    studio.videos.add(UUID(int=7), "of somebody else")
    for limit in (1, 3, 7, 100):
        assert [video.id async for video in sdk.videos.list(limit=limit)] == ids[::-1]
        assert [video.id async for video in sdk.videos.list(limit=limit, order="asc")] == ids
    assert [video.id async for video in sdk.videos.list(after=ids[2])] == [ids[1], ids[0]]


async def test_a_page_says_where_it_begins_and_ends(
    http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID
):
    empty = (await http.get("/api/videos")).json()
    assert empty == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    ids = [public_id(studio.videos.add(owner_id).id)]
    assert (await http.get("/api/videos", params={"limit": 0})).json()["has_more"] is True
    assert (await http.get("/api/videos", params={"limit": 1})).json()["has_more"] is False
    ids += [public_id(studio.videos.add(owner_id).id) for _ in range(24)]
    page = (await http.get("/api/videos")).json()
    assert (len(page["data"]), page["has_more"]) == (20, True)
    assert (page["first_id"], page["last_id"]) == (ids[-1], ids[5])
    whole = (await http.get("/api/videos", params={"limit": 100})).json()
    assert (len(whole["data"]), whole["last_id"], whole["has_more"]) == (25, ids[0], False)
    nothing = (await http.get("/api/videos", params={"limit": 0})).json()
    assert (nothing["data"], nothing["last_id"], nothing["has_more"]) == ([], None, True)


async def test_a_list_by_words_and_by_status(http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID):
    for phase in Phase:
        studio.videos.add(owner_id, f"a {phase} boat", phase)

    async def phases(**query: str) -> set[str]:
        return {video["phase"] for video in (await http.get("/api/videos", params=query)).json()["data"]}

    for status in Status:
        assert await phases(status=status) == {phase for phase in Phase if STATUS_OF[phase] is status}
    assert await phases(status=" completed , failed") == {"completed", "failed"}
    assert await phases(status="") == set(Phase)
    assert await phases(q="compl boat") == {"completed"}
    assert await phases(q="compl", status="failed") == set()


async def test_words_that_look_like_ids_are_routes(http: httpx.AsyncClient):
    """`/videos/status`, `/videos/remix` and `/videos/create` are not taken for videos of that name."""
    assert (await http.get("/api/videos/status", params={"ids": ""})).json()["data"] == []
    missing = await http.post("/api/videos/remix", json={"prompt": "x"})
    assert missing.json()["error"]["param"] == "remix_video_id"
    assert (await http.post("/api/videos/create", json={"prompt": "x"})).json()["object"] == "video"
    assert (await http.get("/api/videos/remix")).json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/api/videos", "/api/videos/create"])
async def test_a_key_makes_one_video(http: httpx.AsyncClient, studio: FakeStudio, path: str):
    key = {"Idempotency-Key": "k"}
    first, again = [await http.post(path, json={"prompt": "x"}, headers=key) for _ in range(2)]
    other = await http.post(path, json={"prompt": "y"}, headers=key)
    without = await http.post(path, json={"prompt": "x"})
    assert first.json() == again.json()
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert without.json()["id"] != first.json()["id"]
    assert len(studio.videos.kept) == 2


async def test_both_ways_to_remix_take_a_key(http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID):
    parent = public_id(studio.videos.add(owner_id).id)
    body = {"remix_video_id": parent, "prompt": "at night"}
    by_path = await http.post(f"/api/videos/{parent}/remix", json=body, headers={"Idempotency-Key": "k"})
    by_body = await http.post("/api/videos/remix", json=body, headers={"Idempotency-Key": "k"})
    assert (by_path.status_code, by_path.json()["kind"]) == (200, "remix")
    assert by_path.json() == by_body.json()


@pytest.mark.parametrize(
    ("action", "phase"),
    [("check_again", "submit_unknown"), ("submit_again", "submitting"), ("give_up", "failed")],
)
async def test_what_needs_attention_is_decided_by_its_owner(
    http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID, action: str, phase: str
):
    video = public_id(studio.videos.add(owner_id, phase=Phase.NEEDS_ATTENTION).id)
    assert (await http.post(f"/api/videos/{video}/{action}")).json()["phase"] == phase
    assert (await http.post(f"/api/videos/{video}/{action}")).status_code == 409


async def test_rename_delete_restore(http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID):
    url = f"/api/videos/{public_id(studio.videos.add(owner_id).id)}"
    assert (await http.patch(url, json={"title": "Boat"})).json()["title"] == "Boat"
    assert (await http.request("DELETE", url, json={"why": "a body means nothing here"})).status_code == 200
    assert (await http.delete(url)).status_code == 404
    assert (await http.post(f"{url}/restore")).json()["title"] == "Boat"
    assert (await http.get(url)).status_code == 200


async def test_answers_stay_in_no_cache(http: httpx.AsyncClient, studio: FakeStudio, owner_id: UUID):
    view = studio.videos.add(owner_id)
    for path in ("/api/videos", f"/api/videos/{public_id(view.id)}", "/api/models", "/api/users/you"):
        assert (await http.get(path)).headers["cache-control"] == "no-store"


async def test_the_sdk_lists_models_with_what_may_be_asked_of_them(sdk: openai.AsyncOpenAI):
    (model,) = [model async for model in sdk.models.list()]
    assert (model.id, model.object, model.owned_by) == ("sora-2", "model", "fake")
    assert model.model_extra == {
        "sizes": ["1280x720", "720x1280"],
        "seconds": ["4", "8"],
        "price_per_second_usd": 0.1,
        "prices_per_second_usd": {"1280x720": 0.1, "720x1280": 0.1},
        "inputs": {"first_frame": 1},
        "card": None,
    }


async def test_the_sdk_finds_a_model_by_its_id_also_behind_its_providers_name(sdk: openai.AsyncOpenAI):
    (listed,) = [model async for model in sdk.models.list()]
    for model_id in ("sora-2", "fake/sora-2"):
        assert await sdk.models.retrieve(model_id) == listed
    with pytest.raises(openai.NotFoundError):
        await sdk.models.retrieve("Wan-AI/Wan2.2-T2V")


async def test_the_sdk_is_told_when_to_ask_again(sdk: openai.AsyncOpenAI, studio: FakeStudio, owner_id: UUID):
    coming, done = (studio.videos.add(owner_id, phase=phase) for phase in (Phase.QUEUED, Phase.COMPLETED))
    asked = await sdk.videos.with_raw_response.retrieve(public_id(coming.id))
    made = await sdk.videos.with_raw_response.create(prompt="a boat")
    finished = await sdk.videos.with_raw_response.retrieve(public_id(done.id))
    assert [answer.headers.get("openai-poll-after-ms") for answer in (asked, made, finished)] == [
        "1000",
        "1000",
        None,
    ]


async def test_the_sdk_raises_the_error_that_fits(sdk: openai.AsyncOpenAI, studio: FakeStudio):
    with pytest.raises(openai.BadRequestError) as bad:
        await sdk.videos.create(prompt="x", model="gpt-9")
    assert (bad.value.param, bad.value.code) == ("model", "model_not_found")
    with pytest.raises(openai.NotFoundError):
        await sdk.videos.retrieve(public_id(UUID(int=1)))
    with pytest.raises(openai.AuthenticationError):
        await sdk.with_options(api_key="nobody's").videos.create(prompt="x")
    studio.videos.refusal = LimitReached("Slowly.", 3)
    with pytest.raises(openai.RateLimitError) as limited:
        await sdk.videos.create(prompt="x")
    assert limited.value.response.headers["retry-after"] == "3"
    studio.videos.refusal = Unavailable("The database is away.")
    with pytest.raises(openai.InternalServerError):
        await sdk.videos.create(prompt="x")


async def test_an_uploaded_picture(http: httpx.AsyncClient):
    data = picture((90, 50), "PNG")
    answer = await http.post("/api/uploads", files={"file": ("a.png", data, "image/png")})
    upload = answer.json()
    assert upload == {
        "id": upload["id"],
        "object": "upload",
        "content_type": "image/png",
        "width": 90,
        "height": 50,
        "seconds": None,
    }
    assert (await http.get(f"/api/uploads/{upload['id']}")).content == data
    wrongs: list[dict[str, Any]] = [
        {"files": {"other": ("a.png", data)}},
        {"data": {"file": "text"}},
        {"json": {}},
    ]
    named = {"prompt": "x", "input_reference": {"file_id": upload["id"]}}
    assert (await http.post("/api/videos", json=named)).status_code == 200
    named["input_reference"] = {"file_id": str(UUID(int=1))}
    unknown = await http.post("/api/videos", json=named)
    assert (unknown.status_code, unknown.json()["error"]["param"]) == (400, "input_reference")
    for wrong in wrongs:
        refused = await http.post("/api/uploads", **wrong)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "file")


async def test_signs_of_life(anonymous: httpx.AsyncClient, studio: FakeStudio):
    assert (await anonymous.get("/livez")).json() == {"status": "ok"}
    assert (await anonymous.get("/readyz")).json() == {"status": "ok", "reasons": [], "codes": []}
    assert (await anonymous.head("/livez")).status_code == 200
    studio.health.complaints.append("Changes are not heard.")
    slow = await anonymous.get("/readyz")
    assert slow.status_code == 200
    assert slow.json()["status"] == "degraded"
    assert slow.json()["reasons"] == ["Changes are not heard."]
    studio.health.complaints.clear()
    studio.health.found.append("The disk is nearly full.")
    ill = await anonymous.get("/readyz")
    assert (ill.status_code, ill.json()["reasons"]) == (503, ["The disk is nearly full."])
    assert (ill.headers["retry-after"], ill.headers["cache-control"]) == ("2", "no-store")
    assert (await anonymous.get("/livez")).status_code == 200
    studio.health.stops = True
    assert (await anonymous.get("/livez")).status_code == 503


async def test_before_the_studio_is_open_it_lives_but_is_not_ready(api: FastAPI):
    transport: Any = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/livez")).status_code == 200
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["codes"]) == (503, ["starting"])

"""Every error in one shape, with the status and headers that clients act on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from fastapi import FastAPI

from sora_studio.api.app import create_api
from sora_studio.domain.errors import (
    BudgetExceeded,
    Conflict,
    ContentRejected,
    IdempotencyKeyReused,
    InsufficientStorage,
    InvalidInput,
    LimitReached,
    MediaError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    ProviderUnavailable,
    SoraStudioError,
    StorageError,
    TooLarge,
    Unavailable,
)
from sora_studio.domain.ids import public_id
from tests.support.fakes import FakeStudio

SHOWN = "Words for the person."
HIDDEN = "password=hunter2 at /srv/secret"


@pytest.mark.parametrize(
    ("error", "status", "kind", "code", "headers"),
    [
        (InvalidInput(SHOWN, "size", "bad_size"), 400, "invalid_request_error", "bad_size", {}),
        (TooLarge(SHOWN), 413, "invalid_request_error", "invalid_value", {}),
        (NotSignedIn(SHOWN), 401, "authentication_error", "invalid_api_key", {"www-authenticate": "Bearer"}),
        (NotAllowed(SHOWN), 403, "permission_error", "not_allowed", {}),
        (NotFound(SHOWN), 404, "invalid_request_error", "not_found", {}),
        (Conflict(SHOWN), 409, "invalid_request_error", "conflict", {"x-should-retry": "false"}),
        (IdempotencyKeyReused(SHOWN), 422, "invalid_request_error", "idempotency_key_reused", {}),
        (LimitReached(SHOWN, 6.2), 429, "rate_limit_error", "rate_limit_exceeded", {"retry-after": "7"}),
        (MediaError(SHOWN), 400, "invalid_request_error", "invalid_file", {}),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_the_person_can_mend_is_said_as_it_is(
    http: httpx.AsyncClient,
    studio: FakeStudio,
    error: Exception,
    status: int,
    kind: str,
    code: str,
    headers: dict[str, str],
):
    studio.videos.refusal = error
    answer = await http.get("/api/videos")
    expected = {"message": SHOWN, "type": kind, "param": getattr(error, "param", None), "code": code}
    assert (answer.status_code, answer.json()) == (status, {"error": expected})
    assert answer.headers["cache-control"] == "no-store"
    assert {name: answer.headers.get(name) for name in headers} == headers


async def test_a_budget_that_is_short_is_named_and_the_sdk_told_not_to_insist(
    http: httpx.AsyncClient, studio: FakeStudio
):
    opens = datetime(2026, 12, 31, 23, tzinfo=UTC)
    studio.videos.refusal = BudgetExceeded(SHOWN, "user", 5_000_000, 100_000, opens)
    answer = await http.post("/api/videos", json={"prompt": "a kite"})
    assert (answer.status_code, answer.json()["error"]) == (
        429,
        {
            "message": SHOWN,
            "type": "insufficient_quota",
            "param": None,
            "code": "budget_exceeded",
            "budget": {
                "scope": "user",
                "amount_usd": "5.00",
                "left_usd": "0.10",
                "resets_at": int(opens.timestamp()),
            },
        },
    )
    assert answer.headers["x-should-retry"] == "false"
    assert "retry-after" not in answer.headers


async def test_a_full_disk_is_said_as_it_is(http: httpx.AsyncClient, studio: FakeStudio):
    studio.videos.refusal = InsufficientStorage(SHOWN)
    answer = await http.post("/api/videos", json={"prompt": "a kite"})
    expected = {"message": SHOWN, "type": "server_error", "param": None, "code": "unavailable"}
    assert (answer.status_code, answer.json()) == (503, {"error": expected})
    assert "retry-after" in answer.headers


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ProviderUnavailable(HIDDEN), 503, "provider_error"),
        (ContentRejected(HIDDEN), 503, "provider_error"),
        (StorageError(HIDDEN), 503, "storage_unavailable"),
        (Unavailable(HIDDEN), 503, "unavailable"),
        (SoraStudioError(HIDDEN), 500, "internal_error"),
        (RuntimeError(HIDDEN), 500, "internal_error"),
        (LookupError(HIDDEN), 500, "internal_error"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_the_operator_has_to_mend_stays_in_the_log(
    http: httpx.AsyncClient, studio: FakeStudio, error: Exception, status: int, code: str
):
    studio.videos.refusal = error
    answer = await http.get("/api/videos")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["type"] == "server_error"
    assert HIDDEN not in answer.text
    assert (answer.headers.get("retry-after") is not None) == (status == 503)
    assert (answer.headers.get("connection") == "close") == (status == 500)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "param", "code"),
    [
        ("GET", "/api/nowhere", {}, 404, None, "unknown_url"),
        ("GET", "/api/videos/", {}, 404, None, "unknown_url"),
        ("PUT", "/api/videos", {}, 405, None, "method_not_allowed"),
        ("OPTIONS", "/api/videos", {}, 405, None, "method_not_allowed"),
        ("GET", "/api/videos?limit=101", {}, 400, "limit", "invalid_value"),
        ("GET", "/api/videos?limit=-1", {}, 400, "limit", "invalid_value"),
        ("GET", "/api/videos?limit=ten", {}, 400, "limit", "invalid_value"),
        ("GET", "/api/videos?order=up", {}, 400, "order", "invalid_value"),
        ("GET", "/api/videos?status=done", {}, 400, "status", "invalid_value"),
        ("GET", "/api/videos?status=queued,done", {}, 400, "status", "invalid_value"),
        ("GET", "/api/videos?after=video_1", {}, 400, "after", "invalid_value"),
        ("GET", f"/api/videos?after={public_id(UUID(int=1))}", {}, 400, "after", "invalid_value"),
        ("GET", "/api/videos/status", {}, 400, "ids", "invalid_value"),
        ("GET", "/api/videos/status?ids=" + "x," * 101, {}, 400, "ids", "invalid_value"),
        ("GET", "/api/videos/video_1", {}, 404, None, "not_found"),
        ("GET", f"/api/videos/{UUID(int=1)}", {}, 404, None, "not_found"),
        ("GET", f"/api/videos/video_{'A' * 32}", {}, 404, None, "not_found"),
        ("GET", "/api/uploads/1", {}, 400, "upload_id", "invalid_value"),
        ("POST", "/api/videos/remix", {"json": {"prompt": "x"}}, 400, "remix_video_id", None),
        ("POST", "/api/videos/remix", {"json": {"prompt": "x", "remix_video_id": 7}}, 400, None, None),
        ("PATCH", "/api/videos/video_1", {"json": {}}, 404, None, "not_found"),
        ("PATCH", "/api/users/me", {"json": {"email": 7}}, 400, "email", "invalid_value"),
        ("PATCH", "/api/users/me", {"content": b"{"}, 400, None, "invalid_value"),
        ("PATCH", "/api/users/me", {"content": b"\xff"}, 400, None, "invalid_request"),
        ("PATCH", "/api/users/me", {"content": b"[" * 100_000}, 400, None, "invalid_request"),
    ],
)
async def test_what_the_framework_refuses_has_the_same_shape(
    http: httpx.AsyncClient,
    method: str,
    path: str,
    sent: dict[str, Any],
    status: int,
    param: str | None,
    code: str | None,
):
    headers = {"Content-Type": "application/json"} if "content" in sent else {}
    answer = await http.request(method, path, headers=headers, **sent)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["message"].endswith(".") or status == 404
    if param:
        assert error["param"] == param
    if code:
        assert error["code"] == code


async def test_a_method_that_is_not_allowed_comes_with_those_that_are(http: httpx.AsyncClient):
    collection = await http.put("/api/videos")
    single = await http.put(f"/api/videos/{public_id(UUID(int=1))}/content")
    assert collection.headers["allow"] == "GET, POST"
    assert single.headers["allow"] == "GET, HEAD"


async def test_half_a_character_is_the_senders_mistake(http: httpx.AsyncClient, studio: FakeStudio):
    """JSON can spell it, and only what stores or sends the text notices."""
    with pytest.raises(UnicodeEncodeError) as refusal:
        "\ud83d".encode()
    studio.videos.refusal = refusal.value
    answer = await http.get("/api/videos")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_value")


async def test_no_route_asks_foreign_pages_in(http: httpx.AsyncClient):
    preflight = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        await http.options("/api/videos", headers=preflight),
        await http.get("/api/videos", headers=preflight),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_description_promises_these_errors_and_no_others(api: FastAPI):
    described = create_api().openapi()
    for path, operations in api.openapi()["paths"].items():
        for operation in operations.values():
            refused = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
            assert refused == {"$ref": "#/components/schemas/ErrorAnswer"}, path
            assert "422" not in operation["responses"], path
    assert "HTTPValidationError" not in described["components"]["schemas"]


async def test_who_goes_away_while_sending_is_no_error(api: FastAPI, http: httpx.AsyncClient):
    """Anybody could fill the log with tracebacks otherwise."""

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    request = http.build_request("POST", "/api/webhooks/provider", content=b"{")
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    scope = {
        "type": "http",
        "method": "POST",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": b"",
        "headers": headers,
    }
    with structlog.testing.capture_logs() as said:
        await api(scope, gone, send)
    assert [message.get("status") for message in sent][:1] == [499]
    assert said == []

"""Agents: the SDK's own client over HTTP against a running studio."""

import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, get_args
from uuid import uuid4

import httpx
import openai
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import BlobResourceContents, ElicitRequestFormParams, ElicitResult, ResourceLink, TextContent

from sora_studio.domain.account import Scope
from tests.integration.api.conftest import Person
from tests.support.agent import agent
from tests.support.plain_http import NO_TLS
from tests.support.studio import RunningStudio

READ, WRITE, USAGE = Scope.VIDEOS_READ, Scope.VIDEOS_WRITE, Scope.USAGE_READ
WISH = {"prompt": "a paper boat", "seconds": 4, "size": "720x1280"}

Answer = Literal["accept", "decline", "cancel"]
Connect = Callable[..., AbstractAsyncContextManager[Client]]


def key_of(person: Person, *scopes: Scope, **wish: Any) -> str:
    answer = person.http.post("/keys", json={"name": "agent", "scopes": [*(scopes or Scope)], **wish})
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]


@pytest.fixture
def connect(studio: RunningStudio, ada: Person) -> Connect:
    """Connect an agent of Ada's."""

    def connected(*scopes: Scope, limit: str | None = None, **options: Any):
        return agent(studio.url, key_of(ada, *scopes, confirm_above_usd=limit), **options)

    return connected


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """Call a tool that has to work."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer
    return answer.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that has to refuse, and say the same in words and in the API's envelope."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, answer
    error = answer.structured_content["error"]
    (said,) = answer.content
    assert isinstance(said, TextContent)
    assert said.text == f"{error['code']}: {error['message']}"
    return error


def videos_of(person: Person) -> list[str]:
    return [each["id"] for each in person.http.get("/videos").json()["data"]]


async def test_what_there_is(connect: Connect):
    async with connect() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == set(NEEDS)
        assert all(tool.description and tool.output_schema for tool in tools.values())
        spending = {
            name for name, tool in tools.items() if tool.annotations and not tool.annotations.read_only_hint
        }
        assert spending == {"create_video", "remix_video"}
        templates = (await client.list_resource_templates()).resource_templates
        assert {each.name for each in templates} == {"film", "thumbnail", "spritesheet"}


async def test_a_video_from_the_wish_to_its_film(connect: Connect, ada: Person):
    async with connect() as client:
        made = await call(client, "create_video", **WISH, title="Boat")
        assert (made["status"], made["title"], made["seconds"]) == ("queued", "Boat", "4")
        video_id = made["id"]
        wait_for(ada, video_id)
        answer = await client.call_tool("get_video", {"video_id": video_id})
        links = {each.name: each.uri for each in answer.content if isinstance(each, ResourceLink)}
        assert answer.structured_content["status"] == "completed"
        listed = (await client.list_resources()).resources
        assert {*links.values()} <= {str(each.uri) for each in listed}
        for name, variant in (("film", "video"), ("thumbnail", "thumbnail"), ("spritesheet", "spritesheet")):
            (sent,) = (await client.read_resource(links[name])).contents
            stored = ada.http.get(f"/videos/{video_id}/content", params={"variant": variant})
            assert isinstance(sent, BlobResourceContents)
            assert base64.b64decode(sent.blob) == stored.content
            assert sent.mime_type == stored.headers["content-type"]
        remix = await call(client, "remix_video", video_id=video_id, prompt="at night")
        assert remix["remixed_from_video_id"] == video_id
        found = await call(client, "list_videos", q="boat", status="completed", limit=1)
        assert [each["id"] for each in found["data"]] == [video_id]


def wait_for(person: Person, video_id: str) -> openai.types.Video:
    return person.sdk.videos.poll(video_id, poll_interval_ms=100)


async def test_a_client_of_an_older_protocol_is_served_as_well(
    studio: RunningStudio, owner: Person, finished: openai.types.Video
):
    async with agent(studio.url, key_of(owner), mode="legacy") as client:
        assert (await call(client, "get_video", video_id=finished.id))["status"] == "completed"
        (sent,) = (await client.read_resource(f"sora-studio://videos/{finished.id}/thumbnail")).contents
        assert sent.mime_type == "image/webp"
        assert (await refusal(client, "create_video", prompt=""))["param"] == "prompt"


async def test_models_in_short_and_one_in_full(connect: Connect):
    async with connect() as client:
        offers = (await call(client, "list_models"))["data"]
        assert offers[0]["prices_per_second_usd"]
        assert {offer["card"] for offer in offers} == {None}
        (one,) = (await call(client, "list_models", model_id=offers[0]["id"]))["data"]
        assert one["card"]["label"]
        assert (await refusal(client, "list_models", model_id="nonsense"))["code"] == "not_found"


async def test_usage_says_what_is_left(connect: Connect):
    async with connect() as client:
        await call(client, "create_video", **WISH)
        spent = await call(client, "get_usage", group_by="model")
        assert (spent["totals"]["count"], spent["data"][0]["key"]) == (1, "sora-2")
        assert spent["budgets"] == []
        assert (await refusal(client, "get_usage", scope="studio"))["code"] == "insufficient_scope"
        assert (await refusal(client, "get_usage", scope="everything"))["param"] == "scope"


NEEDS: dict[str, tuple[Scope, dict[str, Any]]] = {
    "create_video": (WRITE, WISH),
    "remix_video": (WRITE, {"video_id": "video_x", "prompt": "x"}),
    "get_video": (READ, {"video_id": "video_x"}),
    "list_videos": (READ, {}),
    "list_models": (READ, {}),
    "get_usage": (USAGE, {}),
}


@pytest.mark.parametrize("scope", [READ, WRITE, USAGE])
async def test_each_tool_needs_its_scope(connect: Connect, ada: Person, scope: Scope):
    """Every other scope does not open it, and that one alone does."""
    needing = {tool: arguments for tool, (needed, arguments) in NEEDS.items() if needed == scope}
    async with connect(*(each for each in Scope if each != scope)) as client:
        for tool, arguments in needing.items():
            error = await refusal(client, tool, **arguments)
            assert (error["code"], scope in error["message"]) == ("insufficient_scope", True)
    assert videos_of(ada) == []
    async with connect(scope) as client:
        for tool, arguments in needing.items():
            answer = await client.call_tool(tool, arguments)
            assert not answer.is_error or answer.structured_content["error"]["code"] == "not_found"


async def test_resources_need_the_scope_to_read(connect: Connect):
    async with connect(WRITE, USAGE) as client:
        for ask in (
            client.list_resources(),
            client.read_resource(f"sora-studio://videos/video_{'0' * 32}/film"),
        ):
            with pytest.raises(MCPError, match="videos:read"):
                await ask


async def test_somebody_elses_video_is_not_there(connect: Connect, finished: openai.types.Video):
    async with connect() as client:
        nobody = f"video_{uuid4().hex}"
        for video_id in (finished.id, nobody, "nonsense", "../film"):
            assert (await refusal(client, "get_video", video_id=video_id))["code"] == "not_found"
            assert (await refusal(client, "remix_video", video_id=video_id, prompt="x"))[
                "code"
            ] == "not_found"
            with pytest.raises(MCPError, match="There is no such"):
                await client.read_resource(f"sora-studio://videos/{video_id}/film")
        assert (await call(client, "list_videos"))["data"] == []
        assert (await client.list_resources()).resources == []


NONSENSE: list[tuple[dict[str, Any], str | None]] = [
    ({}, "prompt"),
    ({"prompt": ""}, "prompt"),
    ({"prompt": " \u200b"}, "prompt"),
    ({"prompt": "x" * 40_000}, "prompt"),
    ({"prompt": ["a", "boat"]}, "prompt"),
    ({"prompt": "a\0boat"}, "prompt"),
    ({"prompt": "x", "model": "nonsense"}, "model"),
    ({"prompt": "x", "seconds": 5000}, "seconds"),
    ({"prompt": "x", "size": "1x1"}, "size"),
    ({"prompt": "x", "options": {"nonsense": 1}}, "nonsense"),
    ({"prompt": "x", "input_reference": {"file_id": "nonsense"}}, "input_reference"),
    ({"prompt": "x", "idempotency_key": "a\0b"}, "idempotency_key"),
    ({"prompt": "x", "idempotency_key": ""}, "Idempotency-Key"),
    ({"promt": "x"}, None),
]


async def test_nonsense_is_named_and_nothing_is_made(connect: Connect, ada: Person):
    async with connect() as client:
        for arguments, param in NONSENSE:
            error = await refusal(client, "create_video", **arguments)
            assert error["param"] == param, (arguments, error)
        elsewhere = await refusal(client, "create_video", prompt="x", project_id=str(uuid4()))
        assert elsewhere["code"] == "not_found"
        with pytest.raises(MCPError, match="There is no tool 'nonsense'"):
            await client.call_tool("nonsense", {})
    assert videos_of(ada) == []


async def test_a_prompt_that_the_provider_refuses_is_a_video_that_failed(connect: Connect, ada: Person):
    async with connect() as client:
        made = await call(client, "create_video", prompt="forbidden-test")
        wait_for(ada, made["id"])
        assert (await call(client, "get_video", video_id=made["id"]))["error"]["code"] == "moderation_blocked"


async def test_a_call_that_is_repeated_costs_once(connect: Connect, ada: Person):
    async with connect() as client:
        first, again = [await call(client, "create_video", **WISH, idempotency_key="boat") for _ in range(2)]
        assert first["id"] == again["id"]
        other = await refusal(client, "create_video", prompt="another", idempotency_key="boat")
        assert other["code"] == "idempotency_key_reused"
        assert videos_of(ada) == [first["id"]]


async def test_a_budget_says_what_is_left(studio: RunningStudio, admin: Person):
    key = admin.http.post("/keys", json={"name": "agent", "scopes": [*Scope]}).json()
    wish = {"scope": "key", "scope_id": key["id"], "amount_usd": "0.50"}
    assert admin.http.post("/budgets", json=wish).status_code == 201
    async with agent(studio.url, key["key"]) as client:
        await call(client, "create_video", **WISH)
        error = await refusal(client, "create_video", **WISH)
    assert (error["code"], error["budget"]["left_usd"]) == ("budget_exceeded", "0.10")
    assert "$0.10" in error["message"]


async def test_a_key_that_has_asked_too_often_has_to_wait(studio: RunningStudio, ada: Person):
    async with agent(studio.url, key_of(ada, requests_per_minute=3)) as client:
        await client.call_tool("list_models", {})
        with pytest.raises(MCPError, match="3 a minute are allowed"):
            await client.call_tool("list_models", {})


class Asked:
    """A person who is asked for a price."""

    def __init__(self, action: Answer) -> None:
        self.questions: list[str] = []
        self._action: Answer = action

    async def __call__(self, _: object, params: ElicitRequestFormParams) -> ElicitResult:
        self.questions.append(params.message)
        return ElicitResult(action=self._action, content={} if self._action == "accept" else None)


@pytest.mark.parametrize("action", get_args(Answer))
async def test_a_price_above_the_limit_is_asked_for(connect: Connect, ada: Person, action: Answer):
    person = Asked(action)
    async with connect(limit="0.39", elicitation_callback=person) as client:
        answer = await client.call_tool("create_video", WISH)
    assert len(person.questions) == 1
    assert "$0.40" in person.questions[0]
    if action == "accept":
        assert videos_of(ada) == [answer.structured_content["id"]]
    else:
        assert answer.structured_content["error"]["code"] == "not_allowed"
        assert videos_of(ada) == []


@pytest.mark.parametrize(("limit", "questions"), [("0.40", 0), ("0.39", 1), ("0.00", 1)])
async def test_a_remix_asks_as_well_and_only_above_the_limit(
    studio: RunningStudio, owner: Person, finished: openai.types.Video, limit: str, questions: int
):
    person = Asked("accept")
    key = key_of(owner, confirm_above_usd=limit)
    async with agent(studio.url, key, elicitation_callback=person) as client:
        await call(client, "remix_video", video_id=finished.id, prompt="at night")
    assert len(person.questions) == questions


@pytest.mark.parametrize(
    "options",
    [{}, {"mode": "legacy", "elicitation_callback": Asked("accept")}],
    ids=["says nothing", "an older protocol"],
)
async def test_a_client_that_cannot_ask_is_told_so(connect: Connect, ada: Person, options: dict[str, Any]):
    async with connect(limit="0.39", **options) as client:
        error = await refusal(client, "create_video", **WISH)
    assert (error["code"], "cannot ask" in error["message"]) == ("confirmation_required", True)
    assert "$0.40" in error["message"]
    assert videos_of(ada) == []


def test_the_limit_holds_where_nobody_can_be_asked(studio: RunningStudio, ada: Person):
    """It is the key's, whichever way it comes in."""
    script = {"Authorization": f"Bearer {key_of(ada, confirm_above_usd='0.39')}"}
    answer = httpx.post(f"{studio.url}/api/videos", json=WISH, headers=script, verify=NO_TLS, timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "confirmation_required")
    assert videos_of(ada) == []


async def test_an_agreed_price_is_for_one_video_of_one_key(studio: RunningStudio, ada: Person):
    """The question comes back sealed: repeated it makes nothing more; changed, or by another key, nothing."""
    key, other = key_of(ada, confirm_above_usd="0.10"), key_of(ada, confirm_above_usd="0.10")
    asked = await rpc(studio.url, key, "tools/call", name="create_video", arguments=WISH)
    state = asked["result"]["requestState"]
    agreed = {"inputResponses": {"price": {"action": "accept", "content": {}}}, "requestState": state}
    forged = [
        (other, {"arguments": WISH, **agreed}),
        (key, {"arguments": {**WISH, "seconds": 12}, **agreed}),
        (key, {"arguments": WISH, **agreed, "requestState": f"{state[:-2]}AA"}),
    ]
    for whose, params in forged:
        answer = await rpc(studio.url, whose, "tools/call", name="create_video", **params)
        assert answer["error"]["message"] == "Invalid or expired requestState"
    assert videos_of(ada) == []
    made = [
        await rpc(studio.url, key, "tools/call", name="create_video", arguments=WISH, **agreed)
        for _ in range(2)
    ]
    assert videos_of(ada) == [made[0]["result"]["structuredContent"]["id"]]
    assert made[0]["result"]["structuredContent"]["id"] == made[1]["result"]["structuredContent"]["id"]


async def rpc(url: str, key: str, method: str, **params: Any) -> dict[str, Any]:
    """Send one request of the protocol, as written."""
    about = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": about}}
    headers = {
        "Authorization": f"Bearer {key}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": method,
        "Mcp-Name": str(params.get("name", "")),
    }
    async with httpx.AsyncClient(verify=NO_TLS, timeout=60, trust_env=False) as http:
        answer = await http.post(f"{url}/mcp", json=body, headers=headers)
    return answer.json()


async def test_no_page_and_no_other_way_opens_it(studio: RunningStudio, ada: Person):
    key = key_of(ada)
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    says = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(base_url=studio.url, verify=NO_TLS, timeout=60, trust_env=False) as http:
        assert (await http.post("/mcp", json=ping, headers=says)).json()["result"] == {}
        for method in ("GET", "DELETE", "PUT"):
            assert (await http.request(method, "/mcp", headers=says)).status_code == 405
        foreign = await http.post("/mcp", json=ping, headers=says | {"Origin": "https://evil.example"})
        renamed = await http.post("/mcp", json=ping, headers=says | {"Host": "evil.example"})
        assert (foreign.status_code, renamed.status_code) == (403, 421)
        large = await http.post("/mcp", content=b"x" * 60_000_000, headers=says)
        assert large.status_code == 413
        for body in (b"{", b"[]", b"\xff", b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}', b"null"):
            answer = await http.post(
                "/mcp", content=body, headers=says | {"Content-Type": "application/json"}
            )
            assert 400 <= answer.status_code < 500, body
        answered = await http.post("/mcp", json=ping, headers=says)
        assert int(answered.headers["x-ratelimit-remaining-requests"]) > 0
        assert answered.headers["cache-control"] == "no-store"

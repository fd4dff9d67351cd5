"""The server that the SDK runs: it answers what clients of the protocol ask with our tools and resources."""

import hmac
import secrets
from typing import Any, cast

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types.version import is_version_at_least
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sora_studio.api.body import UPLOAD_MAX
from sora_studio.api.errors import describe
from sora_studio.api.mcp import resources
from sora_studio.api.mcp.calls import Call, Confirmation, read_arguments
from sora_studio.api.mcp.tools import TOOLS, Tool
from sora_studio.api.parsing import read_position
from sora_studio.api.schemas import Video
from sora_studio.config import Settings
from sora_studio.container import services
from sora_studio.domain.access import Action, require
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import ConfirmationRequired, NotAllowed, NotFound, SoraStudioError
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.money import as_amount
from sora_studio.domain.video import Status, VideoView

Context = ServerRequestContext[Any, Any]

_NAME = "sora-studio"
_INSTRUCTIONS = (
    "Sora Studio makes videos from prompts. create_video and remix_video store a wish and answer at once; "
    "ask get_video every few seconds until the status is completed or failed. Videos cost money: list_models "
    "has the prices, get_usage what is left. Send an idempotency_key: a call that is repeated costs once."
)
_ASKS_BY_ANSWER = "2026-07-28"  # from here on, a server asks a person by answering with a question
_LINKS = "2025-06-18"  # from here on, a tool's answer may hold links to resources
_QUESTION = "price"
_PURPOSE = b"confirmations of agents"


def build(settings: Settings | None, version: str) -> ASGIApp:
    """Build what answers a request whose `state` has the identity that was let in.

    Args:
        settings: Where the studio is, and its signing key; None: nowhere, and a key of this process alone.
        version: The studio's.
    """
    handlers = _Handlers(settings.public_url if settings else "")
    server: Server = Server(
        _NAME,
        version=version,
        title="Sora Studio",
        instructions=_INSTRUCTIONS,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_templates,
        on_read_resource=handlers.read_resource,
    )
    # What was asked, of whom and about which call, travels with the question, sealed: any worker reads it.
    seal = RequestStateSecurity(keys=_sealing_keys(settings), bind_principal=_principal)
    server.middleware.append(RequestStateBoundary(seal, default_audience=_NAME))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        # One for each request: it has no session to keep, and what it starts ends with the answer.
        manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=UPLOAD_MAX
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    return answer


class _Handlers:
    """What is answered to each method of the protocol."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    async def list_tools(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[*map(_tool, TOOLS.values())])

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        tool, identity = TOOLS.get(params.name), _identity(context)
        if tool is None:
            message = f"There is no tool {params.name[:80]!r}. There are: {', '.join(TOOLS)}."
            raise MCPError(types.INVALID_PARAMS, message)
        try:
            require(identity, tool.action)  # before a word is said of the arguments
            call = Call(identity, _confirmed(params))
            arguments = read_arguments(tool.arguments, params.arguments or {})
            await services().authenticator.admit(identity, tool.action, tool.about(arguments))
            answer = await tool.run(call, arguments)
        except ConfirmationRequired as needed:
            return _ask(context, needed) if _can_ask(context) else _refused(_cannot_ask(needed))
        except SoraStudioError as error:
            return _refused(error)
        return _answered(answer, context.protocol_version)

    async def list_resources(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        identity, cursor = _reader(context), params.cursor if params else None
        try:
            videos, has_more = await resources.page(identity, read_position(cursor) if cursor else None)
        except SoraStudioError as error:
            raise _failed(error) from error
        return types.ListResourcesResult(
            resources=[_resource(video, kind) for video in videos for kind in resources.KINDS],
            next_cursor=public_id(videos[-1].id) if has_more else None,
        )

    async def list_templates(
        self, _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(
                    uri_template=kind.template,
                    name=kind.name,
                    description=kind.description,
                    mime_type=kind.content_type,
                )
                for kind in resources.KINDS
            ]
        )

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        identity, uri = _reader(context), str(params.uri)
        try:
            found = await resources.read(identity, uri, self._public_url)
        except SoraStudioError as error:
            raise _failed(error, uri=uri) from error
        if found.blob is None:
            text = types.TextResourceContents(uri=uri, mime_type=found.content_type, text=found.text or "")
            return types.ReadResourceResult(contents=[text])
        blob = types.BlobResourceContents(uri=uri, mime_type=found.content_type, blob=found.blob)
        return types.ReadResourceResult(contents=[blob])


def _identity(context: Context) -> Identity:
    """Return who was let in with the request."""
    identity: Identity = cast("Request", context.request).state.identity  # everything comes by HTTP
    return identity


def _reader(context: Context) -> Identity:
    identity = _identity(context)
    try:
        require(identity, Action.READ_VIDEOS)
    except NotAllowed as error:
        raise _failed(error) from error
    return identity


def _principal(context: Context) -> str:
    """Return whose a sealed question is: another key cannot answer it."""
    return str(_identity(context).key_id)


def _sealing_keys(settings: Settings | None) -> list[bytes]:
    """Return the keys for confirmations: the same in all workers, and of no use for sessions."""
    if settings is None:
        return [secrets.token_bytes(32)]
    words = (word.strip() for word in settings.signing_key().split(b","))  # the first signs, as for sessions
    return [hmac.digest(word, _PURPOSE, "sha256") for word in words]


def _tool(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema={**tool.arguments.model_json_schema(), "additionalProperties": False},
        output_schema=tool.result.model_json_schema(mode="serialization"),
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.spends,
            destructive_hint=False,
            idempotent_hint=not tool.spends,
            open_world_hint=tool.spends,
        ),
    )


def _answered(answer: BaseModel, protocol_version: str) -> types.CallToolResult:
    """Shape what a tool says: for programs, as text for who reads only that, and with links to files."""
    content: list[types.ContentBlock] = [types.TextContent(text=answer.model_dump_json())]
    if (
        isinstance(answer, Video)
        and answer.status == Status.COMPLETED
        and is_version_at_least(protocol_version, _LINKS)
    ):
        video_id = parse_public_id(answer.id)
        content += [
            types.ResourceLink(uri=kind.uri(video_id), name=kind.name, mime_type=kind.content_type)
            for kind in resources.KINDS
        ]
    return types.CallToolResult(content=content, structured_content=answer.model_dump(mode="json"))


def _refused(error: SoraStudioError) -> types.CallToolResult:
    """Tell an agent in words what is wrong, and its program in the API's envelope."""
    described = describe(error)
    if described is None:
        raise error
    text = types.TextContent(text=f"{described.error['code']}: {described.error['message']}")
    return types.CallToolResult(
        content=[text], structured_content={"error": {**described.error}}, is_error=True
    )


def _failed(error: SoraStudioError, **about: str) -> MCPError:
    described = describe(error)
    if described is None:
        raise error
    kind = types.INVALID_PARAMS if isinstance(error, NotFound) else types.INTERNAL_ERROR
    return MCPError(kind, str(described.error["message"]), {"error": {**described.error}, **about})


def _resource(video: VideoView, kind: resources.Kind) -> types.Resource:
    return types.Resource(
        uri=kind.uri(video.id),
        name=f"{kind.name} of {public_id(video.id)}",
        title=video.title,
        mime_type=kind.content_type,
    )


def _can_ask(context: Context) -> bool:
    """Tell whether a client can put a question to its person."""
    if not is_version_at_least(context.protocol_version, _ASKS_BY_ANSWER):
        return False
    able = context.session.client_capabilities
    asks = able.elicitation if able else None
    return asks is not None and (asks.form is not None or asks.url is None)


def _ask(context: Context, needed: ConfirmationRequired) -> types.InputRequiredResult:
    """Have the client ask its person whether a price is all right."""
    price = needed.price_micros
    cost = "a price that the studio does not know" if price is None else as_amount(price)
    name = (context.params or {}).get("name", "")
    question = types.ElicitRequestFormParams(
        message=f"An agent wants to make a video in Sora Studio ({name}) for {cost}. Shall it?",
        requested_schema=types.ElicitRequestedSchema(type="object", properties={}),
    )
    return types.InputRequiredResult(
        input_requests={_QUESTION: types.ElicitRequest(params=question)},
        request_state=Confirmation.wanted(price).dump(),
    )


def _cannot_ask(needed: ConfirmationRequired) -> ConfirmationRequired:
    words = (
        f"{needed.message} This client cannot ask one: that takes MCP {_ASKS_BY_ANSWER} with elicitation. "
        "Make the video in the studio, or with an API key that may spend more."
    )
    return ConfirmationRequired(words, needed.price_micros)


def _confirmed(params: types.CallToolRequestParams) -> Confirmation | None:
    """Return what a person has agreed to, if they were asked.

    Raises:
        NotAllowed: They said no.
    """
    answer = (params.input_responses or {}).get(_QUESTION)
    if params.request_state is None or not isinstance(answer, types.ElicitResult):
        return None
    if answer.action != "accept":
        message = "The person did not agree to the price. Nothing was made or charged."
        raise NotAllowed(message)
    return Confirmation.load(params.request_state)

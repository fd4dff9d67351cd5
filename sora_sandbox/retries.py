"""A gateway's own retries: what LiteLLM does between its clients and the provider."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_sandbox.operations import CREATING, operation_of
from sora_sandbox.service import Sandbox

_RETRIED = frozenset({408, 409, 429, *range(500, 600)})


class RetryMiddleware:
    """ASGI middleware that sends what makes a job once more when it fails, as often as the dialect does.

    `x-litellm-num-retries` says otherwise. The retries carry the client's own idempotency key no further.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        operation = operation_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        sandbox: Sandbox | None = getattr(scope["app"].state, "sandbox", None)
        if operation not in (*CREATING, "character") or sandbox is None or not sandbox.dialect.retries:
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-litellm-num-retries", "")
        left = int(asked) if asked.isdecimal() else sandbox.dialect.retries
        body = await _read(receive)
        while True:
            answer: list[Message] = []
            await self._app(scope, _replay(body, receive), _into(answer))
            if not left or not answer or answer[0]["status"] not in _RETRIED:
                break
            left -= 1
        for message in answer:
            await send(message)


async def _read(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _replay(body: list[Message], receive: Receive) -> Receive:
    """Return what hears a body again, and after it whatever the client does next."""
    left = iter(body)

    async def replay() -> Message:
        return next(left, None) or await receive()

    return replay


def _into(answer: list[Message]) -> Send:
    async def send(message: Message) -> None:
        answer.append(message)

    return send

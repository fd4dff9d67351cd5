"""A start that fails for a reason the operator can mend says so in a sentence."""

import sys

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_studio.config import ConfigError
from sora_studio.domain.errors import SoraStudioError


class StartupErrors:
    """Puts the sentence of an error of ours in place of its traceback; a bug keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, the news of a failed start in short."""

        async def send_in_short(message: Message) -> None:
            error = sys.exception()  # the sender is handling it
            if message["type"] == "lifespan.startup.failed" and isinstance(
                error, ConfigError | SoraStudioError
            ):
                message = {**message, "message": str(error)}
            await send(message)

        await self._app(scope, receive, send_in_short if scope["type"] == "lifespan" else send)

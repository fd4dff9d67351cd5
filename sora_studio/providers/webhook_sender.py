"""The way out for webhooks; what carries them is loaded with the first one, as that takes its time."""

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from sora_studio.domain.webhook_messages import Answer

if TYPE_CHECKING:
    from sora_studio.providers.webhook_connection import WebhookConnection


class HttpWebhookSender:
    """The port `WebhookSender` over HTTP."""

    def __init__(self, hosts: Collection[str] = ()) -> None:
        """Open nothing yet.

        Args:
            hosts: `host` or `host:port` that may be private, and spoken to without TLS.
        """
        self._hosts = hosts
        self._opening: asyncio.Task[WebhookConnection] | None = None

    async def check(self, url: str) -> str | None:
        """Say what is wrong with an address, as far as it can be seen without asking anybody."""
        return (await self._connection()).check(url)

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one message; of the answer, only status and headers are read."""
        return await (await self._connection()).send(url, headers, body)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._opening is not None:
            await (await self._opening).close()

    async def _connection(self) -> "WebhookConnection":
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(self._open))
        return await asyncio.shield(self._opening)

    def _open(self) -> "WebhookConnection":
        from sora_studio.providers.webhook_connection import WebhookConnection  # noqa: PLC0415 -- it takes its time

        return WebhookConnection(self._hosts)

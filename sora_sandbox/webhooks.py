"""Webhooks about finished jobs, signed as Standard Webhooks asks (https://www.standardwebhooks.com)."""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
import urllib.error
import urllib.request

from sora_sandbox.faults import Fault, Faults
from sora_sandbox.job_store import VideoRecord

RETRY_DELAYS = (0.0, 1.0, 5.0, 25.0)
"""Seconds before each attempt."""

_log = logging.getLogger(__name__)


class WebhookSender:
    """Sends `video.completed` and `video.failed`; a webhook that is refused four times is given up."""

    def __init__(self, url: str | None, secret: str | None, faults: Faults) -> None:
        """Send to `url`, or nowhere; `secret` is `whsec_` and base64.

        Raises:
            ValueError: There is a URL without a secret, or the secret is malformed.
        """
        self._url, self._key, self._faults = url, b"", faults
        self._held: list[tuple[VideoRecord, Fault]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        if url:
            if not secret or not secret.startswith("whsec_"):
                message = "a webhook needs a secret: whsec_ and base64"
                raise ValueError(message)
            self._key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)

    def send(self, video: VideoRecord) -> None:
        """Start to deliver the news that a job has ended."""
        if not self._url:
            return
        fault = self._faults.take("webhook") or Fault(at="webhook")
        if fault.hold:
            self._held.append((video, fault))
            return
        task = asyncio.create_task(self._deliver(self._url, [(video, fault), *self._held]))
        self._held = []
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what has not been delivered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, url: str, webhooks: list[tuple[VideoRecord, Fault]]) -> None:
        """Send one after the other; how often, how late and how signed is up to the faults."""
        for video, fault in webhooks:
            await asyncio.sleep(fault.delay_ms / 1000)
            key = b"another secret" if fault.forged else self._key
            event_id = "evt_" + secrets.token_hex(16)
            for _ in range(fault.copies):
                await self._send(url, video, event_id, key)

    async def _send(self, url: str, video: VideoRecord, event_id: str, key: bytes) -> None:
        event = {
            "id": event_id,
            "object": "event",
            "created_at": int(time.time()),
            "type": f"video.{video.status}",
            "data": {"id": video.id},
        }
        body = json.dumps(event, separators=(",", ":")).encode()
        for delay in RETRY_DELAYS:
            await asyncio.sleep(delay)
            if await asyncio.to_thread(_post, url, body, _signed_headers(key, event_id, body)):
                return
        _log.warning("webhook_not_accepted video=%s", video.id)


def _signed_headers(key: bytes, event_id: str, body: bytes) -> dict[str, str]:
    """Return the headers of a body that is sent now, its signature among them."""
    stamp = str(int(time.time()))
    digest = hmac.digest(key, b".".join((event_id.encode(), stamp.encode(), body)), hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def _post(url: str, body: bytes, headers: dict[str, str]) -> bool:
    """Tell whether the receiver answered with a 2xx."""
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310  (the operator's own URL)
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 -- the operator's URL
            return True
    except (urllib.error.URLError, OSError):
        return False

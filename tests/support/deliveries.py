"""Webhooks as a provider sends them to the studio of a harness."""

import base64
import hashlib
import hmac
import json
import time
from uuid import uuid4

import httpx

from tests.support.harness import WEBHOOK_SECRET, StudioHarness

KEY = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))


async def deliver(
    harness: StudioHarness,
    remote_id: str,
    *,
    kind: str = "video.completed",
    delivery_id: str = "",
    key: bytes = KEY,
    age: int = 0,
    body: bytes = b"",
) -> httpx.Response:
    """Send what a provider sends, signed."""
    delivery_id, stamp = delivery_id or f"evt_{uuid4().hex}", str(int(time.time()) - age)
    body = body or json.dumps({"type": kind, "data": {"id": remote_id}}).encode()
    digest = hmac.digest(key, b".".join((delivery_id.encode(), stamp.encode(), body)), hashlib.sha256)
    headers = {
        "webhook-id": delivery_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    return await harness.http.post("/api/webhooks/provider", content=body, headers=headers)

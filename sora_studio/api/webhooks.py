"""Where providers tell us that a video has changed. Open to everybody: the signature says who it is."""

from typing import Annotated

from fastapi import APIRouter, Header, Request

from sora_studio.container import services
from sora_studio.domain.webhooks import Delivery

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/provider", status_code=204)
async def receive(
    request: Request,
    webhook_id: Annotated[str, Header()] = "",
    webhook_timestamp: Annotated[str, Header()] = "",
    webhook_signature: Annotated[str, Header()] = "",
) -> None:
    """Take a Standard Webhooks delivery (`video.completed`, `video.failed`) as a hint to look."""
    delivery = Delivery(webhook_id, webhook_timestamp, webhook_signature, await request.body())
    await services().webhooks.receive(delivery)

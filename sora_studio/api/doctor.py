"""What a request looks like once it is here, for the studio's own doctor, who comes by the public address."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import BearerDep
from sora_studio.container import services
from sora_studio.domain.address import address_of
from sora_studio.domain.errors import NotFound

router = APIRouter(tags=["health"])


class Seen(BaseModel):
    """How the studio sees who asks."""

    address: str
    scheme: str
    host: str
    forwarded: bool = Field(description="Whether a proxy has said for whom it asks.")
    believed: bool = Field(description="Whether that counts.")
    build: str


@router.get("/doctor")
async def read_request(request: Request, bearer: BearerDep) -> Seen:
    """Tell `sora-studio doctor` what is seen of its request; nobody else finds anything here.

    Raises:
        NotFound: It is somebody else.
    """
    if bearer is None or not services().diagnosis.opens(bearer.credentials):
        message = "There is no such address."
        raise NotFound(message)
    address = request.client.host if request.client else ""
    said = ",".join(request.headers.getlist("x-forwarded-for"))
    hops = [hop.strip() for hop in said.split(",") if hop.strip()]
    peer = address_of(address)
    return Seen(
        address=address,
        scheme=request.url.scheme,
        host=request.headers.get("host", ""),
        forwarded=bool(hops),
        believed=peer is not None and any(address_of(hop) == peer for hop in hops),
        build=request.app.state.build,
    )

"""Signs of life for the supervisor of the process."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from sora_studio.container import services
from sora_studio.services.health import Health

router = APIRouter(tags=["health"])


class Life(BaseModel):
    """The process runs."""

    status: str = "ok"


class Readiness(BaseModel):
    """Whether it can serve."""

    status: str
    reasons: list[str]


@router.head("/livez", include_in_schema=False)
@router.get("/livez")
async def livez() -> Life:
    """Say that the process runs; asks nobody."""
    return Life()


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz() -> Response:
    """Tell whether the studio can serve: `degraded` when only slower, 503 when not; with reasons."""
    try:
        health = await services().health.look()
    except LookupError:
        health = Health(("The studio is starting or stopping.",))
    word = "unavailable" if health.reasons else "degraded" if health.complaints else "ok"
    ready = Readiness(status=word, reasons=[*health.reasons, *health.complaints])
    status, wait = (503, {"Retry-After": "2"}) if health.reasons else (200, {})
    return JSONResponse(ready.model_dump(), status, {"Cache-Control": "no-store", **wait})

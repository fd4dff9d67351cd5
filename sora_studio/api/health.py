"""Signs of life for the supervisor of the process."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from sora_studio.container import services

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
    """Tell whether the studio can serve; 503 with reasons otherwise."""
    try:
        reasons = await services().health.reasons()
    except LookupError:
        reasons = ["The studio is starting or stopping."]
    ready = Readiness(status="unavailable" if reasons else "ok", reasons=reasons)
    status, wait = (503, {"Retry-After": "2"}) if reasons else (200, {})
    return JSONResponse(ready.model_dump(), status, {"Cache-Control": "no-store", **wait})

"""Signs of life for the supervisor of the process, and what those who watch it read."""

from contextlib import suppress

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from sora_studio import metrics
from sora_studio.api.dependencies import BearerDep, OriginDep
from sora_studio.container import services
from sora_studio.domain.errors import NotFound
from sora_studio.services.health import STARTING, ReasonCode

router = APIRouter(tags=["health"])


class Life(BaseModel):
    """The process runs."""

    status: str = "ok"


class Readiness(BaseModel):
    """Whether it can serve."""

    status: str
    reasons: list[str] = Field(description="In words.")
    codes: list[ReasonCode] = Field(description="The same, for programs.")


@router.head("/livez", include_in_schema=False)
@router.get("/livez", response_model=Life, responses={503: {"model": Life}})
async def livez() -> Response:
    """Say that the process runs, or 503 when it is about to stop; asks nobody."""
    with suppress(LookupError):  # it is not open
        if services().health.stops:
            return JSONResponse(Life(status="stopping").model_dump(), 503)
    return JSONResponse(Life().model_dump())


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz() -> Response:
    """Tell whether the studio can serve: `degraded` when only slower, 503 when not; with reasons."""
    try:
        health = await services().health.look()
    except LookupError:
        health = STARTING
    word = "unavailable" if health.reasons else "degraded" if health.complaints else "ok"
    found = (*health.reasons, *health.complaints)
    ready = Readiness(status=word, reasons=[each.text for each in found], codes=[each.code for each in found])
    status, wait = (503, {"Retry-After": "2"}) if health.reasons else (200, {})
    return JSONResponse(ready.model_dump(), status, {"Cache-Control": "no-store", **wait})


class Version(BaseModel):
    """What runs here."""

    version: str
    build: str = Field(description="The commit that it was built from, as far as it is known.")


@router.get("/api/version")
async def version(request: Request) -> Version:
    """Say which version and which build of the studio this is."""
    return Version(version=request.app.version, build=request.app.state.build)


@router.get("/metrics", response_class=Response)
async def read_metrics(origin: OriginDep, bearer: BearerDep) -> Response:
    """Return what is measured, as Prometheus reads it: with the token, or to this machine if there is none.

    Raises:
        NotFound: To everybody else.
    """
    figures = services().metrics
    if not figures.opens(bearer.credentials if bearer else None, is_local=origin.is_local):
        message = "There is no such address."
        raise NotFound(message)
    return Response(
        await figures.read(), headers={"Cache-Control": "no-store"}, media_type=metrics.CONTENT_TYPE
    )

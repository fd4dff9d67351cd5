"""The API as one application."""

from importlib.metadata import version

from fastapi import Depends, FastAPI
from starlette.responses import Response

from sora_studio.api import auth, errors, health, manual, models, references, users, videos, webhooks
from sora_studio.api.body import UPLOAD_MAX, USUAL_MAX
from sora_studio.api.edge import BodyLimit
from sora_studio.api.identity import current_identity
from sora_studio.config import Settings
from sora_studio.domain.webhooks import BODY_MAX

PREFIX = "/api"

_UPLOADS = (f"{PREFIX}/videos", f"{PREFIX}/videos/create", f"{PREFIX}/references")
_LIMITS = dict.fromkeys(_UPLOADS, UPLOAD_MAX) | {f"{PREFIX}/webhooks/provider": BODY_MAX}


def create_api(settings: Settings | None = None) -> FastAPI:
    """Build the API. Whoever mounts it passes `/api`, `/livez` and `/readyz` on.

    Args:
        settings: Their public URL says whether cookies are for https; None: each request says it itself.
    """
    api = FastAPI(
        title="Sora Studio API",
        version=version("sora-studio"),
        docs_url=None,  # FastAPI's page loads its script from elsewhere; ours is `manual`
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
        responses={"4XX": {"model": errors.ErrorAnswer, "description": "What is wrong, in words."}},
    )
    api.state.public_url = settings.public_url if settings else ""
    errors.add_handlers(api)
    api.add_middleware(BodyLimit, usual=USUAL_MAX, at=_LIMITS)
    for router in (auth.router, manual.router, webhooks.router):
        api.include_router(router, prefix=PREFIX)
    closed = [Depends(current_identity), Depends(_never_stored)]
    for router in (users.router, videos.router, references.router, models.router):
        api.include_router(router, prefix=PREFIX, dependencies=closed)
    api.include_router(health.router)
    return api


def _never_stored(response: Response) -> None:
    """Keep what is personal out of caches; files set their own rule."""
    response.headers["Cache-Control"] = "no-store"

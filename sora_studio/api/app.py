"""The API as one application."""

from typing import Any

from fastapi import Depends, FastAPI
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from sora_studio.api import (
    audit,
    auth,
    batches,
    characters,
    docs_page,
    doctor,
    edits,
    errors,
    health,
    invitations,
    keys,
    models,
    money,
    people,
    project_limits,
    projects,
    queue,
    security_txt,
    sessions,
    single_sign_on,
    two_factor,
    uploads,
    users,
    videos,
    webhook_endpoints,
    webhooks,
)
from sora_studio.api import (
    settings as studio_settings,
)
from sora_studio.api.body import UPLOAD_MAX, USUAL_MAX
from sora_studio.api.body_limit import BodyLimit
from sora_studio.api.mcp import endpoint as mcp
from sora_studio.api.rate_limits import RateLimitHeaders
from sora_studio.config import Settings
from sora_studio.config.authority import is_loopback
from sora_studio.config.build import VERSION, commit
from sora_studio.domain.media import FILM_MAX_BYTES
from sora_studio.domain.webhooks import BODY_MAX

PREFIX = "/api"

_PICTURES = ("videos", "videos/create")
_FILMS = ("uploads", "videos/characters", "videos/edits", "videos/extensions")
_LIMITS = (
    dict.fromkeys((f"{PREFIX}/{path}" for path in _PICTURES), UPLOAD_MAX)
    | dict.fromkeys((f"{PREFIX}/{path}" for path in _FILMS), FILM_MAX_BYTES + USUAL_MAX)
    | {f"{PREFIX}/webhooks/provider": BODY_MAX, mcp.PATH: UPLOAD_MAX}
)


def create_api(settings: Settings | None = None) -> FastAPI:
    """Build the API, to be mounted where `/api`, `/mcp`, `/livez` and `/readyz` reach it.

    Args:
        settings: Their public URL says whether cookies are for https; None: each request says it itself.
    """
    api = _bare(settings, openapi_url=f"{PREFIX}/openapi.json")
    api.add_middleware(BodyLimit, usual=USUAL_MAX, at=_LIMITS)
    api.add_middleware(RateLimitHeaders)
    for router in (auth.router, single_sign_on.router, docs_page.router, doctor.router, webhooks.router):
        api.include_router(router, prefix=PREFIX)
    # What has an address below /videos of its own stands before /videos/{id}.
    for router in (
        users.router,
        sessions.router,
        two_factor.router,
        keys.router,
        characters.router,
        edits.router,
        batches.router,
        videos.router,
        uploads.router,
        models.router,
        projects.router,
        people.router,
        invitations.router,
        studio_settings.router,
        audit.router,
        queue.router,
        project_limits.router,
        webhook_endpoints.router,
        money.router,
    ):
        api.include_router(router, prefix=PREFIX, dependencies=[Depends(_never_stored)])
    api.include_router(videos.files, prefix=PREFIX)
    for router in (health.router, security_txt.router):
        api.include_router(router)
    api.router.routes.append(Route(mcp.PATH, mcp.McpEndpoint(settings), methods=["POST"]))
    return api


def create_health_api(settings: Settings, lifespan: Lifespan[FastAPI]) -> FastAPI:
    """Build what an instance without pages has: signs of life, for who looks after it.

    Args:
        settings: The studio's.
        lifespan: Opens it for as long as the process serves.
    """
    api = _bare(settings, openapi_url=None, lifespan=lifespan)
    api.include_router(health.router)
    return api


def _bare(settings: Settings | None, **more: Any) -> FastAPI:  # noqa: ANN401 -- FastAPI's own
    """Build an API that says nothing yet."""
    api = FastAPI(
        title="Sora Studio API",
        version=VERSION,
        docs_url=None,  # FastAPI's page loads its script from elsewhere; ours is `manual`
        redoc_url=None,
        redirect_slashes=False,
        responses={"4XX": {"model": errors.ErrorAnswer, "description": "What is wrong, in words."}},
        **more,
    )
    api.state.public_url = settings.public_url if settings else ""
    api.state.at_home = settings is None or is_loopback(settings.own_names.public.host)
    api.state.build = commit()
    api.state.contact = settings.contact if settings else ""
    errors.add_handlers(api)
    return api


def _never_stored(response: Response) -> None:
    """Keep what is personal out of caches; files set their own rule."""
    response.headers["Cache-Control"] = "no-store"

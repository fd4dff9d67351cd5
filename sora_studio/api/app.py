"""The API as one application."""

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

from sora_studio.api import auth, errors, health, manual, references, users, videos
from sora_studio.api.identity import IdentityDep
from sora_studio.api.shapes import ModelList
from sora_studio.container import services

PREFIX = "/api"


def create_api() -> FastAPI:
    """Build the API. Whoever mounts it passes `/api`, `/livez` and `/readyz` on."""
    api = FastAPI(
        title="Sora Studio API",
        docs_url=None,  # FastAPI's page loads its script from elsewhere; ours is `manual`
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
    )
    errors.add_handlers(api)
    api.include_router(health.router)
    for router in (auth.router, users.router, videos.router, references.router, _models):
        api.include_router(router, prefix=PREFIX)

    @api.get(f"{PREFIX}/docs", include_in_schema=False)
    async def read_manual() -> HTMLResponse:
        """Show the manual."""
        return HTMLResponse(manual.render(api.openapi()))

    return api


_models = APIRouter(prefix="/models", tags=["videos"])


@_models.get("")
async def list_models(_: IdentityDep) -> ModelList:
    """List every model that can be asked for, the default first."""
    return ModelList.of(services().videos.offers())

"""The web application: every route and middleware of the sandbox, and what runs while it serves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse

from sora_sandbox import character_routes, edit_routes, fault_routes, ledger_routes, video_routes
from sora_sandbox.dependencies import require_api_key, require_operation
from sora_sandbox.dialects import DIALECTS
from sora_sandbox.error_handlers import install_error_handlers
from sora_sandbox.fault_middleware import FaultMiddleware
from sora_sandbox.middleware import OwnHostMiddleware, RequestMiddleware
from sora_sandbox.retries import RetryMiddleware
from sora_sandbox.service import Sandbox
from sora_sandbox.settings import SandboxSettings
from sora_sandbox.wire import Json

_CLEANUP_INTERVAL = 30
"""Seconds between two removals of expired files."""


def create_app(settings: SandboxSettings) -> FastAPI:
    """Build the server; its lifespan opens the store and, at the end, stops every worker process."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sandbox = app.state.sandbox = Sandbox(settings)
        sandbox.pool.start()
        cleanup = asyncio.create_task(_remove_expired_files(sandbox))
        try:
            yield
        finally:
            cleanup.cancel()
            await sandbox.close()

    app = FastAPI(title="Sora Studio sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(RequestMiddleware)
    app.add_middleware(FaultMiddleware)  # around everything else: a fault has the last word
    app.add_middleware(RetryMiddleware)  # a gateway, and the trouble is behind it
    app.add_middleware(OwnHostMiddleware, allowed=settings.allowed_hosts)  # but for what is not for us
    install_error_handlers(app)
    videos_api = APIRouter(prefix="/v1", dependencies=[Depends(require_api_key), Depends(require_operation)])
    for module in (
        edit_routes,
        character_routes,
        video_routes,
    ):  # /videos/{video_id} would match the others', too
        videos_api.include_router(module.router)
    app.include_router(videos_api)
    app.include_router(video_routes.cloud_router)
    if settings.faults:  # for tests: nobody else is to read what everybody has asked for
        app.include_router(ledger_routes.router)
        app.include_router(fault_routes.router)
    app.add_api_route("/healthz", _healthz)
    for path, said in DIALECTS[settings.dialect].about().items():
        app.add_api_route(path, partial(_say, said), response_model=None)
    return app


async def _say(said: object) -> JSONResponse:
    return JSONResponse(said)


async def _healthz() -> Json:
    return {"status": "ok"}


async def _remove_expired_files(sandbox: Sandbox) -> None:
    while True:
        sandbox.remove_expired_files()
        await asyncio.sleep(_CLEANUP_INTERVAL)

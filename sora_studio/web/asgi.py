"""What uvicorn runs: the app behind its middleware, on one port, with the built front end."""

import os

from starlette.types import ASGIApp

from sora_studio.api.app import create_api
from sora_studio.config import Settings, load
from sora_studio.web import frontend
from sora_studio.web.middleware.clean_urls import CleanUrls
from sora_studio.web.middleware.dispatch import Dispatch
from sora_studio.web.middleware.headers import SecurityHeaders
from sora_studio.web.middleware.origin import SameOrigin
from sora_studio.web.middleware.request_id import RequestId
from sora_studio.web.middleware.startup_errors import StartupErrors

_REFLEX = {
    **frontend.REFLEX_ENVIRONMENT,
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_WEB_WORKDIR": str(frontend.SERVED),
    "REFLEX_SOCKET_INTERVAL": "15s",  # a socket that a phone killed in silence is noticed within 35 s
    "REFLEX_SOCKET_TIMEOUT": "20s",
    "__REFLEX_SKIP_COMPILE": "true",  # internal names, hence the exact pin: the front end is built already,
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",  # and served by us
}


def create(settings: Settings | None = None) -> ASGIApp:
    """Build the whole application; the working directory must be the checkout.

    Args:
        settings: Read from the environment when missing (`uvicorn --factory sora_studio.web.asgi:create`).

    Raises:
        ConfigError: A setting is wrong.
    """
    settings = settings or load()
    os.environ.update(_REFLEX)
    from sora_studio.sora_studio import app, lifespan  # noqa: PLC0415 -- Reflex reads the environment at import

    app.register_lifespan_task(lifespan, settings=settings)
    served = Dispatch(create_api(settings), CleanUrls(app(), frontend.CLIENT))
    guarded = SameOrigin(served, settings.public_url)
    complete = SecurityHeaders(guarded, frontend.CLIENT, https=settings.public_url.startswith("https:"))
    return StartupErrors(RequestId(complete))

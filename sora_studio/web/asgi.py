"""What uvicorn runs: the app behind its middleware, on one port, with the built front end."""

import os

from starlette.types import ASGIApp

from sora_studio.api.app import create_api, create_health_api
from sora_studio.bootstrap import Parts, without_pages
from sora_studio.config import PRIVATE, Settings, load
from sora_studio.domain.instance import InstanceRole, ProcessInfo
from sora_studio.security_log import SecurityLog
from sora_studio.web import frontend
from sora_studio.web.middleware.authority import OwnAuthority
from sora_studio.web.middleware.clean_urls import CleanUrls
from sora_studio.web.middleware.dispatch import Dispatch
from sora_studio.web.middleware.earlier_assets import EarlierAssets
from sora_studio.web.middleware.forwarded import Forwarded
from sora_studio.web.middleware.headers import SecurityHeaders
from sora_studio.web.middleware.measured import Measured
from sora_studio.web.middleware.request_id import RequestId
from sora_studio.web.middleware.right_cookie import RightCookie
from sora_studio.web.middleware.socket_limit import SocketLimit
from sora_studio.web.middleware.startup_errors import StartupErrors
from sora_studio.web.proxies import Proxies

REFLEX = {
    **frontend.REFLEX_ENVIRONMENT,
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_WEB_WORKDIR": str(frontend.SERVED),
    "REFLEX_SOCKET_INTERVAL": "15s",  # a socket that a phone killed in silence is noticed within 35 s
    "REFLEX_SOCKET_TIMEOUT": "20s",
    "__REFLEX_SKIP_COMPILE": "true",  # internal names, hence the exact pin: the front end is built already,
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",  # and served by us
}
"""What Reflex finds in the environment when the site is loaded."""

_ALONE = ProcessInfo()


def create(
    settings: Settings | None = None,
    security_log: SecurityLog | None = None,
    parts: Parts | None = None,
    info: ProcessInfo = _ALONE,
) -> ASGIApp:
    """Build the whole application; the working directory must be the checkout.

    Args:
        settings: Read from the environment when missing (`uvicorn --factory sora_studio.web.asgi:create`).
        security_log: Counts what is turned away.
        parts: Other parts for the studio, as tests put in.
        info: The place of this process among those that serve the studio.

    Raises:
        ConfigError: A setting is wrong.
    """
    os.umask(PRIVATE)
    settings, security_log = settings or load(), security_log or SecurityLog()
    if info.role is InstanceRole.WORK:
        served = create_health_api(settings, lambda _: without_pages(settings, parts, info))
    else:
        served = _site(settings, parts, info)
    complete = SecurityHeaders(
        guarded(served, settings, security_log),
        frontend.CLIENT,
        https=settings.own_names.public.scheme == "https",
        media=settings.s3_public_endpoint if settings.media_url else None,
    )
    return StartupErrors(RequestId(complete, Proxies(settings.proxies)))


def _site(settings: Settings, parts: Parts | None, info: ProcessInfo) -> ASGIApp:
    """Build the pages and the API."""
    os.environ.update(REFLEX)
    from sora_studio.sora_studio import app, lifespan  # noqa: PLC0415 -- Reflex reads the environment at import

    app.register_lifespan_task(lifespan, settings=settings, parts=parts, info=info)
    pages = EarlierAssets(CleanUrls(app(), frontend.CLIENT), frontend.CLIENT, frontend.RELEASES)
    return Dispatch(Measured(create_api(settings)), Measured(pages, "site"))


def guarded(app: ASGIApp, settings: Settings, security_log: SecurityLog) -> ASGIApp:
    """Put an application behind its doors: who asks, whom, with which cookie, how many at a time."""
    https = settings.own_names.public.scheme == "https"
    inside = RightCookie(SocketLimit(app, security_log), https=https)
    return Forwarded(OwnAuthority(inside, settings.own_names, security_log), Proxies(settings.proxies))

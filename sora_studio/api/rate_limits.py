"""How many requests are left, told with every answer to somebody: in OpenAI's headers, and in the standard's.

The latter are those of draft-ietf-httpapi-ratelimit-headers-11.
"""

from collections.abc import Mapping, Sequence
from math import ceil

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_studio.services.throttle import Quota

_MINUTE, _HOUR = 60, 3600


class RateLimitHeaders:
    """Middleware that adds to an answer what was counted while it was made (`request.state.quotas`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and (quotas := state.get("quotas")):
                MutableHeaders(scope=message).update(headers_of(quotas))
            await send(message)

        await self._app(scope, receive, tell)


def headers_of(quotas: Sequence[Quota]) -> Mapping[str, str]:
    """Return the headers of one or several quotas; OpenAI's have room for one, which is the tightest."""
    tightest = min(quotas, key=lambda quota: (quota.remaining, quota.limit))
    return {
        "x-ratelimit-limit-requests": str(tightest.limit),
        "x-ratelimit-remaining-requests": str(tightest.remaining),
        "x-ratelimit-reset-requests": duration(tightest.reset),
        "RateLimit-Policy": ", ".join(f'"{each.name}";q={each.limit};w={each.window}' for each in quotas),
        "RateLimit": ", ".join(f'"{each.name}";r={each.remaining};t={ceil(each.reset)}' for each in quotas),
    }


def duration(seconds: float) -> str:
    """Write a time as OpenAI does: `1s`, `6m0s`; what is left of a second counts as one."""
    whole = ceil(seconds)
    hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
    return "".join(
        (f"{hours}h" if hours else "", f"{minutes}m" if hours or minutes else "", f"{whole % _MINUTE}s")
    )

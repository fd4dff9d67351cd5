"""The cookies of a browser: one carries a session to the API, to the pages and to their sockets' handshake.

The other proves at the next log-in that this browser has logged in to the account before.
"""

from fastapi import Request
from starlette.responses import Response

from sora_studio.domain.account import SignedIn
from sora_studio.services.people.cookies import HOST_PREFIX
from sora_studio.services.people.devices import device_cookie
from sora_studio.services.people.tokens import COOKIE, HOST_COOKIE

_DEVICE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep one


def give(request: Request, response: Response, signed_in: SignedIn) -> None:
    """Set the cookies: out of reach of scripts and foreign forms and, where we have TLS, of plain http."""
    https = _is_https(request)
    device = device_cookie(signed_in.account.id)
    for name, value, seconds in (
        (HOST_COOKIE if https else COOKIE, signed_in.access_token, signed_in.expires_in),
        (HOST_PREFIX + device if https else device, signed_in.device_token, _DEVICE_SECONDS),
    ):
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=https,
            httponly=True,
            samesite="lax",  # links from elsewhere open one's pages; foreign forms come without it
        )


def take(request: Request, response: Response) -> None:
    """Have the browser forget the session and the videos it has kept; not that it has been here before."""
    names = (COOKIE, HOST_COOKIE) if _is_https(request) else (COOKIE,)
    for name in names:
        response.delete_cookie(name, path="/", secure=_is_https(request), httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'  # not "storage": a draft waits for its account


def _is_https(request: Request) -> bool:
    """Tell whether browsers reach us by TLS: this request did, or the public URL says so."""
    public_url: str = getattr(request.app.state, "public_url", "")
    return request.url.scheme == "https" or public_url.startswith("https:")

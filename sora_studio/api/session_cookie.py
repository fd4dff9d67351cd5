"""The cookies of a browser: one carries a session to the API, to the pages and to their sockets' handshake.

Another proves at the next log-in that this browser has logged in to the account before; two more live for
minutes: between the password and the code of the second factor, and while somebody is at an OpenID provider.
"""

from fastapi import Request
from starlette.responses import Response

from sora_studio.domain.account import SignedIn
from sora_studio.services.people.challenges import CHALLENGE_SECONDS
from sora_studio.services.people.cookies import HOST_PREFIX, cookies_in
from sora_studio.services.people.devices import device_cookie
from sora_studio.services.people.single_sign_on import ATTEMPT_SECONDS
from sora_studio.services.people.tokens import COOKIE, HOST_COOKIE

_CHALLENGE = "sora_challenge"
_ATTEMPT = "sora_sign_on"
_DEVICE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep one


def give(request: Request, response: Response, signed_in: SignedIn) -> None:
    """Set the cookies: out of reach of scripts and foreign forms and, where we have TLS, of plain http."""
    https = _is_https(request)
    device = device_cookie(signed_in.account.id)
    for name, value, seconds in (
        (HOST_COOKIE if https else COOKIE, signed_in.access_token, signed_in.expires_in),
        (HOST_PREFIX + device if https else device, signed_in.device_token, _DEVICE_SECONDS),
    ):
        _set(response, name, value, seconds, https=https)
    if _CHALLENGE in request.headers.get("cookie", ""):
        _set(response, _name(request, _CHALLENGE), "", 0, https=https)


def give_challenge(request: Request, response: Response, challenge: str) -> None:
    """Have the browser keep what stands for its password until the second step."""
    _set(response, _name(request, _CHALLENGE), challenge, CHALLENGE_SECONDS, https=_is_https(request))


def challenge_of(request: Request) -> str:
    """Return what stands for the first step of the log-in; empty: nothing."""
    return cookies_in(request.headers.get("cookie", "")).get(_name(request, _CHALLENGE), "")


def give_attempt(request: Request, response: Response, sealed: str) -> None:
    """Have the browser keep what it has begun at an OpenID provider: only there it can be ended."""
    _set(response, _name(request, _ATTEMPT), sealed, ATTEMPT_SECONDS, https=_is_https(request))


def attempt_of(request: Request) -> str:
    """Return what the browser has begun at an OpenID provider; empty: nothing."""
    return cookies_in(request.headers.get("cookie", "")).get(_name(request, _ATTEMPT), "")


def take_attempt(request: Request, response: Response) -> None:
    """Have the browser forget what it has begun: an answer counts once."""
    _set(response, _name(request, _ATTEMPT), "", 0, https=_is_https(request))


def _name(request: Request, name: str) -> str:
    return HOST_PREFIX + name if _is_https(request) else name


def _set(response: Response, name: str, value: str, seconds: int, *, https: bool) -> None:
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

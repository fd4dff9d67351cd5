"""The cookie that carries a session to the API, to the pages and to the handshake of their socket."""

from fastapi import Request
from starlette.responses import Response

from sora_studio.domain.account import SignedIn
from sora_studio.services.people.tokens import COOKIE, HOST_COOKIE


def give(request: Request, response: Response, signed_in: SignedIn) -> None:
    """Set the cookie: out of reach of scripts and foreign forms and, where we have TLS, of plain http."""
    https = _is_https(request)
    response.set_cookie(
        HOST_COOKIE if https else COOKIE,
        signed_in.access_token,
        max_age=signed_in.expires_in,
        path="/",
        secure=https,
        httponly=True,
        samesite="lax",  # links from elsewhere open one's pages; foreign forms come without it
    )


def take(request: Request, response: Response) -> None:
    """Have the browser forget the cookie, and what it has kept of the person's videos."""
    names = (COOKIE, HOST_COOKIE) if _is_https(request) else (COOKIE,)
    for name in names:
        response.delete_cookie(name, path="/", secure=_is_https(request), httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'  # not "storage": a draft waits for its account


def _is_https(request: Request) -> bool:
    """Tell whether browsers reach us by TLS: this request did, or the public URL says so."""
    public_url: str = getattr(request.app.state, "public_url", "")
    return request.url.scheme == "https" or public_url.startswith("https:")

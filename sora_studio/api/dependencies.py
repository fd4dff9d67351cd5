"""Who sends a request: the bearer of a token, or a page with the session cookie.

A foreign page cannot use the cookie: `middleware.origin` turns its requests away before they get here.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sora_studio.container import services
from sora_studio.domain.account import USER_AGENT_MAX, Identity, Origin
from sora_studio.domain.errors import NotSignedIn
from sora_studio.services.people.tokens import token_in_cookies

_bearer = HTTPBearer(auto_error=False, description="The `access_token` from sign-up or log-in.")


async def identity_if_any(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Identity | None:
    """Verify who sends a request; a bearer token, if there is one, is the only one that counts."""
    token = bearer.credentials if bearer else token_in_cookies(request.headers.get("cookie", ""))
    if not token:
        return None
    try:
        return await services().accounts.identify(token, request_origin(request))
    except NotSignedIn:
        return None


OptionalIdentityDep = Annotated[Identity | None, Depends(identity_if_any)]
"""The verified person, or None."""


async def named_identity(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Identity:
    """Return whom the token of a request names.

    Raises:
        NotSignedIn: No token of ours came.
    """
    token = bearer.credentials if bearer else token_in_cookies(request.headers.get("cookie", ""))
    if not token:
        raise _not_signed_in()
    return services().accounts.named(token, request_origin(request))


NamedIdentityDep = Annotated[Identity, Depends(named_identity)]
"""Whom a token of ours names: for a service that asks for the session in a transaction of its own."""


async def current_identity(identity: OptionalIdentityDep) -> Identity:
    """Return who sends a request.

    Raises:
        NotSignedIn: No token came, or its session has ended.
    """
    if identity is None:
        raise _not_signed_in()
    return identity


def _not_signed_in() -> NotSignedIn:
    return NotSignedIn("Please log in: no valid session came with this request.")


def request_origin(request: Request) -> Origin:
    """Say where a request came from; behind a proxy, uvicorn has put the visitor's address here."""
    return Origin(
        address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", "")[:USER_AGENT_MAX],
        cookies=request.headers.get("cookie", ""),
    )


IdentityDep = Annotated[Identity, Depends(current_identity)]
"""The verified person; a route that takes it is closed to everybody else."""

OriginDep = Annotated[Origin, Depends(request_origin)]
"""Where the request came from."""

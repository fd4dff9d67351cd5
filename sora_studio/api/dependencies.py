"""Who sends a request, and whether they may do what its route is for: each route names its action once.

That is the bearer of a session's token or of an API key, or a page with the session cookie. A foreign page
cannot use the cookie: `web/middleware/authority.py` turns its requests away before they get here.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sora_studio.config.authority import Authority, is_loopback
from sora_studio.container import services
from sora_studio.domain.access import Action
from sora_studio.domain.account import USER_AGENT_MAX, Identity, Origin
from sora_studio.domain.api_key import PREFIX
from sora_studio.domain.errors import NotFound, NotSignedIn
from sora_studio.domain.ids import parse_public_id
from sora_studio.services.people.authentication import About, AccessRequest
from sora_studio.services.people.tokens import token_in_cookies

_bearer = HTTPBearer(
    auto_error=False,
    description="An API key (`sst_…`) where its scopes reach, or the `access_token` from sign-up or log-in.",
)
BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
"""What stands in the Authorization header; if there is something, nothing else counts."""
_FORWARDING = (
    *("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"),
    *("x-forwarded-server", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip"),
)


@dataclass(frozen=True)
class May:
    """Closes a route to everybody who may not do something, and says who it is.

    To a key for one project it opens what is done to a video of that project; another route opens to such
    keys only when it says of itself that it narrows what it does to their project.
    """

    action: Action
    narrows: bool = False

    async def __call__(self, request: Request, bearer: BearerDep) -> Identity:
        """Return who sends a request.

        Raises:
            NotSignedIn: Nothing came, or what came opens nothing.
            LimitReached: Too many requests.
            NotAllowed: They may not.
            NotFound: The key is for one project, and does not reach it.
        """
        access = _access_request(request, bearer, self.action, narrows=self.narrows)
        return await services().authenticator.verify(access)


@dataclass(frozen=True)
class MayInTransaction:
    """Does the same for a service that asks who it is in the transaction that answers."""

    action: Action

    async def __call__(self, request: Request, bearer: BearerDep) -> AccessRequest:
        """Return what a request signs in with.

        Raises:
            NotSignedIn: Nothing of ours came.
            LimitReached: Too many wrong keys.
        """
        return _access_request(request, bearer, self.action)


ReaderDep = Annotated[Identity, Depends(May(Action.READ_VIDEOS))]
"""Somebody who may see their videos, and what can be asked for."""

NarrowReaderDep = Annotated[Identity, Depends(May(Action.READ_VIDEOS, narrows=True))]
"""The same, for a route that keeps to the project of the key by itself."""

WriterDep = Annotated[Identity, Depends(May(Action.WRITE_VIDEOS))]
"""Somebody who may make and change videos."""

NarrowWriterDep = Annotated[Identity, Depends(May(Action.WRITE_VIDEOS, narrows=True))]
"""The same, for a route that keeps to the project of the key by itself."""

DeleterDep = Annotated[Identity, Depends(May(Action.DELETE_VIDEOS))]
"""Somebody who may delete videos."""

UsageReaderDep = Annotated[Identity, Depends(May(Action.READ_USAGE, narrows=True))]
"""Somebody who may see what was spent; the route keeps to the project of the key by itself."""

IdentityDep = Annotated[Identity, Depends(May(Action.OWN_ACCOUNT))]
"""A person in a session; no key opens a route that takes it."""

SignInDep = Annotated[Identity, Depends(May(Action.SIGN_IN))]
"""The same, and also somebody who has to set up a second factor before anything else."""

FileReaderDep = Annotated[AccessRequest, Depends(MayInTransaction(Action.READ_VIDEOS))]
"""What is asked along with a file."""


async def identity_if_any(request: Request, bearer: BearerDep) -> Identity | None:
    """Verify whose session a request comes from, if it comes from one."""
    token = bearer.credentials if bearer else token_in_cookies(request.headers.get("cookie", ""))
    if not token:
        return None
    try:
        return await services().accounts.identify(token, request_origin(request))
    except NotSignedIn:
        return None


OptionalIdentityDep = Annotated[Identity | None, Depends(identity_if_any)]
"""The person in a session, or None."""


async def identify_agent(request: Request) -> Identity:
    """Return for whom an agent works: it comes with an API key, and with nothing else.

    Raises:
        NotSignedIn: It comes without one, or the key opens nothing.
        LimitReached: Too many requests.
    """
    bearer = await _bearer(request)
    if bearer is None or not bearer.credentials.startswith(PREFIX):
        message = "Connect with an API key of this studio: Authorization: Bearer sst_…"
        raise NotSignedIn(message)
    return await services().authenticator.verify(_access_request(request, bearer, None))


def request_origin(request: Request) -> Origin:
    """Say where a request came from; behind a proxy, uvicorn has put the visitor's address here."""
    return Origin(
        address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", "")[:USER_AGENT_MAX],
        cookies=request.headers.get("cookie", ""),
        is_local=_is_local(request),
    )


def _is_local(request: Request) -> bool:
    """Tell whether this machine asks itself, under a name that nobody else can have point here.

    A proxy on this machine passes on what others send. Most say so in a header; not all of them do, so where
    people come by a public name, nobody is taken for this machine.
    """
    if not request.app.state.at_home:
        return False
    peer, asked = request.client, Authority.parse(request.headers.get("host", ""))
    if peer is None or asked is None or any(name in request.headers for name in _FORWARDING):
        return False
    return is_loopback(peer.host) and is_loopback(asked.host)


OriginDep = Annotated[Origin, Depends(request_origin)]
"""Where the request came from."""


def _access_request(
    request: Request,
    bearer: HTTPAuthorizationCredentials | None,
    action: Action | None,
    *,
    narrows: bool = False,
) -> AccessRequest:
    token = bearer.credentials if bearer else token_in_cookies(request.headers.get("cookie", ""))
    if not token:
        message = "Please log in: no valid session came with this request."
        raise NotSignedIn(message)
    credential = services().authenticator.read(token, request_origin(request), is_bearer=bearer is not None)
    about = About(_video_of(request), narrows)
    return AccessRequest(credential, action, about, partial(setattr, request.state, "quotas"))


def _video_of(request: Request) -> UUID | None:
    """Return the video that an address names; what names none is for its route to refuse."""
    try:
        return parse_public_id(request.path_params.get("video_id", ""))
    except NotFound:
        return None

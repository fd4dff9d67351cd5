"""Logging in through an OpenID provider: where browsers are sent, and where they come back to."""

from collections.abc import Mapping
from html import escape
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sora_studio.api import session_cookie
from sora_studio.api.dependencies import OriginDep
from sora_studio.api.safe_redirect import safe_redirect
from sora_studio.api.users import NO_STORE
from sora_studio.container import services
from sora_studio.domain.errors import (
    AccountDisabled,
    AwaitingApproval,
    LimitReached,
    SoraStudioError,
    TwoFactorRequired,
)
from sora_studio.domain.single_sign_on import ASK_AGAIN_SECONDS, SignOnFailed, SignOnProblem

router = APIRouter(prefix="/auth/oidc", tags=["accounts"])

_LOG_IN_PAGE, _CODE_PAGE = "/login", "/login/code"
_CODES: Mapping[type[Exception], str] = {
    AwaitingApproval: "awaiting_approval",
    AccountDisabled: "account_disabled",
    LimitReached: "too_many",
}


@router.get("", status_code=303, response_class=RedirectResponse)
async def begin_single_sign_on(
    request: Request,
    origin: OriginDep,
    then: Annotated[str, Query(alias="next")] = "",
    *,
    again: Annotated[bool, Query(description="Have the provider ask who it is all the same.")] = False,
) -> Response:
    """Send a browser to the OpenID provider; `next` is where it goes afterwards, on this site."""
    try:
        address, sealed = await services().single_sign_on.begin(safe_redirect(then), origin, again=again)
    except SoraStudioError as problem:
        return _back(problem, safe_redirect(then))
    response = RedirectResponse(address, 303, headers=NO_STORE)
    session_cookie.give_attempt(request, response, sealed)
    return response


@router.get("/callback", status_code=303, response_class=RedirectResponse)
async def finish_single_sign_on(request: Request, origin: OriginDep) -> Response:
    """Take a browser back from the OpenID provider: into a session, or to the log-in page with a reason."""
    sealed, sign_on = session_cookie.attempt_of(request), services().single_sign_on
    then = safe_redirect(sign_on.next_of(sealed))
    try:
        signed_in, _ = await sign_on.finish(sealed, dict(request.query_params), origin)
    except TwoFactorRequired as step:
        response: Response = _to(_CODE_PAGE, {}, then)
        session_cookie.give_challenge(request, response, step.challenge)
    except SoraStudioError as problem:
        response = _back(problem, then)
    else:
        response = RedirectResponse(then, 303, headers=NO_STORE)
        session_cookie.give(request, response, signed_in)
    session_cookie.take_attempt(request, response)
    return response


@router.post("/backchannel", response_class=Response)
async def end_single_sign_on(
    origin: OriginDep, logout_token: Annotated[str, Form(max_length=20_000)]
) -> Response:
    """End the sessions here that have ended at the OpenID provider, which says so itself."""
    try:
        await services().single_sign_on.end_sessions(logout_token, origin)
    except SignOnFailed as problem:
        if problem.problem is SignOnProblem.UNAVAILABLE:  # the provider's keys are: it may say so again
            said = {"error": "temporarily_unavailable", "error_description": str(problem)}
            return JSONResponse(said, 503, headers={**NO_STORE, "Retry-After": str(ASK_AGAIN_SECONDS)})
        said = {"error": "invalid_request", "error_description": str(problem)}
        return JSONResponse(said, 400, headers=NO_STORE)
    return Response(headers=NO_STORE)


def leave(address: str) -> Response:
    """Send a browser that has logged out on to the provider, to log out there as well.

    Not by a redirect: the page's own policy lets its forms lead nowhere else, not even by one.
    """
    page = f'<!doctype html><title>Logging out</title><a href="{escape(address)}">Log out everywhere</a>'
    return HTMLResponse(page, headers={"Refresh": f"0;url={address}"})


def _back(problem: SoraStudioError, then: str) -> Response:
    """Send a browser to the log-in page, which has a sentence for the code."""
    if isinstance(problem, SignOnFailed):
        return _to(_LOG_IN_PAGE, {"error": problem.problem}, then)
    return _to(_LOG_IN_PAGE, {"error": _CODES.get(type(problem), SignOnProblem.UNAVAILABLE)}, then)


def _to(page: str, said: dict[str, str], then: str) -> Response:
    query = urlencode(said | ({"next": then} if then != "/" else {}))
    return RedirectResponse(f"{page}?{query}" if query else page, 303, headers=NO_STORE)

"""Sign up, log in, log out: for programs with JSON, for pages with forms that browsers post by themselves."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

from sora_studio.api import session_cookie
from sora_studio.api.body import SmallBody, read_small_body
from sora_studio.api.dependencies import OptionalIdentityDep, OriginDep
from sora_studio.api.safe_redirect import safe_redirect
from sora_studio.api.single_sign_on import leave
from sora_studio.api.users import NO_STORE, User
from sora_studio.container import services
from sora_studio.domain.account import NAME_MAX, NewAccount, SignedIn
from sora_studio.domain.errors import (
    AccountDisabled,
    AwaitingApproval,
    Conflict,
    InvalidInput,
    LimitReached,
    LogInExpired,
    NotSignedIn,
    SetupCodeRequired,
    SignUpClosed,
    SoraStudioError,
    TwoFactorRequired,
    WrongCode,
)

router = APIRouter(prefix="/auth", tags=["accounts"])

_CODE_PAGE = "/login/code"
_LOG_IN_PAGE, _SIGN_UP_PAGE, _SET_UP_PAGE, _RESET_PAGE = "/login", "/signup", "/setup", "/reset"
_CODES: Mapping[type[Exception], str] = {
    NotSignedIn: "wrong_credentials",
    WrongCode: "wrong_code",
    LogInExpired: "log_in_expired",
    Conflict: "email_taken",
    SignUpClosed: "sign_up_closed",
    SetupCodeRequired: "setup_code_required",
    AwaitingApproval: "awaiting_approval",
    AccountDisabled: "account_disabled",
    LimitReached: "too_many",
    RequestValidationError: "invalid_value",
}


class LogIn(BaseModel):
    """An account and its password."""

    email: str
    password: str
    code: str = Field("", max_length=100, description="Of the second factor, or a recovery code.")


class Code(BaseModel):
    """The second step of a log-in, in the browser that has taken the first."""

    code: str = Field(max_length=100, description="Of the second factor, or a recovery code.")


class SignUp(BaseModel):
    """A new account; without a name, it is called as the e-mail address begins."""

    email: str
    display_name: str = ""
    password: str = Field(description="15 to 1024 characters; a sentence works well.")
    invitation: str = Field("", max_length=200, description="The token of an invitation.")
    setup_code: str = Field("", max_length=200, description="For the first account, from another machine.")


class Reset(BaseModel):
    """A link that an admin has handed out, and the new password."""

    token: str = Field(max_length=200, description="What stands behind the # of the link.")
    password: str = Field(description="As at sign-up.")


class Waiting(BaseModel):
    """An account that an admin has to let in first."""

    status: Literal["awaiting_approval"] = "awaiting_approval"
    message: str


class Session(BaseModel):
    """A fresh session; the token is shown once, and set as a cookie, too."""

    user: User
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(description="Seconds.")


def _documented(body: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that is read by hand, in its two forms."""
    schema = {"schema": body.model_json_schema()}
    content = {"application/json": schema, "application/x-www-form-urlencoded": schema}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/signup",
    status_code=201,
    response_model=Session,
    responses={202: {"model": Waiting, "description": "The account is open, and waits for an admin."}},
    openapi_extra=_documented(SignUp),
)
async def sign_up(request: Request, origin: OriginDep) -> Response:
    """Open an account and log in; the first account of a studio is its admin's."""
    sent = await read_small_body(request)
    page = _SET_UP_PAGE if sent.is_form and "setup_code" in sent.fields() else _SIGN_UP_PAGE
    try:
        wish = sent.read(SignUp)
        account = NewAccount(
            email=wish.email,
            password=wish.password,
            display_name=wish.display_name or wish.email.split("@", 1)[0][:NAME_MAX],
            invitation=wish.invitation,
            setup_code=wish.setup_code,
        )
        signed_in = await services().accounts.sign_up(account, origin)
    except AwaitingApproval as news:
        if sent.is_form:
            return _refuse(sent, _LOG_IN_PAGE, news)
        return JSONResponse(Waiting(message=str(news)).model_dump(), 202, NO_STORE)
    except (SoraStudioError, RequestValidationError) as problem:
        return _refuse(sent, page, problem)
    return _welcome(request, sent, signed_in, 201)


@router.post("/reset", status_code=204, openapi_extra=_documented(Reset))
async def reset_password(request: Request, origin: OriginDep) -> Response:
    """Set a new password by a link that an admin has handed out; every session of the account ends."""
    sent = await read_small_body(request)
    try:
        wish = sent.read(Reset)
        await services().invitations.reset_password(wish.token, wish.password, origin)
    except (SoraStudioError, RequestValidationError) as problem:
        return _refuse(sent, _RESET_PAGE, problem)
    if sent.is_form:
        return RedirectResponse(f"{_LOG_IN_PAGE}?error=password_set", 303, headers=NO_STORE)
    return Response(status_code=204, headers=NO_STORE)


@router.post("/login", response_model=Session, openapi_extra=_documented(LogIn))
async def log_in(request: Request, origin: OriginDep) -> Response:
    """Open a session; 401 `two_factor_required` asks for the same with the `code` of the second factor."""
    sent = await read_small_body(request)
    try:
        wish = sent.read(LogIn)
        signed_in = await services().accounts.log_in(wish.email, wish.password, origin, wish.code)
    except TwoFactorRequired as step:
        response = _refuse(sent, _CODE_PAGE, step)
        session_cookie.give_challenge(request, response, step.challenge)
        return response
    except (SoraStudioError, RequestValidationError) as problem:
        return _refuse(sent, _LOG_IN_PAGE, problem)
    return _welcome(request, sent, signed_in, 200)


@router.post("/login/code", response_model=Session, openapi_extra=_documented(Code))
async def log_in_by_code(request: Request, origin: OriginDep) -> Response:
    """Take the second step of a log-in; a program sends its code with the password instead."""
    sent = await read_small_body(request)
    try:
        challenge = session_cookie.challenge_of(request)
        signed_in = await services().accounts.log_in_by_code(challenge, sent.read(Code).code, origin)
    except (WrongCode, LimitReached, RequestValidationError) as problem:
        return _refuse(sent, _CODE_PAGE, problem)
    except SoraStudioError as problem:
        return _refuse(sent, _LOG_IN_PAGE, problem)
    return _welcome(request, sent, signed_in, 200)


@router.post("/logout", status_code=204)
async def log_out(request: Request, identity: OptionalIdentityDep) -> Response:
    """End the session of the token or cookie that came with the request."""
    by_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    elsewhere = None
    if identity is not None:
        kept = await services().accounts.log_out(identity)
        if by_form and kept is not None:
            back = f"{request.app.state.public_url}{_LOG_IN_PAGE}"
            elsewhere = await services().single_sign_on.end_address(kept, back)
    elif not by_form:
        message = "There is no session to end."
        raise NotSignedIn(message)
    response = RedirectResponse(_LOG_IN_PAGE, 303) if by_form else Response(status_code=204)
    if elsewhere is not None:
        response = leave(elsewhere)
    session_cookie.take(request, response)
    response.headers.update(NO_STORE)
    return response


def _welcome(request: Request, sent: SmallBody, signed_in: SignedIn, status: int) -> Response:
    """Answer with the session; a form goes on to where its page was asked for."""
    if sent.is_form:
        response: Response = RedirectResponse(safe_redirect(sent.fields().get("next", "")), 303)
    else:
        session = Session(
            user=User.of(signed_in.account),
            access_token=signed_in.access_token,
            token_type="bearer",  # noqa: S106 -- a word of RFC 6750
            expires_in=signed_in.expires_in,
        )
        response = JSONResponse(session.model_dump(), status)
    session_cookie.give(request, response, signed_in)
    response.headers.update(NO_STORE)
    return response


def _refuse(sent: SmallBody, page: str, problem: SoraStudioError | RequestValidationError) -> Response:
    """Send a form back to its page with a code; a program gets the error itself.

    What was typed stays out of the address, which logs and histories keep; sign-in.js remembers it.
    """
    if not sent.is_form:
        raise problem
    fields = sent.fields()
    kept = {"next": fields["next"]} if fields.get("next") else {}
    said = {} if isinstance(problem, TwoFactorRequired) else {"error": _code(problem)}
    query = urlencode({**said, **kept})
    return RedirectResponse(f"{page}?{query}" if query else page, 303, headers=NO_STORE)


def _code(problem: SoraStudioError | RequestValidationError) -> str:
    """Return the word by which the page finds its sentence."""
    return problem.code if isinstance(problem, InvalidInput) else _CODES.get(type(problem), "unavailable")

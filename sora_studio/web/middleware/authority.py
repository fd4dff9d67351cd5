"""Refuse what was not meant for us, and what a foreign page sends with our visitor's cookie.

The first is a name that points at us and is not ours (DNS rebinding), the second a forged request or a
hijacked socket. Both are measured by the configuration alone.
"""

from typing import NamedTuple
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sora_studio.config.authority import Authority, OwnNames, WebOrigin
from sora_studio.domain.audit import Act, Result
from sora_studio.security_log import SecurityLog
from sora_studio.web.refusal import refusal

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FORM = "application/x-www-form-urlencoded"


class _Refusal(NamedTuple):
    status: int
    code: str
    title: str
    message: str


_UNKNOWN_HOST = _Refusal(
    421,
    "unknown_host",
    "This is not a name of the studio",
    "This studio does not go by the name in the request. The person who runs it can allow more names: "
    "SORA_STUDIO_ALLOWED_HOSTS.",
)
_FOREIGN_ORIGIN = _Refusal(
    403,
    Act.FOREIGN_ORIGIN,
    "This came from another site",
    "This request came from a page on another site. If people open the studio at that address, the person "
    "who runs it has to set SORA_STUDIO_PUBLIC_URL.",
)
_NO_COOKIE = _Refusal(
    403,
    "insecure_address",
    "You are not logged in",
    "You opened this page without https, and there the studio keeps no cookie: nobody stays logged in.",
)


class OwnAuthority:
    """Lets a connection pass when its Host is ours and, where it changes something, its page came from us.

    Programs send no Origin and pass: they carry no visitor's cookie either.
    """

    def __init__(self, app: ASGIApp, names: OwnNames, security_log: SecurityLog) -> None:
        self._app, self._names, self._security_log = app, names, security_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on, or answer 421 or 403."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        scope, target = _in_origin_form(scope)
        headers = Headers(scope=scope)
        refused = self._judge(scope, headers, target)
        if refused is None:
            await self._app(scope, receive, send)
            return
        self._security_log.note(
            refused.code, Result.REFUSED, host=headers.get("host", ""), origin=headers.get("origin", "")
        )
        await self._answer(scope, refused)(scope, receive, send)

    def _judge(self, scope: Scope, headers: Headers, target: str | None) -> _Refusal | None:
        """Return why a connection is refused; None when it may pass."""
        hosts = headers.getlist("host") + ([] if target is None else [target])
        authorities = {Authority.parse(host) for host in hosts}
        authority = authorities.pop() if len(authorities) == 1 else None
        if authority is None or not self._names.include(authority):
            return _UNKNOWN_HOST
        return self._judge_page(scope, headers, authority) if _changes_something(scope) else None

    def _judge_page(self, scope: Scope, headers: Headers, authority: Authority) -> _Refusal | None:
        """Return why the page that sends this may not; None when it is ours, or no page at all."""
        sent = headers.getlist("origin")
        if not sent:
            is_ours = headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
            return None if is_ours else _FOREIGN_ORIGIN
        origin = WebOrigin.parse(sent[0]) if len(sent) == 1 else None
        if origin == self._names.public:
            return None
        is_bare = self._names.public.scheme == "https" and origin == WebOrigin.of("http", authority)
        if is_bare and _is_form(headers):
            return _NO_COOKIE
        own = self._names.page_at(scope["scheme"].replace("ws", "http"), authority)
        return None if origin == own else _FOREIGN_ORIGIN

    def _answer(self, scope: Scope, refused: _Refusal) -> Response:
        page = refused.title, str(self._names.public)
        return refusal(scope, refused.status, refused.code, refused.message, page=page)


def _in_origin_form(scope: Scope) -> tuple[Scope, str | None]:
    """Return a connection by its path, and whom its target names if it is a whole URL (RFC 9112 §3.2.2)."""
    scheme, found, rest = scope["raw_path"].decode("ascii", "replace").partition("://")
    if not found or "/" in scheme:
        return scope, None
    authority, slash, path = rest.partition("/")
    raw = f"/{path}" if slash else "/"
    return {**scope, "path": unquote(raw), "raw_path": raw.encode("ascii", "replace")}, authority


def _changes_something(scope: Scope) -> bool:
    """Tell whether a connection could do more than read."""
    return scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS


def _is_form(headers: Headers) -> bool:
    """Tell whether a browser posts a form by itself, to be led to the next page."""
    return headers.get("content-type", "").startswith(_FORM)

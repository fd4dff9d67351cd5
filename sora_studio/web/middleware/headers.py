"""What browsers are told about every answer: what may run, who may frame it, how long to keep it."""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHUT = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""What every policy ends with: no plugins, no other base for links, no frame around it."""

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_FOREVER = "public, max-age=31536000, immutable"
_UNCHANGED = 304  # names no type, and a policy in it would replace that of the kept page
_ASK_FIRST = "no-cache"  # keep it, but ask with its ETag before each use
_POLICY_FOR_FILES = f"default-src 'self'; style-src 'unsafe-inline'; {SHUT}"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # not "no-referrer": form posts would then say "Origin: null"
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the security headers to every answer; a header the app has set itself stays."""

    def __init__(self, app: ASGIApp, client: Path, *, https: bool, media: str | None = None) -> None:
        """Prepare the headers.

        Args:
            app: What answers.
            client: The built front end: its inline scripts, and no others, may run.
            https: Whether browsers reach us by TLS only.
            media: Another origin that films are read from.
        """
        self._app = app
        self._headers = dict(_ALWAYS)
        self._page_policy = content_security_policy(client, media)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and complete the headers of its answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if message["status"] != _UNCHANGED:
                    is_page = headers.get("content-type", "").startswith("text/html")
                    policy = self._page_policy if is_page else _POLICY_FOR_FILES
                    headers.setdefault("Content-Security-Policy", policy)
                if (kept := _cache_control(scope["path"], headers, message["status"])) is not None:
                    headers.setdefault("Cache-Control", kept)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def content_security_policy(client: Path, media: str | None) -> str:
    """Return the policy: our own files, the scripts that the build wrote into its pages, and nothing else.

    Films may come from another origin: of the object store, where that is wanted.
    No 'unsafe-eval', which Reflex needs where *backend* events use toasts, `call_script` and the like.
    """
    scripts = " ".join(sorted({_digest(script) for script in _inline_scripts(client)}))
    return "; ".join([
        "default-src 'self'",
        f"script-src 'self' {scripts}".rstrip(),
        "style-src 'self' 'unsafe-inline'",  # style attributes move progress bars
        "img-src 'self' blob: data:",
        " ".join(filter(None, ("media-src 'self' blob:", media))),
        "form-action 'self'",
        SHUT,
    ])  # fmt: skip


def _inline_scripts(client: Path) -> Iterator[str]:
    """Yield every script that stands in a built page."""
    for page in client.rglob("*.html"):
        yield from _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))


def _digest(script: str) -> str:
    """Return the source expression that allows one inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _cache_control(path: str, headers: MutableHeaders, status: int) -> str | None:
    """Say how long a file of the front end may be kept; other answers decide for themselves."""
    if status >= 400:  # noqa: PLR2004 -- the first error status
        return None
    if path.startswith("/assets/") and not path.startswith("/assets/reflex-env-"):
        return _FOREVER  # a hash of the content is in the name; frontend.py changes reflex-env under its name
    return _ASK_FIRST if "etag" in headers else None

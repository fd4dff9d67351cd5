"""What is answered to a request that goes no further: an error for programs, a page in words for people."""

from html import escape

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Sora Studio</title>
<link rel="icon" href="/favicon.svg">
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto }}</style>
<h1>{title}</h1>
<p>{text}</p>
<p>Open the studio at <a href="{url}">{url}</a>.</p>
"""


def refusal(scope: Scope, status: int, code: str, message: str, *, page: tuple[str, str]) -> Response:
    """Return the answer, to be sent to a request or to a websocket's handshake.

    Args:
        scope: The connection.
        status: HTTP.
        code: The word for programs.
        message: The sentence, for programs and people.
        page: For people, who asked for a page or sent a form: its title, and where to open the studio.
    """
    kept_by_nobody = {"Cache-Control": "no-store"}
    if scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", ""):
        title, url = map(escape, page)
        return HTMLResponse(_PAGE.format(title=title, text=escape(message), url=url), status, kept_by_nobody)
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return JSONResponse({"error": error}, status, kept_by_nobody)

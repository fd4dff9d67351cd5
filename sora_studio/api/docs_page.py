"""The API's manual as one page, made from its own description: no script, no foreign origin."""

from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

router = APIRouter()

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="icon" href="/favicon.svg"><style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 0 auto; padding: 24px; overflow-wrap: anywhere; }}
section {{ border-top: 1px solid color-mix(in srgb, currentColor 18%, transparent); padding: 16px 0; }}
h2 {{ margin: 32px 0 8px; }} h3 {{ font-size: 16px; margin: 0; }} p {{ margin: 4px 0; }}
code {{ font: 14px/1.5 ui-monospace, monospace; }} b {{ display: inline-block; min-width: 4.5rem; }}
table {{ border-collapse: collapse; font-size: 14px; }} td {{ padding: 2px 16px 2px 0; vertical-align: top; }}
i {{ opacity: 0.7; }}
</style></head><body><h1>{title}</h1>
<p>Send <code>Authorization: Bearer …</code> with the <code>access_token</code> from log-in; pages of the
studio send its cookie. The Videos API is OpenAI's, so the official SDK works with this address, up to and
with <code>/api</code>, as its <code>base_url</code>. Errors are
<code>{{"error": {{"message", "type", "param", "code"}}}}</code>. The same as data:
<a href="openapi.json">openapi.json</a>.</p>{sections}</body></html>"""


@router.get("/docs", include_in_schema=False)
async def read_manual(request: Request) -> HTMLResponse:
    """Show the manual."""
    return HTMLResponse(render(request.app.openapi()))


def render(description: dict[str, Any]) -> str:
    """Write an OpenAPI description as HTML, the routes by their tags."""
    by_tag: dict[str, str] = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            tag = operation["tags"][0]
            by_tag[tag] = by_tag.get(tag, "") + _section(method, path, operation, description)
    sections = "".join(f"<h2>{escape(tag.capitalize())}</h2>{routes}" for tag, routes in by_tag.items())
    return _PAGE.format(title=escape(description["info"]["title"]), sections=sections)


def _section(method: str, path: str, operation: dict[str, Any], description: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td><i>{escape(where)}</i></td><td>{escape(text)}</td></tr>"
        for name, where, text in _inputs(operation, description)
    )
    table = f"<table>{rows}</table>" if rows else ""
    access = "" if "security" in operation else " <i>Needs no session.</i>"
    return (
        f"<section><h3><code><b>{method.upper()}</b> {escape(path)}</code></h3>"
        f"<p>{escape(operation.get('description', ''))}{access}</p>{table}</section>"
    )


def _inputs(operation: dict[str, Any], description: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for parameter in operation.get("parameters", []):
        yield parameter["name"], parameter["in"], parameter.get("description", "")
    bodies = operation.get("requestBody", {}).get("content", {})
    for body in list(bodies.values())[:1]:  # the others differ in their spelling
        schema = _resolved(body["schema"], description)
        for name, field in schema.get("properties", {}).items():
            yield name, " or ".join(bodies), field.get("description", "")


def _resolved(schema: dict[str, Any], description: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference such as `#/components/schemas/Title`."""
    if "$ref" not in schema:
        return schema
    found = description
    for step in schema["$ref"].split("/")[1:]:
        found = found[step]
    return found

"""The API's manual as one page, made from its own description: no script, no foreign origin."""

from collections.abc import Iterator
from html import escape
from typing import Any

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 0 auto; padding: 24px; }}
section {{ border-top: 1px solid color-mix(in srgb, currentColor 18%, transparent); padding: 16px 0; }}
h2 {{ font-size: 16px; margin: 0; }} code {{ font: 14px/1.5 ui-monospace, monospace; }}
b {{ display: inline-block; min-width: 4.5rem; }} p {{ margin: 4px 0; }}
table {{ border-collapse: collapse; font-size: 14px; }} td {{ padding: 2px 16px 2px 0; vertical-align: top; }}
</style></head><body><h1>{title}</h1>
<p>Send <code>Authorization: Bearer …</code> with the <code>access_token</code> from log-in. The Videos API is
OpenAI's, so the official SDK works with this address as its <code>base_url</code>. The same as data:
<a href="openapi.json">openapi.json</a>.</p>{sections}</body></html>"""


def render(description: dict[str, Any]) -> str:
    """Write an OpenAPI description as HTML."""
    sections = "".join(
        _section(method, path, operation)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    )
    return _PAGE.format(title=escape(description["info"]["title"]), sections=sections)


def _section(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(where)}</td><td>{escape(text)}</td></tr>"
        for name, where, text in _inputs(operation)
    )
    table = f"<table>{rows}</table>" if rows else ""
    return (
        f"<section><h2><code><b>{method.upper()}</b> {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description', ''))}</p>{table}</section>"
    )


def _inputs(operation: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for parameter in operation.get("parameters", []):
        yield parameter["name"], parameter["in"], parameter.get("description", "")
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, body in list(content.items())[:1]:
        for name, field in body["schema"].get("properties", {}).items():
            yield name, media_type, field.get("description", "")

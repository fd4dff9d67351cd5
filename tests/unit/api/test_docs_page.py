"""The manual: complete, and readable without anybody else's server."""

import re
from html import escape
from html.parser import HTMLParser

import httpx
from fastapi import FastAPI

from sora_studio.api.docs_page import render


class Tags(HTMLParser):
    """Collects tags and what they refer to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links |= {value or "" for name, value in attrs if name in {"href", "src", "action"}}


async def test_everybody_can_read_it(anonymous: httpx.AsyncClient):
    page = await anonymous.get("/api/docs")
    data = await anonymous.get("/api/openapi.json")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert data.json()["info"]["title"] == "Sora Studio API"
    assert Tags(page.text).links == {"openapi.json", "/favicon.svg"}
    assert "script" not in Tags(page.text).seen
    assert not re.search(r"url\(|@import", page.text)


def test_every_route_and_every_field_is_in_it(api: FastAPI):
    description = api.openapi()
    page = render(description)
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert f"<b>{method.upper()}</b> {path}</code>" in page
            assert escape(operation["description"]) in page
    for field in ("prompt", "input_reference", "remix_video_id", "title", "new_password", "Idempotency-Key"):
        assert f"<td><code>{field}</code></td>" in page
    assert page.count("Needs no session.") == 11


def test_words_in_the_description_are_no_markup():
    operation = {"tags": ["<i>"], "description": "<script>", "parameters": [{"name": "<b>", "in": "query"}]}
    description = {"info": {"title": "A & B"}, "paths": {"/<x>": {"get": operation}}}
    page = render(description)
    assert "A &amp; B" in page
    assert not {"script"} & Tags(page).seen
    assert "&lt;x&gt;" in page

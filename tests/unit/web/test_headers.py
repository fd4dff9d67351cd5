"""What browsers are told with every answer."""

from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from sora_studio.web.middleware.headers import SecurityHeaders


@pytest.mark.parametrize(("https", "said"), [(True, "max-age=31536000; includeSubDomains"), (False, None)])
async def test_who_came_by_https_comes_again_so(tmp_path: Path, https: bool, said: str | None):
    app = SecurityHeaders(PlainTextResponse("ok"), tmp_path, https=https)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        answer = await http.get("/")
    assert answer.headers.get("strict-transport-security") == said


@pytest.mark.parametrize("kind", ["text/html", "application/json", "text/plain"])
async def test_no_answer_has_objects_another_base_or_a_frame(tmp_path: Path, kind: str):
    app = SecurityHeaders(PlainTextResponse("ok", media_type=kind), tmp_path, https=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        policy = (await http.get("/")).headers["content-security-policy"].split("; ")
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= {*policy}

"""Somebody who has found a vulnerability learns where to report it."""

from datetime import UTC, datetime

import httpx
import pytest

from sora_studio.api.app import create_api
from sora_studio.config import load


@pytest.mark.parametrize(
    ("environ", "contact"),
    [
        ({"SORA_STUDIO_PUBLIC_URL": "https://studio.example"}, "mailto:security@studio.example"),
        ({"SORA_STUDIO_SECURITY_CONTACT": "https://example.org/report"}, "https://example.org/report"),
    ],
    ids=["of the host", "as set"],
)
async def test_a_vulnerability_can_be_reported(environ: dict[str, str], contact: str):
    settings = load(environ)
    transport = httpx.ASGITransport(create_api(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://studio") as http:
        answer = await http.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == contact
    assert fields["Canonical"] == f"{settings.public_url}/.well-known/security.txt"
    left = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert 30 < left.days < 365

"""A real OpenID provider, run as a process on loopback: tests/support/identity_provider.js."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from re import search
from typing import Any
from urllib.parse import urljoin

import httpx

from tests.support.source import ROOT
from tests.support.studio import free_port

CLIENT_ID = "studio"
CLIENT_SECRET = "a secret of the tests between the studio and its provider"


@dataclass(frozen=True)
class RunningProvider:
    """One that knows some people."""

    issuer: str

    async def log_in(self, address: str, name: str) -> str:
        """Log in as a person does in a browser of their own; return where the provider sends them."""
        async with httpx.AsyncClient(timeout=60) as browser:
            page = await browser.get(address)
            while page.status_code == 303 and page.headers["location"].startswith(("/", self.issuer)):
                page = await browser.get(urljoin(self.issuer, page.headers["location"]))
            if page.status_code == 303:
                return page.headers["location"]
            form = search(r'action="([^"]+)"', page.text)
            assert form, page.text
            sent = {"prompt": "login", "login": name, "password": "any"}
            answer = await browser.post(unescape(form[1]), data=sent)
            while answer.headers["location"].startswith(("/", self.issuer)):
                answer = await browser.get(urljoin(self.issuer, answer.headers["location"]))
            return answer.headers["location"]


@contextmanager
def identity_provider(
    redirect: str, back: str, accounts: Mapping[str, Mapping[str, Any]]
) -> Iterator[RunningProvider]:
    """Run it for the block.

    Args:
        redirect: Where it sends people who have logged in; beside it, it tells who has logged out.
        back: Where it sends people who have logged out.
        accounts: What it says of people, by the name by which they log in.
    """
    port = free_port()
    settings = {"PORT": str(port), "REDIRECT": redirect, "BACK": back, "ACCOUNTS": json.dumps(accounts)}
    settings["NOTIFY"] = redirect.replace("/callback", "/backchannel")
    command = [str(ROOT / ".venv/bin/bun"), str(ROOT / "tests/support/identity_provider.js")]
    with subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert any(line.strip() == "listening" for line in iter(process.stdout.readline, ""))
        try:
            yield RunningProvider(f"http://127.0.0.1:{port}")
        finally:
            process.kill()

"""A person with an account of the running studio, and what they do without a browser."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.support.accounts import PASSWORD
from tests.support.plain_http import NO_TLS

_RENDERED = 180.0  # seconds for one video on a busy machine


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    name: str
    email: str
    token: str
    http: httpx.AsyncClient
    """Speaks to the studio in this person's name, as a script does."""

    async def prove(self) -> None:
        """Give the password again: for ten minutes it is not asked for."""
        answer = await self.http.post("/api/users/me/confirm_password", json={"password": PASSWORD})
        assert answer.status_code == 204, answer.text

    async def ask(self, prompt: str, **wish: Any) -> str:
        """Ask for a video and return its id."""
        answer = await self.http.post("/api/videos", json={"prompt": prompt, **wish})
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def video(self, video_id: str) -> dict[str, Any]:
        """Read a video."""
        answer = await self.http.get(f"/api/videos/{video_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def add_picture(self, data: bytes) -> str:
        """Upload a picture and return its id."""
        answer = await self.http.post("/api/uploads", files={"file": ("picture", data)})
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def videos(self) -> list[dict[str, Any]]:
        """Read the newest hundred videos."""
        answer = await self.http.get("/api/videos", params={"limit": 100})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def ended(self, video_id: str) -> dict[str, Any]:
        """Wait until a video is completed or failed."""
        async with asyncio.timeout(_RENDERED):
            while True:
                video = await self.video(video_id)
                if video["status"] in {"completed", "failed"}:
                    return video
                await asyncio.sleep(0.1)


def _client(url: str) -> httpx.AsyncClient:
    """Make a client that keeps no connection open: nobody has to remember to close it."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=url, timeout=60, limits=limits, verify=NO_TLS)


async def join(url: str, name: str = "Ada") -> Person:
    """Open an account and sign in."""
    http = _client(url)
    email = f"{name.lower()}-{uuid4().hex[:12]}@example.org"
    wish = {"email": email, "password": PASSWORD, "display_name": name}
    answer = await http.post("/api/auth/signup", json=wish)
    assert answer.status_code == 201, answer.text
    http.cookies.clear()
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return Person(name, email, answer.json()["access_token"], http)


async def log_in(url: str, email: str) -> Person:
    """Open another session of an account."""
    http = _client(url)
    answer = await http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    http.cookies.clear()
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return Person(answer.json()["user"]["display_name"], email, answer.json()["access_token"], http)

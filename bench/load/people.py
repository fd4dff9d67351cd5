"""What people do: they sign up, ask for videos, look at them, and keep tabs open that show them."""

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from bench.load.stopwatch import Stopwatch
from sora_studio.ui.pages.create.state import RECENT, CreateState
from tests.support.accounts import PASSWORD
from tests.support.tab import Tab, open_tab

_PAUSE = 0.2  # seconds before somebody tries again
_PATIENCE = 60.0  # seconds for which they do
_BUSY = 429


@dataclass
class Crowd:
    """How the studio is reached, and what everybody notes."""

    url: str
    tls: ssl.SSLContext
    http: aiohttp.ClientSession
    watch: Stopwatch
    mark: str = field(default_factory=lambda: uuid4().hex[:8])

    async def join(self, number: int, base: str | None = None) -> "Visitor":
        """Open an account.

        Args:
            number: Whose.
            base: Another address than the proxy's, for the first one: it runs the studio.
        """
        visitor = Visitor(self, number)
        wish = {"email": f"p{number}-{self.mark}@example.org", "password": PASSWORD, "display_name": "Load"}
        made = await visitor.ask("POST /api/auth/signup", "/api/auth/signup", json=wish, base=base)
        visitor.token = made["access_token"]
        return visitor


@dataclass
class Visitor:
    """One person, and the videos that they were promised."""

    crowd: Crowd
    number: int
    token: str = ""
    wished: dict[str, str] = field(default_factory=dict[str, str])  # ids, by prompt
    seen: dict[str, float] = field(default_factory=dict[str, float])  # when a tile appeared, by id
    ready: dict[str, float] = field(default_factory=dict[str, float])  # when it could be played
    cards: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def ask(
        self, route: str, path: str, *, base: str | None = None, json: object = None
    ) -> dict[str, Any]:
        """Send a request until it is answered; the same one again changes nothing more.

        Raises:
            TimeoutError: It is not, for a minute.
        """
        method = route.partition(" ")[0]
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
        async with asyncio.timeout(_PATIENCE):
            while True:
                began, wrong = time.monotonic(), ""
                try:
                    async with self.crowd.http.request(
                        method, f"{base or self.crowd.url}{path}", headers=headers, json=json
                    ) as answer:
                        said = await answer.json(content_type=None)
                        if answer.ok:
                            self.crowd.watch.times[route].append(time.monotonic() - began)
                            return said
                        wrong = str(answer.status)
                        if answer.status < _BUSY:
                            message = f"{route}: {answer.status} {said}"
                            raise AssertionError(message)
                except (aiohttp.ClientError, ValueError) as error:
                    wrong = type(error).__name__
                self.crowd.watch.errors[route, wrong] += 1
                await asyncio.sleep(_PAUSE)

    async def live(self, wishes: int, seconds: float) -> None:
        """Ask for videos, spread over some time, and look at them as people do."""
        chance = random.Random(self.number)  # noqa: S311 -- a crowd is no secret
        for turn in range(wishes):
            await asyncio.sleep(chance.uniform(0, 2 * seconds / wishes))
            prompt = f"a paper boat {self.crowd.mark} {self.number} {turn}"
            made = await self.ask("POST /api/videos", "/api/videos", json={"prompt": prompt})
            self.wished[prompt] = made["id"]
            await self.ask("GET /api/videos", "/api/videos?limit=20")
            await self.ask("GET /api/videos/{id}", f"/api/videos/{chance.choice([*self.wished.values()])}")

    async def keep_tab(self) -> None:
        """Keep a tab open, however often its connection ends."""
        token = str(uuid4())
        while True:
            self.cards = []  # what the one before showed is not on this one's screen
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                cookie = f"__Host-sora_session={self.token}"
                async with open_tab(self.crowd.url, cookie=cookie, token=token, tls=self.crowd.tls) as tab:
                    await tab.until(self._looking_at(tab), within=3600)
            self.crowd.watch.errors["tab", "reconnected"] += 1
            await asyncio.sleep(_PAUSE)

    def _looking_at(self, tab: Tab) -> Callable[[], bool]:
        def look() -> bool:
            now = time.time()
            tab.frames.clear()
            self.cards = tab.value(CreateState, "cards") or []
            for card in self.cards:
                self.seen.setdefault(card["id"], now)
                if card["look"] == "ready":
                    self.ready.setdefault(card["id"], now)
            return tab.closed

        return look

    def is_right(self) -> bool:
        """Tell whether the tab shows the newest videos, all of them as they are now: finished."""
        shown = {card["id"]: card["look"] for card in self.cards}
        newest = [*self.wished.values()][-RECENT:]
        return {*newest} <= shown.keys() and {*shown.values()} <= {"ready"}

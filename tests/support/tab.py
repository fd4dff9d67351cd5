"""A browser tab's socket, bare: what it may send, and every frame that it gets."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aiohttp
from reflex.state import BaseState, State
from reflex_base.event import EventHandler
from reflex_base.utils.format import format_event_handler

from tests.support.waiting import PATIENCE

_NAMESPACE = "/_event"
_EVENT = f"42{_NAMESPACE},"
_VAR = "_rx_state_"


class Tab:
    """One socket; `frames` holds the updates that came, `state` what a page would show by them."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, token: str, path: str) -> None:
        self._socket, self.token = socket, token
        self.route = {"pathname": path, "asPath": path, "query": {}}
        self.frames: list[dict[str, Any]] = []
        self.state: dict[str, dict[str, Any]] = {}
        self.closed = False  # by the server
        self._news = asyncio.Event()

    def value(self, state: type[BaseState], var: str) -> Any:
        """Return a var as the page shows it, None while it has not come."""
        return self.state.get(state.get_full_name(), {}).get(var + _VAR)

    def redirects(self) -> list[str]:
        """Return where the tab has been sent."""
        return [
            event["payload"]["path"]
            for frame in self.frames
            for event in frame.get("events") or []
            if event["name"] == "_redirect"
        ]

    async def send(self, handler: EventHandler | Any | str, /, **payload: Any) -> None:
        """Send an event, as the front end does or as it never would."""
        name = handler if isinstance(handler, str) else format_event_handler(handler)
        event = {"name": name, "payload": payload, "router_data": self.route}
        await self._socket.send_str(_EVENT + json.dumps(["event", event]))

    async def until(self, condition: Callable[[], object], *, within: float = PATIENCE) -> None:
        """Wait for frames, or for the end of the connection, until a condition holds."""
        async with asyncio.timeout(within):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def boot(self, *, hydrate: bool) -> None:
        """Join the namespace, with the event that asks for the whole state or without."""
        name = format_event_handler(State.event_handlers["hydrate_and_load"])
        auth = {"event": {"name": name, "payload": {}, "router_data": self.route}} if hydrate else {}
        await self._socket.send_str(f"40{_NAMESPACE}," + json.dumps(auth))

    async def listen(self) -> None:
        """Take frames until the socket is closed."""
        async for message in self._socket:
            text = message.data
            if text == "2":
                await self._socket.send_str("3")
            elif text.startswith(_EVENT):
                name, said, *_ = json.loads(text.removeprefix(_EVENT))
                if name == "new_token":  # somebody else is connected under the one we came with
                    self.token = said
                else:
                    self._take(said)
        self.closed = True
        self._news.set()

    def _take(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        for state, changes in (frame.get("delta") or {}).items():
            self.state.setdefault(state, {}).update(changes)
        self._news.set()


@asynccontextmanager
async def open_tab(
    url: str,
    *,
    cookie: str = "",
    token: str | None = None,
    path: str = "/",
    hydrate: bool = True,
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Tab]:
    """Open a tab for the block.

    Args:
        url: The server, `http://…`.
        cookie: The Cookie header of the handshake.
        token: The tab's token; a new one if None.
        path: The page.
        hydrate: Whether to ask for the whole state, as every page does.
        headers: More headers for the handshake.
        tls: Whose certificates are trusted; None: the usual ones.
    """
    token = token or str(uuid4())
    sent = {"Cookie": cookie, **(headers or {})} if cookie else (headers or {})
    address = f"{url}{_NAMESPACE}/?token={token}&EIO=4&transport=websocket"
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(address, headers=sent, max_msg_size=0, ssl=tls or True) as socket,
    ):
        await socket.receive()  # engine.io's greeting
        tab = Tab(socket, token, path)
        await tab.boot(hydrate=hydrate)
        listening = asyncio.create_task(tab.listen())
        try:
            yield tab
        finally:
            listening.cancel()

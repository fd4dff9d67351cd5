"""The sockets of this process, which Reflex keeps to itself (hence the exact pin): a tab is one session's."""

# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false

import asyncio
import hashlib
from typing import Any, cast
from uuid import uuid4

import reflex as rx
from reflex.app import EventNamespace

from sora_studio.domain.account import NOWHERE, USER_AGENT_MAX, Origin
from sora_studio.services.people.tokens import token_in_cookies

_LAST_WORDS = 0.5  # seconds in which the way to the log-in page gets to a tab


class OwnTabs(EventNamespace):
    """Connects a browser's tab only to the state, and to the work under way, of its own session.

    Reflex trusts the token alone that a browser names, and sends what comes of a handler to the socket that
    is connected under the token by then. Here the name of a tab is made of both, the token and the session's
    cookie: who knows somebody's token comes to an empty tab, and who logs in anew starts with one.
    """

    async def link_token_to_sid(self, sid: str, token: str, *, update_state: bool = True) -> None:
        """Connect a socket to its tab, or to a new one if that is connected already, as a copied tab's is."""
        tab = self._tab(sid, token)
        if self.socket_of(tab):
            token = str(uuid4())
            tab = self._tab(sid, token)
            await self.emit("new_token", token, to=sid)
        await super().link_token_to_sid(sid, tab, update_state=update_state)

    def _tab(self, sid: str, token: str) -> str:
        session = token_in_cookies(self.cookies(sid) or "") or ""
        return hashlib.sha256(f"{session}\n{token}".encode()).hexdigest()

    def socket_of(self, tab: str) -> str | None:
        """Return the id of a tab's socket; None when it is not connected."""
        socket = self._token_manager.token_to_socket.get(tab)  # the public view copies them all
        return socket.sid if socket else None

    def cookies(self, sid: str) -> str | None:
        """Return the Cookie header with which a socket was opened; None when it has just been closed."""
        environ = self.app.sio.get_environ(sid, self.namespace) if self.app.sio else None
        return environ.get("HTTP_COOKIE", "") if environ else None

    def origin(self, sid: str) -> Origin:
        """Return where a socket was opened."""
        environ = (self.app.sio.get_environ(sid, self.namespace) if self.app.sio else None) or {}
        host, _ = environ.get("asgi.scope", {}).get("client") or ("", 0)
        return Origin(host, environ.get("HTTP_USER_AGENT", "")[:USER_AGENT_MAX])

    async def close(self, sid: str) -> None:
        """Cut a socket, in words that keep a page of ours from opening another one."""
        if self.app.sio is None:
            return
        engine = self.app.sio.eio
        connection = engine.sockets.get(self.app.sio.manager.eio_sid_from_sid(sid, self.namespace))
        await self.app.sio.disconnect(sid, self.namespace)
        if connection is not None:
            await connection.close()
            await connection.queue.put(
                None
            )  # ends its writer, and so the websocket: clients are only asked to


def isolate_tabs(app: rx.App) -> None:
    """Have an app that serves nobody yet connect tabs as `OwnTabs` does."""
    app._event_namespace = OwnTabs(_tabs(app).namespace, app)
    cast("Any", app.sio).register_namespace(app._event_namespace)


def is_open(app: rx.App, tab: str) -> bool:
    """Tell whether a tab is connected."""
    return _tabs(app).socket_of(tab) is not None


def cookies(app: rx.App, tab: str) -> str | None:
    """Return the Cookie header with which a tab's socket was opened; None when it is not connected."""
    tabs = _tabs(app)
    socket = tabs.socket_of(tab)
    return None if socket is None else tabs.cookies(socket)


def origin(app: rx.App, tab: str) -> Origin:
    """Return where a tab is; nowhere when it is not connected."""
    tabs = _tabs(app)
    socket = tabs.socket_of(tab)
    return NOWHERE if socket is None else tabs.origin(socket)


def close_soon(app: rx.App, tab: str) -> None:
    """Cut a tab's connection as soon as it has got its last answer; one that it opens meanwhile stays."""
    socket = _tabs(app).socket_of(tab)
    if socket is None:
        return
    task = asyncio.create_task(_close_later(app, socket))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


_closing: set[asyncio.Task[None]] = set()


async def _close_later(app: rx.App, socket: str) -> None:
    await asyncio.sleep(_LAST_WORDS)
    await _tabs(app).close(socket)


def _tabs(app: rx.App) -> OwnTabs:
    return cast("OwnTabs", app.event_namespace)

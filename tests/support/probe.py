"""A small app: our guard and our live push around a page that shows titles, as every page is made."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import reflex as rx
import uvicorn
from reflex_base.registry import RegistrationContext
from sqlmodel import col, select

from sora_studio import container
from sora_studio.config import load
from sora_studio.db.engine import Database
from sora_studio.db.models import VideoRow
from sora_studio.security_log import SecurityLog
from sora_studio.services.people.accounts import AccountService
from sora_studio.ui import errors, live, sockets
from sora_studio.ui.guard import Guard
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.web.asgi import guarded
from tests.support.accounts import services_with


class ProbeState(rx.State):
    """A page that reads the titles of one's videos, as real pages do."""

    titles: rx.Field[list[str]] = rx.field(default_factory=list)
    readings: int = 0
    calls: int = 0

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the page."""
        async with self:
            owner_id = await signed_in_user(self)
            live.watch(owner_id, self.router.session.client_token, ProbeState.load)
        titles = await _read(owner_id)
        async with self:
            self.readings += 1
            if titles != self.titles:
                self.titles = titles

    @rx.event(background=True)
    async def wait(self) -> None:
        """Read, but write only when `go_on` is set."""
        async with self:
            owner_id = await signed_in_user(self)
            self.calls += 1
        titles = await _read(owner_id)
        await go_on.wait()
        async with still_signed_in(self, owner_id):
            self.titles = titles

    @rx.event
    async def plain(self, note: str = "") -> None:
        """Change a var of this tab."""
        self.titles = [note, str(await signed_in_user(self))]

    @rx.event
    def anybody(self) -> None:
        """Be on the list of what anybody may call."""
        self.calls += 1

    async def not_an_event(self) -> None:
        """Be called all the same: Reflex makes an event of every public method."""
        self.titles = ["called"]


go_on = asyncio.Event()
"""Set by tests of handlers that are still at work."""


async def _read(owner_id: UUID) -> list[str]:
    mine = select(VideoRow.title).where(col(VideoRow.owner_id) == owner_id).order_by(col(VideoRow.title))
    async with _databases[-1].transaction() as tx:
        return list((await tx.exec(mine)).all())


_databases: list[Database] = []


@dataclass(frozen=True)
class Probe:
    """The running app."""

    url: str
    port: int
    app: rx.App
    accounts: AccountService


@asynccontextmanager
async def probing(database: Database, accounts: AccountService) -> AsyncIterator[Probe]:
    """Serve the app for the block, in this process, on a free port."""
    with _reflex_app() as app:
        served = guarded(app(), load(_SETTINGS), SecurityLog())
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(served, log_level="warning", lifespan="on", ws_ping_interval=None)
        )
        _databases.append(database)
        with container.using(services_with(accounts)):
            serving = asyncio.create_task(server.serve([listener]))
            while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
                await asyncio.sleep(0.01)
            pushing = asyncio.create_task(live.run(database, app))
            try:
                yield Probe(f"http://127.0.0.1:{port}", port, app, accounts)
            finally:
                pushing.cancel()
                with suppress(asyncio.CancelledError):
                    await pushing
                server.should_exit = True
                await serving
                _databases.remove(database)


@contextmanager
def _reflex_app() -> Iterator[rx.App]:
    """Build an app beside the studio's own, in a registry of its own."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    registry = RegistrationContext.set(RegistrationContext.ensure_context().fork())
    try:
        app = rx.App(backend_exception_handler=errors.report)
        app.add_middleware(Guard(public=[cast("Any", ProbeState.anybody)]))
        sockets.isolate_tabs(app)
        for route in ("/", "/library", "/login"):
            app.add_page(
                lambda: rx.el.main("probe"),
                route=route,
                on_load=ProbeState.load if route == "/library" else None,
            )
        yield app
    finally:
        RegistrationContext.reset(registry)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


_SETTINGS = {"SORA_STUDIO_PUBLIC_URL": "http://studio.example", "SORA_STUDIO_ALLOWED_HOSTS": "studio.lan"}
_ENVIRONMENT = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "REFLEX_TELEMETRY_ENABLED": "false",
}


def _page() -> rx.Component:
    return rx.el.main("probe")

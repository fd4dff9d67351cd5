"""Live push: from "changed" in the database to the tabs that read their page again.

A push carries no data. It runs, on the server, the handler by which the tab reads its page anyway:
what one push missed, the next one heals, and after every gap in listening all tabs read again.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import reflex as rx
from reflex.event import Event, EventType

from sora_studio.domain.errors import Unavailable
from sora_studio.domain.ports import Changes
from sora_studio.ui import sockets
from sora_studio.ui.session import TabState

PAUSE = 0.25
"""Seconds from one re-reading by a tab to the next: one change shows at once, a burst 4 times a second."""

DEAF = 1.0
"""Seconds between two re-readings by every tab while nothing can be heard from the database."""

_LONGEST_WAIT = 5.0  # seconds between two tries to listen again


@dataclass(eq=False)
class _Tab:
    """A tab of this process: whose it is, and how it reads its page."""

    token: str
    owner_id: UUID
    handler: EventType[()]
    project_id: UUID | None = None
    owed: bool = False  # something changed since the running re-reading began
    reading: asyncio.Task[None] | None = None

    @property
    def places(self) -> set[UUID]:
        """Return where something may change that the tab shows."""
        return {self.owner_id} | ({self.project_id} if self.project_id else set())


_tabs: dict[str, _Tab] = {}
_by_place: defaultdict[UUID, set[str]] = defaultdict(set)


def watch(owner_id: UUID, token: str, handler: EventType[()], project_id: UUID | None = None) -> None:
    """Have a tab read its page again whenever something of its owner's changes; the last call counts.

    Args:
        owner_id: Whose changes.
        token: The tab: `self.router.session.client_token`.
        handler: Called without arguments, as the tab would. Subscribe first, then read.
        project_id: In whose library something may change, too: one that its owner may see.
    """
    tab = _tabs.get(token)
    if tab is None or (tab.owner_id, tab.project_id) != (owner_id, project_id):
        forget(token)
        tab = _tabs[token] = _Tab(token, owner_id, handler, project_id)
        for place in tab.places:
            _by_place[place].add(token)
    tab.handler = handler


def keep(owner_id: UUID, token: str) -> None:
    """Know a tab although its page reads nothing again: so it learns when its session ends."""
    if token not in _tabs or _tabs[token].owner_id != owner_id:
        watch(owner_id, token, TabState.stay)


def forget(token: str) -> None:
    """Stop pushing to a tab."""
    tab = _tabs.pop(token, None)
    if tab is None:
        return
    for place in tab.places:
        _by_place[place].discard(token)
        if not _by_place[place]:
            del _by_place[place]


async def run(changes: Changes, app: rx.App, *always: EventType[()]) -> None:
    """Push for as long as the process serves; never returns by itself.

    Args:
        changes: Tells whose videos have changed.
        app: Its tabs read again.
        always: What every tab reads beside its page.
    """
    async with asyncio.TaskGroup() as tasks:
        push = _Push(app, tasks, always)
        tasks.create_task(push.listen(changes))
        tasks.create_task(push.look_after())


class _Push:
    """Hears what changed and has the right tabs read again."""

    def __init__(self, app: rx.App, tasks: asyncio.TaskGroup, always: tuple[EventType[()], ...]) -> None:
        self._app, self._tasks, self._always = app, tasks, always
        self._hearing = False

    async def listen(self, changes: Changes) -> None:
        """Hear every change, whatever happens to the connection."""
        wait = PAUSE
        while True:
            with contextlib.suppress(Unavailable):
                async for payload in changes.listen():
                    self._hearing, wait = True, PAUSE
                    self._changed(_whose(payload))
            self._hearing = False
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    async def look_after(self) -> None:
        """Forget tabs that were closed; while nothing can be heard, have the others read by the clock."""
        while True:
            await asyncio.sleep(DEAF)
            for token in [token for token in _tabs if not sockets.is_open(self._app, token)]:
                forget(token)
            if not self._hearing:
                self._changed([*_by_place])

    def _changed(self, places: Iterable[UUID]) -> None:
        for place in places:
            for token in _by_place.get(place, ()):
                tab = _tabs[token]
                tab.owed = True
                if tab.reading is None:
                    tab.reading = self._tasks.create_task(self._read_again(tab))

    async def _read_again(self, tab: _Tab) -> None:
        """Run a tab's handler until it has seen the last change, never twice at once."""
        while tab.owed and _tabs.get(tab.token) is tab and sockets.is_open(self._app, tab.token):
            tab.owed = False
            reading = (Event.from_event_type(handler)[0] for handler in (tab.handler, *self._always))
            done = [await self._app.event_processor.enqueue(tab.token, event) for event in reading]
            await asyncio.gather(*done, asyncio.sleep(PAUSE), return_exceptions=True)
        tab.reading = None


def _whose(payload: str) -> list[UUID]:
    """Read a notification: the id of a person or project; anything else, as after a gap, may be anybody's."""
    try:
        return [UUID(payload)]
    except ValueError:
        return [*_by_place]

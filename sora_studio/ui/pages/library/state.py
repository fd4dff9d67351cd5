"""The library: what is looked for, and the page of videos that was found."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import NotFound, Unavailable
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.library import LibraryCounts, LibraryPage, LibraryQuery, SortOrder
from sora_studio.domain.video import VideoView
from sora_studio.ui import live
from sora_studio.ui.actions import show_found
from sora_studio.ui.cards import Progress, VideoCard, to_card, to_progress, to_stars
from sora_studio.ui.errors import explain
from sora_studio.ui.filters import DECIDING, FILTERS
from sora_studio.ui.libraries import MINE, Libraries, Library, read_libraries
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

PAGE = 30
_LONGEST_PAGE = 200  # what one reading may return
_LONGEST_SEARCH = 200  # characters
_CAP = 1000  # where the service stops counting


@dataclass(frozen=True)
class Matching:
    """What is known of all that match, of which a page shows the first."""

    counts: dict[str, str] = field(default_factory=dict[str, str])  # in words, by key of FILTERS
    until: str = ""  # ISO 8601: what came later has not been seen, nor is meant by "all"


class LibraryState(rx.State):
    """The videos that the person is looking at."""

    ready: rx.Field[bool] = rx.field(False)
    problem: rx.Field[str] = rx.field("")
    search: rx.Field[str] = rx.field("")
    status: rx.Field[str] = rx.field("")  # a key of FILTERS
    order: rx.Field[str] = rx.field(SortOrder.NEWEST.value)
    cards: rx.Field[list[VideoCard]] = rx.field(default_factory=list)
    progress: rx.Field[dict[str, Progress]] = rx.field(default_factory=dict)
    stars: rx.Field[dict[str, int]] = rx.field(default_factory=dict)  # by public id
    matching: rx.Field[Matching] = rx.field(default_factory=Matching)
    has_more: rx.Field[bool] = rx.field(False)
    libraries: rx.Field[Libraries] = rx.field(default_factory=Libraries)
    visit: rx.Field[int] = rx.field(0)  # counts readings of the address, so that the search field follows it

    @rx.event(background=True)
    async def load(self) -> None:
        """Show what the address asks for, when the page is opened or returned to."""
        async with self:
            owner_id = await signed_in_user(self)
            project_id = _project(self)
            shown, asked = self.libraries.chosen.id, project_id.hex if project_id else MINE
            changed = _read_address(self) or shown != asked
            _watch(self, owner_id, project_id)
            self.visit += 1
            if changed:
                self.ready, self.cards = False, []
        await _read(self, owner_id)

    @rx.event(background=True, supersedes=True)
    async def ask(self) -> None:
        """Show what the address asks for, after the person changed the search, the status or the order."""
        async with self:
            owner_id = await signed_in_user(self)
            _read_address(self)
            _watch(self, owner_id, _project(self))
        await _read(self, owner_id, PAGE)

    @rx.event(background=True)
    async def refresh(self) -> None:
        """Read again what is shown; what a push asks this tab to do."""
        async with self:
            owner_id = await signed_in_user(self)
        await _read(self, owner_id)

    @rx.event(background=True, supersedes=True)
    async def more(self) -> None:
        """Add the next page below."""
        async with self:
            owner_id = await signed_in_user(self)
            last = self.cards[-1].id if self.cards and self.has_more else ""
            query = _query(self, PAGE, parse_public_id(last) if last else None)
            project_id = _project(self)
        if not last:
            return
        page = await services().videos.list_library(owner_id, query, project_id)
        now = datetime.now(UTC)
        async with still_signed_in(self, owner_id):
            if self.cards and self.cards[-1].id == last:
                may_change = self.libraries.chosen.may_make
                self.cards = [*self.cards, *(to_card(each, may_change=may_change) for each in page.videos)]
                self.progress = {**self.progress, **to_progress(page.videos, now)}
                self.stars = {**self.stars, **to_stars(page.videos)}
                self.has_more = page.has_more


def _read_address(state: LibraryState) -> bool:
    """Take over what the address asks for; tell whether it differs from before."""
    asked, before = state.router.url.query_parameters, _asked(state)
    status = asked.get("status", "")
    assign(
        state,
        search=asked.get("q", "")[:_LONGEST_SEARCH],
        status=status if status in FILTERS else "",
        order=SortOrder.OLDEST.value if asked.get("order") == SortOrder.OLDEST else SortOrder.NEWEST.value,
    )
    return _asked(state) != before


def _project(state: LibraryState) -> UUID | None:
    """Return the project whose library the address asks for; None: one's own, as nonsense is."""
    try:
        return UUID(state.router.url.query_parameters.get("project", ""))
    except ValueError:
        return None


def _asked(state: LibraryState) -> tuple[str, str, str, UUID | None]:
    return state.search, state.status, state.order, _project(state)


def _watch(state: LibraryState, owner_id: UUID, project_id: UUID | None) -> None:
    live.watch(owner_id, state.router.session.client_token, LibraryState.refresh, project_id)


def _query(state: LibraryState, limit: int, after: UUID | None = None) -> LibraryQuery:
    return LibraryQuery(
        state.search,
        phases=FILTERS[state.status],
        order=SortOrder(state.order),
        after=after,
        limit=limit,
    )


async def _read(state: LibraryState, owner_id: UUID, length: int = 0) -> None:
    """Show the first `length` videos of what is asked for; by default as many as are shown already."""
    async with state:
        asked, project_id = _asked(state), _project(state)
        query = _query(state, length or max(PAGE, len(state.cards)))
    began, now = time.monotonic(), datetime.now(UTC)
    try:
        page = await _list(owner_id, query, project_id)
        counts = await services().videos.count_library(owner_id, query.search, project_id)
        libraries = await read_libraries(owner_id, project_id)
    except NotFound:
        others = await read_libraries(owner_id, None)
        async with still_signed_in(state, owner_id):
            if _asked(state) == asked:
                _shut(state, owner_id, others)
        return
    except Unavailable as problem:
        async with still_signed_in(state, owner_id):
            state.problem = explain(problem)
        return
    cards = [to_card(view, may_change=libraries.chosen.may_make) for view in page.videos]
    async with still_signed_in(state, owner_id):
        await show_found(state, cards, began)
        if _asked(state) != asked:
            return  # the person asked for something else meanwhile, and that reading is under way
        assign(
            state,
            ready=True,
            problem="",
            cards=cards,
            progress=to_progress(page.videos, now),
            stars=to_stars(page.videos),
            matching=Matching(_count_words(counts), _until(page.videos, query.order, now).isoformat()),
            has_more=page.has_more,
            libraries=libraries,
        )


def _until(videos: Sequence[VideoView], order: SortOrder, now: datetime) -> datetime:
    """Return when the newest was asked for; of a list that begins with the oldest, when it was read."""
    return videos[0].created_at if videos and order is SortOrder.NEWEST else now


def _shut(state: LibraryState, owner_id: UUID, others: Libraries) -> None:
    """Show nothing more of a project that the person is not in, or not any longer."""
    _watch(state, owner_id, None)
    nothing: dict[str, Any] = {
        "cards": [],
        "progress": {},
        "stars": {},
        "matching": Matching(),
        "has_more": False,
    }
    gone = replace(others, chosen=Library(id="", name="", may_make=False, audience=""))
    assign(state, ready=True, problem="", libraries=gone, **nothing)


async def _list(owner_id: UUID, query: LibraryQuery, project_id: UUID | None) -> LibraryPage:
    """Read one long page in as many steps as the service asks for."""
    videos: list[VideoView] = []
    while True:
        limit = min(query.limit - len(videos), _LONGEST_PAGE)
        after = videos[-1].id if videos else query.after
        page = await services().videos.list_library(
            owner_id, replace(query, limit=limit, after=after), project_id
        )
        videos += page.videos
        if not page.has_more or len(videos) >= query.limit:
            return LibraryPage(tuple(videos), page.has_more)


def _count_words(counts: LibraryCounts) -> dict[str, str]:
    numbers = {
        "": counts.all,
        DECIDING: counts.deciding,
        "coming": counts.coming,
        "completed": counts.completed,
        "failed": counts.failed,
    }
    return {
        name: f"{number:,}{'+' if counts.capped and number >= _CAP else ''}"
        for name, number in numbers.items()
    }

"""The recent videos under the composer."""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

import time
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import NotFound, Unavailable
from sora_studio.domain.library import Coming, LibraryPage, LibraryQuery
from sora_studio.domain.money import SANDBOX, as_price, price_tag
from sora_studio.domain.video import COMING, Phase, VideoView
from sora_studio.ui import live, toasts
from sora_studio.ui.actions import show_found
from sora_studio.ui.cards import Progress, VideoCard, to_card, to_progress, to_stars
from sora_studio.ui.errors import explain
from sora_studio.ui.handlers import Next
from sora_studio.ui.libraries import MINE, Libraries, parse_library, read_libraries
from sora_studio.ui.pages.create import chosen_library
from sora_studio.ui.pages.create.funds import read_funds
from sora_studio.ui.pages.create.funds_state import FundsState
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

RECENT = 24
ROW = 3  # of those that are coming: so that what can be seen already is on the page, too


class CreateState(rx.State):
    """The newest videos, those that are coming among them."""

    ready: rx.Field[bool] = rx.field(False)
    problem: rx.Field[str] = rx.field("")
    cards: rx.Field[list[VideoCard]] = rx.field(default_factory=list)
    progress: rx.Field[dict[str, Progress]] = rx.field(default_factory=dict)
    stars: rx.Field[dict[str, int]] = rx.field(default_factory=dict)  # by public id
    more: rx.Field[bool] = rx.field(False)  # the library holds more than is shown here
    coming: rx.Field[str] = rx.field("")  # `3 in progress · $1.20`
    libraries: rx.Field[Libraries] = rx.field(default_factory=Libraries)  # where a new one goes
    kept_library: str = rx.SessionStorage("", name="studio.library")  # the truth of what was chosen
    last_library: str = rx.LocalStorage("", name="studio.last_library")  # for the next visit
    _came_for: str = ""  # the project in the address that was chosen last

    @rx.event(background=True)
    async def load(self) -> None:
        """Fill the grid; also what a push asks this tab to do."""
        async with self:
            owner_id = await signed_in_user(self)
            project_id = _chosen(self, owner_id)
            live.watch(owner_id, self.router.session.client_token, CreateState.load, project_id)
        try:
            await _read(self, owner_id, project_id)
        except NotFound:
            async with still_signed_in(self, owner_id):
                choose_library(self, owner_id, None)
                live.watch(owner_id, self.router.session.client_token, CreateState.load)
                await toasts.tell(self, "You are not in that project. New videos go to your own library.")
            await _read(self, owner_id, None)

    @rx.event(background=True)
    async def choose_library(self, library: str) -> Next:
        """Make videos in another library from now on."""
        async with self:
            owner_id = await signed_in_user(self)
            try:
                choose_library(self, owner_id, parse_library(library))
            except ValueError:
                return None
        return CreateState.load


def choose_library(state: CreateState, owner_id: UUID, project_id: UUID | None) -> None:
    """Have videos made in another library from now on, inside an `async with` of a State."""
    state.kept_library = chosen_library.write(state.kept_library, owner_id, project_id)
    state.last_library = chosen_library.write(state.last_library, owner_id, project_id)


def _chosen(state: CreateState, owner_id: UUID) -> UUID | None:
    """Return the project in which videos are made: the one in the address when it is new there."""
    asked = state.router.url.query_parameters.get("project", "")
    if asked != state._came_for:
        state._came_for = asked
        with suppress(ValueError):
            choose_library(state, owner_id, UUID(asked))
    kept = chosen_library.read(state.kept_library, owner_id)
    chosen = kept or chosen_library.read(state.last_library, owner_id) or MINE
    return parse_library(chosen)


async def _read(state: CreateState, owner_id: UUID, project_id: UUID | None) -> None:
    """Show the newest videos of a library, and what is left to spend in it.

    Raises:
        NotFound: The person is not in that project.
    """
    began = time.monotonic()
    try:
        libraries = await read_libraries(owner_id, project_id)
        views, more = await _recent(owner_id, project_id)
        coming = await services().videos.coming(owner_id)
        funds = await read_funds(owner_id, project_id)
    except Unavailable as problem:
        async with still_signed_in(state, owner_id):
            state.problem = explain(problem)
        return
    cards = [to_card(view, may_change=libraries.chosen.may_make) for view in views]
    async with still_signed_in(state, owner_id):
        if _chosen(state, owner_id) != project_id:
            return  # the person has chosen another one meanwhile, and that reading is under way
        await show_found(state, cards, began)
        assign(await state.get_state(FundsState), at=funds)
        assign(
            state,
            ready=True,
            problem="",
            cards=cards,
            progress=to_progress(views, datetime.now(UTC)),
            stars=to_stars(views),
            more=more,
            coming=coming_words(coming),
            libraries=libraries,
        )


async def _recent(owner_id: UUID, project_id: UUID | None) -> tuple[list[VideoView], bool]:
    """Return the newest videos of a library, and whether there are more.

    Of many that are coming the newest one is shown, and those that are being rendered.
    """

    async def read(limit: int, *phases: Phase) -> LibraryPage:
        query = LibraryQuery(phases=phases, limit=limit)
        return await services().videos.list_library(owner_id, query, project_id)

    newest = await read(RECENT)
    coming = [view for view in newest.videos if view.phase in COMING]
    if len(coming) <= ROW:
        return [*newest.videos], newest.has_more
    rendering = (await read(ROW, Phase.SAVING, Phase.IN_PROGRESS)).videos
    row = {view.id: view for view in (coming[0], *rendering, *coming)}
    others = await read(RECENT - ROW, Phase.COMPLETED, Phase.FAILED, Phase.NEEDS_ATTENTION)
    return [*[*row.values()][:ROW], *others.videos], True


def coming_words(coming: Coming) -> str:
    """Say how many videos are being made and what they cost; empty when none is."""
    if not coming.count:
        return ""
    play = price_tag(SANDBOX, coming.play_micros) if coming.play_micros else ""
    real = as_price(coming.price_micros) if coming.price_micros or not play else ""
    return f"{coming.count} in progress · {' and '.join(filter(None, (real, play)))}"

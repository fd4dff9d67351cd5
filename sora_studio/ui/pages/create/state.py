"""The recent videos under the composer."""

import time
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.library import Coming, LibraryPage, LibraryQuery
from sora_studio.domain.money import SANDBOX, as_price, price_tag
from sora_studio.domain.video import COMING, Phase, VideoView
from sora_studio.ui import live
from sora_studio.ui.actions import show_found
from sora_studio.ui.cards import Progress, VideoCard, to_card, to_progress
from sora_studio.ui.errors import explain
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
    more: rx.Field[bool] = rx.field(False)  # the library holds more than is shown here
    coming: rx.Field[str] = rx.field("")  # `3 in progress · $1.20`

    @rx.event(background=True)
    async def load(self) -> None:
        """Fill the grid; also what a push asks this tab to do."""
        async with self:
            owner_id = await signed_in_user(self)
            live.watch(owner_id, self.router.session.client_token, CreateState.load)
        began = time.monotonic()
        try:
            views, more = await _recent(owner_id)
            coming = await services().videos.coming(owner_id)
            funds = await read_funds(owner_id)
        except Unavailable as problem:
            async with still_signed_in(self, owner_id):
                self.problem = explain(problem)
            return
        cards = [to_card(view) for view in views]
        async with still_signed_in(self, owner_id):
            await show_found(self, cards, began)
            assign(await self.get_state(FundsState), at=funds)
            assign(
                self,
                ready=True,
                problem="",
                cards=cards,
                progress=to_progress(views, datetime.now(UTC)),
                more=more,
                coming=coming_words(coming),
            )


async def _recent(owner_id: UUID) -> tuple[list[VideoView], bool]:
    """Return the newest videos, and whether there are more.

    Of many that are coming the newest one is shown, and those that are being rendered.
    """

    async def read(limit: int, *phases: Phase) -> LibraryPage:
        return await services().videos.list_library(owner_id, LibraryQuery(phases=phases, limit=limit))

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

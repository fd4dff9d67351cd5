"""What a person does to a video from any tile or page."""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from math import inf
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import NotFound, SoraStudioError
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.money import price_tag
from sora_studio.domain.video import Removal, VideoView
from sora_studio.ui import toasts
from sora_studio.ui.cards import VideoCard
from sora_studio.ui.errors import explain
from sora_studio.ui.session import signed_in_user, still_signed_in

_MOST = 40  # removed ids that tiles are hidden by, and that one undo brings back


@dataclass(frozen=True)
class NextAttempt:
    """What another attempt at a video costs."""

    id: str = ""  # of the video, public
    price: str = ""
    micros: int | None = None  # None: unknown


class VideoActions(rx.State):
    """Delete with undo, and the three ways out of a video that needs a decision."""

    gone: rx.Field[list[str]] = rx.field(default_factory=list)
    deciding: rx.Field[str] = rx.field("")  # the video whose decision is on its way
    next_attempt: rx.Field[NextAttempt] = rx.field(default_factory=NextAttempt)
    _gone_at: rx.Field[dict[str, float]] = rx.field(
        default_factory=dict
    )  # when a removal was complete, by the monotonic clock

    @rx.event(background=True)
    async def remove(self, video_id: str) -> None:
        """Delete a video; the toast offers to undo it, with all that was deleted since it appeared."""
        await delete(self, str(video_id))

    @rx.event(background=True)
    async def remove_at_once(self, video_id: str) -> None:
        """Delete a video that is being made: its provider is told now, so there is no way back."""
        await delete(self, str(video_id), at_once=True)

    @rx.event(background=True)
    async def undo(self, video_ids: list[str]) -> None:
        """Bring back videos that were just deleted."""
        async with self:
            owner_id = await signed_in_user(self)
        asked = [str(video_id) for video_id in video_ids[-_MOST:]]
        restored = await _restore(owner_id, asked)
        async with still_signed_in(self, owner_id):
            self.gone = [other for other in self.gone if other not in asked]
            if len(restored) == 1:
                title = f"\u2068{restored[0].title}\u2069"  # isolated: it may be written from right to left
                await toasts.tell(self, f"“{title}” was restored.")
            else:
                await toasts.tell(self, f"{len(restored)} videos were restored.")

    @rx.event(background=True)
    async def check_again(self, video_id: str) -> None:
        """Ask the provider once more whether it took the job."""
        await _decide(self, video_id, services().videos.check_again)

    @rx.event(background=True)
    async def ask_price(self, video_id: str) -> None:
        """Ask what another attempt costs today, before it is confirmed."""
        async with self:
            owner_id = await signed_in_user(self)
        view = await services().videos.get(owner_id, parse_public_id(str(video_id)))
        micros = await services().videos.price_again(owner_id, view.id)
        async with still_signed_in(self, owner_id):
            self.next_attempt = NextAttempt(public_id(view.id), price_tag(view.provider, micros), micros)

    @rx.event(background=True)
    async def submit_again(self, video_id: str, most_micros: int | None = None) -> None:
        """Send the job again at the price that was confirmed, at the risk of paying a second time."""

        async def submit(owner_id: UUID, found: UUID) -> VideoView:
            return await services().videos.submit_again(owner_id, found, most_micros=most_micros)

        await _decide(self, video_id, submit)

    @rx.event(background=True)
    async def give_up(self, video_id: str) -> None:
        """Stop waiting for the job."""
        await _decide(self, video_id, services().videos.give_up)


async def delete(state: rx.State, video_id: str, *, at_once: bool = False) -> bool:
    """Delete a video from a handler of any State; tell whether it has gone.

    A second click is answered as the first: its tile is hidden already.
    """
    async with state:
        owner_id = await signed_in_user(state)
        actions = await state.get_state(VideoActions)
        if video_id in actions.gone:
            return True
        actions.gone = [*actions.gone[-_MOST:], video_id]
    try:
        removal = await services().videos.remove(owner_id, parse_public_id(video_id), at_once=at_once)
    except SoraStudioError as problem:
        async with still_signed_in(state, owner_id):
            actions = await state.get_state(VideoActions)
            actions.gone = [other for other in actions.gone if other != video_id]
            await toasts.tell(state, explain(problem), tone=toasts.ERROR)
        return False
    async with still_signed_in(state, owner_id):
        actions = await state.get_state(VideoActions)
        kept = {each: at for each, at in actions._gone_at.items() if each in actions.gone}
        actions._gone_at = {**kept, video_id: time.monotonic()}
        if at_once:
            await toasts.tell(state, _gone(removal))
        else:
            undo = [*(await toasts.undoable(state)), video_id][-_MOST:]
            text = _gone(removal) if len(undo) == 1 else f"{len(undo)} videos were deleted."
            await toasts.tell(state, text, undo=undo)
    return True


def _gone(removal: Removal) -> str:
    """Say that a video is gone, and what it costs all the same."""
    if removal.unsent:
        return "Cancelled before it was sent. It costs nothing."
    return "Deleted. The provider may still bill it." if removal.may_be_billed else "Deleted."


async def show_found(state: rx.State, cards: Iterable[VideoCard], began: float) -> None:
    """Show removed videos again that have been restored elsewhere, inside an `async with` of a State.

    Args:
        state: Whose tab.
        cards: What a reading of the database has found.
        began: When it began, by the monotonic clock: only a removal before that can have been taken back.
    """
    actions = await state.get_state(VideoActions)
    found = {card.id for card in cards if actions._gone_at.get(card.id, inf) < began}
    if found & {*actions.gone}:
        actions.gone = [each for each in actions.gone if each not in found]


async def _restore(owner_id: UUID, video_ids: Iterable[str]) -> list[VideoView]:
    """Bring back what still can be.

    Raises:
        NotFound: Nothing can.
    """
    restored: list[VideoView] = []
    missing = NotFound("There is nothing to restore.")
    for video_id in video_ids:
        try:
            restored.append(await services().videos.restore(owner_id, parse_public_id(video_id)))
        except NotFound as problem:
            missing = problem
    if not restored:
        raise missing
    return restored


async def _decide(
    state: VideoActions, video_id: str, decide: Callable[[UUID, UUID], Awaitable[VideoView]]
) -> None:
    async with state:
        owner_id = await signed_in_user(state)
        state.deciding = str(video_id)
    try:
        await decide(owner_id, parse_public_id(str(video_id)))
    finally:
        async with state:
            state.deciding = ""

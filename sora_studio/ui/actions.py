"""What a person does to a video from any tile or page."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.video import VideoView
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.session import signed_in_user, still_signed_in

_REMEMBERED = 40  # removed ids that tiles are hidden by until the next reading leaves them out


class VideoActions(rx.State):
    """Delete with undo, and the three ways out of a video that needs a decision."""

    gone: rx.Field[list[str]] = rx.field(default_factory=list)
    deciding: rx.Field[str] = rx.field("")  # the video whose decision is on its way

    @rx.event(background=True)
    async def remove(self, video_id: str) -> None:
        """Delete a video; the toast offers to undo it."""
        async with self:
            owner_id = await signed_in_user(self)
            self.gone = [*self.gone[-_REMEMBERED:], str(video_id)]
        try:
            await services().videos.remove(owner_id, parse_public_id(str(video_id)))
        except SoraStudioError as problem:
            async with still_signed_in(self, owner_id):
                self.gone = [other for other in self.gone if other != video_id]
                await toasts.tell(self, explain(problem), tone=toasts.ERROR)
            return
        async with still_signed_in(self, owner_id):
            await toasts.tell(self, "Deleted.", undo=video_id)

    @rx.event(background=True)
    async def undo(self, video_id: str) -> None:
        """Bring back a video that was just deleted."""
        async with self:
            owner_id = await signed_in_user(self)
        view = await services().videos.restore(owner_id, parse_public_id(str(video_id)))
        async with still_signed_in(self, owner_id):
            self.gone = [other for other in self.gone if other != video_id]
            title = f"\u2068{view.title}\u2069"  # isolated: it may be written from right to left
            await toasts.tell(self, f"“{title}” was restored.")

    @rx.event(background=True)
    async def check_again(self, video_id: str) -> None:
        """Ask the provider once more whether it took the job."""
        await _decide(self, video_id, services().videos.check_again)

    @rx.event(background=True)
    async def submit_again(self, video_id: str) -> None:
        """Send the job again, at the risk of paying a second time."""
        await _decide(self, video_id, services().videos.submit_again)

    @rx.event(background=True)
    async def give_up(self, video_id: str) -> None:
        """Stop waiting for the job."""
        await _decide(self, video_id, services().videos.give_up)


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

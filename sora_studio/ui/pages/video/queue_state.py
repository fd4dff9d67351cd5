"""Where a wish stands that waits for its turn: what its person does about it, and what an admin does."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.fair_queue import Move
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.video import VideoView
from sora_studio.ui.cards import Progress, to_progress
from sora_studio.ui.pages.video.state import VideoState, to_page
from sora_studio.ui.session import signed_in, signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign


class QueueState(rx.State):
    """Moves wishes in a queue; the page of the video shows where they are."""

    @rx.event(background=True)
    async def move(self, video_id: str, to: str) -> None:
        """Put a wish before or behind others of one's own that wait."""
        async with self:
            owner_id = await signed_in_user(self)
        if to in {*Move}:
            view = await services().queue.move(owner_id, parse_public_id(str(video_id)), Move(to))
            await _show(self, owner_id, view)

    @rx.event(background=True)
    async def urge(self, video_id: str, urgent: bool) -> None:  # noqa: FBT001 - an event's payload
        """Put a wish before everything else that waits at its provider, or back: an admin may."""
        async with self:
            identity = await signed_in(self)
        named = parse_public_id(str(video_id))
        await services().queue_admin.urge(identity, named, urgent=urgent)
        await _show(self, identity.user_id, await services().videos.get(identity.user_id, named))


async def _show(state: QueueState, owner_id: UUID, view: VideoView) -> None:
    """Show at once where a wish stands now."""
    video_id = public_id(view.id)
    async with still_signed_in(state, owner_id):
        page = await state.get_state(VideoState)
        if page.video.id == video_id:
            progress = to_progress([view], datetime.now(UTC)).get(video_id, Progress(100, ""))
            known = page.video  # its project has not changed
            video = replace(
                to_page(view, owner_id),
                project=known.project,
                library=known.library,
                may_change=known.may_change,
            )
            assign(page, video=video, progress=progress)

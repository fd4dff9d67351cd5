"""What every page says: aloud how each job ended, wherever its person is in the studio; and its notices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.video import TERMINAL, Phase
from sora_studio.ui import notices, status_text
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_ENDS = TERMINAL | {Phase.NEEDS_ATTENTION}


@dataclass(frozen=True)
class Spoken:
    """What a screen reader says."""

    text: str = ""
    number: int = 0  # counts up, so that the same words twice are said twice


class NewsState(rx.State):
    """What has become of the person's jobs since the tab was opened."""

    spoken: rx.Field[Spoken] = rx.field(default_factory=Spoken)
    deciding: rx.Field[int] = rx.field(0)  # how many videos wait for a decision
    _since: datetime | None = None  # when the tab was opened
    _standing: rx.Field[dict[UUID, Phase]] = rx.field(default_factory=dict)  # as it was seen last

    @rx.event(background=True)
    async def hear(self) -> None:
        """Say what has ended since the last time, and show the notices; what every push asks a tab to do.

        The first time nothing has ended yet.
        """
        async with self:
            owner_id = await signed_in_user(self)
            since, before = self._since or datetime.now(UTC), {**self._standing}
        videos = services().videos
        standing = await videos.standing(owner_id, since)
        moved = _changed(before, standing)
        ended = await videos.statuses(owner_id, moved) if moved else ()
        async with still_signed_in(self, owner_id):
            text = status_text.announcement([view for view in ended if view.phase in _ENDS])
            said = Spoken(text, self.spoken.number + 1) if text and self._since else self.spoken
            deciding = sum(phase is Phase.NEEDS_ATTENTION for phase in standing.values())
            assign(self, spoken=said, deciding=deciding)
            self._since, self._standing = since, standing
        await notices.show(self, owner_id)


def _changed(before: Mapping[UUID, Phase], now: Mapping[UUID, Phase]) -> list[UUID]:
    """Return what may have ended: what is somewhere else than before, and what is unfinished no longer."""
    open_before = {video_id for video_id, phase in before.items() if phase not in TERMINAL}
    moved = {video_id for video_id, phase in now.items() if before.get(video_id) is not phase}
    return [*(open_before - now.keys()), *moved]

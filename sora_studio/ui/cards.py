"""What one tile draws, and how a video becomes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sora_studio.domain.ids import public_id
from sora_studio.domain.video import TERMINAL, Phase, Size, VideoView
from sora_studio.ui import formatting, status_text

COMING, READY, FAILED, ATTENTION = "coming", "ready", "failed", "attention"


@dataclass(frozen=True)
class VideoCard:
    """One tile. Progress is not in it, so that a tick does not send the whole grid again."""

    id: str  # public
    title: str
    ratio: float  # width / height
    look: str  # coming, ready, failed or attention
    word: str  # where it is, in a word
    facts: str  # model and size
    duration: str  # `0:04`
    reason: str  # why it failed or waits for a decision
    cost: str  # what a failed one cost: `not charged`, `may be charged`
    unsent: bool  # the provider may not have accepted it
    stake: str  # what it costs although it is deleted or given up, in a sentence
    known: bool  # whether there is a number to show: the provider tells, or has not begun
    may_change: bool  # who looks is more than a viewer of its library


def to_stars(views: Iterable[VideoView]) -> dict[str, int]:
    """Collect the stars of those that have any, by public id: beside the cards, as the progress is."""
    return {public_id(view.id): view.marks.stars for view in views if view.marks.stars}


@dataclass(frozen=True)
class Progress:
    """How far a coming video is."""

    percent: int = 0  # 0..100
    left: str = ""  # `about 20 s`, empty when unknown
    queue: str = ""  # where it stands in a queue, empty when in none


def look(phase: Phase) -> str:
    """Say how a tile is drawn."""
    special = {Phase.COMPLETED: READY, Phase.FAILED: FAILED, Phase.NEEDS_ATTENTION: ATTENTION}
    return special.get(phase, COMING)


def ratio(size: str) -> float:
    """Return width by height, to four places."""
    frame = Size.parse(size)
    return round(frame.width / frame.height, 4)


def knows_progress(view: VideoView) -> bool:
    """Tell whether a number tells how far a video is; before the rendering it is 0."""
    return view.progress_known or view.phase is not Phase.IN_PROGRESS


def to_card(view: VideoView, *, may_change: bool = True) -> VideoCard:
    """Draw a video as a tile, for somebody who may change it or only looks."""
    return VideoCard(
        id=public_id(view.id),
        title=view.title,
        ratio=ratio(view.size),
        look=look(view.phase),
        word=status_text.word(view),
        facts=f"{view.model} · {formatting.frame(view.size)}",
        duration=formatting.clock(int(view.seconds)),
        reason=status_text.brief(view),
        cost=status_text.cost(view) if view.phase is Phase.FAILED else "",
        unsent=status_text.may_be_unsent(view),
        stake=status_text.stake(view),
        known=knows_progress(view),
        may_change=may_change,
    )


def to_progress(views: Iterable[VideoView], now: datetime) -> dict[str, Progress]:
    """Collect the progress of those that are still coming, by public id."""
    return {
        public_id(view.id): Progress(
            view.progress,
            formatting.remaining(view, now),
            formatting.place(view.queue) if view.queue else "",
        )
        for view in views
        if view.phase not in TERMINAL
    }

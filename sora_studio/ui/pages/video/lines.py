"""A video in the words of its page."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sora_studio.domain.access import PROJECT_ROLES, Action
from sora_studio.domain.facts import Facts
from sora_studio.domain.ids import public_id
from sora_studio.domain.library import Family
from sora_studio.domain.money import as_price
from sora_studio.domain.project import ProjectView
from sora_studio.domain.video import Kind, Phase, VideoView
from sora_studio.ui import formatting, status_text
from sora_studio.ui.cards import VideoCard, knows_progress, look, ratio, to_card

_MEGABYTES = 1024  # of a gigabyte
_HEADINGS = {  # of one, of several
    Kind.REMIX: ("Remix", "Remixes"),
    Kind.EDIT: ("Edit", "Edits"),
    Kind.EXTEND: ("Extension", "Extensions"),
}


@dataclass(frozen=True)
class Fact:
    """One thing that the provider reported about the rendering."""

    name: str
    value: str


@dataclass(frozen=True)
class Given:
    """Something that went into the video beside the prompt."""

    position: int
    medium: str
    name: str


@dataclass(frozen=True)
class VideoPage:
    """Everything the page says of its video, progress apart."""

    id: str = ""  # public; empty until the first reading
    title: str = ""
    prompt: str = ""
    ratio: float = 16 / 9
    width: int = 0
    height: int = 0
    look: str = ""  # as a card's
    word: str = ""
    sentence: str = ""
    unsent: bool = False  # as a card's
    lost: bool = False  # it failed, and its provider may have it after all
    kept_until: str = ""  # when the provider drops a file that could not be saved yet
    known: bool = True
    model: str = ""
    size: str = ""
    duration: str = ""
    made_in: str = ""
    made_at: str = ""
    cost: str = ""  # of all its attempts
    stake: str = ""  # as a card's
    waits: bool = False  # for its turn: it was not sent, and costs nothing yet
    in_line: bool = False  # others of the same person may wait behind or before it
    urgent: bool = False
    provider: str = ""
    revised_prompt: str = ""  # the words that the provider made it from, where it says so
    facts: list[Fact] = field(default_factory=list[Fact])  # what else it says of the rendering
    project: str = ""  # the id of the project that it is in; empty: in one's own library
    library: str = ""  # the project's name
    may_change: bool = True  # who looks is more than a viewer
    may_move: bool = True  # they have made it


@dataclass(frozen=True)
class Generation:
    """Relatives of one kind."""

    heading: str
    cards: list[VideoCard]


def to_page(view: VideoView, user_id: UUID, project: ProjectView | None = None) -> VideoPage:
    """Write down what the page says of a video to somebody, who is in its project if it is in one."""
    width, _, height = view.size.partition("x")
    kept_until = status_text.kept_until(view)
    ended = view.completed_at if view.phase is Phase.COMPLETED else None
    return VideoPage(
        id=public_id(view.id),
        title=view.title,
        prompt=view.prompt,
        ratio=ratio(view.size),
        width=int(width),
        height=int(height),
        look=look(view.phase),
        word=status_text.word(view),
        sentence=status_text.sentence(view),
        unsent=status_text.may_be_unsent(view),
        lost=status_text.may_come_back(view),
        kept_until=kept_until.isoformat(timespec="seconds") if kept_until else "",
        known=knows_progress(view),
        model=view.model,
        size=formatting.shape(view.size),
        duration=f"{view.seconds} s",
        made_in=f"made in {formatting.took(ended - view.created_at)}" if ended else "",
        made_at=view.created_at.isoformat(timespec="seconds"),
        cost=status_text.cost(view),
        stake=status_text.stake(view),
        waits=view.waits,
        in_line=view.queue is not None,
        urgent=view.queue is not None and view.queue.urgent,
        provider=view.provider,
        revised_prompt=view.facts.revised_prompt or "",
        facts=to_facts(view.facts),
        project=project.id.hex if project else "",
        library=project.name if project else "",
        may_change=may_change(project),
        may_move=view.owner_id == user_id,
    )


def may_change(project: ProjectView | None) -> bool:
    """Tell whether somebody is more than a viewer of a library: a project's, or their own (None)."""
    return project is None or project.role in PROJECT_ROLES[Action.WRITE_VIDEOS]


def to_facts(facts: Facts) -> list[Fact]:
    """Write down what a provider reported about a rendering; nothing of what it did not report."""
    took, memory = facts.inference_seconds, facts.peak_memory_mb
    told = {
        "Seed": "" if facts.seed is None else str(facts.seed),
        "Inference": formatting.took(timedelta(seconds=took)) if took else "",
        "Peak memory": f"{memory / _MEGABYTES:.1f} GB" if memory else "",
        "Cost by the provider": "" if facts.cost_micros is None else as_price(facts.cost_micros),
    }
    return [Fact(name, value) for name, value in told.items() if value]


def to_generations(view: VideoView, family: Family, project: ProjectView | None) -> list[Generation]:
    """Put the relatives under headings: what it was made from, then what was made from it.

    Who looks has a role in the video's project; relatives may be elsewhere.
    """

    def card(each: VideoView) -> VideoCard:
        return to_card(each, may_change=each.project_id != view.project_id or may_change(project))

    made = {kind: [card(each) for each in family.made if each.kind is kind] for kind in _HEADINGS}
    parent = [Generation(f"{_HEADINGS[view.kind][0]} of", [card(family.parent)])] if family.parent else []
    return [*parent, *(Generation(_HEADINGS[kind][1], cards) for kind, cards in made.items() if cards)]

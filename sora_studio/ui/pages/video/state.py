"""One video's page."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import NotFound, Unavailable
from sora_studio.domain.facts import Facts
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.library import Family
from sora_studio.domain.money import as_price
from sora_studio.domain.video import Kind, Phase, VideoView
from sora_studio.ui import actions, formatting, live, routes, status_text
from sora_studio.ui.cards import Progress, VideoCard, knows_progress, look, ratio, to_card, to_progress
from sora_studio.ui.errors import explain
from sora_studio.ui.pages.video.activity_lines import Line, to_lines
from sora_studio.ui.same_seed import repeating
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

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
    provider: str = ""
    revised_prompt: str = ""  # the words that the provider made it from, where it says so
    facts: list[Fact] = field(default_factory=list[Fact])  # what else it says of the rendering


@dataclass(frozen=True)
class Generation:
    """Relatives of one kind."""

    heading: str
    cards: list[VideoCard]


class VideoState(rx.State):
    """The video that the address names."""

    video: rx.Field[VideoPage] = rx.field(default_factory=VideoPage)
    progress: rx.Field[Progress] = rx.field(default_factory=Progress)
    inputs: rx.Field[list[Given]] = rx.field(default_factory=list)  # what went in beside the prompt
    repeatable: rx.Field[bool] = rx.field(False)  # its seed is known, and can be asked for again
    activity: rx.Field[list[Line]] = rx.field(default_factory=list)  # its own, as progress comes more often
    family: rx.Field[list[Generation]] = rx.field(default_factory=list)
    coming: rx.Field[dict[str, Progress]] = rx.field(default_factory=dict)  # of the family
    missing: rx.Field[str] = rx.field("")  # the id that names no video of this person
    problem: rx.Field[str] = rx.field("")

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the video and its family; also what a push asks this tab to do."""
        async with self:
            owner_id = await signed_in_user(self)
            live.watch(owner_id, self.router.session.client_token, VideoState.load)
            asked = _asked(self)
        began = time.monotonic()
        try:
            video_id = parse_public_id(asked)
            view = await services().videos.get(owner_id, video_id)
            activity = await services().videos.activity(owner_id, video_id)
            family = await services().videos.family(owner_id, video_id)
            inputs = await services().inputs.of(owner_id, video_id)
        except NotFound:
            async with still_signed_in(self, owner_id):
                self.missing = asked
            return
        except Unavailable as problem:
            async with still_signed_in(self, owner_id):
                self.problem = explain(problem)
            return
        now = datetime.now(UTC)
        generations = to_generations(view, family)
        async with still_signed_in(self, owner_id):
            shown = [to_card(view), *(card for each in generations for card in each.cards)]
            await actions.show_found(self, shown, began)
            if _asked(self) != asked:
                return  # the person has gone on to another video meanwhile
            assign(
                self,
                video=to_page(view),
                inputs=[
                    Given(each.position, each.role.medium, each.role.spoken.capitalize()) for each in inputs
                ],
                progress=to_progress([view], now).get(asked, Progress(100, "")),
                repeatable=view.kind is Kind.CREATE and repeating(view) is not None,
                activity=to_lines(view, activity),
                family=generations,
                coming=to_progress(family.made, now),
                missing="",
                problem="",
            )

    @rx.event(background=True)
    async def rename(self, video_id: str, title: str) -> None:
        """Give a video another title; an empty one, or the one it has, changes nothing."""
        async with self:
            owner_id = await signed_in_user(self)
            before = self.video.title
        title = str(title).strip()
        if title in {"", before}:
            return
        view = await services().videos.rename(owner_id, parse_public_id(str(video_id)), title)
        async with still_signed_in(self, owner_id):
            if self.video.id == video_id:
                self.video = to_page(view)

    @rx.event(background=True)
    async def remove(self, at_once: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - an event's payload and result
        """Delete the video and go back to the library."""
        async with self:
            video_id = self.video.id
        return rx.redirect(routes.LIBRARY) if await actions.delete(self, video_id, at_once=at_once) else None


def to_page(view: VideoView) -> VideoPage:
    """Write down what the page says of a video."""
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
        provider=view.provider,
        revised_prompt=view.facts.revised_prompt or "",
        facts=to_facts(view.facts),
    )


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


def to_generations(view: VideoView, family: Family) -> list[Generation]:
    """Put the relatives under headings: what it was made from, then what was made from it."""
    made = {kind: [to_card(each) for each in family.made if each.kind is kind] for kind in _HEADINGS}
    parent = [Generation(f"{_HEADINGS[view.kind][0]} of", [to_card(family.parent)])] if family.parent else []
    return [*parent, *(Generation(_HEADINGS[kind][1], cards) for kind, cards in made.items() if cards)]


def _asked(state: VideoState) -> str:
    """Return the id in the address, the last part of its path."""
    return state.router.url.path.rstrip("/").rpartition("/")[2]

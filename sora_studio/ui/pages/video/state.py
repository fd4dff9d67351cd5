"""One video's page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import NotFound, SoraStudioError, Unavailable
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.library import Family
from sora_studio.domain.money import as_price
from sora_studio.domain.video import Kind, Phase, VideoView
from sora_studio.ui import formatting, idempotency, live, routes, status_text, toasts
from sora_studio.ui.cards import Progress, VideoCard, knows_progress, look, ratio, to_card, to_progress
from sora_studio.ui.errors import explain
from sora_studio.ui.pages.video.activity_lines import Line, to_lines
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_HEADINGS = {  # of one, of several
    Kind.REMIX: ("Remix", "Remixes"),
    Kind.EDIT: ("Edit", "Edits"),
    Kind.EXTEND: ("Extension", "Extensions"),
}


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
    price: str = ""  # of one more like it
    provider: str = ""
    has_reference: bool = False


@dataclass(frozen=True)
class Generation:
    """Relatives of one kind."""

    heading: str
    cards: list[VideoCard]


class VideoState(rx.State):
    """The video that the address names."""

    video: rx.Field[VideoPage] = rx.field(default_factory=VideoPage)
    progress: rx.Field[Progress] = rx.field(default_factory=Progress)
    activity: rx.Field[list[Line]] = rx.field(default_factory=list)  # its own, as progress comes more often
    family: rx.Field[list[Generation]] = rx.field(default_factory=list)
    coming: rx.Field[dict[str, Progress]] = rx.field(default_factory=dict)  # of the family
    missing: rx.Field[str] = rx.field("")  # the id that names no video of this person
    problem: rx.Field[str] = rx.field("")
    remix_error: rx.Field[str] = rx.field("")
    remixing: rx.Field[bool] = rx.field(default=False)  # a remix is on its way
    remix_key: rx.Field[str] = rx.field("")  # renewed when nothing came of it or all did

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the video and its family; also what a push asks this tab to do."""
        async with self:
            owner_id = await signed_in_user(self)
            live.watch(owner_id, self.router.session.client_token, VideoState.load)
            asked = _asked(self)
        try:
            video_id = parse_public_id(asked)
            view = await services().videos.get(owner_id, video_id)
            activity = await services().videos.activity(owner_id, video_id)
            family = await services().videos.family(owner_id, video_id)
        except NotFound:
            async with still_signed_in(self, owner_id):
                self.missing = asked
            return
        except Unavailable as problem:
            async with still_signed_in(self, owner_id):
                self.problem = explain(problem)
            return
        now = datetime.now(UTC)
        async with still_signed_in(self, owner_id):
            if _asked(self) != asked:
                return  # the person has gone on to another video meanwhile
            assign(
                self,
                video=to_page(view),
                progress=to_progress([view], now).get(asked, Progress(100, "")),
                activity=to_lines(view, activity),
                family=to_generations(view, family),
                coming=to_progress(family.made, now),
                missing="",
                problem="",
                remix_key=self.remix_key or uuid4().hex,
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
    async def remix(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - Reflex's event specs have no common type
        """Ask for a variation and go to it."""
        prompt, key = str(data.get("prompt", "")), str(data.get("idempotency_key", ""))
        async with self:
            owner_id = await signed_in_user(self)
            video_id = parse_public_id(self.video.id)
            self.remixing, self.remix_error = True, ""
        try:
            view = await services().derivations.remix(owner_id, video_id, prompt, idempotency_key=key or None)
        except SoraStudioError as problem:
            async with still_signed_in(self, owner_id):
                self.remix_error, self.remix_key = (
                    explain(problem),
                    idempotency.after(self.remix_key, problem),
                )
            return None
        finally:
            async with self:
                self.remixing = False
        async with still_signed_in(self, owner_id):
            self.remix_key = uuid4().hex
        return rx.redirect(routes.video(public_id(view.id)))

    @rx.event(background=True)
    async def remove(self) -> Any:  # noqa: ANN401 - as above
        """Delete the video and go back to the library; the toast offers to undo it."""
        async with self:
            owner_id = await signed_in_user(self)
            video_id = self.video.id
        await services().videos.remove(owner_id, parse_public_id(video_id))
        async with still_signed_in(self, owner_id):
            await toasts.tell(self, "Deleted.", undo=video_id)
        return rx.redirect(routes.LIBRARY)


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
        price=as_price(view.price_micros),
        provider=view.provider,
        has_reference=view.has_reference,
    )


def to_generations(view: VideoView, family: Family) -> list[Generation]:
    """Put the relatives under headings: what it was made from, then what was made from it."""
    made = {kind: [to_card(each) for each in family.made if each.kind is kind] for kind in _HEADINGS}
    parent = [Generation(f"{_HEADINGS[view.kind][0]} of", [to_card(family.parent)])] if family.parent else []
    return [*parent, *(Generation(_HEADINGS[kind][1], cards) for kind, cards in made.items() if cards)]


def _asked(state: VideoState) -> str:
    """Return the id in the address, the last part of its path."""
    return state.router.url.path.rstrip("/").rpartition("/")[2]

"""One video's page."""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

import time
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import NotFound, Unavailable
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.video import Kind
from sora_studio.ui import actions, live, routes
from sora_studio.ui.cards import Progress, to_card, to_progress, to_stars
from sora_studio.ui.errors import explain
from sora_studio.ui.handlers import Next
from sora_studio.ui.pages.video.activity_lines import Line, to_lines
from sora_studio.ui.pages.video.lines import Generation, Given, VideoPage, to_generations, to_page
from sora_studio.ui.same_seed import repeating
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign


class VideoState(rx.State):
    """The video that the address names."""

    video: rx.Field[VideoPage] = rx.field(default_factory=VideoPage)
    progress: rx.Field[Progress] = rx.field(default_factory=Progress)
    inputs: rx.Field[list[Given]] = rx.field(default_factory=list)  # what went in beside the prompt
    repeatable: rx.Field[bool] = rx.field(False)  # its seed is known, and can be asked for again
    activity: rx.Field[list[Line]] = rx.field(default_factory=list)  # its own, as progress comes more often
    family: rx.Field[list[Generation]] = rx.field(default_factory=list)
    coming: rx.Field[dict[str, Progress]] = rx.field(default_factory=dict)  # of the family
    stars: rx.Field[dict[str, int]] = rx.field(default_factory=dict)  # of the video and its family
    missing: rx.Field[str] = rx.field("")  # the id that names no video of this person
    problem: rx.Field[str] = rx.field("")
    _project_id: UUID | None = None  # in whose library changes are heard, too

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the video and its family; also what a push asks this tab to do."""
        async with self:
            owner_id = await signed_in_user(self)
            _watch(self, owner_id, self._project_id)
            asked, heard = _asked(self), self._project_id
        began = time.monotonic()
        try:
            video_id = parse_public_id(asked)
            view = await services().videos.get(owner_id, video_id)
            if view.project_id != heard:
                async with still_signed_in(self, owner_id):
                    _watch(self, owner_id, view.project_id)
                view = await services().videos.get(owner_id, video_id)
            project = await services().projects.view(owner_id, view.project_id) if view.project_id else None
            activity = await services().videos.activity(owner_id, video_id)
            family = await services().videos.family(owner_id, video_id)
            inputs = await services().inputs.of(owner_id, video_id)
        except NotFound:
            async with still_signed_in(self, owner_id):
                _watch(self, owner_id, None)
                assign(self, missing=asked, video=VideoPage(), activity=[], family=[], inputs=[])
            return
        except Unavailable as problem:
            async with still_signed_in(self, owner_id):
                self.problem = explain(problem)
            return
        now = datetime.now(UTC)
        generations = to_generations(view, family, project)
        async with still_signed_in(self, owner_id):
            shown = [to_card(view), *(card for each in generations for card in each.cards)]
            await actions.show_found(self, shown, began)
            if _asked(self) != asked:
                return  # the person has gone on to another video meanwhile
            assign(
                self,
                video=to_page(view, owner_id, project),
                inputs=[
                    Given(each.position, each.role.medium, each.role.spoken.capitalize()) for each in inputs
                ],
                progress=to_progress([view], now).get(asked, Progress(100, "")),
                repeatable=view.kind is Kind.CREATE and repeating(view) is not None,
                activity=to_lines(view, activity),
                family=generations,
                coming=to_progress(family.made, now),
                stars=to_stars([view, *family.made, *([family.parent] if family.parent else [])]),
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
                self.video = replace(self.video, title=view.title)

    @rx.event(background=True)
    async def remove(self, at_once: bool = False) -> Next:  # noqa: FBT001, FBT002 -- an event's payload
        """Delete the video and go back to the library."""
        async with self:
            video_id, library = self.video.id, routes.library(self.video.project)
        return rx.redirect(library) if await actions.delete(self, video_id, at_once=at_once) else None


def _watch(state: VideoState, owner_id: UUID, project_id: UUID | None) -> None:
    state._project_id = project_id
    live.watch(owner_id, state.router.session.client_token, VideoState.load, project_id)


def _asked(state: VideoState) -> str:
    """Return the id in the address, the last part of its path."""
    return state.router.url.path.rstrip("/").rpartition("/")[2]

"""The way of the video from one library to another."""

from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import NotFound, SoraStudioError
from sora_studio.domain.ids import parse_public_id
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.handlers import Next
from sora_studio.ui.libraries import Library, parse_library, read_libraries
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.session import signed_in_user, still_signed_in


class VideoLibraryState(rx.State):
    """Where the video can go."""

    libraries: rx.Field[list[Library]] = rx.field(default_factory=list)  # in which the person may make videos
    busy: rx.Field[bool] = rx.field(default=False)

    @rx.event(background=True)
    async def load(self) -> None:
        """Read which libraries there are."""
        async with self:
            owner_id = await signed_in_user(self)
        found = await read_libraries(owner_id, None)
        async with still_signed_in(self, owner_id):
            self.libraries = [each for each in found.all if each.may_make]

    @rx.event(background=True)
    async def move(self, data: dict[str, Any]) -> Next:
        """Put the video into another library."""
        async with self:
            owner_id = await signed_in_user(self)
            video_id = (await self.get_state(VideoState)).video.id
            if self.busy:
                return None
            self.busy = True
        said, tone = "The video was moved.", toasts.INFO
        try:
            project_id = parse_library(text(data, "library"))
            await services().projects.move(owner_id, parse_public_id(video_id), project_id)
        except ValueError:
            said, tone = explain(NotFound("There is no such project.")), toasts.ERROR
        except SoraStudioError as problem:
            said, tone = explain(problem), toasts.ERROR
        finally:
            async with self:
                self.busy = False
        async with still_signed_in(self, owner_id):
            await toasts.tell(self, said, tone=tone)
        return VideoState.load

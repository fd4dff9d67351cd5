"""The projects that a person is in, by name."""

from typing import Any
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.project import ProjectPage
from sora_studio.ui import live, routes
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.handlers import Next
from sora_studio.ui.pages.projects.lines import ProjectLine, line_of
from sora_studio.ui.session import signed_in, signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_PAGE = 50
_MOST = 100  # that are read again at once


class ProjectsState(rx.State):
    """One list, as long as somebody asks for more of it."""

    ready: rx.Field[bool] = rx.field(default=False)
    problem: rx.Field[str] = rx.field("")
    projects: rx.Field[list[ProjectLine]] = rx.field(default_factory=list)
    has_more: rx.Field[bool] = rx.field(default=False)
    busy: rx.Field[bool] = rx.field(default=False)
    refusal: rx.Field[str] = rx.field("")

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the list from its beginning; also what a push asks this tab to do."""
        async with self:
            owner_id = await signed_in_user(self)
            live.watch(owner_id, self.router.session.client_token, ProjectsState.load)
            length = min(max(_PAGE, len(self.projects)), _MOST)
        try:
            page, problem = await services().projects.page(owner_id, limit=length), ""
        except SoraStudioError as error:
            page, problem = ProjectPage((), has_more=False), explain(error)
        async with still_signed_in(self, owner_id):
            shown = [*map(line_of, page.projects)]
            assign(self, ready=True, problem=problem, projects=shown, has_more=page.has_more)

    @rx.event(background=True)
    async def more(self) -> None:
        """Read on where the list ends."""
        async with self:
            owner_id = await signed_in_user(self)
            before = self.projects
        after = UUID(before[-1].id) if before else None
        page = await services().projects.page(owner_id, after=after, limit=_PAGE)
        async with still_signed_in(self, owner_id):
            if self.projects == before:
                self.projects, self.has_more = [*before, *map(line_of, page.projects)], page.has_more

    @rx.event(background=True)
    async def create(self, data: dict[str, Any]) -> Next:
        """Open a project, and go to it."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return None  # a second click: the first is on its way
            self.busy, self.refusal = True, ""
        try:
            project = await services().projects.create(identity, text(data, "name"))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.refusal = explain(problem)
            return None
        finally:
            async with self:
                self.busy = False
        return rx.redirect(routes.project(project.id.hex))

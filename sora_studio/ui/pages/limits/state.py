"""The projects of the studio, how much of it they take, and what an admin lets them take."""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import InvalidInput, PasswordRequired, SoraStudioError
from sora_studio.domain.limits import ProjectTake, ProjectTakePage
from sora_studio.domain.project import PAGE_MAX
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.pages.limits.lines import ProjectLine, line_of
from sora_studio.ui.session import signed_in, still_signed_in
from sora_studio.ui.state_update import assign
from sora_studio.ui.storage_lines import limit_change

_PAGE = 50
_LONGEST_SEARCH = 200  # characters


class LimitsState(rx.State):
    """One list, by name, as long as somebody asks for more of it."""

    ready: rx.Field[bool] = rx.field(default=False)
    problem: rx.Field[str] = rx.field("")  # why there is no list
    projects: rx.Field[list[ProjectLine]] = rx.field(default_factory=list)
    has_more: rx.Field[bool] = rx.field(default=False)
    query: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(default=False)
    asking: rx.Field[bool] = rx.field(default=False)  # for the password, before somebody is appointed
    refusal: rx.Field[str] = rx.field("")
    _pending: tuple[str, str] = ("", "")  # what waits for it: the project, and whom to appoint

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the list from its beginning."""
        async with self:
            identity, query = await signed_in(self), self.query
            length = min(max(_PAGE, len(self.projects)), PAGE_MAX)
        await _show(self, identity, query, length=length)

    @rx.event(background=True)
    async def search(self, data: dict[str, Any]) -> None:
        """Find projects by what is in their names."""
        asked = text(data, "q")[:_LONGEST_SEARCH]
        async with self:
            identity, self.query = await signed_in(self), asked
        await _show(self, identity, asked)

    @rx.event(background=True)
    async def more(self) -> None:
        """Read on where the list ends."""
        async with self:
            identity, query = await signed_in(self), self.query
            last = self.projects[-1].id if self.projects else ""
        await _show(self, identity, query, after=last)

    @rx.event(background=True)
    async def limit(self, data: dict[str, Any]) -> None:
        """Change how much of the studio a project may take."""

        async def change(identity: Identity) -> str:
            project_id = _uuid(text(data, "library_id"))
            await services().limits.change_project(identity, project_id, limit_change(data))
            return "Saved."

        await _done(self, change)

    @rx.event(background=True)
    async def appoint(self, data: dict[str, Any]) -> None:
        """Have somebody run a project that nobody can run."""
        await _appoint(self, text(data, "project_id"), text(data, "email"))

    @rx.event(background=True)
    async def prove(self, data: dict[str, Any]) -> None:
        """Take the password, and appoint who has waited for it."""
        async with self:
            identity, pending = await signed_in(self), self._pending
            if self.busy or not self.asking:
                return
            self.busy = True
        refusal = ""
        try:
            await services().accounts.confirm_password(identity, text(data, "proof"))
        except SoraStudioError as problem:
            refusal = explain(problem)
        async with still_signed_in(self, identity.user_id):
            self.busy, self.refusal, self.asking = False, refusal, bool(refusal)
        if not refusal:
            await _appoint(self, *pending)

    @rx.event
    def dismiss(self) -> None:
        """Take the question for the password from the screen."""
        self.asking, self.refusal = False, ""


async def _appoint(state: LimitsState, project_id: str, email: str) -> None:
    async def appoint(identity: Identity) -> str:
        member = await services().projects.appoint(identity, _uuid(project_id), email)
        return f"\u2068{member.display_name}\u2069 runs the project now."

    async with state:
        state._pending = project_id, email
    await _done(state, appoint)


async def _done(state: LimitsState, act: Callable[[Identity], Awaitable[str]]) -> None:
    """Do something, say what came of it, and show the list as it is then."""
    async with state:
        identity = await signed_in(state)
        if state.busy:
            return  # a second click: the first is on its way
        state.busy = True
    said, tone, asking = "", toasts.INFO, False
    try:
        said = await act(identity)
    except PasswordRequired:
        asking = True
    except SoraStudioError as problem:
        said, tone = explain(problem), toasts.ERROR
    finally:
        async with state:
            state.busy = False
    async with still_signed_in(state, identity.user_id):
        state.asking, state.refusal = asking, ""
        query, length = state.query, min(max(_PAGE, len(state.projects)), PAGE_MAX)
        if said:
            await toasts.tell(state, said, tone=tone)
    if said and tone == toasts.INFO:
        await _show(state, identity, query, length=length)


async def _show(
    state: LimitsState, identity: Identity, query: str, *, after: str = "", length: int = _PAGE
) -> None:
    problem = ""
    try:
        mark = _uuid(after) if after else None
        page = await services().limits.projects(identity, query, after=mark, limit=length)
    except SoraStudioError as error:
        page, problem = ProjectTakePage((), has_more=False), explain(error)
    async with still_signed_in(state, identity.user_id):
        if state.query != query or (after and (not state.projects or state.projects[-1].id != after)):
            return  # the list is another one by now
        before = state.projects if after else []
        shown = [*before, *map(_line, page.projects)]
        assign(state, ready=True, problem=problem, projects=shown, has_more=page.has_more)


def _line(project: ProjectTake) -> ProjectLine:
    return line_of(project, services().limits.quotas.of_project(project.limits))


def _uuid(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        message = "There is no such project."
        raise InvalidInput(message) from error

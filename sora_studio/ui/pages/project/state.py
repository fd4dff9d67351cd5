"""A project: what its members see of it, and what its managers do."""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

from typing import Any
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity, ProjectRole
from sora_studio.domain.errors import NotFound, PasswordRequired, SoraStudioError
from sora_studio.domain.project import MOST_MEMBERS, MemberPage, ProjectView
from sora_studio.ui import live, routes, toasts
from sora_studio.ui.budget_lines import BudgetLine, to_budget_line
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.handlers import Next
from sora_studio.ui.pages.project.acts import ACTS
from sora_studio.ui.pages.project.lines import Member, Shown, to_member, to_shown
from sora_studio.ui.session import signed_in, signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign
from sora_studio.ui.storage_lines import StorageLine, to_storage_line

_PAGE = 50


class ProjectState(rx.State):
    """The project that the address names."""

    project: rx.Field[Shown] = rx.field(default_factory=Shown)
    members: rx.Field[list[Member]] = rx.field(default_factory=list)
    has_more: rx.Field[bool] = rx.field(default=False)
    missing: rx.Field[str] = rx.field("")  # the id that names no project of this person
    problem: rx.Field[str] = rx.field("")
    budgets: rx.Field[list[BudgetLine]] = rx.field(default_factory=list)  # for managers
    storage: rx.Field[StorageLine] = rx.field(default_factory=StorageLine)
    busy: rx.Field[bool] = rx.field(default=False)
    added: rx.Field[int] = rx.field(0)  # counts, so that the form is drawn empty again
    asking: rx.Field[bool] = rx.field(default=False)  # for the password, before what waits is done
    refusal: rx.Field[str] = rx.field("")
    _pending: tuple[str, str, str] = ("", "", "")  # what waits: the act, to whom, as what

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the project and its members; also what a push asks this tab to do."""
        async with self:
            identity = await signed_in(self)
            owner_id, asked = identity.user_id, _asked(self)
            length = max(_PAGE, len(self.members))
            known = _uuid(asked)
            live.watch(owner_id, self.router.session.client_token, ProjectState.load, known)
        try:
            found = await _read(owner_id, known, length)
            budgets = await _budgets(identity, found[0])
            storage = await services().limits.project_storage(owner_id, found[0].id)
        except NotFound:
            async with still_signed_in(self, owner_id):
                live.watch(owner_id, self.router.session.client_token, ProjectState.load)
                assign(self, missing=asked, project=Shown(), members=[], budgets=[], asking=False)
            return
        except SoraStudioError as problem:
            async with still_signed_in(self, owner_id):
                self.problem = explain(problem)
            return
        async with still_signed_in(self, owner_id):
            if _asked(self) == asked:
                _show(self, owner_id, *found)
                assign(self, budgets=budgets, storage=to_storage_line(storage))

    @rx.event(background=True)
    async def more(self) -> None:
        """Read on where the list of members ends."""
        async with self:
            owner_id = await signed_in_user(self)
            before, project_id = self.members, _uuid(self.project.id)
        if not before or project_id is None:
            return
        after = UUID(before[-1].id)
        _, page = await services().projects.get(owner_id, project_id, after=after, limit=_PAGE)
        async with still_signed_in(self, owner_id):
            if self.members == before:
                self.members = [*before, *(to_member(each, owner_id) for each in page.members)]
                self.has_more = page.has_more

    @rx.event(background=True)
    async def rename(self, data: dict[str, Any]) -> None:
        """Give the project another name."""
        await _act(self, "rename", text(data, "name"), "")

    @rx.event(background=True)
    async def add(self, data: dict[str, Any]) -> None:
        """Let somebody in by their address."""
        await _act(self, "add", text(data, "email"), text(data, "role"))

    @rx.event(background=True)
    async def change(self, user_id: str, role: str) -> None:
        """Give a member another role."""
        await _act(self, "change", user_id, role)

    @rx.event(background=True)
    async def take_out(self, user_id: str) -> None:
        """Take a member out."""
        await _act(self, "take_out", user_id, "")

    @rx.event(background=True)
    async def hand_over(self, user_id: str) -> None:
        """Have another member run the project in one's place."""
        await _act(self, "hand_over", user_id, "")

    @rx.event(background=True)
    async def leave(self) -> Next:
        """Leave the project, and go back to the list."""
        return rx.redirect(routes.PROJECTS) if await _act(self, "leave", "", "") else None

    @rx.event(background=True)
    async def remove(self) -> Next:
        """Delete the project, and go back to the list."""
        return rx.redirect(routes.PROJECTS) if await _act(self, "remove", "", "") else None

    @rx.event(background=True)
    async def prove(self, data: dict[str, Any]) -> None:
        """Take the password, and do what has waited for it."""
        async with self:
            identity = await signed_in(self)
            pending = self._pending
            if self.busy or not self.asking:
                return
            self.busy, self.refusal = True, ""
        refusal = ""
        try:
            await services().accounts.confirm_password(identity, text(data, "proof"))
        except SoraStudioError as problem:
            refusal = explain(problem)
        async with still_signed_in(self, identity.user_id):
            self.busy, self.refusal, self.asking = False, refusal, bool(refusal)
        if not refusal:
            await _act(self, *pending)

    @rx.event
    def dismiss(self) -> None:
        """Take the question for the password from the screen."""
        self.asking, self.refusal = False, ""


async def _act(state: ProjectState, what: str, target: str, role: str) -> bool:
    """Do something to the project that is shown; say what came of it, and tell whether it was done."""
    async with state:
        identity, project_id = await signed_in(state), _uuid(state.project.id)
        length = max(_PAGE, len(state.members))
        if state.busy or project_id is None:
            return False
        state.busy, state.asking, state._pending = True, False, (what, target, role)
    said, tone, asking, found = "", toasts.INFO, False, None
    try:
        said = await ACTS[what](identity, project_id, target, role)
        if what not in {"leave", "remove"}:
            found = await _read(identity.user_id, project_id, length + 1)
    except PasswordRequired:
        asking = True
    except SoraStudioError as problem:
        said, tone = explain(problem), toasts.ERROR
    finally:
        async with state:
            state.busy = False
    async with still_signed_in(state, identity.user_id):
        state.asking, state.refusal = asking, ""
        if found:
            _show(state, identity.user_id, *found)
            state.added += what == "add"
        if said:
            await toasts.tell(state, said, tone=tone)
    return bool(said) and tone == toasts.INFO


async def _read(user_id: UUID, project_id: UUID | None, length: int) -> tuple[ProjectView, MemberPage]:
    if project_id is None:
        message = "There is no such project."
        raise NotFound(message)
    return await services().projects.get(user_id, project_id, limit=min(length, MOST_MEMBERS))


async def _budgets(identity: Identity, project: ProjectView) -> list[BudgetLine]:
    """Return the project's budgets to somebody who runs it."""
    if project.role is not ProjectRole.MANAGER:
        return []
    budgets = services().budgets
    return [
        to_budget_line(each, project.name, budgets.zone)
        for each in await budgets.of_project(identity, project.id)
    ]


def _show(state: ProjectState, user_id: UUID, project: ProjectView, page: MemberPage) -> None:
    assign(
        state,
        project=to_shown(project),
        members=[to_member(each, user_id) for each in page.members],
        has_more=page.has_more,
        missing="",
        problem="",
    )


def _asked(state: ProjectState) -> str:
    """Return the id in the address, the last part of its path."""
    return state.router.url.path.rstrip("/").rpartition("/")[2]


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None

"""The budgets that managers set for their project."""

from collections.abc import Awaitable, Callable
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.budget import BudgetScope
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import parse_budget_id
from sora_studio.ui import toasts
from sora_studio.ui.budget_form import changed_terms, new_terms
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.handlers import Next
from sora_studio.ui.pages.project.state import ProjectState
from sora_studio.ui.session import signed_in, still_signed_in


class ProjectBudgetsState(rx.State):
    """What is done to them; `ProjectState` shows them."""

    busy: rx.Field[bool] = rx.field(default=False)
    made: rx.Field[int] = rx.field(0)  # counts, so that the form is drawn empty again

    @rx.event(background=True)
    async def create(self, data: dict[str, Any]) -> Next:
        """Make a budget."""
        async with self:
            project_id = (await self.get_state(ProjectState)).project.id

        async def create(identity: Identity) -> str:
            await services().budgets.create(identity, new_terms(data, BudgetScope.PROJECT, project_id))
            return "The budget counts from now on. What was spent in its time already does, too."

        return await _done(self, create)

    @rx.event(background=True)
    async def change(self, data: dict[str, Any]) -> Next:
        """Change a budget."""

        async def change(identity: Identity) -> str:
            budget_id = parse_budget_id(text(data, "budget_id"))
            await services().budgets.change(identity, budget_id, changed_terms(data))
            return "Saved."

        return await _done(self, change)

    @rx.event(background=True)
    async def remove(self, budget_id: str) -> Next:
        """Delete a budget."""

        async def remove(identity: Identity) -> str:
            await services().budgets.remove(identity, parse_budget_id(budget_id))
            return "The budget was deleted."

        return await _done(self, remove)


async def _done(state: ProjectBudgetsState, act: Callable[[Identity], Awaitable[str]]) -> Next:
    """Do something, say what came of it, and have the page read again."""
    async with state:
        identity = await signed_in(state)
        if state.busy:
            return None  # a second click: the first is on its way
        state.busy = True
    said, tone = "", toasts.INFO
    try:
        said = await act(identity)
    except SoraStudioError as problem:
        said, tone = explain(problem), toasts.ERROR
    finally:
        async with state:
            state.busy = False
    async with still_signed_in(state, identity.user_id):
        state.made += tone == toasts.INFO
        await toasts.tell(state, said, tone=tone)
    return ProjectState.load

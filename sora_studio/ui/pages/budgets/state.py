"""The budgets of the studio, and what an admin does with them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.budget import BudgetScope
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import parse_budget_id
from sora_studio.ui import toasts
from sora_studio.ui.budget_form import changed_terms, new_terms
from sora_studio.ui.budget_lines import BudgetLine, to_budget_line
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.session import signed_in, signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_PAGE, _MOST = 50, 100
_LONGEST = 200  # characters of a search


@dataclass(frozen=True)
class Candidate:
    """Somebody or something that can have a budget."""

    id: str
    name: str


class BudgetsState(rx.State):
    """One list, the oldest budget first, as long as somebody asks for more of it."""

    ready: rx.Field[bool] = rx.field(default=False)
    problem: rx.Field[str] = rx.field("")  # why there is no list
    budgets: rx.Field[list[BudgetLine]] = rx.field(default_factory=list)
    has_more: rx.Field[bool] = rx.field(default=False)
    busy: rx.Field[bool] = rx.field(default=False)
    scope: rx.Field[str] = rx.field(BudgetScope.STUDIO.value)  # of the one that is being made
    candidates: rx.Field[list[Candidate]] = rx.field(default_factory=list)
    refusal: rx.Field[str] = rx.field("")
    made: rx.Field[int] = rx.field(0)  # counts, so that the form is drawn empty again

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the list from its beginning."""
        async with self:
            identity, length = await signed_in(self), max(_PAGE, len(self.budgets))
        await _show(self, identity, length=min(length, _MOST))

    @rx.event(background=True)
    async def more(self) -> None:
        """Read on where the list ends."""
        async with self:
            identity, last = await signed_in(self), self.budgets[-1].id if self.budgets else ""
        await _show(self, identity, after=last)

    @rx.event(background=True, supersedes=True)
    async def choose_scope(self, scope: str) -> None:
        """Say whose budget it is to be: what kind."""
        async with self:
            identity = await signed_in(self)
            self.scope, self.candidates = scope if scope in set(BudgetScope) else BudgetScope.STUDIO, []
            chosen = BudgetScope(self.scope)
        await _find(self, identity, chosen, "")

    @rx.event(background=True, supersedes=True)
    async def find(self, words: str) -> None:
        """Look for who or what it is to be of."""
        async with self:
            identity, chosen = await signed_in(self), BudgetScope(self.scope)
        await _find(self, identity, chosen, words[:_LONGEST])

    @rx.event(background=True)
    async def create(self, data: dict[str, Any]) -> None:
        """Make a budget."""

        async def create(identity: Identity) -> str:
            wanted = new_terms(data, BudgetScope(scope), text(data, "scope_id") or None)
            await services().budgets.create(identity, wanted)
            return "The budget counts from now on. What was spent in its time already does, too."

        async with self:
            owner_id, scope = await signed_in_user(self), self.scope
        if await _done(self, create):
            async with still_signed_in(self, owner_id):
                self.made, self.scope, self.candidates = self.made + 1, BudgetScope.STUDIO.value, []

    @rx.event(background=True)
    async def change(self, data: dict[str, Any]) -> None:
        """Change a budget."""

        async def change(identity: Identity) -> str:
            budget_id = parse_budget_id(text(data, "budget_id"))
            await services().budgets.change(identity, budget_id, changed_terms(data))
            return "Saved."

        await _done(self, change)

    @rx.event(background=True)
    async def remove(self, budget_id: str) -> None:
        """Delete a budget."""

        async def remove(identity: Identity) -> str:
            await services().budgets.remove(identity, parse_budget_id(budget_id))
            return "The budget was deleted."

        await _done(self, remove)


async def _done(state: BudgetsState, act: Callable[[Identity], Awaitable[str]]) -> bool:
    """Do something, say what came of it, and show the list as it is then."""
    async with state:
        identity = await signed_in(state)
        if state.busy:
            return False  # a second click: the first is on its way
        state.busy, state.refusal = True, ""
    said, refusal = "", ""
    try:
        said = await act(identity)
    except SoraStudioError as problem:
        refusal = explain(problem)
    finally:
        async with state:
            state.busy = False
    async with still_signed_in(state, identity.user_id):
        state.refusal, length = refusal, max(_PAGE, len(state.budgets))
        await toasts.tell(state, said or refusal, tone=toasts.INFO if said else toasts.ERROR)
    if said:
        await _show(state, identity, length=min(length, _MOST))
    return bool(said)


async def _show(state: BudgetsState, identity: Identity, *, after: str = "", length: int = _PAGE) -> None:
    budgets, problem = services().budgets, ""
    try:
        mark = parse_budget_id(after) if after else None
        found = await budgets.all(identity, after=mark, limit=length + 1)
        names = await budgets.names(identity, found)
    except SoraStudioError as error:
        found, names, problem = [], {}, explain(error)
    lines = [to_budget_line(each, names.get(each.budget.id, ""), budgets.zone) for each in found[:length]]
    async with still_signed_in(state, identity.user_id):
        if after and (not state.budgets or state.budgets[-1].id != after):
            return  # the list is another one by now
        before = state.budgets if after else []
        assign(
            state,
            ready=True,
            problem=problem,
            budgets=[*before, *lines],
            has_more=len(found) > length,
        )


async def _find(state: BudgetsState, identity: Identity, scope: BudgetScope, words: str) -> None:
    try:
        found = await services().budgets.candidates(identity, scope, words)
    except SoraStudioError as error:
        async with still_signed_in(state, identity.user_id):
            state.refusal = explain(error)
        return
    async with still_signed_in(state, identity.user_id):
        if state.scope == scope:
            state.candidates = [Candidate(name, words) for name, words in found]

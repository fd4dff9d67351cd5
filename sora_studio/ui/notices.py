"""What every page says until it is put away: of budgets near their end, and of projects one was let into."""

from dataclasses import dataclass
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import ProjectRole
from sora_studio.domain.budget import BudgetNotice
from sora_studio.domain.errors import NotFound, Unavailable
from sora_studio.domain.ids import parse_budget_id, public_budget_id
from sora_studio.domain.money import as_amount
from sora_studio.domain.project import ProjectNotice
from sora_studio.ui import routes
from sora_studio.ui.budget_lines import PERIODS, SCOPES
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_A = {ProjectRole.MANAGER: "a manager", ProjectRole.EDITOR: "an editor", ProjectRole.VIEWER: "a viewer"}


@dataclass(frozen=True)
class NoticeLine:
    """One notice as pages show it."""

    id: str = ""  # of its budget, public; or of its project
    text: str = ""
    project: str = ""  # the page of the project that it is about; empty: it is about a budget
    at: str = ""  # ISO 8601


class NoticesState(rx.State):
    """The latest notices of the person at this tab."""

    notices: rx.Field[list[NoticeLine]] = rx.field(default_factory=list)

    @rx.event(background=True)
    async def dismiss(self, budget_id: str) -> None:
        """Put away what a budget has told, in all tabs of the person."""
        async with self:
            owner_id = await signed_in_user(self)
        await services().budgets.dismiss(owner_id, parse_budget_id(budget_id))
        await show(self, owner_id)

    @rx.event(background=True)
    async def put_away(self, project_id: str) -> None:
        """Put away that one was let into a project, in all tabs of the person."""
        async with self:
            owner_id = await signed_in_user(self)
        await services().projects.put_away(owner_id, _project(project_id))
        await show(self, owner_id)


async def show(state: rx.State, owner_id: UUID) -> None:
    """Read the notices of the person at a tab, in a background handler of any State, and show them."""
    try:
        lines = [_entry(each) for each in await services().projects.notices(owner_id)]
        lines += [_line(each) for each in await services().budgets.notices(owner_id)]
    except Unavailable:
        return  # the page says so
    async with still_signed_in(state, owner_id):
        assign(await state.get_state(NoticesState), notices=lines)


def _line(notice: BudgetNotice) -> NoticeLine:
    budget = notice.budget
    whose = f"\u2068{notice.name}\u2069" if notice.name else SCOPES[budget.scope].lower()
    amount = f"{as_amount(budget.amount_micros)} {PERIODS[budget.period]}"
    return NoticeLine(
        id=public_budget_id(budget.id),
        text=f"{notice.threshold} % of the budget of {whose} is used: {amount}.",
        at=notice.at.isoformat(timespec="seconds"),
    )


def _entry(notice: ProjectNotice) -> NoticeLine:
    who = f"\u2068{notice.added_by}\u2069 let you" if notice.added_by else "You were let"
    return NoticeLine(
        id=notice.project_id.hex,
        text=(f"{who} into the project \u2068{notice.name}\u2069 as {_A[notice.role]}. You may leave it."),
        at=notice.at.isoformat(timespec="seconds"),
        project=routes.project(notice.project_id.hex),
    )


def _project(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        message = "There is no such project."
        raise NotFound(message) from error

"""Money: budgets, usage and the ledger. Amounts are strings of dollars with up to six decimals."""

import csv
import io
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from sora_studio.api.dependencies import IdentityDep, UsageReaderDep
from sora_studio.container import services
from sora_studio.domain.access import project_within
from sora_studio.domain.account import Identity
from sora_studio.domain.budget import (
    THRESHOLDS,
    Behaviour,
    BudgetChange,
    BudgetScope,
    BudgetStatus,
    BudgetTerms,
    Period,
)
from sora_studio.domain.errors import InvalidInput, NotFound
from sora_studio.domain.ids import parse_budget_id, public_budget_id
from sora_studio.domain.ledger import Entry, EntryKind
from sora_studio.domain.money import decimal
from sora_studio.domain.usage import Grouping, Usage, UsageQuery, UsageRow, UsageScope, UsageSums

router = APIRouter(tags=["money"])

_AMOUNT = "Dollars with at most six decimals, such as 12.50."
_BUDGETS_MOST, _ROWS_MOST, _ENTRIES_MOST = 100, 1000, 1000
_COLUMNS = ("key", "count", "spent_usd", "held_usd", "failed_usd", "seconds")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


class BudgetStanding(BaseModel):
    """A budget as somebody sees whose spending it bounds."""

    scope: BudgetScope
    amount_usd: str = Field(description=_AMOUNT)
    spent_usd: str
    held_usd: str = Field(description="Reserved for what is not decided yet.")
    left_usd: str
    resets_at: int | None = Field(description="Unix seconds; null: never.")

    @classmethod
    def of(cls, status: BudgetStatus) -> "BudgetStanding":
        """Shape it."""
        ends_at = status.window.ends_at
        return cls(
            scope=status.budget.scope,
            amount_usd=decimal(status.budget.amount_micros),
            spent_usd=decimal(status.spent_micros),
            held_usd=decimal(status.held_micros),
            left_usd=decimal(status.left_micros),
            resets_at=int(ends_at.timestamp()) if ends_at else None,
        )


class BudgetAnswer(BudgetStanding):
    """A budget as who runs the studio, or its project, sees it."""

    object: Literal["budget"] = "budget"
    id: str
    scope_id: str | None = Field(description="Of a user, project or API key; a provider's name.")
    period: Period
    behaviour: Behaviour
    thresholds: list[int] = Field(description="Per cent.")
    by_manager: bool = Field(description="Made by a manager of its project, and theirs to change.")
    created_at: int = Field(description="Unix seconds.")

    @classmethod
    def of(cls, status: BudgetStatus) -> "BudgetAnswer":
        """Shape it."""
        budget = status.budget
        return cls(
            id=public_budget_id(budget.id),
            scope_id=budget.scope_id or None,
            period=budget.period,
            behaviour=budget.behaviour,
            thresholds=[*budget.thresholds],
            by_manager=budget.by_manager,
            created_at=int(budget.created_at.timestamp()),
            **BudgetStanding.of(status).model_dump(),
        )


class BudgetList(BaseModel):
    """A page of budgets, the oldest first."""

    object: Literal["list"] = "list"
    data: list[BudgetAnswer]
    first_id: str | None
    last_id: str | None
    has_more: bool


class BudgetDeleted(BaseModel):
    """What is gone."""

    id: str
    object: Literal["budget.deleted"] = "budget.deleted"
    deleted: Literal[True] = True


class NewBudget(BaseModel):
    """A limit in money over a window, on one scope."""

    scope: BudgetScope
    scope_id: str | None = Field(None, max_length=200, description="Whose; left out for the studio.")
    amount_usd: str = Field(max_length=40, description=_AMOUNT)
    period: Period = Period.MONTH
    behaviour: Behaviour = Behaviour.BLOCK
    thresholds: list[int] = Field([*THRESHOLDS], max_length=100, description="Per cent.")


class ChangedBudget(BaseModel):
    """What to change; what is left out stays."""

    amount_usd: str | None = Field(None, max_length=40, description=_AMOUNT)
    period: Period | None = None
    behaviour: Behaviour | None = None
    thresholds: list[int] | None = Field(None, max_length=100, description="Per cent.")


class UsageParameters(BaseModel):
    """Which usage is wanted: whole days of the studio's time zone."""

    first: date | None = Field(None, alias="from", description="Such as 2026-12-01; the month's first.")
    last: date | None = Field(None, alias="to", description="The last day; today.")
    group_by: Grouping = Grouping.DAY
    scope: str | None = Field(
        None,
        description="mine, studio, or project:<id>; when left out, mine, or the project that the key is for.",
        max_length=200,
    )
    limit: int = Field(_ROWS_MOST, ge=1, le=_ROWS_MOST)
    after: str | None = Field(None, description="The last key of the page before.", max_length=500)

    def query(self, who: Identity, today: date) -> UsageQuery:
        """Fill in what was left out."""
        last = self.last or max(today, self.first or today)
        return UsageQuery(
            _scope(self.scope, who),
            self.first or last.replace(day=1),
            last,
            self.group_by,
            after=self.after,
            limit=self.limit,
        )


class UsageAnswer(BaseModel):
    """Sums over attempts."""

    count: int = Field(description="Attempts.")
    spent_usd: str
    held_usd: str = Field(description="Reserved for what is not decided yet.")
    failed_usd: str = Field(description="Of what was spent: on attempts that failed.")
    seconds: int = Field(description="Of finished video.")

    @classmethod
    def of_sums(cls, sums: UsageSums) -> "UsageAnswer":
        """Shape sums."""
        return cls(
            count=sums.count,
            spent_usd=decimal(sums.spent_micros),
            held_usd=decimal(sums.held_micros),
            failed_usd=decimal(sums.failed_micros),
            seconds=sums.seconds,
        )


class UsageLine(UsageAnswer):
    """What they are of, and the sums."""

    key: str = Field(description="A day, a name or an id; empty: of none.")
    name: str | None = Field(None, description="Of a person.")

    @classmethod
    def of(cls, row: UsageRow) -> "UsageLine":
        """Shape a row."""
        sums = UsageAnswer.of_sums(row.sums)
        return cls(key=row.key, name=row.name or None, **sums.model_dump())


class UsageList(BaseModel):
    """A page of usage in the order of its keys, and what all pages add up to."""

    object: Literal["list"] = "list"
    data: list[UsageLine]
    totals: UsageAnswer
    has_more: bool

    @classmethod
    def of(cls, usage: Usage) -> "UsageList":
        """Shape usage."""
        return cls(
            data=[*map(UsageLine.of, usage.rows)],
            totals=UsageAnswer.of_sums(usage.totals),
            has_more=usage.has_more,
        )


class LedgerLine(BaseModel):
    """One entry, which never changes."""

    object: Literal["ledger.entry"] = "ledger.entry"
    id: str
    job_id: str
    kind: EntryKind
    amount_usd: str | None = Field(description="Negative only in a correction; null: nobody knew the price.")
    at: int = Field(description="Unix seconds.")
    reserved_at: int = Field(description="Of the attempt, in Unix seconds: when it counts.")
    user_id: str | None
    project_id: str | None
    provider: str
    model: str
    api_key_id: str | None
    seconds: int

    @classmethod
    def of(cls, entry: Entry) -> "LedgerLine":
        """Shape an entry."""
        return cls(
            id=str(entry.id),
            job_id=str(entry.job_id),
            kind=entry.kind,
            amount_usd=None if entry.micros is None else decimal(entry.micros),
            at=int(entry.at.timestamp()),
            reserved_at=int(entry.reserved_at.timestamp()),
            user_id=_text(entry.user_id),
            project_id=_text(entry.project_id),
            provider=entry.provider,
            model=entry.model,
            api_key_id=_text(entry.api_key_id),
            seconds=entry.seconds,
        )


class LedgerList(BaseModel):
    """A page of the ledger, the oldest entry first."""

    object: Literal["list"] = "list"
    data: list[LedgerLine]
    first_id: str | None
    last_id: str | None
    has_more: bool


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


def _budget_id(budget_id: Annotated[str, Path(description="Such as budget_ and 32 hex digits.")]) -> UUID:
    return parse_budget_id(budget_id)


BudgetId = Annotated[UUID, Depends(_budget_id)]


@router.get("/budgets")
async def list_budgets(
    identity: IdentityDep,
    limit: Annotated[int, Query(ge=1, le=_BUDGETS_MOST)] = _BUDGETS_MOST,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
    project: Annotated[UUID | None, Query(description="Those of a project, to its managers.")] = None,
) -> BudgetList:
    """List budgets and how they stand; for who runs the studio, or a project."""
    mark, budgets = _position(after) if after else None, services().budgets
    if project:
        found = await budgets.of_project(identity, project)
        limit = len(found)
    else:
        found = await budgets.all(identity, after=mark, limit=limit + 1)
    data = [*map(BudgetAnswer.of, found[:limit])]
    return BudgetList(
        data=data,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
        has_more=len(found) > limit,
    )


@router.post("/budgets", status_code=201)
async def create_budget(identity: IdentityDep, budget: NewBudget) -> BudgetAnswer:
    """Make a budget; what was spent in its window already counts."""
    terms = BudgetTerms(
        budget.scope,
        budget.scope_id,
        budget.amount_usd,
        budget.period,
        budget.behaviour,
        tuple(budget.thresholds),
    )
    return BudgetAnswer.of(await services().budgets.create(identity, terms))


@router.patch("/budgets/{budget_id}")
async def change_budget(identity: IdentityDep, budget_id: BudgetId, change: ChangedBudget) -> BudgetAnswer:
    """Change a budget; whose it is stays."""
    thresholds = None if change.thresholds is None else tuple(change.thresholds)
    wanted = BudgetChange(change.amount_usd, change.period, change.behaviour, thresholds)
    return BudgetAnswer.of(await services().budgets.change(identity, budget_id, wanted))


@router.delete("/budgets/{budget_id}")
async def delete_budget(identity: IdentityDep, budget_id: BudgetId) -> BudgetDeleted:
    """Delete a budget."""
    await services().budgets.remove(identity, budget_id)
    return BudgetDeleted(id=public_budget_id(budget_id))


@router.get("/usage", response_model=UsageList, responses={200: {"content": {"text/csv": {}}}})
async def read_usage(
    request: Request, identity: UsageReaderDep, wanted: Annotated[UsageParameters, Query()]
) -> UsageList | Response:
    """Add up what was spent; with `Accept: text/csv`, the same rows as CSV."""
    query = wanted.query(identity, services().usage.today())
    usage = await services().usage.usage(identity, query)
    if "text/csv" in request.headers.get("accept", ""):
        return _csv(usage)
    return UsageList.of(usage)


@router.get("/ledger")
async def list_ledger(
    identity: IdentityDep,
    limit: Annotated[int, Query(ge=1, le=_ENTRIES_MOST)] = 100,
    after: Annotated[
        str | None, Query(description="The last id of the page before.", pattern="^[0-9]{1,18}$")
    ] = None,
) -> LedgerList:
    """List the entries of the ledger, the oldest first; for who runs the studio."""
    found = await services().usage.entries(identity, after=int(after or 0), limit=limit + 1)
    data = [*map(LedgerLine.of, found[:limit])]
    return LedgerList(
        data=data,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
        has_more=len(found) > limit,
    )


def _position(after: str) -> UUID:
    try:
        return parse_budget_id(after)
    except NotFound as error:
        message = "There is no budget to continue after."
        raise InvalidInput(message, "after") from error


def _scope(text: str | None, who: Identity) -> UsageScope:
    if text is None and (project_id := project_within(who.key, None)):
        return UsageScope(project_id=project_id)
    kind, _, name = (text or "mine").partition(":")
    try:
        match kind, name:
            case "mine", "":
                return UsageScope(user_id=who.user_id)
            case "studio", "":
                return UsageScope()
            case "project", _:
                return UsageScope(project_id=UUID(name.removeprefix("project_")))
            case _:
                pass
    except ValueError:
        pass
    message = "scope is mine, studio, or project: and the id of one."
    raise InvalidInput(message, "scope")


def _csv(usage: Usage) -> Response:
    """Write the rows of usage; no spreadsheet takes a name for a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for row in usage.rows:
        line = UsageLine.of(row).model_dump()
        key = f"'{row.key}" if row.key.startswith(_FORMULA) else row.key
        writer.writerow([key, *(line[name] for name in _COLUMNS[1:])])
    headers = {"Content-Disposition": 'attachment; filename="usage.csv"', "Cache-Control": "no-store"}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

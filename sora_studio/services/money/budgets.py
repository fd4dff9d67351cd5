"""Budgets: whether a wish may be paid for, in the transaction that pays; and who makes and changes them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from sora_studio.db.api_keys import ApiKeyRepository
from sora_studio.db.budgets import BudgetRepository
from sora_studio.db.engine import Database, Transaction
from sora_studio.db.ledger import LedgerRepository
from sora_studio.db.people import PeopleRepository
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import UserRepository
from sora_studio.domain.access import Action, allowed, require
from sora_studio.domain.account import Identity, ProjectRole
from sora_studio.domain.audit import Act
from sora_studio.domain.budget import (
    Budget,
    BudgetChange,
    BudgetNotice,
    BudgetScope,
    BudgetStatus,
    BudgetTerms,
    Spender,
    refusal,
    window_of,
)
from sora_studio.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sora_studio.domain.ids import new_id, public_budget_id
from sora_studio.domain.money import SANDBOX
from sora_studio.domain.people import PeopleQuery
from sora_studio.domain.ports import Clock
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.people.trail import Trail
from sora_studio.services.throttle import Throttle

MANAGERS_MAX = 10
"""Budgets of managers, a project."""

_CANDIDATES = 20
_NOTICES = 5  # on a screen at once; others follow when one is put away

_log = structlog.get_logger(__name__)


class Budgets:
    """Lets through what every budget that applies covers."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Take the studio's time zone: at its midnights windows begin."""
        self.zone = zone

    async def admit(
        self,
        tx: Transaction,
        spender: Spender,
        price_micros: int | None,
        at: datetime,
        *,
        named: Collection[BudgetScope] = frozenset(BudgetScope),
    ) -> None:
        """Make sure that a price may be reserved, and hold its budgets until the transaction ends.

        Others that reserve or settle against one of them wait meanwhile. What is free needs none.

        Args:
            tx: In which the price is reserved next.
            spender: Whose money it is.
            price_micros: None: unknown.
            at: When it is reserved: the window in which it counts.
            named: Of which scopes a budget that does not cover it is named.

        Raises:
            BudgetExceeded: One that blocks does not cover it.
        """
        if price_micros == 0:
            return
        budgets = BudgetRepository(tx)
        applying = await budgets.applying(spender.names().items())
        if not applying:
            return
        statuses = await budgets.statuses({each: window_of(each, at, self.zone) for each in applying})
        if refused := refusal(statuses, price_micros, self.zone, named):
            raise refused
        await announce_reached(budgets, statuses, price_micros or 0, at)


class BudgetService:
    """Use cases on budgets: for people how theirs stand, for who runs the studio to make and change them."""

    def __init__(
        self,
        *,
        db: Database,
        trail: Trail,
        catalog: ProviderCatalog,
        zone: ZoneInfo,
        clock: Clock,
        throttle: Throttle,
        sandbox_prices: bool = False,
    ) -> None:
        self._db, self._trail, self._catalog, self._throttle = db, trail, catalog, throttle
        self.zone, self._clock, self._sandbox_prices = zone, clock, sandbox_prices

    async def all(
        self, identity: Identity, *, after: UUID | None = None, limit: int = 100
    ) -> list[BudgetStatus]:
        """Return budgets and how they stand, in the order in which they were made.

        Raises:
            NotAllowed: The person does not run the studio.
        """
        require(identity, Action.RUN_STUDIO)
        async with self._db.reading() as tx:
            budgets = BudgetRepository(tx)
            return await self._stand(budgets, await budgets.page(after=after, limit=limit))

    async def names(self, identity: Identity, statuses: Iterable[BudgetStatus]) -> dict[UUID, str]:
        """Return the names of those whose budgets they are, by the budgets' ids.

        Raises:
            NotAllowed: The person does not run the studio.
        """
        require(identity, Action.RUN_STUDIO)
        async with self._db.reading() as tx:
            return await BudgetRepository(tx).names(each.budget.id for each in statuses)

    async def candidates(self, identity: Identity, scope: BudgetScope, words: str) -> list[tuple[str, str]]:
        """Return for what a budget of some scope can be made: at most twenty ids with their names.

        Raises:
            NotAllowed: The person does not run the studio.
        """
        require(identity, Action.RUN_STUDIO)
        if scope is BudgetScope.PROVIDER:
            return [(each.name, each.name) for each in self._catalog.profiles() if not each.retired]
        async with self._db.reading() as tx:
            if scope is BudgetScope.USER:
                page = await PeopleRepository(tx).page(PeopleQuery(words, limit=_CANDIDATES))
                accounts = [each.account for each in page.people]
                return [(str(each.id), f"{each.display_name} · {each.email}") for each in accounts]
            if scope is BudgetScope.STUDIO:
                return []
            return await BudgetRepository(tx).candidates(scope, words, _CANDIDATES)

    async def of_project(self, identity: Identity, project_id: UUID) -> list[BudgetStatus]:
        """Return a project's budgets to one of its managers, the oldest first.

        Raises:
            NotFound: There is no such project, or they are not in it.
            NotAllowed: They do not run it.
        """
        async with self._db.reading() as tx:
            await ProjectRepository(tx).require(identity.user_id, project_id, Action.RUN_PROJECT)
            budgets = BudgetRepository(tx)
            found = await budgets.of([(BudgetScope.PROJECT, str(project_id))])
            return await self._stand(budgets, sorted(found, key=lambda each: (each.created_at, each.id)))

    async def notices(self, user_id: UUID) -> list[BudgetNotice]:
        """Return the notices that somebody has not put away, the latest first."""
        async with self._db.reading() as tx:
            return await BudgetRepository(tx).notices(user_id, _NOTICES)

    async def dismiss(self, user_id: UUID, budget_id: UUID) -> None:
        """Put away somebody's notices about a budget; once is as good as twice."""
        async with self._db.transaction() as tx:
            await BudgetRepository(tx).dismiss(user_id, budget_id)

    async def mine(self, identity: Identity) -> list[BudgetStatus]:
        """Return the budgets that bound what somebody spends anywhere, that of an API key included."""
        names = Spender(identity.user_id, "", api_key_id=identity.key_id).names()
        if identity.key and (project_id := identity.key.project_id):  # it sees nothing else of its person's
            names = {BudgetScope.KEY: str(identity.key.key_id), BudgetScope.PROJECT: str(project_id)}
        names.pop(BudgetScope.PROVIDER, None)
        async with self._db.reading() as tx:
            budgets = BudgetRepository(tx)
            return await self._stand(budgets, await budgets.of(names.items()))

    async def bounding(
        self, user_id: UUID, providers: Iterable[str], project_id: UUID | None = None
    ) -> dict[str, list[BudgetStatus]]:
        """Return the budgets that bound what a person spends at providers; play money has none.

        Args:
            user_id: The person.
            providers: By name.
            project_id: In which project; None: for their own library.
        """
        names = {name: Spender(user_id, name, project_id).names().items() for name in providers}
        async with self._db.reading() as tx:
            budgets = BudgetRepository(tx)
            found = await self._stand(
                budgets, await budgets.of({pair for pairs in names.values() for pair in pairs})
            )
        return {
            name: [each for each in found if (each.budget.scope, each.budget.scope_id) in pairs]
            for name, pairs in names.items()
            if name != SANDBOX or self._sandbox_prices
        }

    async def create(self, identity: Identity, wanted: BudgetTerms) -> BudgetStatus:
        """Make a budget; what was spent in its window already counts.

        Managers make them for their projects, beside those of admins: each budget counts, so theirs can only
        bound a project more closely.

        Raises:
            InvalidInput: There is nobody and nothing of that scope, or a value will not do.
            NotFound: The person does not run the studio, and is not in that project.
            NotAllowed: They do not run the studio, nor that project.
            Conflict: The managers of that project have made as many already as they may.
            LimitReached: A manager has made too many in an hour.
        """
        by_manager = wanted.scope is BudgetScope.PROJECT and not allowed(identity, Action.RUN_STUDIO)
        require(identity, Action.OWN_ACCOUNT if by_manager else Action.RUN_STUDIO)
        budget = replace(wanted.budget(new_id(), self._clock()), by_manager=by_manager)
        if budget.scope is BudgetScope.PROVIDER and self._catalog.provider(budget.scope_id) is None:
            message = "There is no such provider."
            raise InvalidInput(message, "scope_id")
        about = public_budget_id(budget.id)
        async with self._trail.recording(Act.BUDGET_CREATION, identity, about) as tx:
            if by_manager:
                projects = ProjectRepository(tx)
                await projects.hold(identity.user_id, UUID(budget.scope_id), Action.RUN_PROJECT)
                await self._require_few(tx, identity, budget.scope_id)
            await _require_there(tx, budget)
            await LedgerRepository(tx).stop_writers()  # whose entries no window of it would know
            await BudgetRepository(tx).add(budget)
        async with self._db.transaction() as tx:  # to add up a ledger takes long: nobody waits for it
            return (await self._stand(BudgetRepository(tx), [budget]))[0]

    async def _require_few(self, tx: Transaction, identity: Identity, project_id: str) -> None:
        """Make sure that a manager may make another budget: each is looked at with every entry of anybody."""
        there = await BudgetRepository(tx).of([(BudgetScope.PROJECT, project_id)])
        if sum(each.by_manager for each in there) >= MANAGERS_MAX:
            message = f"The managers of this project have made {MANAGERS_MAX} budgets: change one of them."
            raise Conflict(message)
        self._throttle.hit("new budget", identity.user_id.hex)

    async def change(self, identity: Identity, budget_id: UUID, change: BudgetChange) -> BudgetStatus:
        """Change a budget; what is left out stays. Thresholds that a larger amount puts off are told again.

        Raises:
            InvalidInput: A value will not do.
            NotAllowed: The person does not run the studio, nor is it a manager's of a project that they run.
            NotFound: There is no such budget.
        """
        async with self._trail.recording(Act.BUDGET_CHANGE, identity, public_budget_id(budget_id)) as tx:
            budgets = BudgetRepository(tx)
            budget = change.applied_to(await _in_hands_of(tx, identity, budget_id))
            if allowed(identity, Action.RUN_STUDIO):  # it is the studio's from now on: nobody else raises it
                budget = replace(budget, by_manager=False)
                await ApiKeyRepository(tx).disown_budget(budget_id)
            await budgets.replace(budget)
            (status,) = await self._stand(budgets, [budget])
            await budgets.take_back_alerts(status)
            return (await self._stand(budgets, [budget]))[0]

    async def remove(self, identity: Identity, budget_id: UUID) -> None:
        """Delete a budget: what it bounded is bounded by the others alone.

        Raises:
            NotAllowed: The person does not run the studio, nor is it a manager's of a project that they run.
            NotFound: There is no such budget.
        """
        async with self._trail.recording(Act.BUDGET_DELETION, identity, public_budget_id(budget_id)) as tx:
            await _in_hands_of(tx, identity, budget_id)
            await BudgetRepository(tx).remove(budget_id)

    async def _stand(self, budgets: BudgetRepository, found: Sequence[Budget]) -> list[BudgetStatus]:
        now = self._clock()
        return await budgets.statuses({each: window_of(each, now, self.zone) for each in found}, locked=False)


async def _in_hands_of(tx: Transaction, identity: Identity, budget_id: UUID) -> Budget:
    """Return a budget that somebody may change, locked.

    What an admin has granted, only an admin changes: a manager who could raise it would not be bound by it.

    Raises:
        NotAllowed: They may not.
        NotFound: There is no such budget.
    """
    found = await BudgetRepository(tx).find(budget_id)
    if allowed(identity, Action.RUN_STUDIO):
        if found is None:
            message = "There is no such budget."
            raise NotFound(message)
        return found
    if found is None or found.scope is not BudgetScope.PROJECT or not allowed(identity, Action.OWN_ACCOUNT):
        require(identity, Action.RUN_STUDIO)
    elif await ProjectRepository(tx).role_of(identity.user_id, UUID(found.scope_id)) is ProjectRole.MANAGER:
        if found.by_manager:
            return found
        message = "An admin of this studio has set this budget. Ask them to change it."
        raise NotAllowed(message)
    message = "Only an admin of this studio can do this."
    raise NotAllowed(message)


async def _require_there(tx: Transaction, budget: Budget) -> None:
    """Make sure that there is whose budget it is, until the transaction ends: it goes with them.

    Raises:
        InvalidInput: There is not.
    """
    there = True
    match budget.scope:
        case BudgetScope.USER:
            there = await UserRepository(tx).hold(UUID(budget.scope_id)) is not None
        case BudgetScope.PROJECT:
            there = await ProjectRepository(tx).lock(UUID(budget.scope_id))
        case BudgetScope.KEY:
            there = await ApiKeyRepository(tx).is_valid(UUID(budget.scope_id))
        case BudgetScope.STUDIO | BudgetScope.PROVIDER:
            pass
    if not there:
        what = {BudgetScope.USER: "account", BudgetScope.KEY: "API key"}.get(budget.scope, "project")
        message = f"There is no such {what}."
        raise InvalidInput(message, "scope_id")


async def adopt_time_zone(db: Database, zone: str) -> None:
    """Have days and windows begin at the midnights of a time zone, those behind us, too.

    Raises:
        Unavailable: No database.
    """
    async with db.transaction() as tx:
        ledger = LedgerRepository(tx)
        if await ledger.zone() == zone:
            return
        await ledger.move_to_zone(zone)
        await BudgetRepository(tx).close_windows()
    _log.info("time_zone_changed", zone=zone)


async def announce_reached(
    budgets: BudgetRepository, statuses: list[BudgetStatus], price_micros: int, at: datetime
) -> None:
    """Write down the thresholds that budgets have reached with a price, and tell whom it concerns: once each.

    It happens in the transaction that reserves: what is rolled back was not told.
    """
    for status in statuses:
        reached = status.reached(price_micros)
        if not reached:
            continue
        await budgets.alert(status, reached, at)
        _log.info(
            "budget_threshold_reached",
            budget=str(status.budget.id),
            scope=status.budget.scope,
            threshold=reached[-1],
            used_micros=status.used_micros + price_micros,
            amount_micros=status.budget.amount_micros,
        )

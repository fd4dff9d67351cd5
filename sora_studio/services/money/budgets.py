"""Budgets: whether a wish may be paid for, in the transaction that pays."""

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from sora_studio.db.budgets import BudgetRepository
from sora_studio.db.engine import Database, Transaction
from sora_studio.db.ledger import LedgerRepository
from sora_studio.domain.budget import BudgetStatus, Spender, refusal, window_of

_log = structlog.get_logger(__name__)


class Budgets:
    """Lets through what every budget that applies covers."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Take the studio's time zone: at its midnights windows begin."""
        self.zone = zone

    async def admit(self, tx: Transaction, spender: Spender, price_micros: int | None, at: datetime) -> None:
        """Make sure that a price may be reserved, and hold its budgets until the transaction ends.

        Others that reserve or settle against one of them wait meanwhile. What is free needs none.

        Args:
            tx: In which the price is reserved next.
            spender: Whose money it is.
            price_micros: None: unknown.
            at: When it is reserved: the window in which it counts.

        Raises:
            BudgetExceeded: One that blocks does not cover it.
        """
        if price_micros == 0:
            return
        budgets = BudgetRepository(tx)
        applying = await budgets.applying(spender.names())
        if not applying:
            return
        statuses = await budgets.statuses({each: window_of(each, at, self.zone) for each in applying})
        if refused := refusal(statuses, price_micros, self.zone):
            raise refused
        await announce_reached(budgets, statuses, price_micros or 0, at)


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
    """Write down the thresholds that budgets have reached with a price: once in each window.

    This is the place to tell others of it, in the transaction that reserves.
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

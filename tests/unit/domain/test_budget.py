"""Budgets: when a window begins, what fits into it, and what is said when nothing does."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_studio.domain.budget import (
    Behaviour,
    Budget,
    BudgetScope,
    BudgetStatus,
    Period,
    Window,
    check_thresholds,
    midnight,
    refusal,
    tightest,
    window_of,
)
from sora_studio.domain.errors import InvalidInput

BERLIN, HAVANA, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana"), ZoneInfo("Asia/Kathmandu")
BORN = datetime(2026, 11, 3, 17, 20, tzinfo=UTC)
ENDLESS = Window(datetime(2000, 1, 1, tzinfo=UTC), None)
DECEMBER = Window(datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC))


def a_budget(amount: int = 5_000_000, period: Period = Period.MONTH, **values: Any) -> Budget:
    fields: dict[str, Any] = {
        "id": UUID(int=1),
        "scope": BudgetScope.STUDIO,
        "scope_id": "",
        "behaviour": Behaviour.BLOCK,
        "thresholds": (50, 80, 100),
        "created_at": BORN,
    }
    return Budget(amount_micros=amount, period=period, **fields | values)


def a_status(amount: int = 5_000_000, held: int = 0, spent: int = 0, **values: Any) -> BudgetStatus:
    window = values.pop("window", DECEMBER)
    alerted = values.pop("alerted", 0)
    return BudgetStatus(a_budget(amount, **values), window, held, spent, alerted)


@pytest.mark.parametrize(
    ("period", "zone", "at", "starts", "ends"),
    [
        (Period.DAY, ZoneInfo("UTC"), "2026-12-01T00:00:00", "2026-12-01T00:00:00", "2026-12-02T00:00:00"),
        (Period.DAY, ZoneInfo("UTC"), "2026-11-30T23:59:59", "2026-11-30T00:00:00", "2026-12-01T00:00:00"),
        (Period.DAY, BERLIN, "2026-11-30T23:00:00", "2026-11-30T23:00:00", "2026-12-01T23:00:00"),
        (Period.DAY, KATHMANDU, "2026-12-01T18:15:00", "2026-12-01T18:15:00", "2026-12-02T18:15:00"),
        # 25 and 23 hours: the clocks go back and forward
        (Period.DAY, BERLIN, "2026-10-25T12:00:00", "2026-10-24T22:00:00", "2026-10-25T23:00:00"),
        (Period.DAY, BERLIN, "2026-03-29T12:00:00", "2026-03-28T23:00:00", "2026-03-29T22:00:00"),
        # midnight is skipped: the day begins at one o'clock
        (Period.DAY, HAVANA, "2026-03-08T12:00:00", "2026-03-08T05:00:00", "2026-03-09T04:00:00"),
        # a Monday, and a Sunday
        (Period.WEEK, BERLIN, "2026-11-29T23:00:00", "2026-11-29T23:00:00", "2026-12-06T23:00:00"),
        (Period.WEEK, BERLIN, "2026-11-29T22:59:59", "2026-11-22T23:00:00", "2026-11-29T23:00:00"),
        (Period.MONTH, BERLIN, "2026-12-31T22:59:59", "2026-11-30T23:00:00", "2026-12-31T23:00:00"),
        (Period.MONTH, BERLIN, "2026-12-31T23:00:00", "2026-12-31T23:00:00", "2027-01-31T23:00:00"),
        (Period.MONTH, BERLIN, "2028-02-29T12:00:00", "2028-01-31T23:00:00", "2028-02-29T23:00:00"),
    ],
)
def test_windows_begin_at_local_midnights(period: Period, zone: ZoneInfo, at: str, starts: str, ends: str):
    moments = (datetime.fromisoformat(f"{each}+00:00") for each in (starts, ends))
    moment = datetime.fromisoformat(f"{at}+00:00")
    assert window_of(a_budget(period=period), moment, zone) == Window(*moments)


def test_some_windows_never_end():
    assert window_of(a_budget(period=Period.NONE), BORN + timedelta(days=900), BERLIN) == Window(BORN, None)
    total = window_of(a_budget(period=Period.TOTAL), BORN, BERLIN)
    assert (total.starts_at < BORN, total.ends_at) == (True, None)


@given(
    st.integers(980_000_000, 2_110_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]),
    st.sampled_from([BERLIN, HAVANA, KATHMANDU, ZoneInfo("Africa/Cairo"), ZoneInfo("Pacific/Apia")]),
)
def test_every_moment_is_in_one_window(at: datetime, period: Period, zone: ZoneInfo):
    """And the next one begins where it ends, whatever the clocks do."""
    window = window_of(a_budget(period=period), at, zone)
    assert window.ends_at
    assert window.starts_at <= at < window.ends_at
    after = window_of(a_budget(period=period), window.ends_at, zone)
    assert after.starts_at == window.ends_at
    assert window_of(a_budget(period=period), window.starts_at, zone) == window


def test_midnight_is_the_first_moment_of_a_day():
    for day in (date(2026, 3, 8), date(2026, 11, 1)):
        start = midnight(day, HAVANA)
        assert start.astimezone(HAVANA).date() == day
        assert (start - timedelta(seconds=1)).astimezone(HAVANA).date() == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "price", "fits"),
    [
        (a_status(500_000), 500_000, True),
        (a_status(500_000), 500_001, False),
        (a_status(500_000, held=100_000, spent=300_000), 100_000, True),
        (a_status(500_000, held=100_000, spent=300_001), 100_000, False),
        (a_status(0), 1, False),
        (a_status(0), 0, True),
        (a_status(100_000, spent=400_000), 0, True),  # free, although somebody has lowered it
        (a_status(100_000, spent=400_000), 1, False),
        (a_status(0, behaviour=Behaviour.WARN), 1, True),
        (a_status(500_000), None, False),  # nobody spends what is not known
        (a_status(500_000, behaviour=Behaviour.WARN), None, True),
    ],
)
def test_what_a_budget_lets_through(status: BudgetStatus, price: int | None, fits: bool):
    assert (refusal([status], price, BERLIN) is None) == fits


def test_a_refusal_says_whose_budget_it_is_what_is_left_when_it_opens_and_who_can_raise_it():
    refused = refusal([a_status(spent=4_900_000)], 400_000, BERLIN)
    assert refused
    assert str(refused) == (
        "This costs $0.40, and $0.10 is left of the studio's budget of $5.00 a month. It opens again on "
        "1 January 2027, 00:00 (Europe/Berlin). An admin of this studio can raise it."
    )
    assert (refused.scope, refused.amount_micros, refused.left_micros) == ("studio", 5_000_000, 100_000)
    assert refused.resets_at == DECEMBER.ends_at


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"scope": BudgetScope.USER, "scope_id": "x"}, "your budget of $5.00 a month"),
        ({"scope": BudgetScope.KEY, "scope_id": "x"}, "this API key's budget"),
        ({"scope": BudgetScope.PROJECT, "scope_id": "x"}, "A manager of the project or an admin"),
        ({"scope": BudgetScope.PROVIDER, "scope_id": "fal"}, "the budget for fal of $5.00 a month"),
        ({"period": Period.TOTAL, "window": ENDLESS}, "of $5.00 in all. An admin"),
        ({"period": Period.NONE, "window": ENDLESS}, "of $5.00. An admin"),
        ({"spent": 9_000_000}, "and nothing is left of"),
    ],
)
def test_what_is_said_of_other_budgets(values: dict[str, Any], words: str):
    refused = refusal([a_status(**{"spent": 4_900_000} | values)], 400_000, BERLIN)
    assert refused
    assert words in str(refused)


def test_what_an_unknown_price_is_refused_for():
    words = "What this costs is not known, and budgets pay only for what is: $5.00 is left of the studio's"
    assert words in str(refusal([a_status()], None, BERLIN))


def test_the_tightest_of_several_is_named():
    loose, tight = a_status(9_000_000), a_status(1_000_000, spent=900_000)
    warning = a_status(1, behaviour=Behaviour.WARN)
    refused = refusal([loose, tight, warning], 400_000, BERLIN)
    assert refused
    assert refused.left_micros == 100_000
    assert tightest([]) is None
    endless = a_status(1_000_000, spent=900_000, window=ENDLESS, period=Period.TOTAL)
    assert tightest([tight, endless]) is endless  # of equals, the one that opens last


@pytest.mark.parametrize(
    ("values", "price", "reached"),
    [
        ({}, 0, ()),
        ({"spent": 2_499_999}, 0, ()),
        ({"spent": 2_499_999}, 1, (50,)),
        ({"held": 2_000_000, "spent": 2_000_000}, 0, (50, 80)),
        ({"held": 2_000_000, "spent": 2_000_000, "alerted": 50}, 0, (80,)),
        ({"spent": 9_000_000, "alerted": 100}, 0, ()),
        ({"amount": 0}, 0, ()),
        ({"amount": 0}, 1, (50, 80, 100)),
    ],
)
def test_thresholds_are_reached_once(values: dict[str, Any], price: int, reached: tuple[int, ...]):
    assert a_status(**values).reached(price) == reached


def test_thresholds_are_kept_in_order_and_each_once():
    assert check_thresholds([100, 50, 50]) == (50, 100)
    for wrong in ([0], [1001], list(range(1, 12))):
        with pytest.raises(InvalidInput) as refused:
            check_thresholds(wrong)
        assert refused.value.param == "thresholds"

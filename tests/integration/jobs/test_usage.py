"""Usage, read from few rows: it says what the ledger adds up to, whatever is in the totals already."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from sora_studio.db.budgets import BudgetRepository
from sora_studio.db.usage import UsageRepository
from sora_studio.domain.budget import Behaviour, Budget, BudgetScope, Period, Window
from sora_studio.domain.ids import new_id
from sora_studio.domain.usage import SAMPLE, DayPart, Grouping, UsageQuery, UsageScope
from tests.integration.jobs.conftest import Background
from tests.support.books import HELD, SPENT, check_books

PEOPLE, PROJECTS, KEYS = ([UUID(int=8 * n + kind) for n in range(1, 5)] for kind in range(3))
FIRST = datetime(2026, 1, 20, tzinfo=UTC)
COLUMNS = {
    Grouping.MODEL: "model",
    Grouping.PROVIDER: "provider",
    Grouping.USER: "user_id",
    Grouping.PROJECT: "project_id",
    Grouping.KEY: "api_key_id",
}
_ENTER = text("""
INSERT INTO ledger_entry (job_id, kind, micros, reserved_at, user_id, project_id, provider, model, api_key_id,
    seconds)
VALUES (:job_id, :kind, :micros, :reserved_at, :user_id, :project_id, :provider, :model, :api_key_id, 4)
""")
Entry = Mapping[str, Any]


def entries() -> list[Entry]:
    """Make up attempts over four months, each reserved and most of them ended."""
    rng, made = random.Random(7), list[Entry]()  # noqa: S311 - the same ones every time
    for _ in range(150):
        attempt = {
            "job_id": UUID(int=rng.getrandbits(128)),
            "reserved_at": FIRST + timedelta(minutes=rng.randrange(110 * 24 * 60)),
            "user_id": rng.choice(PEOPLE),
            "project_id": rng.choice([None, *PROJECTS]),
            "provider": rng.choice(["one", "two"]),
            "model": rng.choice("abcdefg"),
            "api_key_id": rng.choice([None, *KEYS]),
        }
        price = rng.randrange(1, 9) * 100_000
        ends = rng.choice(
            [[], [("release", price)], [("settle", price)], [("settle", price), ("correct", -7)]]
        )
        made += [{**attempt, "kind": kind, "micros": micros} for kind, micros in [("reserve", price), *ends]]
    return made


ENTRIES = entries()


@pytest.fixture
async def used(background: Background, database_url: str) -> Background:
    """Give a studio a ledger, of which two thirds are in the totals."""
    half = len(ENTRIES) * 2 // 3
    for part in (ENTRIES[:half], ENTRIES[half:]):
        async with background.db.transaction() as tx:
            await (await tx.connection()).execute(_ENTER, [dict(entry) for entry in part])
        if part[0] is ENTRIES[0]:
            await background.work.usage.run()
    assert await background.read("SELECT count(*) > 0 FROM usage_change") == (True,)
    wrong = [found for found in check_books(database_url) if "total" in found or "cost" in found]
    assert wrong == []
    return background


def key_of(entry: Entry, grouping: Grouping) -> str:
    if grouping is Grouping.DAY:
        return entry["reserved_at"].date().isoformat()
    return str(entry[COLUMNS[grouping]] or "")


def inside(query: UsageQuery) -> list[Entry]:
    who = {"user_id": query.scope.user_id, "project_id": query.scope.project_id}
    return [
        entry
        for entry in ENTRIES
        if query.first <= entry["reserved_at"].date() <= query.last
        and all(wanted in (None, entry[name]) for name, wanted in who.items())
    ]


def added_up(found: Iterable[Entry]) -> tuple[int, int, int]:
    found = [*found]
    return (
        sum(entry["kind"] == "reserve" for entry in found),
        sum(SPENT[entry["kind"]] * entry["micros"] for entry in found),
        sum(HELD[entry["kind"]] * entry["micros"] for entry in found),
    )


RANGES = (
    (date(2026, 1, 1), date(2026, 12, 31)),
    (date(2026, 2, 1), date(2026, 2, 28)),
    (date(2026, 2, 14), date(2026, 4, 3)),
    (date(2026, 3, 3), date(2026, 3, 3)),
)


async def test_each_page_says_what_its_entries_add_up_to(used: Background):
    scopes = (UsageScope(), UsageScope(PEOPLE[0]), UsageScope(project_id=PROJECTS[1]))
    for scope, (first, last) in product(scopes, RANGES):
        for grouping, limit in product(Grouping, (2, 1000)):
            await _check_pages(used, UsageQuery(scope, first, last, grouping, limit=limit))
        await _check_stack(used, UsageQuery(scope, first, last, Grouping.MODEL))


async def _check_pages(used: Background, query: UsageQuery) -> None:
    found, after, more = dict[str, tuple[int, int, int]](), query.after, True
    while more:
        async with used.db.transaction() as tx:
            page = await UsageRepository(tx).usage(
                UsageQuery(query.scope, query.first, query.last, query.grouping, after, query.limit)
            )
        assert len(page.rows) <= query.limit
        found |= {row.key: (row.sums.count, row.sums.spent_micros, row.sums.held_micros) for row in page.rows}
        totals = (page.totals.count, page.totals.spent_micros, page.totals.held_micros)
        assert totals == added_up(inside(query))
        more, after = page.has_more, page.rows[-1].key if page.rows else None
    expected = defaultdict[str, list[Entry]](list)
    for entry in inside(query):
        expected[key_of(entry, query.grouping)].append(entry)
    assert [*found.items()] == [(key, added_up(expected[key])) for key in sorted(expected)]


async def _check_stack(used: Background, query: UsageQuery) -> None:
    async with used.db.transaction() as tx:
        parts = await UsageRepository(tx).parts(query, most=2)
    sums, days = defaultdict[str, int](int), defaultdict[tuple[date, str], int](int)
    for entry in inside(query):
        micros = (HELD[entry["kind"]] + SPENT[entry["kind"]]) * entry["micros"]
        sums[entry["model"]] += micros
        days[entry["reserved_at"].date(), entry["model"]] += micros
    shown = sorted(sums, key=lambda key: (-sums[key], key))[:2]
    expected = defaultdict[tuple[date, str | None], int](int)
    for (day, key), micros in days.items():
        expected[day, key if key in shown else None] += micros
    assert _stacked(parts) == {place: micros for place, micros in expected.items() if micros}


def _stacked(parts: Iterable[DayPart]) -> dict[tuple[date, str | None], int]:
    return {(part.day, part.key): part.micros for part in parts if part.micros}


async def test_the_dearest_are_those_on_which_most_was_spent(used: Background):
    since, until = FIRST + timedelta(days=10, hours=7), FIRST + timedelta(days=50, hours=2)
    for user_id in (None, PEOPLE[2]):
        async with used.db.transaction() as tx:
            dearest = await UsageRepository(tx).dearest(user_id, since, until, limit=4)
        costs = defaultdict[UUID, int](int)
        for entry in ENTRIES:
            if since <= entry["reserved_at"] < until and user_id in {None, entry["user_id"]}:
                costs[entry["job_id"]] += SPENT[entry["kind"]] * entry["micros"]
        most = sorted(costs.items(), key=lambda each: (-each[1], each[0]))[:4]
        assert [each.micros for each in dearest] == [micros for _, micros in most]


async def test_a_window_opens_with_what_was_used_in_it(used: Background):
    scopes = {
        BudgetScope.STUDIO: "",
        BudgetScope.USER: str(PEOPLE[0]),
        BudgetScope.PROJECT: str(PROJECTS[0]),
        BudgetScope.KEY: str(KEYS[0]),
        BudgetScope.PROVIDER: "one",
    }
    windows = [
        Window(datetime(2000, 1, 1, tzinfo=UTC), None),
        Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        Window(FIRST + timedelta(days=30, hours=11, microseconds=3), None),
    ]
    async with used.db.transaction() as tx:
        budgets = BudgetRepository(tx)
        for (scope, scope_id), window in product(scopes.items(), windows):
            terms = (10**9, Period.TOTAL, Behaviour.BLOCK, (), window.starts_at)
            budget = Budget(new_id(), scope, scope_id, *terms)
            await budgets.add(budget)
            await budgets.statuses({budget: window})
        assert await budgets.wrong_windows() == []
    assert await used.read("SELECT count(*) FROM budget_window WHERE spent > 0") == (15,)


async def test_how_long_it_took_is_told_of_the_latest_and_says_so(background: Background):
    made = await background.wish()
    await background.sql(
        """INSERT INTO job (id, video_id, current, provider, phase, progress, progress_known, charge,
            created_at, accepted_at, rendered_at)
        SELECT gen_random_uuid(), :video, false, 'fake', 'failed', 0, false, 'released',
            at, at + interval '10 s', at + n * interval '1 s'
        FROM (SELECT n, TIMESTAMPTZ '2026-11-01' + n * interval '1 min' AS at
            FROM generate_series(11, :most + 20) AS n) AS attempts""",
        video=made.id,
        most=SAMPLE,
    )
    since, until = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    async with background.db.transaction() as tx:
        waits, renders = await UsageRepository(tx).durations(None, since, until)
        _, few = await UsageRepository(tx).durations(uuid4(), since, until)
    assert (waits.median, waits.most, waits.is_sample) == (10.0, 10.0, True)
    assert (renders.median, few.median, few.is_sample) == (SAMPLE / 2 + 10.5, None, False)

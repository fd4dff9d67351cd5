"""Budgets: what they cover is let through, whatever comes at the same time; the rest leaves no trace."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from sora_studio.db.budgets import BudgetRepository
from sora_studio.db.models import ProjectRow, VideoRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.domain.account import KeyGrant, ProjectRole
from sora_studio.domain.budget import Behaviour, Budget, BudgetScope, Period
from sora_studio.domain.errors import BudgetExceeded, ContentRejected
from sora_studio.domain.ids import new_id
from sora_studio.domain.video import VideoWish
from sora_studio.services.money.budgets import Budgets, adopt_time_zone
from sora_studio.services.money.spending import Spending
from tests.integration.jobs.conftest import Background
from tests.support.books import check_books
from tests.support.library import add_person

UTC_ZONE = ZoneInfo("UTC")
PRICE = 400_000  # of the shortest wish


@pytest.fixture(autouse=True)
def books(database_url: str):
    """Check the books after each test, whatever it did."""
    yield
    assert check_books(database_url) == []


async def allow(background: Background, amount: int, **values: Any) -> Budget:
    fields: dict[str, Any] = {
        "id": new_id(),
        "scope": BudgetScope.STUDIO,
        "scope_id": "",
        "period": Period.MONTH,
        "behaviour": Behaviour.BLOCK,
        "thresholds": (50, 80, 100),
        "created_at": datetime.now(UTC),
    }
    budget = Budget(amount_micros=amount, **fields | values)
    async with background.db.transaction() as tx:
        await BudgetRepository(tx).add(budget)
    return budget


def spending_of(background: Background, at: datetime | None = None, zone: ZoneInfo = UTC_ZONE) -> Spending:
    return Spending(background.catalog, Budgets(zone), clock=lambda: at or datetime.now(UTC))


async def spend(
    background: Background, spending: Spending, owner_id: UUID | None = None, seconds: str = "1"
) -> None:
    """Spend as a wish does, in one transaction."""
    video = VideoRow(
        id=new_id(),
        owner_id=owner_id or background.owner_id,
        title="a kite",
        prompt="a kite",
        provider=background.provider.profile.name,
        model="sora-2",
        size="1280x720",
        seconds=seconds,
    )
    async with background.db.transaction() as tx:
        await spending.first_attempt(tx, video)


async def counts(background: Background) -> tuple[Any, ...]:
    return await background.read(
        "SELECT (SELECT count(*) FROM video), (SELECT count(*) FROM job), (SELECT count(*) FROM ledger_entry)"
    )


async def used(background: Background) -> tuple[Any, ...]:
    return await background.read("SELECT held, spent FROM budget_window")


async def test_of_a_thousand_at_once_fifty_are_let_through(background: Background):
    """$0.10 each, against $5.00: not one more, of ten people."""
    await allow(background, 5_000_000)
    people = [await add_person(background.db, f"person {number}") for number in range(10)]
    spending = spending_of(background)
    at_a_time = asyncio.Semaphore(7)  # connections of the pool

    async def ask(number: int) -> bool:
        async with at_a_time:
            try:
                await spend(background, spending, people[number % len(people)])
            except BudgetExceeded:
                return False
        return True

    assert sum(await asyncio.gather(*map(ask, range(1_000)))) == 50
    assert await counts(background) == (50, 50, 50)
    assert await used(background) == (5_000_000, 0)


async def test_a_refused_wish_leaves_nothing_and_its_key_can_be_used_again(background: Background):
    budget = await allow(background, PRICE - 1)
    with pytest.raises(BudgetExceeded) as refused:
        await background.videos.create(background.owner_id, VideoWish("a kite"), idempotency_key="k")
    assert (refused.value.scope, refused.value.left_micros) == ("studio", PRICE - 1)
    assert await counts(background) == (0, 0, 0)
    assert background.woken == []
    await background.sql("UPDATE budget SET amount_micros = :price", price=PRICE)
    view = await background.videos.create(background.owner_id, VideoWish("a kite"), idempotency_key="k")
    assert await counts(background) == (1, 1, 1)
    again = await background.videos.create(background.owner_id, VideoWish("a kite"), idempotency_key="k")
    assert (again.id, budget.scope) == (view.id, "studio")  # which asks no budget


async def test_what_is_given_back_can_be_spent_again(background: Background):
    await allow(background, PRICE)
    background.provider.before_submit = [ContentRejected("No.", "moderation_blocked")]
    await background.wish()
    with pytest.raises(BudgetExceeded):
        await background.wish()
    await background.submit()
    assert await used(background) == (0, 0)
    await background.wish()
    await background.submit()
    assert await used(background) == (0, PRICE)
    background.provider.fail("remote-0", "out_of_memory", "Out of memory.")
    await background.refresh()
    assert await used(background) == (0, 0)


async def test_another_attempt_is_a_purchase_of_its_own(background: Background):
    await allow(background, PRICE)
    view = await background.wish()
    await background.submit()
    await background.sql("UPDATE job SET phase = 'needs_attention'")
    await background.sql("UPDATE video SET phase = 'needs_attention'")
    with pytest.raises(BudgetExceeded):
        await background.videos.submit_again(view.owner_id, view.id)
    await background.sql("UPDATE budget SET amount_micros = amount_micros * 2")
    await background.videos.submit_again(view.owner_id, view.id)
    assert await used(background) == (PRICE, PRICE)


@pytest.mark.parametrize(
    ("scope", "mine", "others"),
    [
        (BudgetScope.USER, True, False),
        (BudgetScope.KEY, True, False),
        (BudgetScope.PROVIDER, True, True),
        (BudgetScope.STUDIO, True, True),
    ],
)
async def test_each_scope_bounds_its_own(
    background: Background, scope: BudgetScope, mine: bool, others: bool
):
    key = new_id()
    ids = {
        BudgetScope.USER: str(background.owner_id),
        BudgetScope.KEY: str(key),
        BudgetScope.PROVIDER: "fake",
        BudgetScope.STUDIO: "",
    }
    await allow(background, PRICE - 1, scope=scope, scope_id=ids[scope])

    async def refusing(owner_id: UUID, api_key_id: UUID) -> str:
        grant = KeyGrant(api_key_id, frozenset())
        try:
            await background.videos.create(owner_id, VideoWish("a kite"), key=grant)
        except BudgetExceeded as error:
            return error.scope
        return ""

    assert await refusing(background.owner_id, key) == (scope if mine else "")
    grace = await add_person(background.db, "grace")
    assert await refusing(grace, new_id()) == (scope if others else "")


async def test_a_job_counts_in_the_window_in_which_it_was_reserved(background: Background):
    """Also when it is settled in the next one."""
    await adopt_time_zone(background.db, "Europe/Berlin")
    await allow(background, PRICE, period=Period.DAY)
    last, first = datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC)
    for at in (last, first):
        spending = spending_of(background, at, ZoneInfo("Europe/Berlin"))
        await spend(background, spending, seconds="4")
        with pytest.raises(BudgetExceeded) as refused:
            await spend(background, spending)
        assert refused.value.resets_at == (first if at is last else first + timedelta(days=1))
    await background.submit()
    windows = "SELECT array_agg((starts_at, held, spent)::text ORDER BY starts_at) FROM budget_window"
    assert await background.read(windows) == (
        ['("2026-11-29 23:00:00+00",0,400000)', '("2026-11-30 23:00:00+00",0,400000)'],
    )


async def test_a_budget_counts_what_was_spent_before_there_was_one(background: Background):
    """A window is a sum over time, and no counter that begins with the budget."""
    await background.wish()
    await background.submit()
    await background.wish()
    await allow(background, 3 * PRICE - 1)
    with pytest.raises(BudgetExceeded) as refused:
        await background.wish()
    assert refused.value.left_micros == PRICE - 1
    await allow(
        background, PRICE, period=Period.NONE, scope=BudgetScope.USER, scope_id=str(background.owner_id)
    )
    await background.sql("UPDATE budget SET amount_micros = 9000000 WHERE scope = 'studio'")
    await background.wish()  # of the endless one nothing had been used
    with pytest.raises(BudgetExceeded):
        await background.wish()


async def test_a_budget_that_warns_lets_everything_through_and_says_so_once(background: Background):
    await allow(background, PRICE, behaviour=Behaviour.WARN)
    thresholds = "SELECT array_agg(threshold ORDER BY threshold) FROM budget_alert"
    for _ in range(3):
        await background.wish()
        assert await background.read(thresholds) == ([50, 80, 100],)


async def listens(background: Background, user_id: UUID) -> None:
    """Give somebody an endpoint that wants to hear of budgets."""
    await background.sql(
        "INSERT INTO webhook_endpoint (id, user_id, name, url, event_types, secret, created_at, updated_at)"
        " VALUES (gen_random_uuid(), :user_id, '', 'https://hooks.invalid/', "
        "'{budget.threshold_reached}', '', now(), now())",
        user_id=user_id,
    )


_TOLD = (
    "SELECT json_object_agg(name, number)"
    " FROM (SELECT name, count(*) AS number FROM ({}) AS each GROUP BY name) AS told"
)
_NOTICED = 'SELECT display_name AS name FROM budget_notice JOIN "user" ON "user".id = user_id'
_SENT = (
    "SELECT display_name AS name FROM webhook_message JOIN webhook_endpoint AS hook ON hook.id = endpoint_id"
    ' JOIN "user" ON "user".id = hook.user_id'
)


async def told(background: Background, what: str) -> dict[str, int]:
    return dict((await background.read(_TOLD.format(what)))[0] or {})


async def test_each_threshold_is_told_once_in_each_window_to_those_concerned(background: Background):
    root = await add_person(background.db, "root")
    await add_person(background.db, "eve")  # is told nothing
    await background.sql("UPDATE \"user\" SET role = 'admin' WHERE id = :id", id=root)
    await background.sql("UPDATE \"user\" SET display_name = 'ada' WHERE id = :id", id=background.owner_id)
    for user_id in (root, background.owner_id):
        await listens(background, user_id)
    scope = {"scope": BudgetScope.USER, "scope_id": str(background.owner_id)}
    budget = await allow(background, 2 * PRICE, behaviour=Behaviour.WARN, **scope)
    december = spending_of(background, datetime(2026, 12, 10, tzinfo=UTC))
    await spend(background, december, seconds="4")
    assert await told(background, _SENT) == {"ada": 1, "root": 1}  # 50
    for _ in range(2):
        await spend(background, december, seconds="4")
    assert await told(background, _SENT) == {"ada": 3, "root": 3}  # 80 and 100
    assert await told(background, _NOTICED) == {"ada": 1, "root": 1}  # of the highest alone
    async with background.db.transaction() as tx:
        budgets = BudgetRepository(tx)
        (notice,) = await budgets.notices(background.owner_id, 5)
        assert (notice.budget.id, notice.threshold, notice.name.partition(" ")[0]) == (budget.id, 100, "ada")
        await budgets.dismiss(background.owner_id, budget.id)
    await background.sql("DELETE FROM budget_window")  # as a change of the budget does
    await spend(background, december, seconds="4")
    assert await told(background, _SENT) == {"ada": 3, "root": 3}
    assert await told(background, _NOTICED) == {"root": 1}
    await spend(background, spending_of(background, datetime(2027, 1, 10, tzinfo=UTC)), seconds="4")
    assert await told(background, _SENT) == {"ada": 4, "root": 4}
    assert await told(background, _NOTICED) == {"ada": 1, "root": 2}


async def test_a_projects_managers_are_told_and_nobody_hears_of_what_is_rolled_back(background: Background):
    eve, project = await add_person(background.db, "eve"), new_id()
    await background.sql("INSERT INTO project (id, name, created_at) VALUES (:id, 'film', now())", id=project)
    for user_id, role in ((eve, "manager"), (background.owner_id, "editor")):
        await background.sql(
            "INSERT INTO project_member (project_id, user_id, role, added_at)"
            " VALUES (:project, :user_id, :role, now())",
            project=project,
            user_id=user_id,
            role=role,
        )
    await allow(background, PRICE, scope=BudgetScope.PROJECT, scope_id=str(project))
    await background.videos.create(background.owner_id, VideoWish("a kite", seconds="4", project_id=project))
    assert await told(background, _NOTICED) == {"eve": 1}
    with pytest.raises(BudgetExceeded):
        await background.videos.create(background.owner_id, VideoWish("a kite", project_id=project))
    assert await told(background, _NOTICED) == {"eve": 1}


async def test_the_check_costs_two_statements(background: Background):
    await allow(background, 100 * PRICE)
    await allow(background, 100 * PRICE, scope=BudgetScope.USER, scope_id=str(background.owner_id))
    spending = spending_of(background)

    async def statements() -> int:
        seen: list[str] = []
        listen = (
            background.db.engine.sync_engine,
            "before_cursor_execute",
            lambda *said: seen.append(said[2]),
        )
        event.listen(*listen)
        try:
            await spend(background, spending)
        finally:
            event.remove(*listen)
        return len(seen)

    await statements()  # which opens the windows
    with_budgets = await statements()
    await background.sql("DELETE FROM budget")
    assert with_budgets - await statements() == 1  # one asks whether there are any


async def test_a_window_that_does_not_say_what_the_ledger_does_is_found_and_added_up_anew(
    background: Background,
):
    await allow(background, 3 * PRICE)
    await background.wish()
    await background.sql("UPDATE budget_window SET held = held + 3 * 400000")
    found = await background.scrubber.run(fix=False)
    assert (found.windows, found.is_well) == (1, False)
    assert "holds 1600000 and 0 micro-dollars instead of 400000 and 0" in found.complaints[0]
    assert (await background.scrubber.run(fix=True)).is_well
    await background.wish()
    assert await used(background) == (2 * PRICE, 0)


async def test_who_submits_again_pays_for_it(background: Background):
    """In a project, that is not always who has made the video: the first attempt stays the maker's."""
    eve, project = await add_person(background.db, "eve"), ProjectRow(id=new_id(), name="film")
    async with background.db.transaction() as tx:
        await ProjectRepository(tx).add(project, background.owner_id)
        await ProjectRepository(tx).put_member(project.id, eve, ProjectRole.EDITOR)
    wish = VideoWish("a kite", seconds="4", project_id=project.id)
    view = await background.videos.create(background.owner_id, wish)
    await background.sql("UPDATE job SET phase = 'needs_attention', submit_started_at = now(), due_at = NULL")
    await background.sql("UPDATE video SET phase = 'needs_attention'")
    await allow(background, 0, scope=BudgetScope.USER, scope_id=str(background.owner_id))
    hers = await allow(background, 0, scope=BudgetScope.USER, scope_id=str(eve))
    with pytest.raises(BudgetExceeded):
        await background.videos.submit_again(eve, view.id)
    raised = "UPDATE budget SET amount_micros = :price WHERE id = :id"
    await background.sql(raised, price=PRICE * 4, id=hers.id)
    await background.videos.submit_again(eve, view.id)
    query = "SELECT array_agg(user_id ORDER BY id) FROM ledger_entry WHERE kind = 'reserve'"
    assert await background.read(query) == ([background.owner_id, eve],)

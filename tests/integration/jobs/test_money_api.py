"""Budgets, usage and the ledger over HTTP: for who runs the studio, and one's own for everybody."""

import csv
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from sora_studio import container
from sora_studio.api.app import create_api
from sora_studio.db.models import ProjectRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.domain.account import ProjectRole
from sora_studio.domain.ids import new_id
from sora_studio.services.money.budgets import MANAGERS_MAX, BudgetService
from sora_studio.services.money.usage import UsageService
from sora_studio.services.people.trail import Trail
from sora_studio.services.throttle import Throttle
from tests.integration.jobs.conftest import Background
from tests.support.accounts import account_service, services_with, sign_up
from tests.support.books import check_books

NOBODY = "00000000-0000-0000-0000-000000000001"


@dataclass
class Money:
    """An admin and a member, and what is behind them."""

    background: Background
    admin: httpx.AsyncClient
    member: httpx.AsyncClient
    member_id: str

    async def allow(self, amount: str = "5.00", **values: Any) -> dict[str, Any]:
        """Make a budget."""
        body = {"scope": "studio", "amount_usd": amount, **values}
        answer = await self.admin.post("/api/budgets", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ask(self, **headers: str) -> httpx.Response:
        """Ask for a video, as the member, for $0.40."""
        return await self.member.post("/api/videos", json={"prompt": "a kite"}, headers=headers)


@pytest.fixture
async def money(background: Background, database_url: str) -> AsyncIterator[Money]:
    accounts = account_service(background.db)

    def clock() -> datetime:
        return datetime.now(UTC)

    db, zone = background.db, ZoneInfo("UTC")
    trail = Trail(db, Throttle(), clock)
    used = replace(
        services_with(accounts),
        videos=background.videos,
        budgets=BudgetService(
            db=db, trail=trail, catalog=background.catalog, zone=zone, clock=clock, throttle=Throttle()
        ),
        usage=UsageService(db=db, zone=zone, clock=clock),
    )
    transport = httpx.ASGITransport(create_api(), raise_app_exceptions=False)
    with container.using(used):
        people = [await sign_up(accounts, name) for name in ("ada", "grace")]
        await background.sql("""UPDATE "user" SET role = 'admin' WHERE email = 'ada@example.org'""")
        clients = [
            httpx.AsyncClient(
                transport=transport,
                base_url="http://studio",
                headers={"Authorization": f"Bearer {person.access_token}"},
            )
            for person in people
        ]
        yield Money(background, clients[0], clients[1], str(people[1].account.id))
        for client in clients:
            await client.aclose()
    assert check_books(database_url) == []


async def test_a_budget_is_made_changed_and_deleted_and_the_trail_tells(money: Money):
    made = await money.allow("12.50", scope="user", scope_id=money.member_id, thresholds=[100, 50])
    assert made == {
        "object": "budget",
        "id": made["id"],
        "scope": "user",
        "scope_id": money.member_id,
        "amount_usd": "12.50",
        "period": "month",
        "behaviour": "block",
        "thresholds": [50, 100],
        "by_manager": False,
        "created_at": made["created_at"],
        "spent_usd": "0.00",
        "held_usd": "0.00",
        "left_usd": "12.50",
        "resets_at": made["resets_at"],
    }
    assert datetime.fromtimestamp(made["resets_at"], UTC).day == 1
    path = f"/api/budgets/{made['id']}"
    changed = (await money.admin.patch(path, json={"amount_usd": "0.000001", "behaviour": "warn"})).json()
    assert changed | {"amount_usd": "12.50", "left_usd": "12.50", "behaviour": "block"} == made
    listed = (await money.admin.get("/api/budgets")).json()
    assert (listed["data"], listed["has_more"], listed["last_id"]) == ([changed], False, made["id"])
    assert (await money.admin.delete(path)).json() == {
        "id": made["id"],
        "object": "budget.deleted",
        "deleted": True,
    }
    for answer in (await money.admin.delete(path), await money.admin.patch(path, json={})):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    acts = "SELECT array_agg(act ORDER BY at), array_agg(DISTINCT about) FROM audit WHERE act LIKE 'budget%'"
    assert await money.background.read(acts) == (
        ["budget_creation", "budget_change", "budget_deletion"],
        [made["id"]],
    )


async def test_a_key_spends_what_its_budget_covers_and_its_person_sets_it(money: Money):
    wish = {"name": "farm", "scopes": ["videos:write"], "budget_usd": "0.50"}
    made = (await money.member.post("/api/keys", json=wish)).json()
    path, key = f"/api/keys/{made['id']}", {"Authorization": f"Bearer {made['key']}"}
    assert (await money.ask(**key)).status_code == 200
    refused = await money.ask(**key)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["budget"]["scope"]) == (429, "budget_exceeded", "key")
    assert (error["budget"]["amount_usd"], error["budget"]["left_usd"]) == ("0.50", "0.10")
    assert "$0.10 is left of this API key's budget of $0.50 in all." in error["message"]
    assert refused.headers["x-should-retry"] == "false"
    assert (await money.ask()).status_code == 200  # its person is not bound by it
    raised = await money.member.patch(path, json={"budget_usd": "0.80"})
    assert (raised.status_code, raised.json()["budget_usd"]) == (200, "0.80")
    assert [(await money.ask(**key)).status_code for _ in range(2)] == [200, 429]
    freed = await money.member.patch(path, json={"budget_usd": None})
    assert (freed.json()["budget_usd"], (await money.ask(**key)).status_code) == (None, 200)
    await money.member.patch(path, json={"budget_usd": "1.20"})  # what was spent before counts
    assert (await money.ask(**key)).status_code == 429
    acts = "SELECT array_agg(act ORDER BY at) FROM audit WHERE act LIKE 'budget%'"
    told = (["budget_change", "budget_deletion", "budget_creation"],)
    assert await money.background.read(acts) == told


async def test_an_admins_budget_for_a_key_is_not_its_persons_to_change(money: Money):
    wish = {"name": "farm", "scopes": ["videos:write"]}
    made = (await money.member.post("/api/keys", json=wish)).json()
    path, key = f"/api/keys/{made['id']}", {"Authorization": f"Bearer {made['key']}"}
    await money.allow("0.10", scope="key", scope_id=made["id"], period="total")
    assert (await money.member.get("/api/keys")).json()["data"][0]["budget_usd"] is None
    for wanted in ("5.00", None):
        assert (await money.member.patch(path, json={"budget_usd": wanted})).status_code == 200
        assert (await money.ask(**key)).status_code == 429
    assert await money.admin.patch(await _own_budget(money, made["id"]), json={"amount_usd": "2"})
    assert (await money.member.get("/api/keys")).json()["data"][0]["budget_usd"] is None
    for wanted in ("-1", "1e9", "9" * 20, "0.0000001"):
        answer = await money.member.patch(path, json={"budget_usd": wanted})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "budget_usd")


async def _own_budget(money: Money, key_id: str) -> str:
    """Have the member set a budget for their key; return its address."""
    answer = await money.member.patch(f"/api/keys/{key_id}", json={"budget_usd": "3"})
    assert answer.json()["budget_usd"] == "3.00"
    found = (await money.admin.get("/api/budgets")).json()["data"]
    return f"/api/budgets/{found[-1]['id']}"


async def test_a_key_for_one_project_hears_nothing_of_its_persons_other_budgets(money: Money):
    project_id = await _project(money)
    wish = {"name": "farm", "scopes": ["videos:write"], "project_id": project_id}
    made = (await money.member.post("/api/keys", json=wish)).json()
    await money.allow("0.30", scope="user", scope_id=money.member_id)
    refused = await money.ask(Authorization=f"Bearer {made['key']}")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["budget"]) == (429, "budget_exceeded", None)
    assert "0.30" not in refused.text
    await money.allow("0.20", scope="project", scope_id=project_id)
    refused = await money.ask(Authorization=f"Bearer {made['key']}")
    assert refused.json()["error"]["budget"]["scope"] == "project"


@pytest.mark.parametrize("ending", ["revoked", "deleted"])
async def test_budgets_go_with_what_they_bound(money: Money, ending: str):
    wish = {"name": "farm", "scopes": ["videos:write"], "budget_usd": "5"}
    key = (await money.member.post("/api/keys", json=wish)).json()["id"]
    opened = "INSERT INTO project (id, name, created_at) SELECT gen_random_uuid(), 'Short', now()"
    await money.background.sql(opened)
    (project,) = await money.background.read("SELECT id FROM project")
    for scope, scope_id in {"project": str(project), "key": key, "user": money.member_id}.items():
        await money.allow(scope=scope, scope_id=scope_id)
    await money.allow()
    if ending == "revoked":
        assert (await money.member.delete(f"/api/keys/{key}")).status_code == 204
        again = {"scope": "key", "scope_id": key, "amount_usd": "5"}
        answer = await money.admin.post("/api/budgets", json=again)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "scope_id")
    else:
        await money.background.sql("DELETE FROM project")
        await money.background.sql("""DELETE FROM "user" WHERE email = 'grace@example.org'""")
    budgets = (await money.admin.get("/api/budgets")).json()["data"]
    left = {"studio", "project", "user"} if ending == "revoked" else {"studio"}
    assert {each["scope"] for each in budgets} == left


async def test_budgets_come_in_pages(money: Money):
    made = [(await money.allow(str(number)))["id"] for number in range(3)]
    page = (await money.admin.get("/api/budgets", params={"limit": 2})).json()
    assert ([each["id"] for each in page["data"]], page["has_more"]) == (made[:2], True)
    rest = (await money.admin.get("/api/budgets", params={"limit": 2, "after": page["last_id"]})).json()
    assert ([each["id"] for each in rest["data"]], rest["has_more"]) == (made[2:], False)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"scope": "planet"}, "scope"),
        ({"scope_id": "x"}, "scope_id"),
        ({"scope": "user"}, "scope_id"),
        ({"scope": "user", "scope_id": "ada"}, "scope_id"),
        ({"scope": "user", "scope_id": NOBODY}, "scope_id"),
        ({"scope": "project", "scope_id": NOBODY}, "scope_id"),
        ({"scope": "key", "scope_id": NOBODY}, "scope_id"),
        ({"scope": "provider", "scope_id": "nobody"}, "scope_id"),
        ({"scope": "key", "scope_id": ""}, "scope_id"),
        ({"amount_usd": "-1"}, "amount_usd"),
        ({"amount_usd": "0.0000001"}, "amount_usd"),
        ({"amount_usd": "9" * 30}, "amount_usd"),
        ({"amount_usd": "NaN"}, "amount_usd"),
        ({"amount_usd": "\u0661"}, "amount_usd"),
        ({"amount_usd": 5}, "amount_usd"),
        ({"period": "year"}, "period"),
        ({"behaviour": "shout"}, "behaviour"),
        ({"thresholds": [0]}, "thresholds"),
        ({"thresholds": ["half"]}, "thresholds"),
    ],
)
async def test_what_cannot_be_a_budget_is_refused_by_the_name_of_the_field(
    money: Money, body: dict[str, Any], param: str
):
    wanted = {"scope": "studio", "amount_usd": "5", **body}
    answer = await money.admin.post("/api/budgets", json=wanted)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert await money.background.read("SELECT count(*) FROM budget") == (0,)


async def test_a_wish_beyond_a_budget_is_refused_in_the_shape_that_the_sdk_reads(money: Money):
    budget = await money.allow("0.40", scope="user", scope_id=money.member_id)
    assert (await money.ask()).status_code == 200
    refused = await money.ask(**{"Idempotency-Key": "once"})
    error = refused.json()["error"]
    assert (refused.status_code, refused.headers["x-should-retry"]) == (429, "false")
    assert (error["type"], error["code"], error["param"]) == ("insufficient_quota", "budget_exceeded", None)
    assert error["budget"] == {
        "scope": "user",
        "amount_usd": "0.40",
        "left_usd": "0.00",
        "resets_at": budget["resets_at"],
    }
    await money.admin.patch(f"/api/budgets/{budget['id']}", json={"amount_usd": "0.80"})
    again = await money.ask(**{"Idempotency-Key": "once"})
    assert again.status_code == 200
    (mine,) = (await money.member.get("/api/users/me")).json()["budgets"]
    assert mine == {
        "scope": "user",
        "amount_usd": "0.80",
        "spent_usd": "0.00",
        "held_usd": "0.80",
        "left_usd": "0.00",
        "resets_at": budget["resets_at"],
    }


async def test_a_larger_amount_speaks_up_anew(money: Money):
    thresholds = "SELECT coalesce(array_agg(threshold ORDER BY threshold), '{}') FROM budget_alert"
    budget = await money.allow("0.40")
    await money.ask()
    assert await money.background.read(thresholds) == ([50, 80, 100],)
    for amount, told, then in (("0.50", [50, 80], [50, 80, 100]), ("10", [], [])):
        await money.admin.patch(f"/api/budgets/{budget['id']}", json={"amount_usd": amount})
        assert await money.background.read(thresholds) == (told,)
        await money.admin.patch(f"/api/budgets/{budget['id']}", json={"behaviour": "warn"})
        await money.ask()
        assert await money.background.read(thresholds) == (then,)


async def test_another_window_is_added_up_anew(money: Money):
    """Nothing is carried over from the one before."""
    budget = await money.allow("5")
    assert (await money.ask()).status_code == 200
    await money.background.sql(
        """INSERT INTO ledger_entry (job_id, kind, micros, reserved_at, provider, model, seconds)
        SELECT :job, kind, 900000, now() - interval '1 day', 'fake', 'sora-2', 4
        FROM unnest(ARRAY['reserve', 'release']) AS kind""",
        job=NOBODY,
    )
    path = f"/api/budgets/{budget['id']}"
    for period in ("day", "total"):
        changed = (await money.admin.patch(path, json={"period": period})).json()
        assert (changed["held_usd"], changed["spent_usd"]) == ("0.40", "0.00")


async def test_usage_tells_one_s_own_and_the_studio_s_to_who_runs_it(money: Money):
    await money.ask()
    await money.background.submit()
    await money.background.wish("the owner's")
    mine = (await money.member.get("/api/usage")).json()
    today = datetime.now(UTC).date().isoformat()
    line = {"count": 1, "spent_usd": "0.40", "held_usd": "0.00", "failed_usd": "0.00", "seconds": 0}
    assert mine == {
        "object": "list",
        "data": [{"key": today, "name": None, **line}],
        "totals": line,
        "has_more": False,
    }
    by_user = {"scope": "studio", "group_by": "user"}
    everybodys = (await money.admin.get("/api/usage", params=by_user)).json()
    named = {row["name"]: (row["spent_usd"], row["held_usd"]) for row in everybodys["data"]}
    assert named == {"Grace": ("0.40", "0.00"), "ada": ("0.00", "0.40")}
    assert everybodys["totals"] | {"count": 2} == line | {"count": 2, "held_usd": "0.40"}
    assert (await money.member.get("/api/usage", params=by_user)).status_code == 403


@pytest.mark.parametrize("group_by", ["day", "model", "provider", "user", "project", "key"])
async def test_usage_comes_by_any_group_in_pages_and_as_csv(money: Money, group_by: str):
    await money.ask()
    query = {"group_by": group_by, "limit": "1"}
    page = (await money.member.get("/api/usage", params=query)).json()
    (row,) = page["data"]
    more = (await money.member.get("/api/usage", params=query | {"after": row["key"]})).json()
    assert (page["has_more"], more["data"], more["totals"]) == (False, [], page["totals"])
    sheet = await money.member.get("/api/usage", params=query, headers={"Accept": "text/csv"})
    assert sheet.headers["content-type"].startswith("text/csv")
    (line,) = csv.DictReader(sheet.text.splitlines())
    assert line == {name: str(row[name]) for name in line}
    assert [*line] == ["key", "count", "spent_usd", "held_usd", "failed_usd", "seconds"]


@pytest.mark.parametrize(
    ("query", "status", "param"),
    [
        ({"from": "yesterday"}, 400, "from"),
        ({"from": "2026-12-02", "to": "2026-12-01"}, 400, "to"),
        ({"from": "2001-01-01", "to": "2026-12-01"}, 400, "from"),
        ({"group_by": "planet"}, 400, "group_by"),
        ({"scope": "theirs"}, 400, "scope"),
        ({"scope": "project:x"}, 400, "scope"),
        ({"scope": f"project:{NOBODY}"}, 404, None),
        ({"limit": "0"}, 400, "limit"),
        ({"after": "a\0"}, 400, None),
    ],
)
async def test_what_is_no_usage_is_refused_by_the_name_of_the_parameter(
    money: Money, query: dict[str, str], status: int, param: str | None
):
    answer = await money.admin.get("/api/usage", params=query)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)


async def test_the_ledger_is_read_entry_by_entry(money: Money):
    await money.ask()
    await money.background.submit()
    page = (await money.admin.get("/api/ledger", params={"limit": 1})).json()
    rest = (await money.admin.get("/api/ledger", params={"after": page["last_id"]})).json()
    (reserve,), (settle,) = page["data"], rest["data"]
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert (reserve["kind"], settle["kind"], settle["amount_usd"]) == ("reserve", "settle", "0.40")
    same = ("job_id", "reserved_at", "user_id", "provider", "model", "api_key_id", "project_id", "seconds")
    assert {name: reserve[name] for name in same} == {name: settle[name] for name in same}
    assert reserve["user_id"] == money.member_id
    for wrong in ("x", "-1", "9" * 19):
        answer = await money.admin.get("/api/ledger", params={"after": wrong})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "after")


async def _project(money: Money) -> str:
    """Open a project that the member runs; return its id."""
    project = ProjectRow(id=new_id(), name="film")
    async with money.background.db.transaction() as tx:
        await ProjectRepository(tx).add(project, UUID(money.member_id))
    return str(project.id)


async def test_what_an_admin_has_changed_is_the_admins_and_managers_make_few(money: Money):
    theirs = {"scope": "project", "scope_id": await _project(money), "amount_usd": "1000"}
    made = [await money.member.post("/api/budgets", json=theirs) for _ in range(MANAGERS_MAX + 1)]
    assert [each.status_code for each in made] == [201] * MANAGERS_MAX + [409]
    path = f"/api/budgets/{made[0].json()['id']}"
    lowered = await money.admin.patch(path, json={"amount_usd": "10"})
    assert (lowered.status_code, lowered.json()["by_manager"]) == (200, False)
    for refused in (
        await money.member.patch(path, json={"amount_usd": "9"}),
        await money.member.delete(path),
    ):
        assert refused.status_code == 403


async def test_managers_bound_their_project_more_closely_and_never_less(money: Money):
    project_id = await _project(money)
    theirs = {"scope": "project", "scope_id": project_id}
    granted = await money.allow("5.00", **theirs)
    made = await money.member.post("/api/budgets", json={**theirs, "amount_usd": "0.50", "period": "day"})
    assert (made.status_code, made.json()["by_manager"]) == (201, True)
    listed = await money.member.get("/api/budgets", params={"project": project_id})
    assert [each["by_manager"] for each in listed.json()["data"]] == [False, True]
    wish = {"prompt": "a kite", "project_id": project_id}
    answers = [await money.member.post("/api/videos", json=wish) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 429]
    assert answers[1].json()["error"]["budget"]["amount_usd"] == "0.50"
    own, path = f"/api/budgets/{made.json()['id']}", f"/api/budgets/{granted['id']}"
    assert (await money.member.patch(own, json={"amount_usd": "1.00"})).status_code == 200
    for refused in (
        await money.member.patch(path, json={"amount_usd": "500"}),
        await money.member.delete(path),
        await money.member.post("/api/budgets", json={"scope": "studio", "amount_usd": "1"}),
        await money.member.get("/api/budgets"),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    async with money.background.db.transaction() as tx:
        await ProjectRepository(tx).put_member(UUID(project_id), UUID(money.member_id), ProjectRole.EDITOR)
    assert (await money.member.delete(own)).status_code == 403, "they no longer run it"
    stranger = {**theirs, "scope_id": NOBODY, "amount_usd": "1"}
    assert (await money.member.post("/api/budgets", json=stranger)).status_code == 404
    assert (await money.admin.delete(own)).status_code == 200

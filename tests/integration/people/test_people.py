"""What admins do for and against accounts."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from sora_studio.db.engine import Database
from sora_studio.db.settings import SettingRepository
from sora_studio.domain.access_link import InvitationWish
from sora_studio.domain.account import OPERATOR, Identity, NewAccount, Role, SignedIn
from sora_studio.domain.audit import Act, AuditQuery
from sora_studio.domain.errors import (
    InvalidInput,
    LastAdmin,
    NotAllowed,
    NotSignedIn,
    SignUpClosed,
)
from sora_studio.domain.people import PeopleQuery
from sora_studio.domain.settings import SettingName
from sora_studio.services.people.assembly import People
from sora_studio.services.people.studio_settings import StudioSettings
from tests.integration.people.conftest import URL, Client, join
from tests.support.accounts import HERE, PASSWORD, sign_up

NEW_PASSWORD = f"{PASSWORD} too"
NOBODY = "00000000-0000-0000-0000-000000000000"
ROUTES: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/api/admin/users", {}),
    ("PATCH", f"/api/admin/users/{NOBODY}", {"json": {"role": "admin"}}),
    ("POST", f"/api/admin/users/{NOBODY}/reset_link", {}),
    ("DELETE", f"/api/admin/users/{NOBODY}", {}),
    ("POST", "/api/admin/invitations", {"json": {}}),
    ("GET", "/api/admin/invitations", {}),
    ("DELETE", f"/api/admin/invitations/{'0' * 32}", {}),
    ("GET", "/api/admin/settings", {}),
    ("PATCH", "/api/admin/settings", {"json": {"sign_up": "open"}}),
    ("GET", "/api/admin/audit", {}),
    ("GET", "/api/admin/audit/csv", {}),
]


def token_of(url: str) -> str:
    return url.partition("#")[2].partition("=")[2]


@pytest.mark.parametrize(("method", "path", "sent"), ROUTES, ids=str)
async def test_members_and_strangers_are_kept_out(
    people: People, client: Client, method: str, path: str, sent: dict[str, Any]
):
    ada, grace = await sign_up(people.accounts), await sign_up(people.accounts, "grace")
    expected = {None: {401}, grace: {403}, ada: {200, 201, 404}}
    for who, statuses in expected.items():
        answer = await client(who).request(method, path, **sent)
        assert answer.status_code in statuses, who


async def test_people_are_paged_and_found(people: People, client: Client):
    admin = client(await sign_up(people.accounts))
    for name in ("grace", "katherine", "dorothy", "mary"):
        await sign_up(people.accounts, name)
    seen: list[str] = []
    after = None
    while True:
        page = (
            await admin.get("/api/admin/users", params={"limit": 2} | ({"after": after} if after else {}))
        ).json()
        seen += [each["display_name"] for each in page["data"]]
        after = page["last_id"]
        if not page["has_more"]:
            break
    assert seen == ["Mary", "Dorothy", "Katherine", "Grace", "Ada"]
    for asked, found in (
        ("doro", ["Dorothy"]),
        ("MARY@example", ["Mary"]),
        ("example.org gra", ["Grace"]),
        ("rothy", []),
        ("'!&", []),
    ):
        listed = (await admin.get("/api/admin/users", params={"q": asked})).json()["data"]
        assert [each["display_name"] for each in listed] == found, asked
    ada = (await admin.get("/api/admin/users", params={"q": "ada"})).json()["data"][0]
    assert (ada["role"], ada["status"], ada["disabled"], ada["storage_bytes"]) == (
        "admin",
        "active",
        False,
        0,
    )
    assert ada["last_seen_at"]
    assert (await admin.get("/api/admin/users", params={"after": NOBODY})).status_code == 400


async def test_a_disabled_account_ends_at_once_and_comes_back(people: People, client: Client):
    admin, grace = client(await sign_up(people.accounts)), await sign_up(people.accounts, "grace")
    path = f"/api/admin/users/{grace.account.id}"
    assert (await admin.patch(path, json={"disabled": True})).json()["status"] == "disabled"
    assert (await client(grace).get("/api/users/me")).status_code == 401
    log_in = {"email": "grace@example.org", "password": PASSWORD}
    refused = await client().post("/api/auth/login", json=log_in)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_disabled")
    assert (await admin.patch(path, json={"disabled": False})).json()["disabled"] is False
    assert (await client(grace).get("/api/users/me")).status_code == 401  # what has ended stays so
    assert (await client().post("/api/auth/login", json=log_in)).status_code == 200


async def test_the_last_admin_stays(people: People, client: Client):
    ada = await sign_up(people.accounts)
    await sign_up(people.accounts, "grace")
    path = f"/api/admin/users/{ada.account.id}"
    for answer in (
        await client(ada).patch(path, json={"role": "member"}),
        await client(ada).patch(path, json={"disabled": True}),
        await client(ada).delete(path),
        await client(ada).request("DELETE", "/api/users/me", json={"password": PASSWORD}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_admin")


async def test_of_two_admins_who_demote_each_other_one_stays(people: People):
    for attempt in range(5):
        ada = await join(people, f"ada{attempt}")
        await people.people.change_role(OPERATOR, ada.user_id, Role.ADMIN)
        eve = await join(people, f"eve{attempt}")
        await people.people.change_role(OPERATOR, eve.user_id, Role.ADMIN)
        for other in (await people.people.page(OPERATOR, PeopleQuery())).people:
            if other.account.id not in {ada.user_id, eve.user_id} and other.account.role is Role.ADMIN:
                await people.people.change_role(OPERATOR, other.account.id, Role.MEMBER)
        outcomes = await asyncio.gather(
            people.people.change_role(ada, eve.user_id, Role.MEMBER),
            people.people.change_role(eve, ada.user_id, Role.MEMBER),
            return_exceptions=True,
        )
        assert sorted(isinstance(outcome, LastAdmin | NotAllowed) for outcome in outcomes) == [False, True]


async def test_what_weighs_most_wants_the_password_of_the_last_ten_minutes(
    people: People, client: Client, database: Database
):
    ada, grace = await sign_up(people.accounts), await sign_up(people.accounts, "grace")
    admin, path = client(ada), f"/api/admin/users/{grace.account.id}"
    async with database.transaction() as tx:
        await (await tx.connection()).execute(
            text("UPDATE session SET proved_at = now() - interval '11 minutes'")
        )
    for answer in (
        await admin.patch(path, json={"role": "admin"}),
        await admin.post(f"{path}/reset_link"),
        await admin.delete(path),
        await admin.post("/api/admin/invitations", json={"role": "admin"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "password_required")
    assert (await admin.post("/api/admin/invitations", json={})).status_code == 201
    assert (await admin.patch(path, json={"disabled": True})).status_code == 200  # haste comes first
    wrong = await admin.post("/api/users/me/confirm_password", json={"password": "some other long password"})
    assert wrong.status_code == 403
    assert (
        await admin.post("/api/users/me/confirm_password", json={"password": PASSWORD})
    ).status_code == 204
    assert (await admin.patch(path, json={"role": "admin"})).status_code == 200


async def test_an_invitation_lets_in_as_many_as_it_says(people: People, client: Client, database: Database):
    ada = await sign_up(people.accounts)
    admin = client(ada)
    await admin.patch("/api/admin/settings", json={"sign_up": "invite"})
    made = await admin.post("/api/admin/invitations", json={"role": "admin", "uses": 2, "note": "the team"})
    assert made.status_code == 201
    url = made.json()["url"]
    assert url.startswith(f"{URL}/signup#invitation=")
    token = token_of(url)
    assert len(token) == 43
    async with database.transaction() as tx:
        rows = (
            (await (await tx.connection()).execute(text("SELECT l::text FROM access_link l"))).scalars().all()
        )
    assert token not in str(rows)

    async def come(name: str) -> SignedIn:
        wish = NewAccount(f"{name}@example.org", PASSWORD, name.title(), invitation=token)
        return await people.accounts.sign_up(wish, HERE)

    outcomes = await asyncio.gather(*map(come, ("eve", "grace", "mary", "dorothy")), return_exceptions=True)
    let_in = [each for each in outcomes if not isinstance(each, BaseException)]
    assert [each.account.role for each in let_in] == [Role.ADMIN] * 2
    assert {type(each) for each in outcomes if isinstance(each, BaseException)} == {SignUpClosed}
    assert (await admin.get("/api/admin/invitations")).json()["data"] == []


@pytest.mark.parametrize("change", [{"role": "member"}, {"disabled": True}, None], ids=str)
async def test_links_end_with_the_power_of_who_made_them(
    people: People, client: Client, change: dict[str, Any] | None
):
    ada, eve = await sign_up(people.accounts), await sign_up(people.accounts, "eve")
    path = f"/api/admin/users/{eve.account.id}"
    await client(ada).patch(path, json={"role": "admin"})
    invitation = (await client(eve).post("/api/admin/invitations", json={"role": "admin"})).json()["url"]
    reset = (await client(eve).post(f"/api/admin/users/{ada.account.id}/reset_link")).json()["url"]
    gone = client(ada).patch(path, json=change) if change else client(ada).delete(path)
    assert (await gone).status_code in {200, 204}
    assert (await client(ada).get("/api/admin/invitations")).json()["data"] == []
    wish = NewAccount("mallory@example.org", PASSWORD, "Mallory", invitation=token_of(invitation))
    with pytest.raises(SignUpClosed):
        await people.accounts.sign_up(wish, HERE)
    with pytest.raises(InvalidInput, match="has been used or has run out"):
        await people.invitations.reset_password(token_of(reset), NEW_PASSWORD, HERE)


async def test_a_reset_link_ends_with_the_password_that_was_forgotten(people: People, client: Client):
    ada, grace = await sign_up(people.accounts), await sign_up(people.accounts, "grace")
    made = await client(ada).post(f"/api/admin/users/{grace.account.id}/reset_link")
    changed = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await client(grace).post("/api/users/me/password", json=changed)).status_code == 204
    with pytest.raises(InvalidInput, match="has been used or has run out"):
        await people.invitations.reset_password(token_of(made.json()["url"]), f"{PASSWORD} again", HERE)


async def test_an_invitation_is_listed_taken_back_and_runs_out(
    people: People, client: Client, database: Database
):
    admin = client(await sign_up(people.accounts))
    await admin.patch("/api/admin/settings", json={"sign_up": "invite"})
    links = [(await admin.post("/api/admin/invitations", json={})).json() for _ in range(3)]
    page = (await admin.get("/api/admin/invitations", params={"limit": 2})).json()
    assert [each["id"] for each in page["data"]] == [links[2]["id"], links[1]["id"]]
    rest = (await admin.get("/api/admin/invitations", params={"after": page["last_id"]})).json()
    assert ([each["id"] for each in rest["data"]], rest["has_more"]) == ([links[0]["id"]], False)
    assert links[0]["expires_at"] == pytest.approx((datetime.now(UTC) + timedelta(7)).timestamp(), abs=60)
    assert links[0]["url"] not in str(page)
    gone = f"/api/admin/invitations/{links[0]['id']}"
    assert [(await admin.delete(gone)).status_code for _ in range(2)] == [204, 404]
    async with database.transaction() as tx:
        await (await tx.connection()).execute(
            text("UPDATE access_link SET expires_at = now() WHERE id = CAST(:id AS uuid)"),
            {"id": links[1]["id"]},
        )
    statuses = [
        (
            await client().post(
                "/api/auth/signup",
                json={"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "invitation": token},
            )
        ).status_code
        for token in (token_of(links[0]["url"]), token_of(links[1]["url"]), "x", token_of(links[2]["url"]))
    ]
    assert statuses == [403, 403, 403, 201]


@pytest.mark.parametrize(
    "wish",
    [InvitationWish(uses=0), InvitationWish(days=91), InvitationWish(note="x\ny"), InvitationWish(uses=1001)],
)
async def test_an_invitation_has_bounds(people: People, wish: InvitationWish):
    ada = await join(people, "ada")
    with pytest.raises(InvalidInput):
        await people.invitations.invite(ada, wish)


async def test_nobody_is_invited_to_a_closed_studio(people: People, client: Client):
    admin = client(await sign_up(people.accounts))
    await admin.patch("/api/admin/settings", json={"sign_up": "closed"})
    assert (await admin.post("/api/admin/invitations", json={})).status_code == 409


async def test_a_reset_link_works_once_and_ends_every_session(people: People, client: Client):
    ada, grace = await sign_up(people.accounts), await sign_up(people.accounts, "grace")
    first, link = [
        (await client(ada).post(f"/api/admin/users/{grace.account.id}/reset_link")).json() for _ in range(2)
    ]
    assert link["url"].startswith(f"{URL}/reset#token=")
    wish = {"token": token_of(link["url"]), "password": NEW_PASSWORD}
    old = await client().post("/api/auth/reset", json=wish | {"token": token_of(first["url"])})
    assert (old.status_code, old.json()["error"]["code"]) == (400, "invalid_link")
    weak = await client().post("/api/auth/reset", json=wish | {"password": "short"})
    assert weak.json()["error"]["code"] == "weak_password"
    tries = await asyncio.gather(*(client().post("/api/auth/reset", json=wish) for _ in range(4)))
    assert sorted(each.status_code for each in tries) == [204, 400, 400, 400]
    with pytest.raises(NotSignedIn):
        await people.accounts.identify(grace.access_token)
    assert (await people.accounts.log_in("grace@example.org", NEW_PASSWORD, HERE)).account == grace.account
    assert await people.accounts.identify(ada.access_token)


async def test_a_reset_form_leads_to_the_log_in_page_or_back(people: People, client: Client):
    ada = await sign_up(people.accounts)
    link = (await client(ada).post(f"/api/admin/users/{ada.account.id}/reset_link")).json()
    form = {"token": token_of(link["url"]), "password": NEW_PASSWORD}
    refused = await client().post("/api/auth/reset", data=form | {"token": "x"})
    assert refused.headers["location"] == "/reset?error=invalid_link"
    done = await client().post("/api/auth/reset", data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/login?error=password_set")


async def test_an_account_that_the_operator_opens_has_no_password_until_its_link_is_used(people: People):
    link = await people.people.add(OPERATOR, "ada@example.org", "Ada", Role.MEMBER)
    await people.invitations.reset_password(token_of(link.url), PASSWORD, HERE)
    ada = await people.accounts.log_in("ada@example.org", PASSWORD, HERE)
    assert ada.account.role is Role.ADMIN, "the first one runs the studio"


async def test_deleting_somebody_leaves_the_others(people: People, client: Client):
    ada, grace = await sign_up(people.accounts), await sign_up(people.accounts, "grace")
    path = f"/api/admin/users/{grace.account.id}"
    assert [(await client(ada).delete(path)).status_code for _ in range(2)] == [204, 404]
    with pytest.raises(NotSignedIn):
        await people.accounts.identify(grace.access_token)
    left = (await client(ada).get("/api/admin/users")).json()["data"]
    assert [each["email"] for each in left] == ["ada@example.org"]


async def test_settings_that_were_read_in_a_transaction_that_failed_count_all_the_same(database: Database):
    settings = StudioSettings()
    async with database.transaction() as tx:
        await SettingRepository(tx).store(SettingName.SESSION_IDLE_DAYS, 3, datetime.now(UTC), None)
    async with database.transaction() as tx:
        await settings.keep_fresh(tx)
        await tx.rollback()
    assert settings.session_policy.idle == timedelta(days=3)


async def test_settings_are_checked_recorded_and_count_at_once(
    people: People, client: Client, database: Database
):
    ada = await sign_up(people.accounts)
    admin = client(ada)
    before = (await admin.get("/api/admin/settings")).json()
    assert before == {
        "sign_up": {"value": "open", "pinned": False, "changed_at": None},
        "session_idle_days": {"value": 14, "pinned": False, "changed_at": None},
        "session_days": {"value": 90, "pinned": False, "changed_at": None},
        "require_two_factor": {"value": False, "pinned": False, "changed_at": None},
        "storage_gb_per_person": {"value": 0, "pinned": False, "changed_at": None},
        "storage_gb_per_project": {"value": 0, "pinned": False, "changed_at": None},
    }
    for wrong in (
        {"sign_up": "ajar"},
        {"sign_up": "domain:a\0b.org"},
        {"require_two_factor": "perhaps"},
        {"sign_up": "ajar"},
        {"session_days": 0},
        {"storage_gb_per_person": -1},
        {"storage_gb_per_project": 1_000_001},
        {"colour": "red"},
    ):
        assert (await admin.patch("/api/admin/settings", json=wrong)).status_code == 400
    after = (await admin.patch("/api/admin/settings", json={"session_days": 1, "sign_up": "approve"})).json()
    assert (after["session_days"]["value"], after["sign_up"]["value"]) == (1, "approve")
    assert after["session_days"]["changed_at"]
    fresh = await people.accounts.log_in("ada@example.org", PASSWORD, HERE)
    assert fresh.expires_in == 24 * 3600
    async with database.transaction() as tx:  # by the rules of another version
        await (await tx.connection()).execute(
            text("UPDATE setting SET value = '\"domain:!\"' WHERE name = 'sign_up'")
        )
    after = (await admin.get("/api/admin/settings")).json()
    assert after["sign_up"]["value"] == "invite"
    with pytest.raises(SignUpClosed):
        await sign_up(people.accounts, "grace")


async def test_every_act_is_on_the_trail(people: People, client: Client):
    ada, grace = await sign_up(people.accounts), await sign_up(people.accounts, "grace")
    admin, path = client(ada), f"/api/admin/users/{grace.account.id}"
    await admin.patch(path, json={"role": "admin"})
    await admin.patch(path, json={"disabled": True})
    await admin.patch(path, json={"disabled": False})
    await admin.post(f"{path}/reset_link")
    invitation = (await admin.post("/api/admin/invitations", json={})).json()
    await admin.delete(f"/api/admin/invitations/{invitation['id']}")
    await admin.patch("/api/admin/settings", json={"session_days": 30})
    listed = (await admin.get("/api/admin/audit")).json()
    acts = [
        *("sign_up", "sign_up", "role_change", "account_disabling", "account_enabling", "reset_link"),
        *("invitation", "invitation_end", "setting_change"),
    ]
    assert [each["act"] for each in reversed(listed["data"])] == acts
    lines = {each["act"]: each for each in listed["data"]}
    change = lines["role_change"]
    assert (change["user"], change["subject"], change["about"]) == (
        "ada@example.org",
        "grace@example.org",
        "admin",
    )
    assert lines["setting_change"]["about"] == "session_days = 30"
    theirs = (await admin.get("/api/admin/audit", params={"user": str(grace.account.id)})).json()["data"]
    assert [each["act"] for each in theirs] == [
        *("reset_link", "account_enabling", "account_disabling", "role_change", "sign_up"),
    ]
    only = (await admin.get("/api/admin/audit", params={"act": "sign_up", "limit": 1})).json()
    assert (len(only["data"]), only["has_more"]) == (1, True)
    second = await admin.get("/api/admin/audit", params={"act": "sign_up", "after": only["last_id"]})
    assert [each["about"] for each in second.json()["data"]] == ["first account"]
    token = token_of((await admin.post(f"{path}/reset_link")).json()["url"])
    assert token not in (await admin.get("/api/admin/audit", params={"limit": 200})).text


async def test_the_trail_as_csv_has_every_line_and_no_formula(people: People, client: Client):
    ada = await sign_up(people.accounts)
    evil = {"User-Agent": '=HYPERLINK("http://evil.example")'}
    await client().post(
        "/api/auth/login", json={"email": "ada@example.org", "password": PASSWORD}, headers=evil
    )
    answer = await client(ada).get("/api/admin/audit/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert [row["act"] for row in rows] == ["audit_export", "log_in", "sign_up"]
    assert rows[1]["user_agent"] == '\'=HYPERLINK("http://evil.example")'


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            "WHERE (created_at, id) < (now(), gen_random_uuid()) ORDER BY created_at DESC, id DESC LIMIT 51",
            "Index Scan Backward using ix_user_created_at",
        ),
        (
            "WHERE search @@ '''person4711'':*'::tsquery",
            "ix_user_search",
        ),
        (
            "WHERE disabled_at IS NOT NULL AND awaits_approval ORDER BY created_at DESC, id DESC LIMIT 51",
            "ix_user_shut",
        ),
        ("WHERE role = 'admin' AND disabled_at IS NULL LIMIT 2", "ix_user_admin"),
    ],
    ids=["a page", "a search", "who waits", "the admins"],
)
async def test_a_crowd_is_read_by_an_index(database: Database, query: str, index: str):
    async with database.transaction() as tx:
        connection = await tx.connection()
        await connection.execute(text(_CROWD))
        await connection.execute(text('ANALYZE "user"'))
        await connection.execute(text("SET LOCAL enable_seqscan = off"))  # as for a crowd that is larger
        plan = await connection.execute(text(f'EXPLAIN SELECT * FROM "user" {query}'))  # noqa: S608 -- ours
        assert index in "\n".join(plan.scalars())
        await tx.rollback()


_CROWD = """
INSERT INTO "user" (id, email, display_name, password_hash, created_at, search)
SELECT gen_random_uuid(), 'person' || n || '@example.org', 'Person', '-', now() - n * interval '1 minute',
    array_to_tsvector(ARRAY['person' || n, 'person', 'example', 'org'])
FROM generate_series(1, 5000) n
"""


async def test_who_says_that_they_are_an_admin_is_none(people: People):
    """The role is the database's to say."""
    grace = (await join(people, "ada"), await join(people, "grace"))[1]
    liar = Identity(grace.user_id, grace.session_id, HERE, Role.ADMIN)
    with pytest.raises(NotAllowed):
        await people.audit.page(liar, AuditQuery(act=Act.LOG_IN))
    with pytest.raises(NotAllowed):
        await people.people.delete(liar, grace.user_id)

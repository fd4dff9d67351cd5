"""What is written down of what people do to accounts, and what is not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from structlog.testing import capture_logs

from sora_studio.db.audit import AuditRepository
from sora_studio.db.engine import Database
from sora_studio.db.models import AuditRow
from sora_studio.domain.account import Origin
from sora_studio.domain.errors import Conflict, LimitReached, NotAllowed, NotFound, NotSignedIn
from sora_studio.domain.ids import new_id, public_session_id
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.throttle import LIMITS, Throttle
from tests.support.accounts import HERE, PASSWORD, account_service, sign_up

THERE = Origin(address="192.0.2.7", user_agent="elsewhere")
WRONG = "some other long password"


@pytest.fixture
def accounts(database: Database) -> AccountService:
    return account_service(database)


async def written(database: Database) -> Sequence[AuditRow]:
    async with database.transaction() as tx:
        return (await tx.exec(select(AuditRow).order_by(col(AuditRow.at), col(AuditRow.id)))).all()


async def acts(database: Database) -> list[tuple[str, str, str]]:
    return [(row.act, row.result, row.address) for row in await written(database)]


async def test_every_act_is_a_row_and_a_line_with_who_when_where_and_what(
    accounts: AccountService, database: Database
):
    with capture_logs() as log:
        ada = await sign_up(accounts)
        me = replace(await accounts.identify(ada.access_token), origin=THERE)
        other = await accounts.log_in("ada@example.org", PASSWORD, HERE)
        its = await accounts.identify(other.access_token)
        await accounts.sessions.end(me, its.session_id)
        await accounts.sessions.end_others(me)
        await accounts.edit_profile(me, email="king@example.org", password=PASSWORD)
        await accounts.change_password(me, PASSWORD, "quite another pass phrase")
        await accounts.log_out(me)
        again = await accounts.log_in("king@example.org", "quite another pass phrase", THERE)
        await accounts.delete_account(
            replace(await accounts.identify(again.access_token), origin=THERE), "quite another pass phrase"
        )
    here, there = HERE.address, THERE.address
    assert await acts(database) == [
        ("sign_up", "done", here),
        ("log_in", "done", here),
        ("session_end", "done", there),
        ("session_end", "done", there),
        ("email_change", "done", there),
        ("password_change", "done", there),
        ("log_out", "done", there),
        ("log_in", "done", there),
        ("account_deletion", "done", there),
    ]
    rows = await written(database)
    assert {row.user_id for row in rows} == {ada.account.id}  # also when the account is gone
    assert rows[2].session_id == me.session_id
    assert rows[2].about == public_session_id(its.session_id)
    lines = [line for line in log if line["event"] == "security_event"]
    assert [(line["act"], line["address"], line["user_id"]) for line in lines] == [
        (row.act, row.address, ada.account.id.hex) for row in rows
    ]
    told = f"{lines}{[row.model_dump() for row in rows]}"
    for secret in (PASSWORD, "quite another", ada.access_token, ada.device_token, "example.org"):
        assert secret not in told


async def test_a_wrong_password_is_a_row_whatever_the_account_and_names_nobody_who_is_not_there(
    accounts: AccountService, database: Database
):
    """Written for both, so that the time that it takes does not tell them apart."""
    ada = await sign_up(accounts)
    me = await accounts.identify(ada.access_token)
    for email in ("ada@example.org", "my secret typed in the wrong box"):
        with pytest.raises(NotSignedIn):
            await accounts.log_in(email, WRONG, THERE)
    for attempt in (
        accounts.change_password(me, WRONG, "quite another pass phrase"),
        accounts.edit_profile(me, email="king@example.org", password=WRONG),
        accounts.delete_account(me, WRONG),
    ):
        with pytest.raises(NotAllowed):
            await attempt
    rows = (await written(database))[1:]
    assert [(row.act, row.result, row.user_id and row.user_id == ada.account.id) for row in rows] == [
        ("log_in", "refused", True),
        ("log_in", "refused", None),
        ("password_change", "refused", True),
        ("email_change", "refused", True),
        ("account_deletion", "refused", True),
    ]
    assert "secret" not in str([row.model_dump() for row in rows])


async def test_what_strangers_repeat_fills_neither_table_nor_log(database: Database):
    throttle = Throttle({**LIMITS, "refusal on the trail": "5 per hour"})
    accounts = account_service(database, throttle=throttle)
    with capture_logs() as log:
        for number in range(30):
            with pytest.raises((NotSignedIn, LimitReached)):
                await accounts.log_in(f"person{number % 2}@example.org", WRONG, THERE)
    assert len(await written(database)) == 5
    counted = [(line["result"], line.get("count")) for line in log if line["event"] == "security_event"]
    assert counted == [("refused", None)] * 5 + [("refused", 1), ("throttled", 1)]


async def test_what_did_not_happen_is_not_on_the_trail(accounts: AccountService, database: Database):
    """The row belongs to the transaction of the act."""
    await sign_up(accounts)
    ada = await accounts.identify((await accounts.log_in("ada@example.org", PASSWORD, HERE)).access_token)
    await sign_up(accounts, "grace")
    before = await acts(database)
    with capture_logs() as log:
        with pytest.raises(Conflict):
            await sign_up(accounts)
        with pytest.raises(Conflict):
            await accounts.edit_profile(ada, email="grace@example.org", password=PASSWORD)
        with pytest.raises(NotFound):
            await accounts.sessions.end(ada, new_id())
    assert await acts(database) == before
    assert [line["act"] for line in log if line["event"] == "security_event"] == ["unknown_id"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET result = 'done'",
        "UPDATE audit SET address = ''",
        "DELETE FROM audit",
        "TRUNCATE audit",
    ],
)
async def test_nobody_changes_the_trail(accounts: AccountService, database: Database, change: str):
    await sign_up(accounts)
    with pytest.raises(DBAPIError, match="only added to"):
        async with database.transaction() as tx:
            await (await tx.connection()).execute(text(change))
    assert len(await written(database)) == 1


async def test_after_a_year_a_row_goes_by_itself(accounts: AccountService, database: Database):
    old: dict[str, Any] = {"act": "log_in", "result": "done", "address": "", "user_agent": "", "about": ""}
    now = datetime.now(UTC)
    async with database.transaction() as tx:
        for days in (364, 367, 3_000):
            await AuditRepository(tx).add(AuditRow(id=new_id(), at=now - timedelta(days=days), **old))
    await sign_up(accounts)
    assert [row.act for row in await written(database)] == ["log_in", "sign_up"]

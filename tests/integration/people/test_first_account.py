"""The first account of a studio, and who is let in after it."""

import asyncio
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sora_studio.db.engine import Database
from sora_studio.domain.account import NewAccount, Origin, Role
from sora_studio.domain.errors import (
    AwaitingApproval,
    LimitReached,
    SettingPinned,
    SetupCodeRequired,
    SignUpClosed,
)
from sora_studio.domain.settings import SettingName
from sora_studio.services.people.assembly import People
from sora_studio.services.people.setup_code import SetupCode
from sora_studio.services.people.studio_settings import StudioSettings
from tests.integration.people.conftest import Client, assembled, join
from tests.support.accounts import HERE, PASSWORD, sign_up

ADA = {"email": "ada@example.org", "password": PASSWORD, "display_name": "Ada"}
AFAR = Origin(address="192.0.2.7")


def account(name: str, **more: str) -> NewAccount:
    return NewAccount(f"{name}@example.org", PASSWORD, name.title(), **more)


async def test_of_ten_first_accounts_at_once_one_is_the_admins(people: People):
    opened = await asyncio.gather(*(sign_up(people.accounts, f"person{number}") for number in range(10)))
    assert sorted(each.account.role for each in opened) == [Role.ADMIN, *[Role.MEMBER] * 9]


@pytest.mark.parametrize(
    ("url", "headers", "asked"),
    [
        ("http://localhost:3000", {}, False),
        ("http://127.0.0.1:3000", {}, False),
        ("http://[::1]:3000", {}, False),
        ("http://192.0.2.1:3000", {}, True),
        ("http://studio.lan:3000", {}, True),
        ("http://localhost.evil.example", {}, True),
        ("http://localhost:3000", {"X-Forwarded-For": "127.0.0.1"}, True),
        ("http://localhost:3000", {"Forwarded": "for=127.0.0.1"}, True),
        ("http://localhost:3000", {"X-Real-IP": "127.0.0.1"}, True),
    ],
)
async def test_only_this_machine_sets_it_up_without_a_code(
    client: Client, url: str, headers: dict[str, str], asked: bool
):
    answer = await client(url=url).post("/api/auth/signup", json=ADA, headers=headers)
    if asked:
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "setup_code_required")
    else:
        assert (answer.status_code, answer.json()["user"]["role"]) == (201, "admin")


async def test_another_machine_does_not_either(people: People):
    with pytest.raises(SetupCodeRequired):
        await people.accounts.sign_up(account("ada"), AFAR)


async def test_the_code_is_in_the_log_and_opens_once(people: People, tmp_path: Path):
    file = tmp_path / "setup_code"
    with capture_logs() as log:
        await people.prepare()
        await people.prepare()
    code = file.read_text()
    assert [line["code"] for line in log if line["event"] == "setup_code"] == [code, code]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(code.replace("-", "")) == 20
    for wrong in ("", "nonsense", code[:-1], "é"):
        with pytest.raises(SetupCodeRequired):
            await people.accounts.sign_up(account("ada", setup_code=wrong), AFAR)
    typed = code.lower().replace("-", " ")
    ada = await people.accounts.sign_up(account("ada", setup_code=typed), AFAR)
    assert ada.account.role is Role.ADMIN
    assert not file.exists()
    grace = await people.accounts.sign_up(account("grace", setup_code=code), AFAR)
    assert grace.account.role is Role.MEMBER
    await people.prepare()
    assert not file.exists()


async def test_instances_make_one_code_of_one_key_whether_or_not_another_follows(tmp_path: Path):
    codes = [SetupCode(tmp_path / "one", b"a"), SetupCode(tmp_path / "two", b"a, b")]
    for each in codes:
        await each.announce()
    assert (tmp_path / "one").read_text() == (tmp_path / "two").read_text()


async def test_the_code_cannot_be_guessed_for_long(people: People, tmp_path: Path):
    await people.prepare()
    for _ in range(10):
        with pytest.raises(SetupCodeRequired):
            await people.accounts.sign_up(account("ada", setup_code="guess"), AFAR)
    code = (tmp_path / "setup_code").read_text()
    with pytest.raises(LimitReached):
        await people.accounts.sign_up(account("ada", setup_code=code), AFAR)


@pytest.mark.parametrize(
    ("policy", "email", "admitted"),
    [
        ("open", "grace@example.org", True),
        ("domain:example.org", "grace@example.org", True),
        ("domain:example.org", "grace@example.com", False),
        ("invite", "grace@example.org", False),
        ("closed", "grace@example.org", False),
    ],
)
async def test_the_policy_counts_for_everybody_after_the_first(
    people: People, policy: str, email: str, admitted: bool
):
    ada = await join(people, "ada")
    await people.settings.change(ada, {SettingName.SIGN_UP: policy})
    wish = NewAccount(email, PASSWORD, "Grace")
    if admitted:
        assert (await people.accounts.sign_up(wish, HERE)).account.role is Role.MEMBER
    else:
        with pytest.raises(SignUpClosed):
            await people.accounts.sign_up(wish, HERE)


async def test_who_has_to_be_approved_waits_and_is_let_in(people: People, client: Client):
    ada = await join(people, "ada")
    await people.settings.change(ada, {SettingName.SIGN_UP: "approve"})
    grace = {"email": "grace@example.org", "password": PASSWORD}
    answer = await client().post("/api/auth/signup", json=grace)
    assert (answer.status_code, answer.json()["status"]) == (202, "awaiting_approval")
    assert not answer.headers.get_list("set-cookie")
    early = await client().post("/api/auth/login", json=grace)
    assert (early.status_code, early.json()["error"]["code"]) == (403, "awaiting_approval")
    wrong = await client().post("/api/auth/login", json=grace | {"password": "some other long password"})
    assert wrong.status_code == 401
    form = await client().post("/api/auth/signup", data=grace | {"email": "eve@example.org"})
    assert form.headers["location"] == "/login?error=awaiting_approval"
    admin = client(await people.accounts.log_in("ada@example.org", PASSWORD, HERE))
    waiting = (await admin.get("/api/admin/users", params={"status": "waiting"})).json()["data"]
    assert [each["email"] for each in waiting] == ["eve@example.org", "grace@example.org"]
    approved = await admin.patch(f"/api/admin/users/{waiting[1]['id']}", json={"disabled": False})
    assert approved.json()["status"] == "active"
    assert (await client().post("/api/auth/login", json=grace)).status_code == 200
    assert (await admin.get("/api/admin/audit", params={"limit": 2})).json()["data"][1]["act"] == (
        "account_approval"
    )


async def test_what_the_environment_says_cannot_be_changed(database: Database, tmp_path: Path):
    pinned = assembled(database, tmp_path, StudioSettings(pinned={SettingName.SIGN_UP: "approve"}))
    ada = await join(pinned, "ada")
    with pytest.raises(AwaitingApproval):
        await sign_up(pinned.accounts, "grace")
    change = {SettingName.SESSION_DAYS: 7, SettingName.SIGN_UP: "open"}
    with pytest.raises(SettingPinned):
        await pinned.settings.change(ada, change)
    views = [(view.value, view.pinned) for view in await pinned.settings.all(ada)]
    assert views == [("approve", True), (14, False), (90, False), (False, False), (0, False), (0, False)], (
        "all of a change, or none of it"
    )

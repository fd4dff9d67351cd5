"""The second factor: set up, asked for at log-in, required, and taken off."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pyotp.totp import TOTP
from sqlalchemy import text

from sora_studio import container
from sora_studio.db.engine import Database
from sora_studio.domain.account import OPERATOR, Identity, Role, SignedIn
from sora_studio.domain.audit import Act, AuditQuery, Result
from sora_studio.domain.errors import (
    Conflict,
    InvalidInput,
    LimitReached,
    LogInExpired,
    NotAllowed,
    PasswordRequired,
    TwoFactorRequired,
    WrongCode,
)
from sora_studio.domain.settings import SettingName
from sora_studio.services.people.assembly import Entrances, People, assemble
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.setup_code import SetupCode
from sora_studio.services.people.studio_settings import StudioSettings
from tests.integration.people.conftest import Client, in_use, join
from tests.support.accounts import HERE, PASSWORD, SIGNING_KEY, sign_up


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) - timedelta(hours=1)  # tokens are read by the world's own clock

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def at(database: Database, tmp_path: Path, watch: Watch, key: bytes = SIGNING_KEY) -> People:
    return assemble(
        database,
        signing_key=key,
        settings=StudioSettings(),
        entrances=Entrances(SetupCode(tmp_path / "setup_code")),
        passwords=Passwords(cost=4),
        clock=watch,
    )


@pytest.fixture
async def people(database: Database, tmp_path: Path, watch: Watch):
    made = at(database, tmp_path, watch)
    with container.using(in_use(made)):
        yield made


def code_of(secret: str, watch: Watch) -> str:
    return TOTP(secret).at(int(watch.now.timestamp()))


async def enrol(people: People, watch: Watch, who: Identity) -> tuple[str, tuple[str, ...]]:
    """Set it up, and wait until its first code has gone."""
    secret = (await people.two_factor.begin(who)).secret
    codes = await people.two_factor.enable(who, code_of(secret, watch))
    watch.wait(minutes=2)
    return secret, codes


async def log_in(people: People, code: str = "", name: str = "ada") -> SignedIn:
    return await people.accounts.log_in(f"{name}@example.org", PASSWORD, HERE, code)


async def acts(people: People) -> list[tuple[Act, Result, str]]:
    page = await people.audit.page(OPERATOR, AuditQuery(limit=100))
    return [(line.act, line.result, line.about) for line in page.lines]


async def test_log_in_asks_for_a_code_and_takes_each_once(people: People, watch: Watch):
    ada = await join(people, "ada")
    secret, _ = await enrol(people, watch, ada)
    with pytest.raises(TwoFactorRequired):
        await log_in(people)
    code = code_of(secret, watch)
    assert (await log_in(people, f" {code[:3]} {code[3:]} ")).account.email == "ada@example.org"
    with pytest.raises(WrongCode):
        await log_in(people, code)
    watch.wait(seconds=30)
    with pytest.raises(WrongCode):  # still within the window of clocks that differ
        await log_in(people, code)
    await log_in(people, code_of(secret, watch))
    assert (Act.LOG_IN, Result.DONE, "authenticator") in await acts(people)
    assert (Act.SECOND_FACTOR, Result.REFUSED, "") in await acts(people)


async def test_one_code_at_the_same_moment_opens_one_session(people: People, watch: Watch):
    secret, _ = await enrol(people, watch, await join(people, "ada"))
    code = code_of(secret, watch)
    found = await asyncio.gather(*(log_in(people, code) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in found if isinstance(each, SignedIn)] == [SignedIn]


@pytest.mark.parametrize("seconds", [-90, 90])
async def test_codes_of_other_times_are_wrong(people: People, watch: Watch, seconds: int):
    secret, _ = await enrol(people, watch, await join(people, "ada"))
    code = TOTP(secret).at(int(watch.now.timestamp()) + seconds)
    with pytest.raises(WrongCode):
        await log_in(people, code)


async def test_clocks_may_differ_by_one_step(people: People, watch: Watch):
    secret, _ = await enrol(people, watch, await join(people, "ada"))
    await log_in(people, TOTP(secret).at(int(watch.now.timestamp()) - 30))
    await log_in(people, TOTP(secret).at(int(watch.now.timestamp()) + 30))


async def test_each_recovery_code_works_once_and_new_ones_replace_them(people: People, watch: Watch):
    ada = await join(people, "ada")
    _, codes = await enrol(people, watch, ada)
    assert len({*codes}) == 10
    await log_in(people, codes[0].lower().replace("-", " "))
    with pytest.raises(WrongCode):
        await log_in(people, codes[0])
    assert (await people.two_factor.read(ada)).recovery_codes_left == 9
    renewed = await people.two_factor.renew_codes(ada)
    with pytest.raises(WrongCode):
        await log_in(people, codes[1])
    await log_in(people, renewed[1])
    assert (Act.LOG_IN, Result.DONE, "recovery code") in await acts(people)


async def test_the_database_holds_neither_secret_nor_codes(people: People, watch: Watch, database: Database):
    secret, codes = await enrol(people, watch, await join(people, "ada"))
    async with database.transaction() as tx:
        connection = await tx.connection()
        rows = [*await connection.execute(text("SELECT * FROM two_factor"))]
        rows += [*await connection.execute(text("SELECT * FROM recovery_code"))]
    kept = str(rows).upper()
    assert len(rows) == 11
    assert [
        word for word in (secret, *codes, *(code.replace("-", "") for code in codes)) if word in kept
    ] == []


async def test_a_secret_opens_nothing_in_the_row_of_another_account(
    people: People, watch: Watch, database: Database
):
    """Who can write to the database cannot put their own authenticator into somebody's account."""
    await enrol(people, watch, await join(people, "ada"))
    secret, _ = await enrol(people, watch, await join(people, "grace"))
    async with database.transaction() as tx:
        await (await tx.connection()).execute(
            text(
                'UPDATE two_factor SET secret = (SELECT secret FROM two_factor t JOIN "user" u ON u.id = '
                "t.user_id WHERE u.email LIKE 'grace%')"
            )
        )
    await log_in(people, code_of(secret, watch), "grace")
    with pytest.raises(WrongCode):
        await log_in(people, code_of(secret, watch))


async def test_another_secret_key_reads_what_the_one_before_sealed(
    people: People, watch: Watch, database: Database, tmp_path: Path
):
    """While two are given, a log-in seals the secret by the new one; then the old one can go."""
    secret, codes = await enrol(people, watch, await join(people, "ada"))
    new = b"another signing key of the tests, 32 bytes and more"
    await log_in(at(database, tmp_path, watch, new + b"," + SIGNING_KEY), code_of(secret, watch))
    watch.wait(minutes=2)
    await log_in(at(database, tmp_path, watch, new), code_of(secret, watch))
    watch.wait(minutes=2)
    with pytest.raises(WrongCode):
        await log_in(people, code_of(secret, watch))
    await log_in(people, codes[0])


async def test_wrong_codes_are_limited_also_for_who_sends_many_at_once(people: People, watch: Watch):
    secret, _ = await enrol(people, watch, await join(people, "ada"))
    tries = [log_in(people, f"{number:06}") for number in range(20)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, WrongCode) for each in found) == 10
    assert sum(isinstance(each, LimitReached) for each in found) == 10
    with pytest.raises(LimitReached):
        await log_in(people, code_of(secret, watch))


async def test_the_owners_browser_is_not_shut_out_by_strangers(people: People, watch: Watch):
    signed_in = await sign_up(people.accounts)
    secret, _ = await enrol(people, watch, await people.accounts.identify(signed_in.access_token))
    for number in range(11):
        with pytest.raises((WrongCode, LimitReached)):
            await log_in(people, f"{number:06}")
    name = f"sora_device_{signed_in.account.id.hex[:12]}"
    known = type(HERE)(address="127.0.0.1", cookies=f"{name}={signed_in.device_token}")
    await people.accounts.log_in("ada@example.org", PASSWORD, known, code_of(secret, watch))


async def test_what_changes_it_asks_for_the_password(people: People, watch: Watch):
    ada = await join(people, "ada")
    watch.wait(minutes=11)
    with pytest.raises(PasswordRequired):
        await people.two_factor.begin(ada)
    await people.accounts.confirm_password(ada, PASSWORD)
    await enrol(people, watch, ada)
    watch.wait(minutes=11)
    for act in (people.two_factor.renew_codes, people.two_factor.disable):
        with pytest.raises(PasswordRequired):
            await act(ada)
    await people.accounts.confirm_password(ada, PASSWORD)
    await people.two_factor.disable(ada)
    await log_in(people)
    assert {act for act, _, _ in await acts(people)} >= {Act.TWO_FACTOR_ON, Act.TWO_FACTOR_OFF}


async def test_nothing_is_on_before_its_first_code_and_nothing_is_replaced(people: People, watch: Watch):
    ada = await join(people, "ada")
    with pytest.raises(InvalidInput):
        await people.two_factor.enable(ada, "000000")
    first = (await people.two_factor.begin(ada)).secret
    await log_in(people)
    second = (await people.two_factor.begin(ada)).secret
    with pytest.raises(InvalidInput):
        await people.two_factor.enable(ada, code_of(first, watch))
    await people.two_factor.enable(ada, code_of(second, watch))
    with pytest.raises(Conflict):
        await people.two_factor.begin(ada)
    with pytest.raises(Conflict):
        await people.two_factor.enable(ada, code_of(second, watch))


async def test_turning_it_on_ends_the_other_sessions(people: People, watch: Watch):
    ada = await join(people, "ada")
    other = await people.accounts.identify((await log_in(people)).access_token)
    await enrol(people, watch, ada)
    assert [each.id for each in await people.accounts.sessions.all_open(ada)] == [ada.session_id]
    assert other.session_id != ada.session_id


async def test_a_reset_link_does_not_get_around_it(people: People, watch: Watch):
    ada = await join(people, "ada")
    secret, _ = await enrol(people, watch, ada)
    link = await people.people.reset_link(OPERATOR, ada.user_id)
    await people.invitations.reset_password(link.url.partition("token=")[2], f"{PASSWORD} too", HERE)
    with pytest.raises(TwoFactorRequired):
        await people.accounts.log_in("ada@example.org", f"{PASSWORD} too", HERE)
    await people.accounts.log_in("ada@example.org", f"{PASSWORD} too", HERE, code_of(secret, watch))


async def test_the_first_step_counts_for_five_minutes_and_one_password(people: People, watch: Watch):
    ada = await join(people, "ada")
    secret, _ = await enrol(people, watch, ada)
    challenges: list[str] = []
    for _ in range(2):
        with pytest.raises(TwoFactorRequired) as step:
            await log_in(people)
        challenges.append(step.value.challenge)
    assert ada.user_id.hex not in challenges[0]
    await people.accounts.log_in_by_code(challenges[0], code_of(secret, watch), HERE)
    watch.wait(minutes=6)
    for challenge in (challenges[1], "", "nonsense", "gAAAAA" + "A" * 100):
        with pytest.raises(LogInExpired):
            await people.accounts.log_in_by_code(challenge, code_of(secret, watch), HERE)
    with pytest.raises(TwoFactorRequired) as step:
        await log_in(people)
    again = await people.accounts.identify((await log_in(people, code_of(secret, watch))).access_token, HERE)
    await people.accounts.change_password(again, PASSWORD, f"{PASSWORD} too")
    watch.wait(minutes=1)
    with pytest.raises(LogInExpired):
        await people.accounts.log_in_by_code(step.value.challenge, code_of(secret, watch), HERE)


async def test_a_shut_account_is_refused_at_the_second_step(people: People, watch: Watch):
    await join(people, "root")
    ada = await join(people, "ada")
    secret, _ = await enrol(people, watch, ada)
    with pytest.raises(TwoFactorRequired) as step:
        await log_in(people)
    await people.people.disable(OPERATOR, ada.user_id)
    with pytest.raises(NotAllowed):
        await people.accounts.log_in_by_code(step.value.challenge, code_of(secret, watch), HERE)


async def test_an_admin_takes_it_off_who_has_just_given_their_password(people: People, watch: Watch):
    root, ada = await join(people, "root"), await join(people, "ada")
    await enrol(people, watch, ada)
    assert (await people.people.get(root, ada.user_id)).has_two_factor
    with pytest.raises(NotAllowed):
        await people.people.reset_two_factor(ada, root.user_id)
    watch.wait(minutes=11)
    with pytest.raises(PasswordRequired):
        await people.people.reset_two_factor(root, ada.user_id)
    await people.accounts.confirm_password(root, PASSWORD)
    assert not (await people.people.reset_two_factor(root, ada.user_id)).has_two_factor
    with pytest.raises(Conflict):
        await people.people.reset_two_factor(root, ada.user_id)
    await log_in(people)
    assert (Act.TWO_FACTOR_RESET, Result.DONE, "") in await acts(people)


async def test_who_must_have_one_can_do_nothing_before(people: People, watch: Watch, client: Client):
    """Keys go on; a session gets to the second factor and nowhere else, whatever it is of."""
    root = await sign_up(people.accounts, "root")
    api, who = client(root), await people.accounts.identify(root.access_token)
    made = (await api.post("/api/keys", json={"name": "x", "scopes": ["videos:read"]})).json()
    await people.settings.change(who, {SettingName.REQUIRE_TWO_FACTOR: True})
    refused = await api.get("/api/keys")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "two_factor_setup_required")
    with pytest.raises(NotAllowed):
        await people.settings.change(who, {SettingName.REQUIRE_TWO_FACTOR: False})
    key = client()
    answer = await key.get("/api/admin/users", headers={"Authorization": f"Bearer {made['key']}"})
    assert answer.json()["error"]["code"] == "insufficient_scope"
    assert (await api.get("/api/users/me")).status_code == 200
    begun = (await api.post("/api/users/me/two_factor")).json()
    assert begun["uri"].startswith("otpauth://totp/")
    enabled = await api.post(
        "/api/users/me/two_factor/enable", json={"code": code_of(begun["secret"], watch)}
    )
    assert len(enabled.json()["recovery_codes"]) == 10
    assert (await api.get("/api/keys")).status_code == 200
    assert (await people.two_factor.read(who)).required


async def test_the_api_says_clearly_that_a_code_is_needed(people: People, watch: Watch, client: Client):
    secret, _ = await enrol(people, watch, await join(people, "ada"))
    api, wish = client(), {"email": "ada@example.org", "password": PASSWORD}
    codes = [
        (await api.post("/api/auth/login", json=wish | more)).json()["error"]["code"]
        for more in ({}, {"code": "000000"}, {"password": "a wrong one", "code": code_of(secret, watch)})
    ]
    assert codes == ["two_factor_required", "wrong_code", "invalid_api_key"]
    answer = await api.post("/api/auth/login", json=wish | {"code": code_of(secret, watch)})
    assert answer.json()["token_type"] == "bearer"


async def test_the_form_goes_from_the_password_to_the_code(people: People, watch: Watch, client: Client):
    secret, _ = await enrol(people, watch, await join(people, "ada"))
    browser = client()
    form = {"email": "ada@example.org", "password": PASSWORD, "next": "/library"}

    async def post(path: str, **fields: str) -> httpx.Response:
        return await browser.post(path, data=fields)

    assert (await post("/api/auth/login/code", code="000000")).headers[
        "location"
    ] == "/login?error=log_in_expired"
    first = await post("/api/auth/login", **form)
    assert first.headers["location"] == "/login/code?next=%2Flibrary"
    (cookie,) = first.headers.get_list("set-cookie")
    assert cookie.startswith("sora_challenge=")
    assert all(word in cookie for word in ("HttpOnly", "Max-Age=300", "SameSite=lax"))
    assert (await browser.get("/api/users/me")).status_code == 401
    wrong = await post("/api/auth/login/code", code="000000", next="/library")
    assert wrong.headers["location"] == "/login/code?error=wrong_code&next=%2Flibrary"
    done = await post("/api/auth/login/code", code=code_of(secret, watch), next="//evil.example")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "sora_challenge" not in browser.cookies
    assert (await browser.get("/api/users/me")).json()["role"] == Role.ADMIN

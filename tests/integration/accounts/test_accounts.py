"""Accounts on a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from sora_studio.db.engine import Database
from sora_studio.db.models import AssetRow, JobRow, SessionRow, TrashRow, UploadRow, UserRow, VideoRow
from sora_studio.domain.account import Identity, NewAccount, Origin, SignedIn
from sora_studio.domain.errors import Conflict, InvalidInput, LimitReached, NotAllowed, NotFound, NotSignedIn
from sora_studio.domain.ids import new_id
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.devices import device_cookie
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.studio_settings import SessionPolicy, StudioSettings
from sora_studio.services.throttle import Throttle
from tests.support.accounts import HERE, PASSWORD, SIGNING_KEY, account_service, sign_up


@pytest.fixture
def accounts(database: Database) -> AccountService:
    return account_service(database)


async def test_who_signs_up_is_signed_in_and_can_log_in_again(accounts: AccountService):
    first = await accounts.sign_up(NewAccount(" Ada@Example.ORG ", PASSWORD, " Ada  Lovelace "), HERE)
    assert (first.account.email, first.account.display_name) == ("ada@example.org", "Ada Lovelace")
    assert first.expires_in == 90 * 24 * 3600
    second = await accounts.log_in("ADA@example.org", PASSWORD, HERE)
    assert second.account == first.account
    assert second.access_token != first.access_token
    identities = [await accounts.identify(signed_in.access_token) for signed_in in (first, second)]
    assert {identity.user_id for identity in identities} == {first.account.id}
    assert identities[0].session_id != identities[1].session_id


async def test_the_database_holds_neither_password_nor_token(accounts: AccountService, database: Database):
    signed_in = await sign_up(accounts)
    async with database.transaction() as tx:
        user = (await tx.exec(select(UserRow))).one()
        session = (await tx.exec(select(SessionRow))).one()
    kept = f"{user.model_dump()} {session.model_dump()}"
    assert user.password_hash.startswith("$2b$04$")
    assert PASSWORD not in kept
    assert signed_in.access_token not in kept
    assert (session.address, session.user_agent) == (HERE.address, HERE.user_agent)


@pytest.mark.parametrize(
    ("email", "password", "name", "code"),
    [
        ("ada", PASSWORD, "Ada", "invalid_email"),
        ("ada@example.org", "too short", "Ada", "weak_password"),
        ("ada@example.org", "x" * 1025, "Ada", "weak_password"),
        ("ada@example.org", "passwordpassword", "Ada", "common_password"),
        ("quixwell@example.org", "quixwellquixwell", "Ada", "common_password"),
        ("ada@example.org", PASSWORD, "  ", "invalid_name"),
        ("ada@example.org", PASSWORD, "x" * 81, "invalid_name"),
    ],
)
async def test_what_will_not_do_is_refused_before_anything_is_stored(
    accounts: AccountService, database: Database, email: str, password: str, name: str, code: str
):
    with pytest.raises(InvalidInput) as refusal:
        await accounts.sign_up(NewAccount(email, password, name), HERE)
    assert refusal.value.code == code
    async with database.transaction() as tx:
        assert (await tx.exec(select(UserRow))).all() == []


async def test_of_ten_sign_ups_at_once_with_one_address_one_wins(accounts: AccountService):
    tries = (
        accounts.sign_up(NewAccount("ada@example.org", PASSWORD, f"Ada {number}"), HERE)
        for number in range(10)
    )
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(won) == 1
    assert {type(outcome) for outcome in lost} == {Conflict}
    assert (await accounts.log_in("ada@example.org", PASSWORD, HERE)).account == won[0].account


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", "not an address", ""])
async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    accounts: AccountService, email: str
):
    await sign_up(accounts)
    with pytest.raises(NotSignedIn) as refusal:
        await accounts.log_in(email, "some other long password", HERE)
    assert str(refusal.value) == "The e-mail address or the password is wrong."


class CountingPasswords(Passwords):
    """Counts comparisons: they are what a log-in spends its time on."""

    compared = 0

    async def match(self, password: str, stored: str | None) -> bool:
        self.compared += 1
        return await super().match(password, stored)


async def test_a_wrong_password_and_an_unknown_account_cost_the_same(database: Database):
    passwords = CountingPasswords(cost=4)
    accounts = AccountService(db=database, signing_key=SIGNING_KEY, throttle=Throttle(), passwords=passwords)
    await sign_up(accounts)
    for count, email in enumerate(("ada@example.org", "nobody@example.org", "not an address"), start=1):
        with pytest.raises(NotSignedIn):
            await accounts.log_in(email, "some other long password", HERE)
        assert passwords.compared == count


async def test_wrong_passwords_are_limited_for_a_pair_of_account_and_address(accounts: AccountService):
    await sign_up(accounts)
    await sign_up(accounts, "grace")
    await fail(accounts, 10)
    with pytest.raises(LimitReached) as refusal:
        await accounts.log_in("ada@example.org", PASSWORD, HERE)  # even with the right one
    assert 0 < refusal.value.retry_after <= 300
    assert await accounts.log_in("grace@example.org", PASSWORD, HERE)
    assert await accounts.log_in("ada@example.org", PASSWORD, Origin(address="192.0.2.7"))


async def test_an_unknown_account_is_limited_like_any(accounts: AccountService):
    await fail(accounts, 10, email="nobody@example.org")
    with pytest.raises(LimitReached):
        await accounts.log_in("nobody@example.org", PASSWORD, HERE)


async def test_the_right_password_forgives_the_wrong_ones(accounts: AccountService):
    await sign_up(accounts)
    for _ in range(3):
        await fail(accounts, 9)
        await accounts.log_in("ada@example.org", PASSWORD, HERE)


async def test_one_address_cannot_try_its_luck_with_many_accounts(accounts: AccountService):
    for number in range(200):
        await fail(accounts, 1, email=f"person{number}@example.org")
    with pytest.raises(LimitReached):
        await accounts.log_in("another@example.org", PASSWORD, HERE)
    with pytest.raises(NotSignedIn):
        await accounts.log_in("another@example.org", PASSWORD, Origin(address="192.0.2.7"))


async def test_many_addresses_are_slowed_down_at_one_account_and_its_owner_is_not_shut_out(
    accounts: AccountService,
):
    signed_in = await sign_up(accounts)
    for number in range(100):
        await fail(accounts, 1, origin=Origin(address=f"192.0.2.{number}"))
    elsewhere = Origin(address="192.0.2.200")
    assert await accounts.log_in("ada@example.org", PASSWORD, elsewhere)
    await fail(accounts, 3, origin=elsewhere)
    with pytest.raises(LimitReached):
        await accounts.log_in("ada@example.org", PASSWORD, elsewhere)
    assert await accounts.identify(signed_in.access_token)  # who is signed in does not even notice


async def test_a_browser_that_has_logged_in_before_has_attempts_of_its_own(accounts: AccountService):
    """Strangers' guesses shut nobody out of their own browser, not even from the same address."""
    browser = at_home(await sign_up(accounts))
    await fail(accounts, 10)
    with pytest.raises(LimitReached):
        await accounts.log_in("ada@example.org", PASSWORD, HERE)
    again = await accounts.log_in("ada@example.org", PASSWORD, browser)
    browser = at_home(again)
    await fail(accounts, 10, origin=browser)
    with pytest.raises(LimitReached):
        await accounts.log_in("ada@example.org", PASSWORD, browser)
    assert await accounts.log_in("ada@example.org", PASSWORD, Origin(address="192.0.2.7"))


@pytest.mark.parametrize("change", ["another account", "another key", "another name", "no name", "half"])
async def test_a_forged_device_cookie_is_no_known_browser(
    accounts: AccountService, database: Database, change: str
):
    ada, grace = await sign_up(accounts), await sign_up(accounts, "grace")
    rotated = account_service(database, signing_key=b"quite another signing key, just as long")
    device, _, signature = ada.device_token.partition(".")
    token = {
        "another account": grace.device_token,
        "another key": (await rotated.log_in("ada@example.org", PASSWORD, HERE)).device_token,
        "another name": f"{device[::-1]}.{signature}",
        "no name": f".{signature}",
        "half": device,
    }[change]
    await fail(accounts, 10)
    with pytest.raises(LimitReached):
        await accounts.log_in("ada@example.org", PASSWORD, at_home(replace(ada, device_token=token)))


async def test_a_burst_of_guesses_gets_no_further_than_a_row_of_them(database: Database):
    passwords = CountingPasswords(cost=4)
    accounts = AccountService(db=database, signing_key=SIGNING_KEY, throttle=Throttle(), passwords=passwords)
    await sign_up(accounts)
    guesses = (accounts.log_in("ada@example.org", f"guess number {number}", HERE) for number in range(60))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {NotSignedIn, LimitReached}
    assert passwords.compared <= 11  # ten, and the one that was being compared meanwhile


async def test_sign_ups_are_limited_for_an_address(database: Database):
    accounts = account_service(database, throttle=Throttle({"signup": "2 per 1 hour"}))
    await sign_up(accounts, "one")
    await sign_up(accounts, "two")
    with pytest.raises(LimitReached):
        await sign_up(accounts, "three")
    assert await accounts.sign_up(
        NewAccount("three@example.org", PASSWORD, "Three"), Origin(address="192.0.2.7")
    )


async def test_logging_out_ends_this_session_and_no_other(accounts: AccountService):
    one = await sign_up(accounts)
    other = await accounts.log_in("ada@example.org", PASSWORD, HERE)
    await accounts.log_out(await accounts.identify(one.access_token))
    with pytest.raises(NotSignedIn):
        await accounts.identify(one.access_token)
    assert await accounts.identify(other.access_token)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) - timedelta(hours=6)  # a token from the future is refused

    def __call__(self) -> datetime:
        return self.now


def timed(database: Database, clock: Clock, **policy: Any) -> AccountService:
    return AccountService(
        db=database,
        signing_key=SIGNING_KEY,
        throttle=Throttle(),
        passwords=Passwords(cost=4),
        settings=StudioSettings(sessions=SessionPolicy(**policy)),
        clock=clock,
    )


async def test_a_session_ends_when_it_was_not_used_for_two_weeks(database: Database):
    clock = Clock()
    accounts = timed(database, clock)
    used, unused = [await sign_up(accounts, name) for name in ("ada", "grace")]
    for _ in range(3):
        clock.now += timedelta(days=13)
        assert await accounts.identify(used.access_token)
    with pytest.raises(NotSignedIn):
        await accounts.identify(unused.access_token)
    clock.now += timedelta(days=14)
    with pytest.raises(NotSignedIn):
        await accounts.identify(used.access_token)


async def test_a_session_ends_after_ninety_days_however_it_is_used(database: Database):
    """The clock of the token is the real one, so the database is asked here."""
    clock = Clock()
    accounts = timed(database, clock)
    signed_in = await sign_up(accounts)
    for _ in range(9):
        clock.now += timedelta(days=9)
        assert await accounts.identify(signed_in.access_token)
    clock.now += timedelta(days=9, seconds=1)
    with pytest.raises(NotSignedIn):
        await accounts.identify(signed_in.access_token)


async def test_the_last_use_is_noted_now_and_then_and_not_with_every_request(database: Database):
    clock = Clock()
    accounts = timed(database, clock)
    me = await accounts.identify((await sign_up(accounts)).access_token)
    seen: list[datetime] = []
    for seconds in (20, 40, 1):
        clock.now += timedelta(seconds=seconds)
        await accounts.sessions.verify(me)
        (session,) = await accounts.sessions.all_open(me)
        seen.append(session.last_seen_at)
    assert seen == [session.created_at, session.created_at, clock.now]


async def test_a_log_in_ends_the_session_that_its_browser_had(accounts: AccountService):
    first, elsewhere = await sign_up(accounts), await accounts.log_in("ada@example.org", PASSWORD, HERE)
    second = await accounts.log_in("ada@example.org", PASSWORD, at_home(first))
    with pytest.raises(NotSignedIn):
        await accounts.identify(first.access_token)
    assert await accounts.identify(second.access_token)
    assert await accounts.identify(elsewhere.access_token)


async def test_another_person_at_the_same_browser_ends_no_session(accounts: AccountService):
    """A tab of the one before may still be open: it says who is logged in now, and loses nothing."""
    ada = await sign_up(accounts)
    await sign_up(accounts, "grace")
    await accounts.log_in("grace@example.org", PASSWORD, at_home(ada))
    assert await accounts.identify(ada.access_token)


async def test_a_log_in_that_fails_ends_nothing(accounts: AccountService):
    ada = await sign_up(accounts)
    await fail(accounts, 1, origin=at_home(ada))
    assert await accounts.identify(ada.access_token)


async def test_of_more_sessions_than_a_person_may_have_the_longest_unused_end(database: Database):
    clock = Clock()
    accounts = timed(database, clock, most=3)
    opened = [await sign_up(accounts)]
    for _ in range(4):
        clock.now += timedelta(hours=1)
        await accounts.identify(opened[0].access_token)  # the oldest, and in use
        opened.append(await accounts.log_in("ada@example.org", PASSWORD, HERE))
    open_now = [token for token in opened if await is_open(accounts, token)]
    assert open_now == [opened[0], opened[3], opened[4]]


async def test_i_see_my_sessions_and_end_them_and_nobody_elses(accounts: AccountService):
    ada, grace = await sign_up(accounts), await sign_up(accounts, "grace")
    other, third = [await accounts.log_in("ada@example.org", PASSWORD, HERE) for _ in range(2)]
    me, her = await accounts.identify(ada.access_token), await accounts.identify(grace.access_token)
    seen = await accounts.sessions.all_open(me)
    assert len(seen) == 3
    assert {(each.address, each.user_agent) for each in seen} == {(HERE.address, HERE.user_agent)}
    assert [each.id for each in seen if each.current] == [me.session_id]
    with pytest.raises(NotFound):
        await accounts.sessions.end(me, her.session_id)
    assert await accounts.identify(grace.access_token)
    ended = (await accounts.identify(other.access_token)).session_id
    await accounts.sessions.end(me, ended)
    with pytest.raises(NotSignedIn):
        await accounts.identify(other.access_token)
    with pytest.raises(NotFound):
        await accounts.sessions.end(me, ended)
    await accounts.sessions.end_others(me)
    assert [each.id for each in await accounts.sessions.all_open(me)] == [me.session_id]
    with pytest.raises(NotSignedIn):
        await accounts.identify(third.access_token)
    assert await accounts.identify(grace.access_token)


async def test_a_token_opens_only_the_session_of_its_own_person(accounts: AccountService):
    ada, grace = await sign_up(accounts), await sign_up(accounts, "grace")
    crossed = Identity(
        user_id=ada.account.id, session_id=(await accounts.identify(grace.access_token)).session_id
    )
    now = datetime.now(UTC)
    with pytest.raises(NotSignedIn):
        await accounts.identify(accounts._tokens.issue(crossed, now, now + timedelta(days=1)))


async def test_another_signing_key_ends_sessions_and_locks_nobody_out(
    accounts: AccountService, database: Database
):
    signed_in = await sign_up(accounts)
    rotated = account_service(database, signing_key=b"quite another signing key, just as long")
    with pytest.raises(NotSignedIn):
        await rotated.identify(signed_in.access_token)
    assert (await rotated.log_in("ada@example.org", PASSWORD, HERE)).account == signed_in.account


async def test_sessions_that_have_run_out_are_swept_at_the_next_log_in(
    accounts: AccountService, database: Database
):
    signed_in = await sign_up(accounts)
    async with database.transaction() as tx:
        session = (await tx.exec(select(SessionRow))).one()
        session.expires_at = datetime.now(UTC) - timedelta(days=1)
    again = await accounts.log_in("ada@example.org", PASSWORD, HERE)
    kept = (await accounts.identify(again.access_token)).session_id
    async with database.transaction() as tx:
        assert [row.id for row in (await tx.exec(select(SessionRow))).all()] == [kept]
    with pytest.raises(NotSignedIn):
        await accounts.identify(signed_in.access_token)


async def test_an_older_hash_is_renewed_at_log_in(accounts: AccountService, database: Database):
    await sign_up(accounts)
    stronger = AccountService(
        db=database, signing_key=SIGNING_KEY, throttle=Throttle(), passwords=Passwords(cost=5)
    )
    await stronger.log_in("ada@example.org", PASSWORD, HERE)
    async with database.transaction() as tx:
        assert (await tx.exec(select(UserRow))).one().password_hash.startswith("$2b$05$")
    assert await stronger.log_in("ada@example.org", PASSWORD, HERE)


async def test_changing_the_password_ends_the_other_sessions(accounts: AccountService):
    mine = await sign_up(accounts)
    other = await accounts.log_in("ada@example.org", PASSWORD, HERE)
    me = await accounts.identify(mine.access_token)
    await accounts.change_password(me, PASSWORD, "quite another pass phrase")
    assert await accounts.identify(mine.access_token) == me
    with pytest.raises(NotSignedIn):
        await accounts.identify(other.access_token)
    with pytest.raises(NotSignedIn):
        await accounts.log_in("ada@example.org", PASSWORD, HERE)
    assert await accounts.log_in("ada@example.org", "quite another pass phrase", HERE)


async def test_changing_the_password_needs_the_current_one_and_a_good_one(accounts: AccountService):
    me = await accounts.identify((await sign_up(accounts)).access_token)
    with pytest.raises(NotAllowed):
        await accounts.change_password(me, "not my password at all", "quite another pass phrase")
    with pytest.raises(InvalidInput, match="15 to 1024"):
        await accounts.change_password(me, PASSWORD, "short")
    assert await accounts.log_in("ada@example.org", PASSWORD, HERE)


async def test_guesses_of_the_current_password_are_limited(accounts: AccountService):
    me = await accounts.identify((await sign_up(accounts)).access_token)
    for _ in range(10):
        with pytest.raises(NotAllowed):
            await accounts.delete_account(me, "not my password at all")
    with pytest.raises(LimitReached):
        await accounts.change_password(me, PASSWORD, "quite another pass phrase")


async def test_the_profile_can_be_edited_in_parts(accounts: AccountService):
    signed_in = await sign_up(accounts)
    me = await accounts.identify(signed_in.access_token)
    renamed = await accounts.edit_profile(me, display_name=" Ada  King ")
    assert (renamed.display_name, renamed.email) == ("Ada King", signed_in.account.email)
    moved = await accounts.edit_profile(me, email="Ada.King@example.org", password=PASSWORD)
    assert (moved.display_name, moved.email) == ("Ada King", "ada.king@example.org")
    assert await accounts.account(me.user_id) == moved
    assert await accounts.edit_profile(me) == moved
    assert await accounts.edit_profile(me, email=" ADA.KING@example.org") == moved  # the same address


async def test_the_profile_takes_no_bad_values_and_nobody_elses_address(accounts: AccountService):
    signed_in = await sign_up(accounts)
    me = await accounts.identify(signed_in.access_token)
    await sign_up(accounts, "grace")
    with pytest.raises(Conflict):
        await accounts.edit_profile(me, email="GRACE@example.org", password=PASSWORD)
    with pytest.raises(InvalidInput):
        await accounts.edit_profile(me, email="nowhere", password=PASSWORD)
    with pytest.raises(InvalidInput):
        await accounts.edit_profile(me, display_name="two\x07bells")
    assert await accounts.account(me.user_id) == signed_in.account


@pytest.mark.parametrize("password", [None, "", "not my password at all"])
async def test_another_address_needs_the_password(accounts: AccountService, password: str | None):
    signed_in = await sign_up(accounts)
    me = await accounts.identify(signed_in.access_token)
    with pytest.raises(NotAllowed):
        await accounts.edit_profile(me, display_name="Mallory", email="thief@example.org", password=password)
    assert await accounts.account(me.user_id) == signed_in.account


async def test_who_is_signed_in_cannot_find_out_which_addresses_have_accounts(accounts: AccountService):
    me = await accounts.identify((await sign_up(accounts)).access_token)
    await sign_up(accounts, "grace")
    for _ in range(10):
        with pytest.raises(Conflict):
            await accounts.edit_profile(me, email="grace@example.org", password=PASSWORD)
    with pytest.raises(LimitReached):
        await accounts.edit_profile(me, email="somebody@example.org", password=PASSWORD)
    assert await accounts.edit_profile(me, display_name="Ada King")


async def test_deleting_the_account_takes_everything_and_trashes_the_files(
    accounts: AccountService, database: Database
):
    grace, ada = await sign_up(accounts, "grace"), await sign_up(accounts)
    await add_files(database, ada, "ada")
    await add_files(database, grace, "grace")
    me = await accounts.identify(ada.access_token)
    await accounts.delete_account(me, PASSWORD)
    async with database.transaction() as tx:
        assert set((await tx.exec(select(TrashRow.key))).all()) == {
            "ada/video",
            "ada/thumbnail",
            "ada/upload",
        }
        for table in (UserRow, SessionRow, UploadRow):
            assert len((await tx.exec(select(table))).all()) == 1, table
        left = (await tx.exec(select(VideoRow).where(col(VideoRow.owner_id).is_(None)))).one()
        assert (left.title, left.prompt, left.deleted_at is None) == ("", "", False)
        assert set((await tx.exec(select(AssetRow.key))).all()) == {"grace/video", "grace/thumbnail"}
    with pytest.raises(NotSignedIn):
        await accounts.identify(ada.access_token)
    with pytest.raises(NotSignedIn):
        await accounts.log_in("ada@example.org", PASSWORD, HERE)
    with pytest.raises(NotFound):
        await accounts.account(me.user_id)
    assert (await sign_up(accounts)).account.id != me.user_id  # the address is free again


async def test_deleting_the_account_needs_the_password(accounts: AccountService):
    signed_in = await sign_up(accounts)
    with pytest.raises(NotAllowed):
        await accounts.delete_account(
            await accounts.identify(signed_in.access_token), "not my password at all"
        )
    assert await accounts.identify(signed_in.access_token)


async def test_a_file_that_arrives_while_the_account_goes_is_not_forgotten(
    accounts: AccountService, database: Database
):
    """It lands in the trash, or is refused: it never stays without a row."""
    ada = await sign_up(accounts)
    await add_files(database, ada, "ada")
    me = await accounts.identify(ada.access_token)
    async with database.transaction() as tx:
        video = (await tx.exec(select(VideoRow).where(col(VideoRow.owner_id) == me.user_id))).one()
        tx.add(asset(video, "spritesheet", "ada/late"))
        await tx.flush()  # not committed yet
        deleting = asyncio.create_task(accounts.delete_account(me, PASSWORD))
        done, _ = await asyncio.wait({deleting}, timeout=0.5)
        assert not done  # it waits for the file
    await deleting
    async with database.transaction() as tx:
        assert "ada/late" in (await tx.exec(select(TrashRow.key))).all()


def at_home(signed_in: SignedIn) -> Origin:
    """Say what the browser sends along that somebody has logged in with."""
    name = device_cookie(signed_in.account.id)
    cookies = f"theme=dark; sora_session={signed_in.access_token}; {name}={signed_in.device_token}"
    return replace(HERE, cookies=cookies)


async def is_open(accounts: AccountService, signed_in: SignedIn) -> bool:
    try:
        return bool(await accounts.identify(signed_in.access_token))
    except NotSignedIn:
        return False


async def fail(
    accounts: AccountService, times: int, *, email: str = "ada@example.org", origin: Origin = HERE
) -> None:
    for _ in range(times):
        with pytest.raises(NotSignedIn):
            await accounts.log_in(email, "some other long password", origin)


async def add_files(database: Database, person, name: str) -> None:
    video = VideoRow(
        id=new_id(),
        owner_id=person.account.id,
        title=name,
        prompt=name,
        provider="p",
        model="m",
        size="1280x720",
        seconds="4",
    )
    async with database.transaction() as tx:
        tx.add(video)
        await tx.flush()
        tx.add(JobRow(id=new_id(), video_id=video.id, provider="p"))
        tx.add_all([asset(video, "video", f"{name}/video"), asset(video, "thumbnail", f"{name}/thumbnail")])
        tx.add(
            UploadRow(
                id=new_id(),
                owner_id=person.account.id,
                key=f"{name}/upload",
                content_type="image/png",
                bytes=1,
                sha256="0",
                width=1,
                height=1,
            )
        )


def asset(video: VideoRow, variant: str, key: str) -> AssetRow:
    return AssetRow(
        video_id=video.id,
        variant=variant,
        key=key,
        content_type="video/mp4",
        bytes=1,
        sha256="0",
        width=1,
        height=1,
    )


class Interrupted(Passwords):
    """Lets something happen between a comparison and what it was for."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def match(self, password: str, stored: str | None) -> bool:
        fits = await super().match(password, stored)
        if happens := self.meanwhile:
            self.meanwhile = None
            await happens()
        return fits


@pytest.mark.parametrize(
    "act",
    [
        lambda accounts, _: accounts.log_in("ada@example.org", PASSWORD, HERE),
        lambda accounts, ada: accounts.change_password(ada, PASSWORD, PASSWORD),
        lambda accounts, ada: accounts.edit_profile(ada, email="eve@example.org", password=PASSWORD),
        lambda accounts, ada: accounts.confirm_password(ada, PASSWORD),
        lambda accounts, ada: accounts.delete_account(ada, PASSWORD),
    ],
    ids=["log in", "change the password", "change the address", "confirm", "delete"],
)
async def test_a_password_that_is_replaced_while_it_is_compared_opens_nothing(
    database: Database, act: Callable[[AccountService, Identity], Awaitable[object]]
):
    passwords = Interrupted(cost=4)
    accounts = AccountService(db=database, signing_key=SIGNING_KEY, throttle=Throttle(), passwords=passwords)
    thief = await accounts.identify((await sign_up(accounts)).access_token)
    ada = await accounts.identify((await accounts.log_in("ada@example.org", PASSWORD, HERE)).access_token)
    new = f"{PASSWORD} too"
    passwords.meanwhile = lambda: accounts.change_password(ada, PASSWORD, new)
    with pytest.raises(NotSignedIn):
        await act(accounts, thief)
    assert [each.current for each in await accounts.sessions.all_open(ada)] == [True]
    assert (await accounts.log_in("ada@example.org", new, HERE)).account.email == "ada@example.org"

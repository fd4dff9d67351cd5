"""What a remote client can make the server do: with whose cookie, with whose tab token."""

from typing import Any
from uuid import uuid4

import pytest
from reflex.state import FrontendEventExceptionState
from structlog.testing import capture_logs

from sora_studio import container
from sora_studio.db.engine import Database
from sora_studio.domain.account import OPERATOR, Identity, Origin, SignedIn
from sora_studio.domain.errors import Unavailable
from sora_studio.services.people.links import Links
from sora_studio.services.people.people import PeopleService
from sora_studio.ui.session import TabState
from sora_studio.ui.toasts import ToastState
from tests.support.accounts import HERE, PASSWORD, services_with, sign_up
from tests.support.library import add_videos
from tests.support.probe import Probe, ProbeState, go_on
from tests.support.tab import Tab, open_tab


def cookie(signed_in: SignedIn) -> str:
    return f"sora_session={signed_in.access_token}"


def ready(tab: Tab) -> bool:
    return bool(tab.value(ProbeState, "readings"))


async def obeyed(tab: Tab) -> bool:
    """Tell whether the server does what a tab asks; the answer is awaited either way."""
    note = uuid4().hex
    sent_away = len(tab.redirects())
    await tab.send(ProbeState.plain, note=note)
    await tab.until(lambda: note in str(tab.frames) or len(tab.redirects()) > sent_away)
    return len(tab.redirects()) == sent_away


@pytest.mark.parametrize("handler", ["plain", "load", "not_an_event"])
async def test_nobody_gets_nothing_but_the_way_to_the_log_in_page(probe: Probe, handler: str):
    await sign_up(probe.accounts)
    async with open_tab(probe.url, path="/") as tab:
        await tab.send(ProbeState.event_handlers[handler])
        await tab.until(tab.redirects)
        assert tab.redirects() == ["/login"]
        assert tab.value(ProbeState, "titles") == []
        assert tab.value(ProbeState, "readings") == 0


async def test_an_empty_studio_waits_to_be_set_up(probe: Probe):
    async with open_tab(probe.url, path="/") as tab, open_tab(probe.url, path="/library") as other:
        for each, address in ((tab, "/setup"), (other, "/login?next=/library")):
            await each.send(ProbeState.plain, note="")
            await each.until(each.redirects)
            assert each.redirects() == [address]


async def test_a_disabled_account_loses_its_tabs(probe: Probe, database: Database):
    await sign_up(probe.accounts)
    grace = await sign_up(probe.accounts, "grace")
    people = PeopleService(db=database, accounts=probe.accounts, links=Links())
    async with open_tab(probe.url, cookie=cookie(grace), path="/profile") as tab:
        assert await obeyed(tab)
        await people.disable(OPERATOR, grace.account.id)
        await tab.until(tab.redirects)


@pytest.mark.parametrize(
    "header", ["sora_session=forged", "sora_session=", "theme=dark", "sora_session=a.b.c"]
)
async def test_a_cookie_that_is_not_ours_is_nobody(probe: Probe, header: str):
    async with open_tab(probe.url, cookie=header) as tab:
        assert not await obeyed(tab)


async def test_nobody_may_call_what_is_listed_as_public(probe: Probe):
    async with open_tab(probe.url, path="/login") as tab:
        await tab.send(ProbeState.anybody)
        await tab.until(lambda: tab.value(ProbeState, "calls") == 1)
        assert tab.redirects() == []


async def test_the_log_in_page_is_not_sent_to_the_log_in_page(probe: Probe):
    async with open_tab(probe.url, path="/login?error=too_many") as tab:
        await tab.send(ProbeState.plain)
        await tab.send(ProbeState.anybody)
        await tab.until(lambda: tab.value(ProbeState, "calls") == 1)
        assert tab.redirects() == []
        assert tab.value(ProbeState, "titles") == []


async def test_the_log_in_page_learns_where_to_return_to(probe: Probe):
    async with open_tab(probe.url, path="/library?q=a dog&status=failed") as tab:
        await tab.until(tab.redirects)
        assert tab.redirects() == ["/login?next=/library%3Fq%3Da%20dog%26status%3Dfailed"]


@pytest.mark.parametrize(
    ("name", "scheme"), [("sora_session", "http"), ("__Host-sora_session", "https")], ids=["http", "https"]
)
async def test_who_is_signed_in_is_obeyed_in_her_own_name(probe: Probe, name: str, scheme: str):
    ada, grace = await sign_up(probe.accounts), await sign_up(probe.accounts, "grace")
    for person in (ada, grace):
        async with open_tab(
            probe.url, cookie=f"{name}={person.access_token}", headers={"X-Forwarded-Proto": scheme}
        ) as tab:
            assert await obeyed(tab)
            assert tab.value(ProbeState, "titles")[1] == str(person.account.id)


async def test_the_browser_is_never_told_whose_tab_it_is_nor_its_cookie(probe: Probe):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await tab.until(lambda: ready(tab))
        told = str(tab.frames)
        assert tab.state[TabState.get_full_name()] == {}
        assert ada.access_token not in told
        assert str(ada.account.id) not in told
        assert ada.account.id.hex not in told


async def test_logging_out_clears_the_screen_and_ends_the_socket(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    await add_videos(database, ada.account.id, "a secret")
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await tab.until(lambda: tab.value(ProbeState, "titles") == ["a secret"])
        await probe.accounts.log_out(await probe.accounts.identify(ada.access_token))
        await tab.until(tab.redirects)  # told at once, without having asked
        assert tab.value(ProbeState, "titles") == []  # the screen is cleared
        await tab.until(lambda: tab.closed)


async def test_what_is_sent_before_the_socket_ends_is_not_obeyed(probe: Probe):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/profile") as tab:
        assert await obeyed(tab)
        await probe.accounts.log_out(await probe.accounts.identify(ada.access_token))
        await tab.send(ProbeState.plain, note="too late")
        await tab.until(lambda: tab.closed)
        assert "too late" not in str(tab.frames)


async def test_only_the_socket_that_was_there_is_ended_not_the_next_one_of_its_tab(probe: Probe):
    """The log-in page is loaded anew, in the same tab, before the old page's socket is cut."""
    ada, bob = await sign_up(probe.accounts), await sign_up(probe.accounts, "bob")
    async with open_tab(probe.url, cookie=cookie(bob), path="/profile") as later:
        assert await obeyed(later)
        async with open_tab(probe.url, cookie=cookie(ada), path="/profile") as tab:
            assert await obeyed(tab)
            await probe.accounts.log_out(await probe.accounts.identify(ada.access_token))
            await tab.until(tab.redirects)
        async with open_tab(probe.url, cookie=cookie(ada), token=tab.token, path="/login") as anew:
            await probe.accounts.log_out(await probe.accounts.identify(bob.access_token))
            await later.until(lambda: later.closed)  # by now the first one's time is over, too
            assert not anew.closed


async def test_a_session_that_is_ended_from_elsewhere_loses_its_sockets(probe: Probe):
    ada = await sign_up(probe.accounts)
    lost = await probe.accounts.log_in("ada@example.org", PASSWORD, HERE)
    me, it = [await probe.accounts.identify(each.access_token) for each in (ada, lost)]
    async with (
        open_tab(probe.url, cookie=cookie(ada), path="/profile") as mine,
        open_tab(probe.url, cookie=cookie(lost), path="/profile") as other,
    ):
        assert await obeyed(mine)
        assert await obeyed(other)
        await probe.accounts.sessions.end(me, it.session_id)
        await other.until(lambda: other.closed)
        assert other.redirects()
        assert await obeyed(mine)


@pytest.mark.parametrize("path", ["/library", "/profile"])
async def test_every_tab_of_a_session_learns_of_its_end_and_no_other(probe: Probe, path: str):
    """Also tabs of pages that watch nothing."""
    ada = await sign_up(probe.accounts)
    elsewhere = await probe.accounts.log_in("ada@example.org", PASSWORD, HERE)
    async with (
        open_tab(probe.url, cookie=cookie(ada), path=path) as one,
        open_tab(probe.url, cookie=cookie(ada), path=path) as two,
        open_tab(probe.url, cookie=cookie(elsewhere), path=path) as other,
    ):
        for tab in (one, two, other):
            assert await obeyed(tab)
        await probe.accounts.log_out(await probe.accounts.identify(ada.access_token))
        await one.until(one.redirects)
        await two.until(two.redirects)
        assert await obeyed(other)
        assert other.redirects() == []


async def test_deleting_the_account_ends_its_tabs(probe: Probe):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/profile") as tab:
        assert await obeyed(tab)
        await probe.accounts.delete_account(await probe.accounts.identify(ada.access_token), PASSWORD)
        await tab.until(tab.redirects)


async def test_changing_the_password_ends_the_other_sessions_tabs(probe: Probe):
    ada = await sign_up(probe.accounts)
    elsewhere = await probe.accounts.log_in("ada@example.org", PASSWORD, HERE)
    async with (
        open_tab(probe.url, cookie=cookie(ada), path="/library") as mine,
        open_tab(probe.url, cookie=cookie(elsewhere), path="/library") as other,
    ):
        await mine.until(lambda: ready(mine))
        await other.until(lambda: ready(other))
        me = await probe.accounts.identify(ada.access_token)
        await probe.accounts.change_password(me, PASSWORD, "quite another pass phrase")
        await other.until(other.redirects)
        assert await obeyed(mine)


@pytest.mark.parametrize("thief", ["nobody", "grace"])
async def test_a_stolen_tab_token_shows_nothing(probe: Probe, database: Database, thief: str):
    ada, grace = await sign_up(probe.accounts), await sign_up(probe.accounts, "grace")
    await add_videos(database, ada.account.id, "a secret")
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await tab.until(lambda: tab.value(ProbeState, "titles") == ["a secret"])
    header = "" if thief == "nobody" else cookie(grace)
    async with open_tab(probe.url, cookie=header, token=tab.token, path="/library") as stolen:
        await stolen.until(lambda: ready(stolen) or stolen.redirects())
        assert "a secret" not in str(stolen.frames)
        assert stolen.value(ProbeState, "titles") == []


async def test_nothing_is_pushed_to_a_stolen_tab_that_keeps_silent(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada), path="/library") as tab:
        await tab.until(lambda: ready(tab))
    async with open_tab(probe.url, token=tab.token, path="/library", hydrate=False) as stolen:
        await stolen.send("no_such_handler")  # the tab is joined when this is refused
        await add_videos(database, ada.account.id, "a secret")
        async with open_tab(probe.url, cookie=cookie(ada), token=tab.token, path="/library") as back:
            await back.until(lambda: back.value(ProbeState, "titles") == ["a secret"])
        assert stolen.frames == []


async def test_a_copied_tab_is_a_tab_of_its_own(probe: Probe):
    """As when a browser duplicates one; the copy keeps what it shows when its connection is cut."""
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada)) as tab:
        assert await obeyed(tab)
        shown = tab.value(ProbeState, "titles")
        async with open_tab(probe.url, cookie=cookie(ada), token=tab.token) as copy:
            await copy.until(lambda: copy.value(ProbeState, "titles") == [])
            assert copy.token != tab.token
            assert await obeyed(copy)
        async with open_tab(probe.url, cookie=cookie(ada), token=copy.token) as again:
            await again.until(lambda: again.value(ProbeState, "titles"))
            assert again.value(ProbeState, "titles") == copy.value(ProbeState, "titles")
        assert tab.value(ProbeState, "titles") == shown


async def test_a_cookie_inside_an_event_counts_for_nothing(probe: Probe):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url) as tab:
        tab.route |= {
            "headers": {"cookie": cookie(ada)},
            "cookie": cookie(ada),
            "sid": "x",
            "ip": "127.0.0.1",
        }
        assert not await obeyed(tab)


async def test_nothing_happens_while_nobody_can_be_identified(probe: Probe):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada)) as tab:
        assert await obeyed(tab)
        before = len(tab.frames)
        away = Away()
        with container.using(services_with(away)):
            await tab.send(ProbeState.plain, note="while it was away")
            await tab.until(lambda: "cannot reach its database" in str(tab.value(ToastState, "toast")))
            assert away.asked <= 2  # a push may come; the words about it would be held up again and again
        assert await obeyed(tab)
        assert "while it was away" not in str(tab.frames[before:])


class Away:
    """An account service whose database is away."""

    asked = 0

    async def identify(self, _token: str, _origin: Origin) -> Identity:
        self.asked += 1
        message = "The database cannot be reached."
        raise Unavailable(message)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "no_such_handler",
        "reflex___state____state.nothing",
        "__init__",
        "x" * 5000,
        "reflex___state____state._clean",
    ],
)
async def test_an_event_that_does_not_exist_disturbs_nobody(probe: Probe, name: str):
    ada = await sign_up(probe.accounts)
    async with open_tab(probe.url, cookie=cookie(ada)) as tab, open_tab(probe.url) as nobody:
        await nobody.send(name)
        await tab.send(name)
        assert await obeyed(tab)


@pytest.mark.parametrize(
    "payload", [{}, {"note": None}, {"note": [1, 2]}, {"nots": "x"}, {"self": 1}, {"note": {"a": 1}}]
)
async def test_whatever_is_sent_along_nobody_is_not_let_in(probe: Probe, payload: dict[str, Any]):
    async with open_tab(probe.url) as tab:
        await tab.send(ProbeState.plain, **payload)
        await tab.until(tab.redirects)
        assert tab.value(ProbeState, "titles") == []


async def test_a_handler_that_is_still_at_work_shows_nothing_after_a_log_out(
    probe: Probe, database: Database
):
    ada = await sign_up(probe.accounts)
    await add_videos(database, ada.account.id, "a secret")
    go_on.clear()
    async with open_tab(probe.url, cookie=cookie(ada)) as tab:
        await tab.send(ProbeState.wait)
        await tab.until(lambda: tab.value(ProbeState, "calls") == 1)
        await probe.accounts.log_out(await probe.accounts.identify(ada.access_token))
        await tab.until(tab.redirects)
        go_on.set()
        await tab.until(lambda: tab.closed)
        assert "a secret" not in str(tab.frames)


@pytest.mark.parametrize("thief", ["nobody", "grace"])
async def test_a_handler_that_is_still_at_work_shows_nothing_to_who_joins_in_silence(
    probe: Probe, database: Database, thief: str
):
    """No event has passed the guard since, so the tab's state cannot know that somebody else is there."""
    ada, grace = await sign_up(probe.accounts), await sign_up(probe.accounts, "grace")
    await add_videos(database, ada.account.id, "a secret")
    go_on.clear()
    async with open_tab(probe.url, cookie=cookie(ada)) as tab:
        await tab.send(ProbeState.wait)
        await tab.until(lambda: tab.value(ProbeState, "calls") == 1)
    header = "" if thief == "nobody" else cookie(grace)
    async with open_tab(probe.url, cookie=header, token=tab.token, hydrate=False) as stolen:
        await stolen.send("no_such_handler")
        go_on.set()
        async with open_tab(probe.url, cookie=cookie(ada), token=tab.token) as back:
            await back.until(lambda: back.value(ProbeState, "titles") == ["a secret"])
        assert stolen.frames == []


@pytest.mark.parametrize(
    "text",
    ["\\" * 60_000, 'TypeError: can\'t access property "", ' * 1500],
    ids=["square", "cubic"],
)
async def test_no_text_about_a_failed_page_holds_anybody_up(probe: Probe, text: str):
    """Reflex's own handler looks through them for half a minute, and answers nobody meanwhile."""
    ada = await sign_up(probe.accounts)
    with capture_logs() as log:
        async with (
            open_tab(probe.url, cookie=cookie(ada)) as tab,
            open_tab(probe.url, path="/login") as nobody,
        ):
            await nobody.send(
                FrontendEventExceptionState.event_handlers["handle_frontend_exception"],
                info=text,
                component_stack="",
            )
            await nobody.send(ProbeState.anybody)
            await nobody.until(lambda: nobody.value(ProbeState, "calls") == 1)
            assert await obeyed(tab)
    assert [line["reason"][:50] for line in log if line["event"] == "browser_failed"] == [text[:50]]


async def test_the_log_is_not_filled_with_failed_pages(probe: Probe):
    report = FrontendEventExceptionState.event_handlers["handle_frontend_exception"]
    with capture_logs() as log:
        async with open_tab(probe.url, path="/login") as tab:
            for number in range(100):
                await tab.send(report, info=f"flood {number}", component_stack="")
            await tab.send(ProbeState.anybody)
            await tab.until(lambda: tab.value(ProbeState, "calls") == 1)
    notes = [line["reason"] for line in log if line["event"] == "browser_failed"]
    assert len(notes) == 60
    assert notes[0].endswith("flood 0")

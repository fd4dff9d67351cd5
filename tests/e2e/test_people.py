"""Several tabs, several people, and the end of a session."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Collector, Join, Visit
from tests.support.accounts import PASSWORD
from tests.support.browser import RENDERED, ready
from tests.support.person import Person, log_in


async def test_every_tab_of_the_owner_sees_it_and_nobody_else(visit: Visit, join_studio: Join):
    """Two tabs and another window of the same person move without a reload; a stranger's does not."""
    ada, eve = await join_studio(), await join_studio("Eve")
    again = await log_in((await visit(ada)).url, ada.email)
    here, there, elsewhere = await visit(ada), await visit(again), await visit(eve)
    pages = [await here.open("/"), await here.open("/library"), await there.open("/")]
    strange = await elsewhere.open("/library")
    for page in [*pages, strange]:
        await page.evaluate("window.neverReloaded = true")
    video_id = await ada.ask("forbidden-late-test a canary in a mine")
    for page in pages:
        await expect(page.get_by_role("article")).to_contain_text("canary", timeout=RENDERED)
        await expect(page.get_by_role("article")).to_contain_text("moderation", timeout=RENDERED)
        assert await page.evaluate("window.neverReloaded")
    await expect(strange.get_by_role("article")).to_have_count(0)
    assert "canary" not in await strange.content()
    await strange.goto(f"/video/{video_id}")
    await expect(strange.get_by_role("heading", level=1)).to_contain_text("There is no")
    await again.http.aclose()


async def test_log_out_ends_every_tab_of_the_session(visit: Visit, collector: Collector):
    session = await log_in((await visit(collector.person)).url, collector.person.email)
    window = await visit(session)
    first, second = await window.open("/library"), await window.open("/profile")
    await second.get_by_role("button", name="Log out").click()
    await expect(second).to_have_url(re.compile("/login"))
    await expect(first).to_have_url(re.compile("/login"))
    await expect(first.get_by_text("lighthouse")).to_have_count(0)
    await first.go_back()
    await expect(first).to_have_url(re.compile("/login"))
    assert (await session.http.get("/api/users/me")).status_code == 401
    await session.http.aclose()


async def test_wrong_passwords_and_bad_sign_ups_lose_nothing(visit: Visit, collector: Collector):
    window = await visit()
    page = await window.context.new_page()
    await page.goto("/login")
    await page.get_by_label("E-mail").fill(collector.person.email)
    await page.get_by_label("Password", exact=True).fill("not the right pass phrase")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("password")
    await expect(page.get_by_label("E-mail")).to_have_value(collector.person.email)
    await page.goto("/signup")
    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("E-mail").fill(collector.person.email)
    await page.get_by_label("Password", exact=True).fill("a good long pass phrase")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("E-mail")).to_have_value(collector.person.email)
    await expect(page.get_by_label("Name")).to_have_value("Ada")


async def test_what_one_person_typed_is_nobody_elses(visit: Visit, join_studio: Join):
    """Somebody else logs in in another tab: the first says so, and does nothing but continue as them."""
    ada, eve = await join_studio(), await join_studio("Eve")
    window = await visit(ada)
    first, second = await window.open("/"), await window.context.new_page()
    await first.get_by_role("textbox", name="Prompt").fill("a secret")
    await _log_in(second, eve)
    await expect(first.get_by_text("logged in with another account")).to_be_visible()
    await first.get_by_role("button", name="Create").click()
    await first.get_by_role("link", name="Continue with the other account").click()
    await ready(first)
    await expect(first.get_by_role("textbox", name="Prompt")).to_have_value("")
    await _log_in(first, ada)
    await expect(first.get_by_role("textbox", name="Prompt")).to_have_value("a secret")
    assert [await person.videos() for person in (ada, eve)] == [[], []]


async def _log_in(page: Page, person: Person) -> None:
    await page.goto("/login")
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await ready(page)


_BLOCKED = """for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {
  configurable: true, get() { throw new DOMException("denied", "SecurityError"); } });"""


@pytest.mark.parametrize("path", ["/login", "/library"])
async def test_a_browser_that_keeps_nothing_is_told_so(visit: Visit, path: str):
    window = await visit()
    await window.context.add_init_script(_BLOCKED)
    page = await window.context.new_page()
    await page.goto(path)
    await expect(page.get_by_text("This browser blocks cookies")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/login", "/signup", "/library", "/profile"])
async def test_without_scripts_a_page_says_what_it_needs(join_studio: Join, path: str):
    """Asked by hand: a browser that is only told to run no scripts reads the page as if it did."""
    page = (await (await join_studio()).http.get(path)).text
    assert re.search(r"<noscript><p[^>]*>Sora Studio needs JavaScript.", page)

"""Those who run a studio: they set it up, let people in and see to their accounts."""

import re

from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import FAST, Visit
from tests.support.accounts import PASSWORD
from tests.support.browser import Visitor, press, ready
from tests.support.person import Person
from tests.support.studio import fresh_data_dir, serving

NEW_PASSWORD = f"{PASSWORD} too"


async def test_an_empty_studio_is_set_up_by_the_first_who_comes(chromium: Browser):
    with fresh_data_dir() as data_dir, serving(data_dir, environment=FAST) as studio:
        window = Visitor(studio.url)
        await window.arrive(chromium, None)
        page = await window.context.new_page()
        await page.goto("/")
        await expect(page.get_by_role("heading", name="Set up your studio")).to_be_visible()
        await expect(page.get_by_label("Set-up code")).to_be_hidden()  # this machine needs none
        await page.get_by_label("E-mail").fill("ada@example.org")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.keyboard.press("Enter")
        await ready(page)
        await page.get_by_role("link", name="People").click()
        await expect(page.get_by_role("heading", name="People")).to_be_visible()
        await expect(page.locator(".accounts").last).to_contain_text("ada@example.org")
        await page.goto("/setup")
        await expect(page.get_by_text("This studio is set up already")).to_be_visible()
        await window.context.close()
        assert not (data_dir / "setup_code").exists()


async def test_somebody_is_invited_and_shut_out_at_once(visit: Visit, admin: Person):
    office = await visit(admin)
    page = await office.open("/people")
    await page.get_by_label("For whom").fill("Barbara")
    await page.keyboard.press("Enter")
    link = await page.locator("#link").text_content()
    assert link
    theirs = await _follow(await visit(), link)
    await theirs.get_by_label("Name").fill("Barbara")
    await theirs.get_by_label("E-mail").fill("barbara@example.org")
    await theirs.get_by_label("Password", exact=True).fill(PASSWORD)
    await theirs.keyboard.press("Enter")
    await ready(theirs)
    await expect(theirs.get_by_role("link", name="People")).to_have_count(0)
    await theirs.goto("/people")
    await expect(theirs.get_by_role("alert").filter(has_text="Only an admin")).to_be_visible()

    await _find(page, "barb")
    account = page.locator(".accounts > li").filter(has_text="barbara@example.org")
    await press(account.locator("summary", has_text="Disable"))
    await press(account.get_by_role("button", name="Disable account"))
    await expect(account).to_contain_text("Disabled")
    await expect(theirs).to_have_url(re.compile("/login"))
    await press(account.get_by_role("button", name="Enable"))
    await expect(account.get_by_text("Disabled")).to_have_count(0)

    await press(account.get_by_role("button", name="Reset link"))
    reset = page.locator("#link").filter(has_text="/reset#token=")
    theirs = await _follow(await visit(), await reset.text_content() or "")
    await theirs.get_by_label("New password").fill(NEW_PASSWORD)
    await theirs.keyboard.press("Enter")
    await expect(theirs.get_by_text("Your new password is set")).to_be_visible()
    await theirs.get_by_label("E-mail").fill("barbara@example.org")
    await theirs.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    await theirs.keyboard.press("Enter")
    await ready(theirs)

    page = await office.turn_to("/audit")
    await page.get_by_label("Whose").fill("barbara@example.org")
    await page.keyboard.press("Enter")
    trail = page.locator(".trail")
    for words in ("Set a password by a link", "Made a reset link", "Disabled the account", "Signed up"):
        await expect(trail).to_contain_text(words)


async def _follow(window: Visitor, link: str) -> Page:
    """Open a link that was handed over, at the address where this studio is served."""
    page = await window.context.new_page()
    await page.goto(link[link.index("/", len("https://")) :])
    await expect(page.get_by_label(re.compile("assword$")).first).to_be_visible()
    assert "#" not in page.url, "the token has left the address"
    return page


async def _find(page: Page, words: str) -> None:
    await page.get_by_role("searchbox", name="Search people").fill(words)
    await page.keyboard.press("Enter")
    await expect(page.locator(".accounts").last.locator("li")).to_have_count(1)

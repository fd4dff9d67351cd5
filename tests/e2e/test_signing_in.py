"""The ways in: with a code besides the password."""

import re

from playwright.async_api import expect
from pyotp.totp import TOTP

from tests.e2e.conftest import Join, Visit
from tests.support.accounts import PASSWORD


async def test_a_second_factor_is_set_up_and_asked_for(visit: Visit, join_studio: Join):
    """The key in text and the picture say the same; a recovery code opens the account, once, by the form."""
    ada = await join_studio()
    page = await (await visit(ada)).open("/profile")
    section = page.locator("section", has=page.get_by_role("heading", name="Two-factor authentication"))
    await section.get_by_role("button", name="Set up").click()
    await expect(section.get_by_role("img", name="QR code")).to_be_visible()
    secret = await section.locator("#authenticator-secret").inner_text()
    await section.get_by_label("Code that the app shows").fill("000000")
    await section.get_by_role("button", name="Turn on").click()
    await expect(section.get_by_role("alert")).to_contain_text("not the code")
    await section.get_by_label("Code that the app shows").fill(TOTP(secret).now())
    await section.get_by_role("button", name="Turn on").click()
    recovery = (await section.locator("#recovery-codes").inner_text()).split()
    await section.get_by_role("button", name="Done").click()
    await expect(section.get_by_text("10 of 10 recovery codes left")).to_be_visible()
    assert not [word for word in (secret, *recovery) if word in await page.content()]

    elsewhere = await (await visit()).context.new_page()
    await elsewhere.goto("/login?next=/library")
    await elsewhere.get_by_label("E-mail").fill(ada.email)
    await elsewhere.get_by_label("Password", exact=True).fill(PASSWORD)
    await elsewhere.get_by_role("button", name="Log in").click()
    await elsewhere.get_by_label("Code").fill("000000")
    await elsewhere.get_by_role("button", name="Log in").click()
    await expect(elsewhere.get_by_text("That code is wrong")).to_be_visible()
    await elsewhere.get_by_label("Code").fill(recovery[0])
    await elsewhere.get_by_role("button", name="Log in").click()
    await expect(elsewhere).to_have_url(re.compile("/library$"))

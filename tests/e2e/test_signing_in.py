"""The ways in: with a code besides the password, and by an OpenID provider."""

import re

from playwright.async_api import Browser, Page, expect
from pyotp.totp import TOTP

from tests.e2e.conftest import FAST, Join, Visit
from tests.support.accounts import PASSWORD
from tests.support.browser import Visitor, press, ready
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, identity_provider
from tests.support.studio import free_port, fresh_data_dir, serving


async def test_a_second_factor_is_set_up_and_asked_for(visit: Visit, join_studio: Join):
    """By the keyboard: a finger has to wait until nothing moves. A recovery code opens the account, once."""
    ada = await join_studio()
    page = await (await visit(ada)).open("/profile")
    section = page.locator("section", has=page.get_by_role("heading", name="Two-factor authentication"))
    await section.get_by_role("button", name="Set up").click()
    await expect(section.get_by_role("img", name="QR code")).to_be_visible()
    secret = await section.locator("#authenticator-secret").inner_text()
    await section.get_by_label("Code that the app shows").fill("000000")
    await press(section.get_by_role("button", name="Turn on"))
    await expect(section.get_by_role("alert")).to_contain_text("not the code")
    await section.get_by_label("Code that the app shows").fill(TOTP(secret).now())
    await press(section.get_by_role("button", name="Turn on"))
    recovery = (await section.locator("#recovery-codes").inner_text()).split()
    await press(section.get_by_role("button", name="Done"))
    await expect(section.get_by_text("10 of 10 recovery codes left")).to_be_visible()
    await expect(section.locator("#recovery-codes")).to_have_count(0)
    assert not [word for word in (secret, *recovery) if word in await page.content()]

    elsewhere = await (await visit()).context.new_page()
    await elsewhere.goto("/login?next=/library")
    await elsewhere.get_by_label("E-mail").fill(ada.email)
    await elsewhere.get_by_label("Password", exact=True).fill(PASSWORD)
    await press(elsewhere.get_by_role("button", name="Log in"))
    await elsewhere.get_by_label("Code").fill("000000")
    await press(elsewhere.get_by_role("button", name="Log in"))
    await expect(elsewhere.get_by_text("That code is wrong")).to_be_visible()
    await elsewhere.get_by_label("Code").fill(recovery[0])
    await press(elsewhere.get_by_role("button", name="Log in"))
    await expect(elsewhere).to_have_url(re.compile("/library$"))


async def test_single_sign_on_leads_in_and_out(chromium: Browser):
    """By a real provider: the first visit opens the account, log-out ends both sessions, errors are told."""
    port = free_port()
    home = f"http://localhost:{port}"
    root = {"email": "root@example.org", "email_verified": True, "name": "Root", "groups": ["admins"]}
    callback = f"{home}/api/auth/oidc/callback"
    with identity_provider(callback, f"{home}/login", {"root": root}) as provider, fresh_data_dir() as data:
        settings = {
            "SORA_STUDIO_OIDC_ISSUER": provider.issuer,
            "SORA_STUDIO_OIDC_CLIENT_ID": CLIENT_ID,
            "SORA_STUDIO_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "SORA_STUDIO_OIDC_BUTTON_TEXT": "Log in with Example",
            "SORA_STUDIO_OIDC_AUTO_REGISTER": "true",
            "SORA_STUDIO_OIDC_ADMIN_CLAIM": "groups=admins",
            "SORA_STUDIO_OIDC_HIDE_PASSWORD_FORM": "true",
        }
        with serving(data, port=port, environment=FAST | settings):
            window = Visitor(home)
            await window.arrive(chromium, None)
            window.tolerate("foreign request: " + re.escape(provider.issuer))
            window.tolerate(r"fonts\.googleapis\.com")  # in that provider's own page
            page = await window.context.new_page()
            await page.goto("/login?next=/people")
            await expect(page.get_by_label("E-mail")).to_be_hidden()
            await page.get_by_role("link", name="Log in with Example").click()
            await _log_in_there(page)
            await expect(page).to_have_url(f"{home}/people")
            await ready(page)
            await expect(page.get_by_text("root@example.org")).to_be_visible()
            there = await window.context.new_page()
            await there.goto(f"{provider.issuer}/session/end")
            await there.get_by_role("button", name=re.compile("yes", re.IGNORECASE)).click()
            await expect(page).to_have_url(re.compile("/login"))  # at once: the provider says so
            await there.close()
            await page.get_by_role("link", name="Log in with Example").click()
            await _log_in_there(page)
            await expect(page).to_have_url(f"{home}/people")
            await page.goto("/profile")
            await ready(page)
            await expect(page.locator("input[type=password]")).to_have_count(1)  # a first one, if they like
            await page.get_by_role("link", name="log in again").first.click()
            await _log_in_there(page)  # although they are logged in there
            await expect(page).to_have_url(f"{home}/profile")
            await ready(page)
            await page.get_by_role("button", name="Log out").click()
            await page.get_by_role("button", name=re.compile("yes", re.IGNORECASE)).click()
            await expect(page).to_have_url(re.compile(f"^{home}/login"))
            assert not [cookie for cookie in await window.context.cookies(home) if "session" in str(cookie)]
            await page.goto("/login?error=sso_expired")
            await expect(page.get_by_text("That log-in was not begun in this browser")).to_be_visible()
            await expect(page.get_by_label("E-mail")).to_be_visible()
            assert window.complaints == []
            await window.context.close()


async def _log_in_there(page: Page) -> None:
    """Fill in the page of the provider."""
    await page.locator("[name=login]").fill("root")
    await page.locator("[name=password]").fill("any")
    await page.locator("button[type=submit]").click()

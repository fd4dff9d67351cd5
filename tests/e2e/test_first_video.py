"""From nothing to a video that plays: what everybody does first."""

import re

from playwright.async_api import WebSocketRoute, expect

from tests.e2e.conftest import Join, Visit
from tests.support.accounts import PASSWORD
from tests.support.browser import RENDERED, ready

_WATCH_PROGRESS = """() => {
  window.percents = [];
  new MutationObserver((changes) => changes.forEach(({ target }) => {
    if (target.ariaValueNow !== null) window.percents.push(Number(target.ariaValueNow));
  })).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["aria-valuenow"] });
}"""
_IN_THE_NEXT_FRAME = """() => document.addEventListener("click", () => requestAnimationFrame(() => {
  window.tilesAtOnce = document.querySelectorAll("article [role=progressbar]").length;
}), { once: true, capture: true })"""


async def test_from_sign_up_to_a_video_that_plays(visit: Visit):
    window = await visit()
    page = await window.context.new_page()
    await page.goto("/")
    await expect(page).to_have_url(re.compile("/login$"))
    await page.get_by_role("link", name="Sign up").click()
    await page.get_by_label("Name").fill("Ada Lovelace")
    await page.get_by_label("E-mail").fill("ada.lovelace@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign up").click()

    await expect(page).to_have_url(f"{window.url}/")
    await ready(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Ada")
    examples = page.locator("main").get_by_role("listitem").get_by_role("button")
    await expect(examples).to_have_count(3)
    await examples.first.click()
    prompt = page.get_by_role("textbox", name="Prompt")
    await expect(prompt).to_have_value(await examples.first.inner_text())

    await prompt.fill("A red fox trots over fresh snow at sunset (slow-test)")
    await page.evaluate("window.neverReloaded = true")
    await page.evaluate(_IN_THE_NEXT_FRAME)
    await page.get_by_role("button", name="Create").click()
    assert await page.evaluate("window.tilesAtOnce") == 1

    tile = page.get_by_role("article")
    await expect(tile).to_have_count(1)
    await expect(tile).to_contain_text("A red fox")
    await expect(prompt).to_have_value("")
    await page.evaluate(_WATCH_PROGRESS)
    await expect(tile).to_contain_text("Ready", timeout=RENDERED)
    percents: list[int] = await page.evaluate("window.percents")
    assert len(set(percents)) >= 2
    assert percents == sorted(percents)
    assert percents[-1] <= 100

    await tile.get_by_role("link").click()
    await expect(page).to_have_url(re.compile("/video/video_[0-9a-f]{32}$"))
    await expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    video = page.locator("video")
    await expect(video).to_have_js_property("readyState", 4)
    assert 3.9 < await video.evaluate("video => video.duration") < 4.3
    assert await page.evaluate("window.neverReloaded")


async def test_the_tile_of_a_click_is_never_seen_twice(visit: Visit, join_studio: Join):
    """A push that overtakes the answer brings the video in the place of its stand-in."""
    held: list[tuple[WebSocketRoute, str | bytes]] = []

    def hold_answers(browser: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            if "accepted" in str(message) and "overtaken" in str(message):
                held.append((browser, message))
            else:
                browser.send(message)

        browser.connect_to_server().on_message(pass_on)

    window = await visit(await join_studio())
    await window.context.route_web_socket(re.compile("_event"), hold_answers)
    page = await window.open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.fill("forbidden-test overtaken, first words of a title that is cut somewhere in the end")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("button", name="Actions for forbidden-test overtaken")).to_have_count(1)
    assert await page.get_by_role("article").count() == 1
    assert await prompt.input_value() != ""
    for browser, message in held:
        browser.send(message)
    await expect(prompt).to_have_value("")
    await expect(page.get_by_role("article")).to_have_count(1)

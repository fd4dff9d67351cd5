"""From nothing to a video that plays: what everybody does first."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.support.accounts import PASSWORD
from tests.support.browser import RENDERED, answered, ready

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

    await prompt.fill("A red fox trots over fresh snow at sunset")
    await page.evaluate("window.neverReloaded = true")
    await page.evaluate(_IN_THE_NEXT_FRAME)
    await page.get_by_role("button", name="Create").click()
    assert await page.evaluate("window.tilesAtOnce") == 1

    await answered(page)
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

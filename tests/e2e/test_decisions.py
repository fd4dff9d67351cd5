"""What waits for its person: seen from every page, and what a way out costs is said where it is chosen."""

import re

from playwright.async_api import Locator, Page, expect

from sora_studio.domain.video import Phase
from tests.e2e.conftest import Join, Visit
from tests.support.browser import has_focus, press
from tests.support.standstill import leave
from tests.support.studio import RunningStudio

_SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, summary, label:has(input)")]
  .filter((target) => {
    const { width, height } = target.getBoundingClientRect();
    if (!target.checkVisibility() || target.closest(".sr, .skip")) return false;
    return getComputedStyle(target).display !== "inline" && Math.min(width, height) < 44;
  }).map((target) => target.outerHTML)"""


async def test_a_decision_is_seen_and_priced_on_a_touch_screen(
    visit: Visit, studio: RunningStudio, join_studio: Join
):
    """The questions are opened by the keyboard: a finger has to wait until nothing moves."""
    ada = await join_studio()
    words = ("kite", "gull", "boat", "lamp")
    lost = [await ada.ask(f"forbidden-test a {word}") for word in words]
    for video_id in lost:
        await ada.ended(video_id)
    window = await visit(ada, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = await window.open("/library")
    chip = page.get_by_role("button", name=re.compile("^Your decision"))
    dot = page.get_by_role("navigation", name="Main").locator(".dot")
    await expect(page.locator(".tile")).to_have_count(4)
    await expect(dot.or_(chip)).to_have_count(0)
    head = await heights(page, ".library-head")
    leave(studio, Phase.NEEDS_ATTENTION, *lost)
    await expect(dot).to_be_visible()
    await expect(chip).to_contain_text("4")
    assert await heights(page, ".library-head") == head, "the videos have been pushed down"

    page = await window.open("/library?status=deciding")  # in a new tab, which shows nothing from before
    chip = page.get_by_role("button", name=re.compile("^Your decision"))
    dot = page.get_by_role("navigation", name="Main").locator(".dot")
    assert await page.evaluate(_SMALL_TARGETS) == []
    kite, gull, boat, lamp = (page.locator(".tile").filter(has_text=f"a {word}") for word in words)
    await press(lamp.locator("summary", has_text="Give up"))
    await says(lamp.locator(".asked:visible"), "You may still have to pay $0.40 play money for it.")
    await press(lamp.get_by_role("button", name="Give up for good"))
    await expect(chip).to_contain_text("3")
    await has_focus(page, "giving up")
    await press(gull.locator("summary", has_text="Submit again"))
    await says(gull.locator(".asked:visible"), "you pay for both. Submit again: $0.40 play money")
    await press(gull.get_by_role("button", name="Submit again: $0.40"))
    await expect(chip).to_contain_text("2")
    await has_focus(page, "submitting again")
    await press(kite.get_by_role("button", name="Check again"))
    await expect(chip).to_contain_text("1")
    await has_focus(page, "checking again")
    await press(boat.get_by_role("button", name="Actions for"))
    menu = page.get_by_role("menu")
    await press(menu.locator("summary", has_text="Delete"))
    await says(menu.locator(".asked"), "You may still have to pay $0.40 play money for it.")
    await press(menu.get_by_role("button", name="Delete now"))
    await expect(dot).to_have_count(0)
    await has_focus(page, "deleting")


async def heights(page: Page, selector: str) -> list[float]:
    """Return how high something is on a small phone, a phone and two tablets; the page stays a phone."""
    found = []
    for width in (320, 600, 768, 390):
        await page.set_viewport_size({"width": width, "height": 844})
        found.append(await page.locator(selector).evaluate("part => part.getBoundingClientRect().height"))
    return found


async def says(question: Locator, words: str) -> None:
    """See that a question is open and wholly on the screen, with what it costs."""
    await expect(question).to_contain_text(words.replace("play money", "play\u00a0money"))
    await expect(question).to_be_in_viewport(ratio=1)

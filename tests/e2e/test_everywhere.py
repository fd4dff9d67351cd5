"""On a phone, by keyboard, and without a jump."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import STUDIO, Collector, Join, Visit
from tests.support.browser import shifted, squeezed
from tests.support.person import Person


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_page_fits_and_stands_still(
    visit: Visit, collector: Collector, admin: Person, width: int, theme: str
):
    """No page scrolls sideways, jumps (CLS at most 0.05), complains, or asks a foreign origin."""
    window, office = [
        await visit(
            person, viewport={"width": width, "height": 844}, color_scheme=theme, has_touch=width < 640
        )
        for person in (collector.person, admin)
    ]
    paths = ("/", "/library", f"/video/{collector.lighthouse}", "/profile", *STUDIO)
    for path in paths:
        page = await (office if path in STUDIO else window).turn_to(path)
        await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        await expect(page.locator(".rail .place:not([title])")).to_have_count(0)  # some are icons alone
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert await squeezed(page) == [], path
        assert await shifted(page) <= 0.05, path


@pytest.mark.parametrize("width", [320, 390, 820, 1440])
async def test_nothing_is_wider_than_its_place(visit: Visit, join_studio: Join, width: int):
    """Neither with the most that the form offers, nor on the narrowest tile."""
    ada = await join_studio()
    await ada.ended(await ada.ask("forbidden-test as narrow as tiles are", size="720x1280"))
    window = await visit(ada, viewport={"width": width, "height": 844})
    page = await window.open("/")
    options = page.get_by_title("Size, length and model")
    if await options.is_visible():
        await options.click()
    await page.get_by_role("combobox", name="Model").select_option("sandbox/sora-2-pro")
    await expect(page.get_by_title("1920\u00d71080")).to_contain_text("$2.80")
    await page.get_by_title("Portrait 720\u00d71280").click()
    await page.get_by_title("1080\u00d71920").click()
    await page.get_by_role("radio", name="20 seconds").check(force=True)
    await expect(page.get_by_label("Price")).to_have_text("$14.00 play money")
    assert await squeezed(page) == []
    await page.get_by_role("heading", level=1).click()  # closes what was opened
    assert await squeezed(page) == []
    assert await squeezed(await window.turn_to("/library")) == []


async def test_create_and_search_by_keyboard_alone(visit: Visit, join_studio: Join):
    window = await visit(await join_studio())
    page = await window.open("/")
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement?.matches('textarea')"):
            break
    await page.keyboard.type("forbidden-test by keyboard")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("article")).to_contain_text("by keyboard")


async def test_a_double_click_makes_one_video(visit: Visit, join_studio: Join):
    ada = await join_studio()
    window = await visit(ada)
    page = await window.open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.fill("forbidden-test only once")
    await page.get_by_role("button", name="Create").dblclick()
    await expect(prompt).to_have_value("")
    await expect(page.get_by_role("article")).to_contain_text("only once")
    await page.reload()
    await expect(page.get_by_role("article")).to_have_count(1)
    assert len(await ada.videos()) == 1


async def test_an_unknown_address_says_so(visit: Visit, collector: Collector):
    window = await visit(collector.person)
    page = await window.context.new_page()
    answer = await page.goto("/nowhere")
    assert answer
    assert answer.status == 404
    await expect(page.get_by_role("heading", level=1)).to_contain_text("There is no page")
    window.tolerate("404")

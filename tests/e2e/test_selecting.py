"""Find the good ones and let the rest go: stars, tags, and several videos at once."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import WebSocket, expect

from tests.e2e.conftest import Visit
from tests.support.browser import has_focus, press
from tests.support.person import Person, join
from tests.support.studio import RunningStudio

CLIPS = 10


@pytest.fixture(scope="session")
async def curator(studio: RunningStudio, first_account: Person) -> AsyncIterator[Person]:
    """Make a person with ten clips, which tests put back."""
    del first_account  # was here first
    person = await join(studio.url, "Cleo")
    for video_id in await asyncio.gather(*(person.ask(f"clip {number} of a fox") for number in range(CLIPS))):
        assert (await person.ended(video_id))["status"] == "completed"
    yield person
    await person.http.aclose()


async def test_a_star_is_a_key_and_costs_the_socket_little(visit: Visit, curator: Person):
    window = await visit(curator)
    page = await window.context.new_page()
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(str(frame)))
        socket.on("framesent", lambda frame: frames.append(str(frame)))

    page.on("websocket", listen)
    await page.goto("/library")
    tiles = page.get_by_role("article")
    await expect(tiles).to_have_count(CLIPS)
    await tiles.first.locator("a.open").focus()
    frames.clear()
    await page.keyboard.press("4")
    await expect(tiles.first).to_contain_text("4 stars")
    await has_focus(page, "a star")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("2")
    await expect(tiles.nth(1)).to_contain_text("2 stars")
    assert sum(map(len, frames)) <= 2 * 2048
    await page.keyboard.press("0")
    await expect(tiles.nth(1)).not_to_contain_text("stars")
    await page.get_by_role("button", name="Starred").click()
    await expect(tiles).to_have_count(1)
    await expect(page).to_have_url(re.compile("q=stars"))
    await page.get_by_role("button", name="Starred").click()
    await expect(tiles).to_have_count(CLIPS)


async def test_ten_clips_go_with_three_clicks_and_come_back_with_one(visit: Visit, curator: Person):
    page = await (await visit(curator)).open("/library")
    tiles = page.get_by_role("article")
    await tiles.first.hover()
    await tiles.first.get_by_role("checkbox").click()
    await tiles.last.get_by_role("checkbox").click(modifiers=["Shift"])
    toolbar = page.get_by_role("toolbar", name="Selected videos")
    await expect(toolbar).to_contain_text("10 selected")
    await toolbar.get_by_role("button", name="Delete").click()
    await expect(tiles).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text("10 videos deleted.")
    await press(page.get_by_role("button", name="Undo"))
    await expect(tiles).to_have_count(CLIPS)
    await expect(toolbar).to_be_hidden()


async def test_all_that_match_but_one_are_tagged_by_the_keyboard_alone(visit: Visit, curator: Person):
    page = await (await visit(curator)).open("/library?q=fox")
    tiles = page.get_by_role("article")
    await expect(tiles).to_have_count(CLIPS)
    await tiles.nth(2).locator("a.open").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("x")
    toolbar = page.get_by_role("toolbar", name="Selected videos")
    await expect(toolbar).to_contain_text("All 10 but 1 selected")
    await expect(toolbar.get_by_role("status")).to_have_text("All 10 but 1 selected")
    await press(toolbar.locator("summary"))
    await toolbar.get_by_role("textbox", name="Tag").fill("Client")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("#client was put on 9 videos.")
    await page.keyboard.press("Escape")
    await expect(toolbar).to_be_hidden()
    search = page.get_by_role("searchbox", name="Search")
    await search.fill("#client")
    await expect(tiles).to_have_count(9)
    await search.fill("fox -#client")
    await expect(tiles).to_have_count(1)


async def test_delete_goes_on_to_the_next_and_z_takes_it_back(visit: Visit, curator: Person):
    page = await (await visit(curator)).open("/library")
    tiles = page.get_by_role("article")
    await expect(tiles).to_have_count(CLIPS)
    await tiles.nth(3).locator("a.open").focus()
    for left in (CLIPS - 1, CLIPS - 2):
        await page.keyboard.press("Delete")
        await expect(tiles).to_have_count(left)
        await has_focus(page, "a deletion")
        assert await page.evaluate("document.activeElement.matches('.tile > a.open')")
    await expect(page.locator(".toast")).to_contain_text("2 videos were deleted.")
    await page.keyboard.press("z")
    await expect(tiles).to_have_count(CLIPS)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

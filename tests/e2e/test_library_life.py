"""Keep, find, watch, remix, download, delete."""

import re

from playwright.async_api import expect

from sora_studio.domain.video import PROMPT_MAX
from tests.e2e.conftest import Collector, Join, Visit
from tests.support.browser import RENDERED, ready


async def test_search_follows_what_is_typed(visit: Visit, collector: Collector):
    window = await visit(collector.person)
    page = await window.open("/library")
    tiles = page.get_by_role("article")
    await expect(tiles.filter(has_text="lighthouse")).to_have_count(1)
    await page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search")
    await expect(search).to_be_focused()
    await page.keyboard.type("harb")
    await expect(tiles).to_have_count(1)
    await expect(tiles).to_contain_text("Quiet harbour")
    await expect(page).to_have_url(re.compile(r"/library\?q=harb$"))
    await search.fill("no such thing")
    await expect(tiles).to_have_count(0)
    await search.fill("")
    await expect(tiles.filter(has_text="lighthouse")).to_have_count(1)
    await page.get_by_role("button", name=re.compile("Failed")).click()
    await expect(tiles.filter(has_text="lighthouse")).to_have_count(0)


async def test_watch_seek_and_download(visit: Visit, collector: Collector):
    window = await visit(collector.person)
    page = await window.open(f"/video/{collector.lighthouse}")
    video = page.locator("video")
    await expect(video).to_have_js_property("readyState", 4)
    await video.evaluate("video => { video.currentTime = 3 }")
    await expect(video).to_have_js_property("seeking", False)
    assert abs(await video.evaluate("video => video.currentTime") - 3) < 0.1
    assert abs(await video.evaluate("video => video.duration") - 4) < 0.2
    for kind, ending in (("MP4", ".mp4"), ("Thumbnail", ".webp"), ("Spritesheet", ".jpg")):
        await page.get_by_role("button", name="Download").click()
        async with page.expect_download() as waiting:
            await page.get_by_role("menuitem", name=re.compile(kind, re.IGNORECASE)).click()
        name = (await waiting.value).suggested_filename
        assert name.startswith("A lighthouse in a storm")
        assert name.endswith(ending)


async def test_a_remix_knows_its_parent_and_the_parent_its_remix(visit: Visit, collector: Collector):
    window = await visit(collector.person)
    page = await window.open(f"/video/{collector.harbour}")
    await page.get_by_role("textbox", name="Remix prompt").fill("forbidden-test Quiet harbour by night")
    await page.get_by_role("button", name="Remix").click()
    await expect(page).to_have_url(re.compile(f"/video/(?!{collector.harbour})"))
    await expect(page.get_by_role("heading", name="Remix of")).to_be_visible()
    await page.locator(f"a[href$='{collector.harbour}']").first.click()
    await expect(page).to_have_url(re.compile(collector.harbour))
    await expect(page.locator("article.tile").filter(has_text="by night")).to_have_count(1)


async def test_delete_undo_and_delete_for_good(visit: Visit, join_studio: Join):
    ada = await join_studio()
    video_id = await ada.ask("forbidden-test a short life")
    await ada.ended(video_id)
    window = await visit(ada)
    page = await window.open("/library")
    tiles = page.get_by_role("article")
    await expect(tiles).to_have_count(1)
    for undo in (True, False):
        await tiles.hover()
        await tiles.get_by_role("button", name=re.compile("Actions for")).click()
        await page.get_by_role("menuitem", name="Delete").click()
        await expect(tiles).to_have_count(0)
        await expect(page.locator(".toast")).to_contain_text("Deleted.")
        toast, search = [await page.locator(each).bounding_box() for each in (".toast", ".search")]
        assert toast
        assert search
        assert toast["y"] >= search["y"] + search["height"] or toast["x"] >= search["x"] + search["width"]
        if undo:
            await page.get_by_role("button", name="Undo").click()
            await expect(tiles).to_have_count(1)
    assert (await ada.http.get(f"/api/videos/{video_id}")).status_code == 404
    await page.goto(f"/video/{video_id}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("There is no")


async def test_a_refusal_says_why_and_can_be_mended(visit: Visit, join_studio: Join):
    window = await visit(await join_studio())
    page = await window.open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.fill("forbidden-late-test a street")
    await page.get_by_role("button", name="Create").click()
    tile = page.get_by_role("article")
    await expect(tile).to_contain_text("blocked by our moderation system", timeout=RENDERED)
    await expect(tile).to_contain_text("not charged")
    await tile.get_by_role("link", name="Edit and resubmit").click()
    await expect(page).to_have_url(re.compile("edit="))
    await ready(page)
    await expect(prompt).to_have_value("forbidden-late-test a street")


async def test_a_prompt_that_is_too_long_is_refused_and_not_cut(visit: Visit, join_studio: Join):
    ada = await join_studio()
    page = await (await visit(ada)).open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.fill(f"{'x' * PROMPT_MAX}!")
    await page.get_by_role("button", name="Create").click()
    refusal = await prompt.evaluate("box => box.validationMessage")
    assert refusal == "The prompt has 32,001 characters; the limit is 32,000."
    assert len(await prompt.input_value()) == PROMPT_MAX + 1
    await expect(page.get_by_role("article")).to_have_count(0)
    assert await ada.videos() == []
    await prompt.fill("forbidden-test, short")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("article")).to_contain_text("not charged")

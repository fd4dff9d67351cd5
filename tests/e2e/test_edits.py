"""A video that goes on, and somebody out of it who appears in the next one."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import Collector, Join, Visit
from tests.support.browser import RENDERED


async def test_a_video_goes_on(visit: Visit, collector: Collector):
    window = await visit(collector.person)
    page = await window.open(f"/video/{collector.lighthouse}")
    form = page.locator("#extend")
    await form.locator("summary").click()
    await form.get_by_label("Length").select_option("4 more seconds · $0.40 play\u00a0money")
    await form.get_by_label("Extension prompt").fill("The storm passes, the sea lies still")
    await form.get_by_role("button", name="Extend").click()
    await expect(page).to_have_url(re.compile(f"/video/(?!{collector.lighthouse})"))
    await expect(page.get_by_role("heading", name="Extension of")).to_be_visible()
    video = page.locator("video")
    await expect(video).to_have_js_property("readyState", 4, timeout=RENDERED)
    assert 7.8 < await video.evaluate("video => video.duration") < 8.3
    await page.locator(f"a[href$='{collector.lighthouse}']").first.click()
    await expect(page.get_by_role("heading", name="Extensions")).to_be_visible()


async def test_a_failed_edit_goes_back_to_its_form(visit: Visit, collector: Collector):
    window = await visit(collector.person)
    page = await window.open(f"/video/{collector.harbour}")
    form = page.locator("#edit")
    await form.locator("summary").click()
    await form.get_by_label("Edit prompt").fill("forbidden-test make it rain")
    await form.get_by_role("button", name="Edit").click()
    await page.get_by_role("link", name="Edit and resubmit").first.click()
    await expect(page).to_have_url(re.compile(f"{collector.harbour}\\?again="))
    await expect(form.get_by_label("Edit prompt")).to_have_value("forbidden-test make it rain")


async def test_a_failed_remix_goes_back_to_its_form_as_long_as_there_is_one(visit: Visit, join_studio: Join):
    ada = await join_studio()
    original = await ada.ask("a quiet harbour", size="1280x720")
    assert (await ada.ended(original))["status"] == "completed"
    answer = await ada.http.post(f"/api/videos/{original}/remix", json={"prompt": "forbidden-test by night"})
    remix = answer.json()["id"]
    await ada.ended(remix)
    page = await (await visit(ada)).open("/")
    await page.get_by_role("link", name="Edit and resubmit").click()
    await expect(page).to_have_url(re.compile(f"{original}\\?again={remix}#remix"))
    prompt = page.get_by_role("textbox", name="Remix prompt")
    await expect(prompt).to_have_value("forbidden-test by night")
    await expect(prompt).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Remix of")).to_be_visible()
    await page.get_by_role("link", name="Edit and resubmit").first.click()
    await expect(page).to_have_url(re.compile(original))

    await ada.http.delete(f"/api/videos/{original}")
    await page.goto(f"/?edit={remix}")
    await expect(page.get_by_text("The original video was deleted")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Prompt")).to_have_value("forbidden-test by night")


async def test_a_character_out_of_a_video_appears_in_the_next(visit: Visit, collector: Collector):
    window = await visit(collector.person)
    page = await window.open(f"/video/{collector.harbour}")
    form = page.locator("#character")
    await form.locator("summary").click()
    await form.get_by_label("Name").fill("Old Tom")
    await form.get_by_role("button", name="Make a character").click()
    await expect(page.get_by_text("can now appear in your videos")).to_be_visible()
    page = await window.open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.fill("forbidden-test at sea:")
    await page.locator(".cast").get_by_text("Old Tom").click()
    await expect(prompt).to_have_value("forbidden-test at sea: Old Tom ")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("article").filter(has_text="Old Tom")).to_contain_text("not charged")
    await expect(page.get_by_role("checkbox", name="Old Tom")).not_to_be_checked()


async def test_a_character_is_let_go_by_keyboard(visit: Visit, join_studio: Join):
    ada = await join_studio()
    film = await ada.ask("a lighthouse", size="1280x720")
    assert (await ada.ended(film))["status"] == "completed"
    for name in ("Old Tom", "Nova"):
        wish = {"name": name, "video_id": film}
        assert (await ada.http.post("/api/videos/characters", json=wish)).status_code == 200
    page = await (await visit(ada)).open("/")
    await page.get_by_role("link", name="All characters").click()
    line = page.get_by_label("Delete Old Tom…")
    await line.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The character was deleted.")).to_be_visible()
    await expect(line).to_have_count(0)
    await expect(page.get_by_label("Delete Nova…")).to_be_visible()
    await page.get_by_role("link", name="Create").click()
    await expect(page.get_by_role("checkbox", name="Nova")).to_have_count(1)
    await expect(page.get_by_role("checkbox", name="Old Tom")).to_have_count(0)

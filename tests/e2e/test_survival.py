"""The studio is killed in mid-render; the page waits, the video comes."""

import signal
from contextlib import suppress

import psutil
import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import RENDERED, Visitor
from tests.support.films import picture
from tests.support.person import Person, join
from tests.support.studio import RunningStudio, fresh_data_dir, serving

_CANNED = {"SORA_SANDBOX_CANNED": "1"}  # it takes its time all the same, but not the machine's


def _kill(studio: RunningStudio, *, with_database: bool) -> None:
    doomed = [psutil.Process(studio.process.pid)]
    if with_database:
        doomed += [each for each in studio.tree() if each.name().startswith("postgres")]
    for process in doomed:
        with suppress(psutil.NoSuchProcess):  # the children end when their parent is killed
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(doomed, timeout=10)


async def _fill(page: Page) -> None:
    """Fill the form with another wish, which is not sent yet."""
    await page.get_by_role("textbox", name="Prompt").fill("forbidden-test from a picture")
    files = [{"name": "picture.png", "mimeType": "image/png", "buffer": picture((64, 36), "PNG")}]
    await page.get_by_label("Add images or videos").set_input_files(files)  # type: ignore[arg-type] -- a literal
    await expect(page.get_by_text("First frame", exact=True)).to_be_visible()
    await page.get_by_role("radio", name="8 seconds").check(force=True)
    await expect(page.get_by_role("status", name="Price")).to_contain_text("$0.80")


async def _send(page: Page, person: Person) -> None:
    """Send what the form still holds: it is the wish that was filled in, at the price that is shown."""
    await expect(page.get_by_text("First frame", exact=True)).to_be_visible()
    await expect(page.get_by_role("status", name="Price")).to_contain_text("$0.80")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.get_by_role("article").first).to_contain_text("not charged")
    newest, _ = await person.videos()
    assert (newest["prompt"], newest["seconds"]) == ("forbidden-test from a picture", "8")
    sent = await person.http.get(f"/api/videos/{newest['id']}/inputs/0")
    assert sent.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("with_database", [False, True], ids=["the app alone", "the app and its database"])
async def test_killed_in_mid_render(chromium: Browser, with_database: bool):
    """The open page comes back by itself, and the video is paid for once and completed."""
    with fresh_data_dir() as data_dir:
        with serving(data_dir, environment=_CANNED) as studio:
            ada = await join(studio.url)
            window = Visitor(studio.url)
            await window.arrive(chromium, ada.token)
            page = await window.open("/")
            await page.get_by_role("textbox", name="Prompt").fill("a kite that comes back")
            await page.get_by_role("button", name="Create").click()
            tile = page.get_by_role("article")
            await expect(tile).to_contain_text("Rendering", timeout=RENDERED)
            await _fill(page)
            _kill(studio, with_database=with_database)
        await expect(page.get_by_text("The studio cannot be reached")).to_be_visible()
        with serving(data_dir, port=studio.port, environment=_CANNED):
            await expect(tile).to_contain_text("Ready", timeout=RENDERED)
            videos = await ada.videos()
            assert [video["status"] for video in videos] == ["completed"]
            await _send(page, ada)
        await ada.http.aclose()
        await window.context.close()

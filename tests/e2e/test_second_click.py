"""A wish that was refused for a moment only: the second click sends it under the key that it had."""

import shutil

from playwright.async_api import Browser, expect

from tests.e2e.conftest import FAST
from tests.support.browser import Visitor
from tests.support.person import Person, join
from tests.support.studio import fresh_data_dir, serving
from tests.support.waiting import comes_true


async def test_the_second_click_ends_as_the_first_would_have(chromium: Browser):
    """The form is emptied when the video is there: what stays in it would be paid for by a third click."""
    with fresh_data_dir() as data_dir, serving(data_dir, environment=FAST) as studio:
        ada, window = await join(studio.url), Visitor(studio.url)
        await window.arrive(chromium, ada.token)
        page = await window.open("/")
        prompt = page.get_by_role("textbox", name="Prompt")
        create = page.get_by_role("button", name="Create")
        await prompt.fill("a kite for later")
        media = data_dir / "media"
        shutil.rmtree(media)
        media.write_text("")  # where the folder would be, so that not even root can write there
        await comes_true(lambda: _says(ada, 503))
        await create.click()
        await expect(page.get_by_text("another video could not be saved")).to_be_visible()
        await expect(prompt).to_have_value("a kite for later")
        media.unlink()
        await comes_true(lambda: _says(ada, 200))
        await create.click()
        await expect(prompt).to_have_value("")
        await expect(page.get_by_role("article")).to_have_count(1)
        assert [video["prompt"] for video in await ada.videos()] == ["a kite for later"]
        await ada.http.aclose()
        await window.context.close()
        assert window.complaints == []


async def _says(person: Person, status: int) -> bool:
    return (await person.http.get("/readyz")).status_code == status

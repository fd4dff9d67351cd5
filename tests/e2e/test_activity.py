"""What happened to a video comes to its page line by line, and folds itself away when the video is there."""

from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.support.browser import RENDERED
from tests.support.person import Person


async def test_the_activity_grows_without_a_reload(visit: Visit, ada: Person):
    video_id = await ada.ask("A red fox trots over fresh snow")
    window = await visit(ada)
    page = await window.open(f"/video/{video_id}")
    await page.evaluate("window.neverReloaded = true")
    activity = page.get_by_role("group").filter(has_text="Activity")
    await expect(activity.get_by_text("Saved in your library").first).to_be_visible(timeout=RENDERED)
    await expect(activity).not_to_have_attribute("open", "")
    await activity.get_by_text("Activity").click()
    lines = activity.get_by_role("listitem")
    await expect(lines).to_contain_text(
        ["Written down", "Taken by the provider", "Rendering", "Rendered", "Saved in your library"]
    )
    moments = await lines.get_by_role("time").evaluate_all("times => times.map((time) => time.dateTime)")
    assert moments == sorted(moments)
    assert await page.evaluate("window.neverReloaded")

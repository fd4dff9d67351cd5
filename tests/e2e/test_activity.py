"""What happened to a video comes to its page line by line, and folds itself away when the video is there."""

from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.support.browser import RENDERED
from tests.support.person import Person


async def test_the_activity_grows_without_a_reload(visit: Visit, ada: Person):
    video_id = await ada.ask("A red fox trots over fresh snow (slow-test)")
    window = await visit(ada)
    page = await window.open(f"/video/{video_id}")
    await page.evaluate("window.neverReloaded = true")
    activity = page.get_by_role("group").filter(has_text="Activity")
    await expect(activity.get_by_text("Saved in your library").first).to_be_visible(timeout=RENDERED)
    await expect(activity).not_to_have_attribute("open", "")
    await activity.get_by_text("Activity").click()
    lines = activity.get_by_role("listitem")
    await expect(lines).to_contain_text(
        ["Requested", "Accepted by the provider", "Rendering", "Rendered", "Saved in your library"]
    )
    moments = await lines.get_by_role("time").evaluate_all("times => times.map((time) => time.dateTime)")
    assert moments == sorted(moments)
    assert await page.evaluate("window.neverReloaded")


_COUNT = """seconds => {
  const time = document.querySelector("#left time") ?? document.createElement("time");
  time.dateTime = new Date(Date.now() + 1000 * seconds).toISOString();
  if (time.isConnected) return;
  time.dataset.left = "";
  const line = document.createElement("p");
  line.id = "left";
  line.append("The provider keeps the file ", time);
  document.querySelector("main").append(line);
}"""


async def test_the_time_that_is_left_for_a_file_is_counted_without_the_server(visit: Visit, ada: Person):
    window = await visit(ada)
    page = await window.open("/profile")
    await page.context.set_offline(offline=True)
    line = page.locator("#left")
    for seconds, words, short in (
        (3 * 3600 + 330, "for another 3 h 5 min.", "false"),
        (42 * 60 + 30, "for another 42 min.", "false"),
        (9 * 60 + 30, "for another 9 min.", "true"),
        (-1, "no longer: it may be gone.", "true"),
    ):
        await page.evaluate(_COUNT, seconds)
        await expect(line).to_have_text(f"The provider keeps the file {words}")
        await expect(line).to_have_attribute("data-short", short)
    window.tolerate("ERR_INTERNET_DISCONNECTED")

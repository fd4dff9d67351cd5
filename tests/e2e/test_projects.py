"""A project from its first member to the last look at it."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import Join, Visit
from tests.support.browser import press


async def test_a_project_is_shared_and_taken_away_again(visit: Visit, join_studio: Join):
    ada, eve = await join_studio("Ada"), await join_studio("Eve")
    manager, editor = await visit(ada), await visit(eve)
    page = await manager.open("/projects")
    await page.get_by_label("Name of the project").fill("Launch film")
    await press(page.get_by_role("button", name="Open project"))
    await page.wait_for_url(re.compile("/projects/.+"))
    await page.get_by_label("E-mail of the person").fill(eve.email)
    await press(page.get_by_role("button", name="Let in"))
    await expect(page.get_by_label("Role of Eve")).to_have_value("editor")

    making = await editor.open("/")
    await making.get_by_label("Library").select_option("Launch film")
    where = making.get_by_role("group", name="Where the video goes")
    await expect(where).to_contain_text("All 2 members see it")
    await making.get_by_label("Prompt").fill("forbidden-test of a shared kite")
    shared = await manager.open(f"/library?project={page.url.rpartition('/')[2]}")
    await expect(shared.get_by_text("Nothing has been made here yet")).to_be_visible()
    await press(making.get_by_role("button", name="Create"))
    await expect(shared.get_by_role("link", name="shared kite")).to_be_visible()  # live, in another's tab
    assert await eve.videos() == []

    looking = await editor.open(f"/library?project={page.url.rpartition('/')[2]}")
    await expect(looking.get_by_role("link", name="shared kite")).to_be_visible()
    line = page.get_by_role("listitem").filter(has_text=eve.email)
    await line.get_by_text("Take out", exact=True).click()
    await press(line.get_by_role("button", name="Take out of the project"))
    await expect(looking.get_by_role("heading", name="You are not in this project")).to_be_visible()
    await expect(looking.get_by_role("link", name="shared kite")).to_have_count(0)
    await expect(making.get_by_text("New videos go to your own library")).to_be_visible()

"""What an admin lets a person and a project store, and what they see of it."""

from playwright.async_api import expect

from tests.e2e.conftest import Join, Visit
from tests.support.browser import press
from tests.support.person import Person


async def test_a_full_library_says_so_before_anything_is_paid_for(
    visit: Visit, join_studio: Join, admin: Person
):
    ada = await join_studio("Quotaless")
    page = await (await visit(admin)).open("/people")
    await page.get_by_label("Search people").fill("quotaless")
    await press(page.get_by_role("button", name="Search"))
    line = page.get_by_role("listitem").filter(has_text=ada.email)
    await line.get_by_text("Limits…").click()
    await line.get_by_label("Storage").select_option("So many gigabytes")
    await line.get_by_role("textbox", name="Gigabytes").fill("0")
    await press(line.get_by_role("button", name="Save"))
    await expect(line).to_contain_text("0 MB of 0 MB")

    making = await (await visit(ada)).open("/")
    await making.get_by_label("Prompt").fill("one kite too many")
    await press(making.get_by_role("button", name="Create"))
    await expect(making.get_by_text("Your storage is full")).to_be_visible()
    assert await ada.videos() == []
    await making.goto(making.url.rpartition("/")[0] + "/profile")
    await expect(making.get_by_text("0 MB of 0 MB used")).to_be_visible()


async def test_a_project_has_limits_and_its_managers_bound_it_themselves(
    visit: Visit, join_studio: Join, admin: Person
):
    ada, eve = await join_studio("Ada"), await join_studio("Eve")
    project = (await ada.http.post("/api/projects", json={"name": "Winter film"})).json()["id"]
    await ada.http.post(f"/api/projects/{project}/members", json={"email": eve.email, "role": "viewer"})
    page = await (await visit(admin)).open("/limits")
    await page.get_by_label("Search projects").fill("winter")
    await press(page.get_by_role("button", name="Search"))
    line = page.get_by_role("listitem").filter(has_text="Winter film")
    await line.get_by_text("Limits…").click()
    await line.get_by_label("Storage").select_option("So many gigabytes")
    await line.get_by_role("textbox", name="Gigabytes").fill("2.5")
    await press(line.get_by_role("button", name="Save"))
    await expect(line).to_contain_text("0 MB of 2.5 GB used")

    own = await (await visit(ada)).open(f"/projects/{project}")
    await expect(own.get_by_text("0 MB of 2.5 GB used")).to_be_visible()
    await own.get_by_text("New budget").click()
    await own.get_by_label("Dollars").fill("3")
    await press(own.get_by_role("button", name="Make budget"))
    await expect(own.get_by_text("$3.00 a month")).to_be_visible()

    looking = await (await visit(eve)).open(f"/library?project={project}")
    notice = looking.get_by_role("region", name="Notices")
    await expect(notice).to_contain_text("let you into the project")
    await press(notice.get_by_role("button", name="Dismiss the notice"))
    await expect(notice).not_to_contain_text("Winter film")

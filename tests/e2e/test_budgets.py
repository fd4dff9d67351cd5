"""A budget from the admin who makes it to the manager who reads it."""

from playwright.async_api import expect

from tests.e2e.conftest import Join, Visit
from tests.support.browser import press
from tests.support.person import Person


async def test_a_projects_budget_is_made_changed_read_and_deleted(
    visit: Visit, join_studio: Join, admin: Person
):
    ada = await join_studio("Ada")
    answer = await ada.http.post("/api/projects", json={"name": "Autumn film"})
    page = await (await visit(admin)).open("/budgets")
    await page.get_by_text("New budget").click()
    form = page.get_by_role("form", name="New budget")
    await form.get_by_label("Whose spending").select_option("Project")
    await form.get_by_label("Look for").fill("autumn")
    await form.get_by_label("Autumn film").check()
    await form.get_by_label("Dollars").fill("five")
    await press(form.get_by_role("button", name="Make budget"))
    await expect(form.get_by_role("alert")).to_contain_text("a number of dollars")
    await form.get_by_label("Dollars").fill("5.00")
    await press(form.get_by_role("button", name="Make budget"))
    line = page.get_by_role("listitem").filter(has_text="Autumn film")
    await expect(line).to_contain_text("$5.00 a month")
    await line.get_by_text("Change…").click()
    await line.get_by_label("Dollars").fill("7.50")
    await press(line.get_by_role("button", name="Save"))
    await expect(line).to_contain_text("$7.50 left")

    read = await (await visit(ada)).open(f"/projects/{answer.json()['id']}")
    await expect(read.get_by_role("heading", name="Budgets")).to_be_visible()
    await expect(read.get_by_text("$7.50 a month")).to_be_visible()

    await line.get_by_text("Delete", exact=True).click()
    await press(line.get_by_role("button", name="Delete the budget"))
    await expect(line).to_have_count(0)

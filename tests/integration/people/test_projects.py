"""Who runs a project: given by its managers, with their password, and never to nobody."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from sora_studio.db.engine import Database
from sora_studio.domain.account import Identity, ProjectRole
from sora_studio.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, PasswordRequired
from sora_studio.services.people.assembly import People
from sora_studio.services.projects import ProjectService
from tests.integration.people.conftest import join
from tests.support.accounts import PASSWORD


@pytest.fixture
def projects(people: People, database: Database) -> ProjectService:
    return ProjectService(
        db=database, accounts=people.accounts, throttle=people.throttle, clock=lambda: datetime.now(UTC)
    )


async def forget_passwords(database: Database) -> None:
    async with database.transaction() as tx:
        await (await tx.connection()).execute(
            text("UPDATE session SET proved_at = now() - interval '11 minutes'")
        )


async def roles(projects: ProjectService, who: Identity, project: UUID) -> dict[str, str]:
    _, page = await projects.get(who.user_id, project)
    return {each.display_name: each.role for each in page.members}


async def test_a_project_is_handed_over_in_one_step(people: People, projects: ProjectService):
    ada, eve = await join(people, "Ada"), await join(people, "Eve")
    project = (await projects.create(ada, "Launch film")).id
    await projects.put_member(ada, project, eve.user_id, ProjectRole.VIEWER)
    with pytest.raises(Conflict):
        await projects.hand_over(ada, project, ada.user_id)
    await projects.hand_over(ada, project, eve.user_id)
    assert await roles(projects, ada, project) == {"Ada": "editor", "Eve": "manager"}
    with pytest.raises(NotAllowed):
        await projects.hand_over(ada, project, ada.user_id)


async def test_who_runs_a_project_changes_only_with_the_password(
    people: People, projects: ProjectService, database: Database
):
    ada, eve = await join(people, "Ada"), await join(people, "Eve")
    project = (await projects.create(ada, "Launch film")).id
    await forget_passwords(database)
    await projects.put_member(ada, project, eve.user_id, ProjectRole.EDITOR)
    email = (await people.accounts.account(eve.user_id)).email
    for weighty in (
        projects.put_member(ada, project, eve.user_id, ProjectRole.MANAGER),
        projects.hand_over(ada, project, eve.user_id),
    ):
        with pytest.raises(PasswordRequired):
            await weighty
    await projects.remove_member(ada, project, eve.user_id)
    with pytest.raises(PasswordRequired):
        await projects.add_member(ada, project, email, ProjectRole.MANAGER)
    await people.accounts.confirm_password(ada, PASSWORD)
    await projects.add_member(ada, project, email, ProjectRole.MANAGER)
    await forget_passwords(database)
    for weighty in (
        projects.put_member(ada, project, eve.user_id, ProjectRole.VIEWER),
        projects.remove_member(ada, project, eve.user_id),
    ):
        with pytest.raises(PasswordRequired):
            await weighty
    await projects.remove_member(ada, project, ada.user_id)  # leaving needs none
    assert await roles(projects, eve, project) == {"Eve": "manager"}


async def as_admin(people: People, who: Identity) -> Identity:
    """Return the first account of the studio, which runs it, with its role."""
    return await people.accounts.sessions.verify(who)


async def test_who_cannot_log_in_runs_nothing(people: People, projects: ProjectService):
    """The last manager who can log in stays one; others come and go as before."""
    ada, eve, bob = await join(people, "Ada"), await join(people, "Eve"), await join(people, "Bob")
    project = (await projects.create(eve, "Launch film")).id
    await projects.put_member(eve, project, ada.user_id, ProjectRole.MANAGER)
    await projects.put_member(eve, project, bob.user_id, ProjectRole.EDITOR)
    admin = await as_admin(people, ada)
    await people.people.disable(admin, eve.user_id)
    with pytest.raises(Conflict):
        await projects.remove_member(ada, project, ada.user_id)
    with pytest.raises(Conflict):
        await projects.put_member(ada, project, ada.user_id, ProjectRole.EDITOR)
    await projects.remove_member(ada, project, eve.user_id)
    await projects.remove_member(bob, project, bob.user_id)
    assert await roles(projects, ada, project) == {"Ada": "manager"}


async def test_members_leave_a_project_that_nobody_can_run(people: People, projects: ProjectService):
    ada, eve, bob = await join(people, "Ada"), await join(people, "Eve"), await join(people, "Bob")
    project = (await projects.create(eve, "Launch film")).id
    await projects.put_member(eve, project, bob.user_id, ProjectRole.EDITOR)
    await people.people.disable(await as_admin(people, ada), eve.user_id)
    await projects.remove_member(bob, project, bob.user_id)


async def test_an_admin_appoints_somebody_where_no_manager_can_log_in(
    people: People, projects: ProjectService, database: Database
):
    ada, eve, bob = await join(people, "Ada"), await join(people, "Eve"), await join(people, "Bob")
    admin, email = await as_admin(people, ada), (await people.accounts.account(bob.user_id)).email
    project = (await projects.create(eve, "Launch film")).id
    with pytest.raises(Conflict, match="Somebody runs this project"):
        await projects.appoint(admin, project, email)
    await people.people.disable(admin, eve.user_id)
    with pytest.raises(NotAllowed):
        await projects.appoint(bob, project, email)
    with pytest.raises(NotFound):
        await projects.appoint(admin, bob.user_id, email)
    for wrong in ("nobody@example.org", (await people.accounts.account(eve.user_id)).email):
        with pytest.raises(InvalidInput):
            await projects.appoint(admin, project, wrong)
    await forget_passwords(database)
    with pytest.raises(PasswordRequired):
        await projects.appoint(admin, project, email)
    await people.accounts.confirm_password(ada, PASSWORD)
    assert (await projects.appoint(admin, project, email)).role is ProjectRole.MANAGER
    assert await roles(projects, bob, project) == {"Bob": "manager", "Eve": "manager"}


async def test_a_project_of_somebody_who_leaves_goes_to_who_can_log_in(
    people: People, projects: ProjectService
):
    ada, eve = await join(people, "Ada"), await join(people, "Eve")
    bob, zoe = await join(people, "Bob"), await join(people, "Zoe")
    project = (await projects.create(eve, "Launch film")).id
    await projects.put_member(eve, project, bob.user_id, ProjectRole.MANAGER)
    await projects.put_member(eve, project, zoe.user_id, ProjectRole.VIEWER)
    admin = await as_admin(people, ada)
    await people.people.disable(admin, bob.user_id)
    await people.people.delete(admin, eve.user_id)
    assert await roles(projects, zoe, project) == {"Bob": "manager", "Zoe": "manager"}


async def test_who_is_let_in_is_told_until_they_put_it_away(people: People, projects: ProjectService):
    ada, eve = await join(people, "Ada"), await join(people, "Eve")
    project = (await projects.create(ada, "Launch film")).id
    assert await projects.notices(ada.user_id) == []
    await projects.put_member(ada, project, eve.user_id, ProjectRole.VIEWER)
    (notice,) = await projects.notices(eve.user_id)
    assert (notice.project_id, notice.name, notice.role, notice.added_by) == (
        project, "Launch film", ProjectRole.VIEWER, "Ada",
    )  # fmt: skip
    await projects.put_away(ada.user_id, project)
    assert await projects.notices(eve.user_id) == [notice]
    await projects.put_away(eve.user_id, project)
    await projects.put_member(ada, project, eve.user_id, ProjectRole.EDITOR)
    assert await projects.notices(eve.user_id) == []

"""Who runs a project: given by its managers, with their password, and never to nobody."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from sora_studio.db.engine import Database
from sora_studio.domain.account import Identity, ProjectRole
from sora_studio.domain.errors import Conflict, NotAllowed, PasswordRequired
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

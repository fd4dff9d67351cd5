"""The limits of people and projects."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from sora_studio.db.models import ProjectRow, UserRow
from sora_studio.db.repository import Repository
from sora_studio.domain.limits import Limits


class LimitRepository(Repository):
    """Reads and writes limits inside one transaction."""

    async def change_person(self, user_id: UUID, values: Mapping[str, object]) -> bool:
        """Change a person's; False: there is no such account."""
        theirs = update(UserRow).where(col(UserRow.id) == user_id)
        return (await self._do(theirs.values(**values))).rowcount == 1

    async def change_project(self, project_id: UUID, values: Mapping[str, object]) -> bool:
        """Change a project's; False: there is none."""
        theirs = update(ProjectRow).where(col(ProjectRow.id) == project_id)
        return (await self._do(theirs.values(**values))).rowcount == 1

    async def of_person(self, user_id: UUID) -> Limits:
        """Return a person's."""
        row = (await self._do(select(col(UserRow.queue_weight)).where(col(UserRow.id) == user_id))).one()
        return Limits(row.queue_weight)

    async def of_project(self, project_id: UUID) -> Limits:
        """Return a project's."""
        named = col(ProjectRow.id) == project_id
        row = (await self._do(select(col(ProjectRow.queue_weight)).where(named))).one()
        return Limits(row.queue_weight)

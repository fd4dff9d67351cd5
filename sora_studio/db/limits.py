"""The limits of people and projects, and what their libraries store."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.orm import Mapped
from sqlmodel import col

from sora_studio.db.models import LibraryStorageRow, MemberRow, ProjectRow, UserRow
from sora_studio.db.repository import Repository
from sora_studio.domain.account import ProjectRole
from sora_studio.domain.limits import USUAL, Limits, ProjectTake, ProjectTakePage


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

    async def of_person(self, user_id: UUID) -> tuple[Limits, int]:
        """Return a person's, and how many bytes their own library stores; the usual ones of who is gone."""
        return await self._of(UserRow, user_id)

    async def of_project(self, project_id: UUID) -> tuple[Limits, int]:
        """Return a project's, and how many bytes it stores; the usual ones of one that is gone."""
        return await self._of(ProjectRow, project_id)

    async def projects(self, words: str, *, after: UUID | None, limit: int) -> ProjectTakePage:
        """Return projects whose names have these words in them, by name: those behind one of them."""
        project = col(ProjectRow.id)
        query = select(
            *(project, col(ProjectRow.name), col(ProjectRow.queue_weight)),
            *(col(ProjectRow.storage_quota_bytes), stored(project).label("stored")),
            _members(project).label("members"),
            _members(project, *_RUNS_IT).label("managers"),
        )
        if words:
            query = query.where(col(ProjectRow.name).icontains(words, autoescape=True))
        if after:
            mark = select(col(ProjectRow.name), project).where(project == after).scalar_subquery()
            query = query.where(tuple_(col(ProjectRow.name), project) > mark)
        rows = [*await self._do(query.order_by(col(ProjectRow.name), project).limit(limit + 1))]
        found = (
            ProjectTake(
                *(row.id, row.name, Limits(row.queue_weight, row.storage_quota_bytes)),
                *(row.stored, row.members, row.managers),
            )
            for row in rows[:limit]
        )
        return ProjectTakePage(tuple(found), has_more=len(rows) > limit)

    async def _of(self, owner: type[UserRow | ProjectRow], library_id: UUID) -> tuple[Limits, int]:
        limits = (col(owner.queue_weight), col(owner.storage_quota_bytes))
        query = select(*limits, stored(col(owner.id)).label("stored")).where(col(owner.id) == library_id)
        row = (await self._do(query)).one_or_none()
        return (Limits(row.queue_weight, row.storage_quota_bytes), row.stored) if row else (USUAL, 0)


def stored(library_id: Mapped[UUID]) -> ColumnElement[int]:
    """Select what a library stores, in bytes."""
    kept = select(col(LibraryStorageRow.bytes)).where(col(LibraryStorageRow.library_id) == library_id)
    return func.coalesce(kept.scalar_subquery(), 0)


_RUNS_IT = (col(MemberRow.role) == ProjectRole.MANAGER, col(UserRow.disabled_at).is_(None))


def _members(project_id: Mapped[UUID], *which: ColumnElement[bool]) -> ColumnElement[int]:
    inside = (col(MemberRow.project_id) == project_id, col(UserRow.id) == col(MemberRow.user_id))
    return select(func.count()).select_from(MemberRow, UserRow).where(*inside, *which).scalar_subquery()

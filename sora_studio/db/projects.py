"""Projects and their members."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, delete, func, tuple_, update
from sqlalchemy import select as core_select  # SQLModel's `select` takes no more than four columns
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from sora_studio.db.models import MemberRow, ProjectRow, UserRow, VideoRow
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.access import PROJECT_ROLES, Action
from sora_studio.domain.account import ProjectRole
from sora_studio.domain.errors import NotAllowed, NotFound
from sora_studio.domain.project import (
    MOST_MEMBERS,
    MemberPage,
    MemberView,
    ProjectNotice,
    ProjectPage,
    ProjectView,
)

_COUNTED = 1_000
_NO_PROJECT = "There is no such project."


class ProjectRepository(Repository):
    """Reads and writes projects inside one transaction."""

    async def add(self, project: ProjectRow, manager_id: UUID) -> None:
        """Open a project with its first manager."""
        self._tx.add(project)
        await self._tx.flush()
        self._tx.add(MemberRow(project_id=project.id, user_id=manager_id, role=ProjectRole.MANAGER))
        await self._tx.flush()

    async def page(self, user_id: UUID, *, after: UUID | None, limit: int) -> ProjectPage:
        """Return some of the projects that somebody is in, by name: those behind one of them."""
        place = tuple_(col(ProjectRow.name), col(ProjectRow.id))
        query = _PAGE
        if after:
            mark = core_select(col(ProjectRow.name), col(ProjectRow.id)).where(col(ProjectRow.id) == after)
            query = query.where(place > mark.scalar_subquery())
        rows = [*await self._do(query, {"user_id": user_id, "most": limit + 1})]
        return ProjectPage(tuple(map(_to_view, rows[:limit])), has_more=len(rows) > limit)

    async def count(self, user_id: UUID) -> int:
        """Count the projects that somebody is in."""
        theirs = core_select(func.count()).where(col(MemberRow.user_id) == user_id)
        return (await self._do(theirs)).scalar_one()

    async def view(self, user_id: UUID, project_id: UUID) -> ProjectView:
        """Return a project to one of its members.

        Raises:
            NotFound: It is not there, or they are not in it.
        """
        named = _VIEWS.where(col(ProjectRow.id) == project_id)
        row = (await self._do(named, {"user_id": user_id})).one_or_none()
        if row is None:
            raise missing(user_id, project_id, _NO_PROJECT)
        return _to_view(row)

    async def require(self, user_id: UUID, project_id: UUID, action: Action) -> ProjectRole:
        """Make sure that somebody may do something in a project.

        Raises:
            NotFound: It is not there, or they are not in it.
            NotAllowed: Their role is not enough.
        """
        role = await self.role_of(user_id, project_id)
        if role is None:
            raise missing(user_id, project_id, _NO_PROJECT)
        if role not in PROJECT_ROLES[action]:
            message = "Your role in this project does not allow this."
            raise NotAllowed(message)
        return role

    async def hold(self, user_id: UUID, project_id: UUID, action: Action) -> None:
        """Keep others from adding to a project, or changing it, until the end of the transaction.

        Raises:
            NotFound: It is not there, or they are not in it.
            NotAllowed: Their role is not enough.
        """
        await self.lock(project_id)
        await self.require(user_id, project_id, action)

    async def rename(self, project_id: UUID, name: str) -> None:
        """Give a project another name."""
        await self._do(update(ProjectRow).where(col(ProjectRow.id) == project_id).values(name=name))

    async def has_videos(self, project_id: UUID) -> bool:
        """Tell whether anything is in a project, deleted videos that are not purged yet included."""
        inside = select(VideoRow.id).where(col(VideoRow.project_id) == project_id).limit(1)
        return (await self._tx.exec(inside)).first() is not None

    async def remove(self, project_id: UUID) -> None:
        """Delete an empty project with its members."""
        await self._do(delete(ProjectRow).where(col(ProjectRow.id) == project_id))

    async def members(
        self, project_id: UUID, *, after: UUID | None = None, limit: int = MOST_MEMBERS
    ) -> MemberPage:
        """Return who is in a project, by name: those behind one of them."""
        query = (
            select(MemberRow, col(UserRow.display_name), col(UserRow.email))
            .join(UserRow, col(UserRow.id) == col(MemberRow.user_id))
            .where(col(MemberRow.project_id) == project_id)
            .order_by(col(UserRow.display_name), col(UserRow.id))
            .limit(limit + 1)
        )
        if after:
            mark = select(UserRow.display_name, UserRow.id).where(col(UserRow.id) == after)
            query = query.where(tuple_(col(UserRow.display_name), col(UserRow.id)) > mark.scalar_subquery())
        rows = [*await self._tx.exec(query)]
        members = (
            MemberView(row.user_id, name, email, ProjectRole(row.role), row.added_at)
            for row, name, email in rows[:limit]
        )
        return MemberPage(tuple(members), has_more=len(rows) > limit)

    async def role_of(self, user_id: UUID, project_id: UUID) -> ProjectRole | None:
        """Return what somebody is in a project; None: they are not in it."""
        theirs = (col(MemberRow.project_id) == project_id, col(MemberRow.user_id) == user_id)
        found = (await self._do(core_select(col(MemberRow.role)).where(*theirs))).scalar_one_or_none()
        return None if found is None else ProjectRole(found)

    async def put_member(
        self, project_id: UUID, user_id: UUID, role: ProjectRole, added_by: UUID | None = None
    ) -> None:
        """Add somebody to a project, or give them another role in it.

        Args:
            project_id: The project.
            user_id: Who.
            role: As what.
            added_by: Who lets them in: they are told.

        Raises:
            NotFound: There is no such account.
        """
        if await self._tx.get(UserRow, user_id) is None:
            message = "There is no such person."
            raise NotFound(message)
        row = upsert(MemberRow).values(
            project_id=project_id, user_id=user_id, role=role, added_at=func.now(), added_by=added_by
        )
        place = ["project_id", "user_id"]
        await self._do(row.on_conflict_do_update(index_elements=place, set_={"role": role}))

    async def remove_member(self, project_id: UUID, user_id: UUID) -> None:
        """Take somebody out of a project.

        Raises:
            NotFound: They are not in it.
        """
        theirs = (col(MemberRow.project_id) == project_id, col(MemberRow.user_id) == user_id)
        if (await self._do(delete(MemberRow).where(*theirs))).rowcount != 1:
            message = "This person is not in the project."
            raise NotFound(message)

    async def managers(self, project_id: UUID) -> int:
        """Count who runs a project and can log in."""
        there = (col(MemberRow.project_id) == project_id, col(MemberRow.user_id) == col(UserRow.id))
        run = (col(MemberRow.role) == ProjectRole.MANAGER, col(UserRow.disabled_at).is_(None))
        running = core_select(func.count()).select_from(MemberRow, UserRow).where(*there, *run)
        return (await self._do(running)).scalar_one()

    async def lock(self, project_id: UUID) -> bool:
        """Keep others from changing a project until the end of the transaction; False: there is none."""
        named = core_select(col(ProjectRow.id)).where(col(ProjectRow.id) == project_id)
        return (await self._do(named.with_for_update(key_share=True))).first() is not None

    async def notices(self, user_id: UUID, limit: int) -> list[ProjectNotice]:
        """Return the projects that somebody was let into and has not put away, the latest first."""
        return [
            ProjectNotice(row.id, row.name, ProjectRole(row.role), row.doer, row.added_at)
            for row in await self._do(_NOTICES, {"user_id": user_id, "most": limit})
        ]

    async def put_away(self, user_id: UUID, project_id: UUID) -> None:
        """Note that somebody has read that they were let into a project."""
        theirs = (col(MemberRow.project_id) == project_id, col(MemberRow.user_id) == user_id)
        await self._do(update(MemberRow).where(*theirs).values(noticed_at=func.now()))

    async def dissolve(self, user_id: UUID) -> None:
        """Delete the projects in which nobody else is; what is in them goes to that person's own library."""
        others = select(MemberRow.user_id).where(
            col(MemberRow.project_id) == col(ProjectRow.id), col(MemberRow.user_id) != user_id
        )
        theirs = select(MemberRow.project_id).where(col(MemberRow.user_id) == user_id)
        alone = select(ProjectRow.id).where(col(ProjectRow.id).in_(theirs), ~others.exists())
        projects = [*(await self._tx.exec(alone)).all()]
        inside = col(VideoRow.project_id).in_(projects)
        await self._do(update(VideoRow).where(inside).values(project_id=None, owner_id=user_id))
        await self._do(delete(ProjectRow).where(col(ProjectRow.id).in_(projects)))

    async def run_alone(self, user_id: UUID) -> Sequence[str]:
        """Return the names of the projects that have members, and nobody but this person to run them."""
        projects = select(ProjectRow.name).where(col(ProjectRow.id).in_(_only_manager(user_id)))
        return (await self._tx.exec(projects.order_by(col(ProjectRow.name)))).all()

    async def hand_over(self, user_id: UUID) -> None:
        """Let others run the projects that nobody but this person runs: who has been in them the longest.

        Who can log in comes before who cannot, and an editor before a viewer.
        """
        others = (col(MemberRow.project_id).in_(_only_manager(user_id)), col(MemberRow.user_id) != user_id)
        is_viewer = col(MemberRow.role) == ProjectRole.VIEWER
        account = core_select(col(UserRow.disabled_at)).where(col(UserRow.id) == col(MemberRow.user_id))
        is_shut = account.scalar_subquery().is_not(None)
        heirs = (
            core_select(col(MemberRow.project_id), col(MemberRow.user_id))
            .ext(distinct_on(col(MemberRow.project_id)))
            .where(*others)
            .order_by(
                *(col(MemberRow.project_id), is_shut, is_viewer),
                *(col(MemberRow.added_at), col(MemberRow.user_id)),
            )
        )
        heir = tuple_(col(MemberRow.project_id), col(MemberRow.user_id)).in_(heirs)
        await self._do(update(MemberRow).where(heir).values(role=ProjectRole.MANAGER))


def _only_manager(user_id: UUID) -> SelectOfScalar[UUID]:
    """Select the projects with other members that this person runs, and nobody else who can log in."""
    mine, other = aliased(MemberRow), aliased(MemberRow)
    others = select(other.user_id).where(
        col(other.project_id) == col(mine.project_id), col(other.user_id) != user_id
    )
    return select(mine.project_id).where(
        col(mine.user_id) == user_id,
        col(mine.role) == ProjectRole.MANAGER,
        others.exists(),
        ~others.where(
            col(other.role) == ProjectRole.MANAGER,
            select(UserRow.id)
            .where(col(UserRow.id) == col(other.user_id), col(UserRow.disabled_at).is_(None))
            .exists(),
        ).exists(),
    )


def _views() -> Select[*tuple[Any, ...]]:
    members = (
        core_select(func.count())
        .select_from(MemberRow)
        .where(col(MemberRow.project_id) == col(ProjectRow.id))
        .scalar_subquery()
    )
    there = (col(VideoRow.library_id) == col(ProjectRow.id), col(VideoRow.deleted_at).is_(None))
    some = core_select(col(VideoRow.id)).where(*there).limit(_COUNTED).correlate(ProjectRow).lateral()
    videos = core_select(func.count()).select_from(some).scalar_subquery()
    mine = aliased(MemberRow)
    return (
        core_select(
            *(col(ProjectRow.id), col(ProjectRow.name), col(ProjectRow.created_at), col(mine.role)),
            members.label("members"),
            videos.label("videos"),
        )
        .select_from(ProjectRow)
        .join(mine, col(mine.project_id) == col(ProjectRow.id))
        .where(col(mine.user_id) == bindparam("user_id"))
    )


_VIEWS = _views()
_PAGE = _VIEWS.order_by(col(ProjectRow.name), col(ProjectRow.id)).limit(bindparam("most"))


_DOER = aliased(UserRow)
_NOTICES = (
    core_select(
        *(col(ProjectRow.id), col(ProjectRow.name), col(MemberRow.role), col(MemberRow.added_at)),
        func.coalesce(col(_DOER.display_name), "").label("doer"),
    )
    .join(ProjectRow, col(ProjectRow.id) == col(MemberRow.project_id))
    .outerjoin(_DOER, col(_DOER.id) == col(MemberRow.added_by))
    .where(col(MemberRow.user_id) == bindparam("user_id"), col(MemberRow.noticed_at).is_(None))
    .where(col(MemberRow.added_by) != bindparam("user_id"))
    .order_by(col(MemberRow.added_at).desc(), col(ProjectRow.id))
    .limit(bindparam("most"))
)


def _to_view(row: Row[Any]) -> ProjectView:
    return ProjectView(row.id, row.name, row.created_at, ProjectRole(row.role), row.members, row.videos)

"""What people do with projects: open one, let others in, put videos into it."""

from uuid import UUID

from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.models import ProjectRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import Action
from sora_studio.domain.account import Identity, ProjectRole
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import Conflict, LimitReached
from sora_studio.domain.ids import new_id
from sora_studio.domain.ports import Clock
from sora_studio.domain.project import MOST_MEMBERS, MemberView, ProjectView, clean_project_name
from sora_studio.domain.video import VideoView
from sora_studio.services.people.trail import Trail

MOST_PROJECTS = 100  # of one person


class ProjectService:
    """Use cases on projects. One that a person is not in is not there."""

    def __init__(self, *, db: Database, trail: Trail, clock: Clock) -> None:
        self._db, self._trail, self._clock = db, trail, clock

    async def all_of(self, user_id: UUID) -> tuple[ProjectView, ...]:
        """Return the projects that somebody is in, by name."""
        async with self._db.transaction() as tx:
            return await ProjectRepository(tx).all_of(user_id)

    async def get(self, user_id: UUID, project_id: UUID) -> tuple[ProjectView, tuple[MemberView, ...]]:
        """Return a project with its members, by name.

        Raises:
            NotFound: It is not there, or they are not in it.
        """
        async with self._db.transaction() as tx:
            projects = ProjectRepository(tx)
            return await projects.view(user_id, project_id), await projects.members(project_id)

    async def create(self, who: Identity, name: str) -> ProjectView:
        """Open a project; who does is its manager.

        Raises:
            InvalidInput: A name that will not do.
            LimitReached: They are in a hundred projects.
        """
        project = ProjectRow(id=new_id(), name=clean_project_name(name), created_at=self._clock())
        async with self._trail.recording(Act.PROJECT_CREATION, who, project.id.hex) as tx:
            projects = ProjectRepository(tx)
            await UserRepository(tx).hold(who.user_id)
            if len(await projects.all_of(who.user_id)) >= MOST_PROJECTS:
                message = f"You are in {MOST_PROJECTS} projects, and cannot open another one."
                raise LimitReached(message, retry_after=60.0)
            await projects.add(project, who.user_id)
            return await projects.view(who.user_id, project.id)

    async def rename(self, who: Identity, project_id: UUID, name: str) -> ProjectView:
        """Give a project another name.

        Raises:
            InvalidInput: A name that will not do.
            NotFound: It is not there, or they are not in it.
            NotAllowed: They do not run it.
        """
        name = clean_project_name(name)
        async with self._trail.recording(Act.PROJECT_CHANGE, who, project_id.hex) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, Action.RUN_PROJECT)
            await projects.rename(project_id, name)
            return await projects.view(who.user_id, project_id)

    async def remove(self, who: Identity, project_id: UUID) -> None:
        """Delete a project in which no videos are.

        Raises:
            NotFound: It is not there, or they are not in it.
            NotAllowed: They do not run it.
            Conflict: There are videos in it.
        """
        async with self._trail.recording(Act.PROJECT_DELETION, who, project_id.hex) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, Action.RUN_PROJECT)
            if await projects.has_videos(project_id):
                message = (
                    "There are videos in this project. Move or delete them; deleted ones go in a minute."
                )
                raise Conflict(message)
            await projects.remove(project_id)

    async def put_member(
        self, who: Identity, project_id: UUID, user_id: UUID, role: ProjectRole
    ) -> tuple[MemberView, ...]:
        """Let somebody into a project, or give them another role in it; returns who is in it.

        Raises:
            NotFound: It is not there, they are not in it, or there is no such person.
            NotAllowed: They do not run it.
            Conflict: Nobody would run it.
            LimitReached: It has 500 members.
        """
        async with self._trail.recording(
            Act.PROJECT_MEMBER, who, f"{project_id.hex} {user_id.hex} {role}"
        ) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, Action.RUN_PROJECT)
            await projects.put_member(project_id, user_id, role)
            await _require_manager(projects, project_id)
            members = await projects.members(project_id)
            if len(members) > MOST_MEMBERS:
                message = f"A project has at most {MOST_MEMBERS} members."
                raise LimitReached(message, retry_after=60.0)
            return members

    async def remove_member(self, who: Identity, project_id: UUID, user_id: UUID) -> None:
        """Take somebody out of a project; anybody may leave. What they made in it stays.

        Raises:
            NotFound: It is not there, or one of them is not in it.
            NotAllowed: They do not run it.
            Conflict: Nobody would run it.
        """
        action = Action.READ_VIDEOS if user_id == who.user_id else Action.RUN_PROJECT
        async with self._trail.recording(
            Act.PROJECT_MEMBER, who, f"{project_id.hex} {user_id.hex} out"
        ) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, action)
            await projects.remove_member(project_id, user_id)
            await _require_manager(projects, project_id)

    @retry_on_deadlock
    async def move(self, user_id: UUID, video_id: UUID, project_id: UUID | None) -> VideoView:
        """Put a video that somebody made into a project, or back into their own library (None).

        Raises:
            NotFound: The video or the project is not there, or in no reach of theirs.
            NotAllowed: They have not made it, or only look on in one of the projects.
        """
        async with self._db.transaction() as tx:
            if project_id is None:
                await UserRepository(tx).hold(user_id)
            else:
                await ProjectRepository(tx).hold(user_id, project_id, Action.WRITE_VIDEOS)
            videos = VideoRepository(tx)
            await videos.move(user_id, video_id, project_id)
            return await videos.view(user_id, video_id)


async def _require_manager(projects: ProjectRepository, project_id: UUID) -> None:
    if await projects.managers(project_id) == 0:
        message = "Somebody has to run the project. Make another member a manager first."
        raise Conflict(message)

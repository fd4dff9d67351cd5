"""What people do with projects: open one, let others in, put videos into it."""

from uuid import UUID

from sora_studio.db.audit import AuditRepository
from sora_studio.db.engine import Database, Transaction, retry_on_deadlock
from sora_studio.db.models import ProjectRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import Action
from sora_studio.domain.account import Identity, ProjectRole
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import Conflict, InvalidInput, LimitReached, NotFound
from sora_studio.domain.ids import new_id
from sora_studio.domain.people import Standing
from sora_studio.domain.ports import Clock
from sora_studio.domain.project import (
    MOST_MEMBERS,
    PAGE_MAX,
    MemberPage,
    MemberView,
    ProjectNotice,
    ProjectPage,
    ProjectView,
    clean_project_name,
)
from sora_studio.domain.video import VideoView
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.addresses import spellings
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.throttle import Throttle

MOST_PROJECTS = 100  # of one person
_NOTICES = 5  # on a screen at once; others follow when one is put away


class ProjectService:
    """Use cases on projects. One that a person is not in is not there."""

    def __init__(
        self,
        *,
        db: Database,
        accounts: AccountService,
        throttle: Throttle,
        clock: Clock,
        quotas: StorageQuotas | None = None,
    ) -> None:
        """Prepare the service.

        Args:
            db: Where projects are.
            accounts: Whose sessions and trail are used.
            throttle: How often somebody may name a person by their address.
            clock: The time.
            quotas: How much libraries may store; None: as much as they like.
        """
        self._db, self._throttle, self._clock = db, throttle, clock
        self._quotas = quotas or StorageQuotas()
        self._sessions, self._trail = accounts.sessions, accounts.trail

    async def page(self, user_id: UUID, *, after: UUID | None = None, limit: int = PAGE_MAX) -> ProjectPage:
        """Return some of the projects that somebody is in, by name: those behind one of them."""
        async with self._db.reading() as tx:
            return await ProjectRepository(tx).page(user_id, after=after, limit=limit)

    async def view(self, user_id: UUID, project_id: UUID) -> ProjectView:
        """Return a project.

        Raises:
            NotFound: It is not there, or they are not in it.
        """
        async with self._db.reading() as tx:
            return await ProjectRepository(tx).view(user_id, project_id)

    async def get(
        self, user_id: UUID, project_id: UUID, *, after: UUID | None = None, limit: int = MOST_MEMBERS
    ) -> tuple[ProjectView, MemberPage]:
        """Return a project with some of its members, by name: those behind one of them.

        Raises:
            NotFound: It is not there, or they are not in it.
        """
        async with self._db.reading() as tx:
            projects = ProjectRepository(tx)
            project = await projects.view(user_id, project_id)
            return project, await projects.members(project_id, after=after, limit=limit)

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
            if await projects.count(who.user_id) >= MOST_PROJECTS:
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
            PasswordRequired: Somebody becomes or was a manager, and the password was given too long ago.
            Conflict: Nobody would run it.
            LimitReached: It has 500 members.
        """
        async with self._trail.recording(
            Act.PROJECT_MEMBER, who, f"{project_id.hex} {user_id.hex} {role}"
        ) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, Action.RUN_PROJECT)
            await self._put(tx, who, project_id, user_id, role)
            if user_id == who.user_id:
                await _require_manager(projects, project_id)
            return (await projects.members(project_id)).members

    async def add_member(self, who: Identity, project_id: UUID, email: str, role: ProjectRole) -> MemberView:
        """Let somebody into a project whose address one knows.

        Raises:
            InvalidInput: No account has that address.
            NotFound: The project is not there, or they are not in it.
            NotAllowed: They do not run it.
            PasswordRequired: It is a manager, and the password was given too long ago.
            Conflict: They are in it already.
            LimitReached: It has 500 members, or too many in an hour.
        """
        self._throttle.hit("new member", who.user_id.hex)
        line = self._trail.done(Act.PROJECT_MEMBER, who)
        async with self._trail.adding(line) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, Action.RUN_PROJECT)
            known = await UserRepository(tx).find(*spellings(email))
            if known is None:
                message = "Nobody in this studio has this address."
                raise InvalidInput(message, "email")
            account = known.account
            if await projects.role_of(account.id, project_id):
                message = f"{account.display_name} is in this project already."
                raise Conflict(message)
            line.about = f"{project_id.hex} {account.id.hex} {role}"
            await self._put(tx, who, project_id, account.id, role)
            return MemberView(account.id, account.display_name, account.email, role, self._clock())

    async def hand_over(self, who: Identity, project_id: UUID, user_id: UUID) -> None:
        """Have another member run a project in one's place; one is an editor of it from then on.

        Raises:
            NotFound: It is not there, or one of them is not in it.
            NotAllowed: They do not run it.
            PasswordRequired: The password was given too long ago.
            Conflict: It is in their hands already.
        """
        line = self._trail.done(Act.PROJECT_MEMBER, who, f"{project_id.hex} {user_id.hex} manager")
        step_down = self._trail.done(Act.PROJECT_MEMBER, who, f"{project_id.hex} {who.user_id.hex} editor")
        async with self._trail.adding(line) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, Action.RUN_PROJECT)
            if user_id == who.user_id:
                message = "The project is in your hands already."
                raise Conflict(message)
            if await projects.role_of(user_id, project_id) is None:
                message = "This person is not in the project."
                raise NotFound(message)
            await self._put(tx, who, project_id, user_id, ProjectRole.MANAGER)
            await self._put(tx, who, project_id, who.user_id, ProjectRole.EDITOR)
            await AuditRepository(tx).add(step_down)
        self._trail.tell(step_down)

    async def _put(
        self, tx: Transaction, who: Identity, project_id: UUID, user_id: UUID, role: ProjectRole
    ) -> None:
        projects = ProjectRepository(tx)
        if ProjectRole.MANAGER in {role, await projects.role_of(user_id, project_id)}:
            await self._sessions.require_proof(tx, who)
        await projects.put_member(project_id, user_id, role, who.user_id)
        if (await projects.members(project_id)).has_more:
            message = f"A project has at most {MOST_MEMBERS} members."
            raise LimitReached(message, retry_after=60.0)

    async def remove_member(self, who: Identity, project_id: UUID, user_id: UUID) -> None:
        """Take somebody out of a project; anybody may leave. What they made in it stays.

        Raises:
            NotFound: It is not there, or one of them is not in it.
            NotAllowed: They do not run it.
            PasswordRequired: It is another manager, and the password was given too long ago.
            Conflict: Nobody would run it.
        """
        action = Action.READ_VIDEOS if user_id == who.user_id else Action.RUN_PROJECT
        async with self._trail.recording(
            Act.PROJECT_MEMBER, who, f"{project_id.hex} {user_id.hex} out"
        ) as tx:
            projects = ProjectRepository(tx)
            await projects.hold(who.user_id, project_id, action)
            role = await projects.role_of(user_id, project_id)
            if user_id != who.user_id and role is ProjectRole.MANAGER:
                await self._sessions.require_proof(tx, who)
            await projects.remove_member(project_id, user_id)
            if role is ProjectRole.MANAGER:
                await _require_manager(projects, project_id)

    async def appoint(self, who: Identity, project_id: UUID, email: str) -> MemberView:
        """Have somebody run a project whose managers cannot log in, or are gone: an admin's way out.

        Raises:
            InvalidInput: No account that can log in has that address.
            NotAllowed: Only an admin may.
            PasswordRequired: The admin's password was given too long ago.
            NotFound: There is no such project.
            Conflict: Somebody runs it.
        """
        line = self._trail.done(Act.PROJECT_MEMBER, who)
        async with self._trail.adding(line) as tx:
            await self._sessions.require_admin(tx, who, proven=True)
            projects = ProjectRepository(tx)
            if not await projects.lock(project_id):
                message = "There is no such project."
                raise NotFound(message)
            if await projects.managers(project_id):
                message = "Somebody runs this project. Its managers say who else does."
                raise Conflict(message)
            known = await UserRepository(tx).find(*spellings(email))
            if known is None or known.standing is not Standing.ACTIVE:
                message = "Nobody who can log in has this address."
                raise InvalidInput(message, "email")
            account, role = known.account, ProjectRole.MANAGER
            line.about, line.subject_id = f"{project_id.hex} {account.id.hex} {role}", account.id
            await projects.put_member(project_id, account.id, role, who.user_id)
            return MemberView(account.id, account.display_name, account.email, role, self._clock())

    async def notices(self, user_id: UUID) -> list[ProjectNotice]:
        """Return the projects that somebody was let into and has not put away, the latest first."""
        async with self._db.reading() as tx:
            return await ProjectRepository(tx).notices(user_id, _NOTICES)

    async def put_away(self, user_id: UUID, project_id: UUID) -> None:
        """Note that somebody has read that they were let into a project; once is as good as twice."""
        async with self._db.transaction() as tx:
            await ProjectRepository(tx).put_away(user_id, project_id)

    @retry_on_deadlock
    async def move(self, user_id: UUID, video_id: UUID, project_id: UUID | None) -> VideoView:
        """Put a video that somebody made into a project, or back into their own library (None).

        Raises:
            NotFound: The video or the project is not there, or in no reach of theirs.
            NotAllowed: They have not made it, or only look on in one of the projects.
            StorageQuotaExceeded: It has no room where it is to go.
        """
        async with self._db.transaction() as tx:
            if project_id is None:
                await UserRepository(tx).hold(user_id)
            else:
                await ProjectRepository(tx).hold(user_id, project_id, Action.WRITE_VIDEOS)
            videos = VideoRepository(tx)
            if await videos.library_of(user_id, video_id) != (project_id or user_id):
                size = await videos.stored_bytes(video_id)
                await self._quotas.require_room(tx, user_id, project_id, size)
            await videos.move(user_id, video_id, project_id)
            return await videos.view(user_id, video_id)


async def _require_manager(projects: ProjectRepository, project_id: UUID) -> None:
    if await projects.managers(project_id) == 0:
        message = "Somebody has to run the project. Make another member a manager first."
        raise Conflict(message)

"""How much of the studio a person or a project may take: what an admin says, and how it stands."""

from dataclasses import dataclass
from uuid import UUID

from sora_studio.db.engine import Database, Transaction
from sora_studio.db.fair_queue import FairQueue
from sora_studio.db.limits import LimitRepository
from sora_studio.db.projects import ProjectRepository
from sora_studio.domain.access import Action, require
from sora_studio.domain.account import Identity
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import NotFound
from sora_studio.domain.limits import LimitChange, Limits, ProjectTakePage, StorageUse
from sora_studio.domain.project import PAGE_MAX
from sora_studio.services.people.trail import Trail
from sora_studio.services.storage_quotas import StorageQuotas


@dataclass(frozen=True)
class LimitService:
    """Use cases of admins on the limits of people and projects; everybody sees how their own stand."""

    db: Database
    trail: Trail
    quotas: StorageQuotas

    async def my_storage(self, who: Identity) -> StorageUse:
        """Return what somebody's own library stores, and may."""
        async with self.db.transaction() as tx:
            return await self.quotas.use(tx, who.user_id, None)

    async def project_storage(self, user_id: UUID, project_id: UUID) -> StorageUse:
        """Return what a project stores, and may, to one of its members.

        Raises:
            NotFound: It is not there, or they are not in it.
        """
        async with self.db.transaction() as tx:
            await ProjectRepository(tx).require(user_id, project_id, Action.READ_VIDEOS)
            return await self.quotas.use(tx, None, project_id)

    async def projects(
        self, who: Identity, words: str = "", *, after: UUID | None = None, limit: int = PAGE_MAX
    ) -> ProjectTakePage:
        """Return projects by name, how much of the studio they take and may take, never what is in them.

        Args:
            who: An admin.
            words: What their names have in them.
            after: The last one of the page before.
            limit: The most that are wanted.

        Raises:
            NotAllowed: The person does not run the studio.
        """
        require(who, Action.RUN_STUDIO)
        async with self.db.transaction() as tx:
            return await LimitRepository(tx).projects(words.strip(), after=after, limit=limit)

    async def change_person(self, who: Identity, user_id: UUID, change: LimitChange) -> Limits:
        """Change limits of a person; their wishes that wait are put in order anew.

        Raises:
            InvalidInput: A value will not do.
            NotAllowed: The person does not run the studio.
            NotFound: There is no such account.
        """
        require(who, Action.RUN_STUDIO)
        values = change.values()
        async with self.trail.recording(Act.LIMIT_CHANGE, who, change.told(), user_id) as tx:
            limits = LimitRepository(tx)
            if not await limits.change_person(user_id, values):
                message = "There is no such account."
                raise NotFound(message)
            if change.queue_weight is not None:
                await FairQueue(tx).close_up([user_id])
            return (await limits.of_person(user_id))[0]

    async def change_project(self, who: Identity, project_id: UUID, change: LimitChange) -> Limits:
        """Change limits of a project; what waits in it is put in order anew.

        Raises:
            InvalidInput: A value will not do.
            NotAllowed: The person does not run the studio.
            NotFound: There is no such project.
        """
        require(who, Action.RUN_STUDIO)
        values = change.values()
        about = f"{project_id.hex} {change.told()}"
        async with self.trail.recording(Act.LIMIT_CHANGE, who, about) as tx:
            limits = LimitRepository(tx)
            if not await limits.change_project(project_id, values):
                message = "There is no such project."
                raise NotFound(message)
            if change.queue_weight is not None:
                await _close_up(tx, project_id)
            return (await limits.of_project(project_id))[0]


async def _close_up(tx: Transaction, project_id: UUID) -> None:
    queue = FairQueue(tx)
    if owners := await queue.owners_in(project_id):
        await queue.close_up(owners)

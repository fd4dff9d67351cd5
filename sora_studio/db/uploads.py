"""Files that people have uploaded, which wait to become inputs; and the inputs that they have become."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy import select as core_select  # SQLModel's `select` has no sums
from sqlmodel import col, select

from sora_studio.db.assets import AssetRepository
from sora_studio.db.models import InputRow, UploadRow, UserRow, VideoRow
from sora_studio.db.repository import Repository, missing
from sora_studio.db.video_views import within_reach
from sora_studio.domain.account import KeyGrant


class UploadRepository(Repository):
    """Reads and writes their rows inside one transaction; every method takes the owner."""

    async def add(self, upload: UploadRow) -> None:
        """Register an upload."""
        self._tx.add(upload)
        await self._tx.flush()

    async def unused_bytes(self, owner_id: UUID) -> int:
        """Return how much an owner's files take that no wish has named yet; uploads count one by one."""
        one_by_one = select(UserRow.id).where(col(UserRow.id) == owner_id).with_for_update(key_share=True)
        await self._do(one_by_one)
        theirs = (col(UploadRow.owner_id) == owner_id, col(UploadRow.used_at).is_(None))
        total = core_select(func.coalesce(func.sum(col(UploadRow.bytes)), 0)).where(*theirs)
        return int((await self._do(total)).scalar_one())

    async def use(self, upload_ids: Sequence[UUID]) -> None:
        """Remember that a wish has named uploads."""
        named = update(UploadRow).where(col(UploadRow.id).in_(upload_ids))
        await self._do(named.values(used_at=func.coalesce(col(UploadRow.used_at), func.now())))

    async def erase(self, owner_id: UUID, upload_id: UUID, key: KeyGrant | None = None) -> None:
        """Remove an upload; its file goes to the trash.

        Raises:
            NotFound: It is not there, not the owner's, or not in reach of the key.
        """
        row = await self.get(owner_id, upload_id, key)
        this = col(UploadRow.id) == row.id
        await AssetRepository(self._tx).throw_away(select(col(UploadRow.key), func.now()).where(this))
        await self._do(delete(UploadRow).where(this))

    async def get(self, owner_id: UUID, upload_id: UUID, key: KeyGrant | None = None) -> UploadRow:
        """Return an upload.

        Raises:
            NotFound: It is not there, not the owner's, or not in reach of the key with which they came.
        """
        found = await self._tx.get(UploadRow, upload_id)
        if found is None or found.owner_id != owner_id or not (key is None or key.reaches(found.project_id)):
            message = "There is no such file; upload it again."
            raise missing(owner_id, upload_id, message)
        return found

    async def inputs(self, video_id: UUID) -> Sequence[InputRow]:
        """Return what goes into a video, in order; its caller has made sure of who asks."""
        query = select(InputRow).where(col(InputRow.video_id) == video_id)
        return (await self._tx.exec(query.order_by(col(InputRow.position)))).all()

    async def inputs_for(self, user_id: UUID, video_id: UUID) -> Sequence[InputRow]:
        """Return what goes into a video that somebody may see, in order; nothing of one that is not there."""
        query = (
            select(InputRow)
            .join(VideoRow, col(VideoRow.id) == col(InputRow.video_id))
            .where(col(InputRow.video_id) == video_id)
            .where(within_reach(user_id), col(VideoRow.deleted_at).is_(None))
            .order_by(col(InputRow.position))
        )
        return (await self._tx.exec(query)).all()

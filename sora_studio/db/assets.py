"""Files on our own storage, and those that are to be removed from it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, not_, union_all, update
from sqlalchemy import select as core_select  # SQLModel's takes four columns at most
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from sora_studio.db.models import (
    AssetRow,
    JobRow,
    ReferenceRow,
    TrashRow,
    UsedIdempotencyKeyRow,
    UserRow,
    VideoRow,
)
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.video import Phase

KEYS_LIVE = timedelta(days=1)
"""How long a request key is remembered after its video has been purged."""

SEARCH_TIME = timedelta(minutes=5)
"""So long a job is looked for that the provider may have although its video was deleted here."""

_IS_UNCLEAR = and_(
    col(JobRow.current),
    col(JobRow.phase).in_((Phase.SUBMITTING, Phase.SUBMIT_UNKNOWN)),
    col(JobRow.submit_started_at).is_not(None),
)


class AssetRepository(Repository):
    """Reads and writes files' rows inside one transaction."""

    async def add(self, assets: Iterable[AssetRow]) -> None:
        """Register files of a video; the same file again replaces its row."""
        for asset in assets:
            values = asset.model_dump()
            changed = {name: value for name, value in values.items() if name not in {"video_id", "variant"}}
            statement = upsert(AssetRow).values(values)
            await self._do(
                statement.on_conflict_do_update(index_elements=["video_id", "variant"], set_=changed)
            )

    async def find(self, owner_id: UUID, video_id: UUID, variant: str) -> tuple[AssetRow, str] | None:
        """Return a file of one of the owner's videos and the video's title."""
        query = (
            select(AssetRow, col(VideoRow.title))
            .join(VideoRow, col(VideoRow.id) == col(AssetRow.video_id))
            .where(col(AssetRow.video_id) == video_id, col(AssetRow.variant) == variant)
            .where(col(VideoRow.owner_id) == owner_id, col(VideoRow.deleted_at).is_(None))
        )
        row = (await self._tx.exec(query)).one_or_none()
        return (row[0], row[1]) if row else None

    async def add_reference(self, reference: ReferenceRow) -> None:
        """Register an uploaded picture."""
        self._tx.add(reference)
        await self._tx.flush()

    async def unused_bytes(self, owner_id: UUID) -> int:
        """Return how much an owner's pictures take that no wish has named yet; uploads count one by one."""
        one_by_one = select(UserRow.id).where(col(UserRow.id) == owner_id).with_for_update(key_share=True)
        await self._do(one_by_one)
        theirs = (col(ReferenceRow.owner_id) == owner_id, col(ReferenceRow.used_at).is_(None))
        total = core_select(func.coalesce(func.sum(col(ReferenceRow.bytes)), 0)).where(*theirs)
        return int((await self._do(total)).scalar_one())

    async def use_reference(self, reference_id: UUID) -> None:
        """Remember that a wish has named an uploaded picture."""
        named = update(ReferenceRow).where(col(ReferenceRow.id) == reference_id)
        await self._do(named.values(used_at=func.coalesce(col(ReferenceRow.used_at), func.now())))

    async def erase_reference(self, owner_id: UUID, reference_id: UUID) -> None:
        """Remove an uploaded picture; its file goes to the trash.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        row = await self.reference(owner_id, reference_id)
        await self._throw_away(
            select(col(ReferenceRow.key), func.now()).where(col(ReferenceRow.id) == row.id)
        )
        await self._do(delete(ReferenceRow).where(col(ReferenceRow.id) == row.id))

    async def reference(self, owner_id: UUID, reference_id: UUID) -> ReferenceRow:
        """Return an uploaded picture.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        found = await self._tx.get(ReferenceRow, reference_id)
        if found is None or found.owner_id != owner_id:
            message = "There is no such image; upload it again."
            raise missing(owner_id, reference_id, message)
        return found

    async def doomed(
        self, *, older_than: timedelta, limit: int, but: Collection[UUID] = ()
    ) -> Sequence[tuple[UUID, str, tuple[str, ...]]]:
        """Return deleted videos that nobody works on, but for some: id, provider, remote ids of all attempts.

        What was deleted not long ago can be brought back, unless its owner has gone; what the provider may
        have, under a name that is not known yet, is looked for first.
        """
        attempt = aliased(JobRow)
        remote_ids = (
            select(col(attempt.remote_id))
            .where(col(attempt.video_id) == col(VideoRow.id), col(attempt.remote_id).is_not(None))
            .order_by(col(attempt.remote_id))
        )
        query = (
            select(
                col(VideoRow.id),
                col(JobRow.provider),
                func.array(remote_ids.scalar_subquery()).label("remote_ids"),
            )
            .join(JobRow, col(JobRow.video_id) == col(VideoRow.id))
            .where(col(VideoRow.deleted_at).is_not(None), col(JobRow.current))
            .where((col(VideoRow.deleted_at) < func.now() - older_than) | col(VideoRow.owner_id).is_(None))
            .where(not_(_IS_UNCLEAR & (col(VideoRow.deleted_at) > func.now() - SEARCH_TIME)))
            .where(col(JobRow.lease_until).is_(None) | (col(JobRow.lease_until) < func.now()))
            .where(col(VideoRow.id).not_in(but))
            .order_by(col(VideoRow.deleted_at))
            .limit(limit)
        )
        return [(row.id, row.provider, tuple(row.remote_ids)) for row in await self._do(query)]

    async def erase(self, video_ids: Iterable[UUID]) -> None:
        """Remove deleted videos' rows; their files go to the trash in the same transaction."""
        doomed = [*video_ids]
        keys = select(col(AssetRow.key), func.now()).where(col(AssetRow.video_id).in_(doomed))
        await self._throw_away(keys)
        gone = (col(VideoRow.id).in_(doomed), col(VideoRow.deleted_at).is_not(None))
        await self._spend_keys(*gone)
        await self._do(delete(VideoRow).where(*gone))

    async def forget_words(self) -> None:
        """Empty the prompts of owners who left, but for those by which jobs are looked for."""
        needed = select(JobRow.id).where(col(JobRow.video_id) == col(VideoRow.id), _IS_UNCLEAR).exists()
        left = (col(VideoRow.owner_id).is_(None), col(VideoRow.deleted_at).is_not(None))
        words = update(VideoRow).where(*left, col(VideoRow.prompt) != "", ~needed)
        await self._do(words.values(prompt="", options={}))

    async def _spend_keys(self, *gone: ColumnElement[bool]) -> None:
        """Remember the request keys of videos that go, and forget those of long ago."""
        await self._do(
            delete(UsedIdempotencyKeyRow).where(col(UsedIdempotencyKeyRow.erased_at) < func.now() - KEYS_LIVE)
        )
        of_request = col(VideoRow.owner_id), col(VideoRow.idempotency_key), col(VideoRow.request_sha256)
        spent = core_select(*of_request, col(VideoRow.id), func.now()).where(
            *gone, col(VideoRow.idempotency_key).is_not(None)
        )
        columns = ["owner_id", "idempotency_key", "request_sha256", "video_id", "erased_at"]
        await self._do(upsert(UsedIdempotencyKeyRow).from_select(columns, spent))

    async def erase_references(self, *, older_than: timedelta) -> None:
        """Remove uploads that never became a first frame, or have done so long ago."""
        old = col(ReferenceRow.created_at) < func.now() - older_than
        await self._throw_away(select(col(ReferenceRow.key), func.now()).where(old))
        await self._do(delete(ReferenceRow).where(old))

    async def discard_all(self, owner_id: UUID) -> None:
        """Put every file of an owner into the trash, as before the account goes."""
        videos = select(VideoRow.id).where(col(VideoRow.owner_id) == owner_id)
        theirs = col(AssetRow.video_id).in_(videos)
        references = select(col(ReferenceRow.key), func.now()).where(col(ReferenceRow.owner_id) == owner_id)
        await self._throw_away(union_all(select(col(AssetRow.key), func.now()).where(theirs), references))
        await self._do(delete(AssetRow).where(theirs))

    async def trash(self, *, limit: int) -> Sequence[str]:
        """Return keys of files to remove, oldest first."""
        query = select(col(TrashRow.key)).order_by(col(TrashRow.created_at)).limit(limit)
        return [key for (key,) in await self._do(query)]

    async def emptied(self, keys: Iterable[str]) -> None:
        """Forget files that have been removed."""
        await self._do(delete(TrashRow).where(col(TrashRow.key).in_([*keys])))

    async def _throw_away(self, keys: Any) -> None:  # noqa: ANN401 - any select of key and time
        await self._do(upsert(TrashRow).from_select(["key", "created_at"], keys).on_conflict_do_nothing())

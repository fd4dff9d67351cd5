"""Files on our own storage, and those that are to be removed from it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, not_, text, union_all, update
from sqlalchemy import select as core_select  # SQLModel's takes four columns at most
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from sora_studio.db.locks import Lock
from sora_studio.db.models import (
    AssetRow,
    BatchItemRow,
    BatchRow,
    InputRow,
    JobRow,
    TrashRow,
    UploadRow,
    UsedIdempotencyKeyRow,
    VideoRow,
)
from sora_studio.db.repository import Repository
from sora_studio.db.video_views import within_reach
from sora_studio.domain.batch import BatchAction
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
        rows = [asset.model_dump() for asset in assets]
        if not rows:
            return
        added, place = upsert(AssetRow).values(rows), ["video_id", "variant"]
        changed = {name: added.excluded[name] for name in rows[0] if name not in place}
        await self._do(added.on_conflict_do_update(index_elements=place, set_=changed))

    async def find(self, user_id: UUID, video_id: UUID, variant: str) -> tuple[AssetRow, str] | None:
        """Return a file of a video that somebody may see, and the video's title."""
        query = (
            select(AssetRow, col(VideoRow.title))
            .join(VideoRow, col(VideoRow.id) == col(AssetRow.video_id))
            .where(col(AssetRow.video_id) == video_id, col(AssetRow.variant) == variant)
            .where(within_reach(user_id), col(VideoRow.deleted_at).is_(None))
        )
        row = (await self._tx.exec(query)).one_or_none()
        return (row[0], row[1]) if row else None

    async def doomed(
        self, *, older_than: timedelta, limit: int, but: Collection[UUID] = ()
    ) -> Sequence[tuple[UUID, str, str, tuple[str, ...]]]:
        """Return deleted videos that nobody works on, but for some: id, provider, model, remote ids of all.

        What was deleted not long ago can be brought back, unless its owner has gone; what the provider may
        have, under a name that is not known yet, is looked for first.

        Once the time of an undo is over, its batch goes first, in a statement of its own: what is in one that
        is left, or is held by somebody who restores it, is not doomed.
        """
        over = core_select(col(BatchRow.id)).where(col(BatchRow.expires_at) < func.now())
        over = over.with_for_update(skip_locked=True)
        await self._do(delete(BatchRow).where(col(BatchRow.id).in_(over)))
        of_batch = col(BatchRow.id) == col(BatchItemRow.batch_id)
        held = core_select(col(BatchItemRow.video_id)).join(BatchRow, of_batch)
        held = held.where(col(BatchRow.action) == BatchAction.DELETE)
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
                col(VideoRow.model),
                func.array(remote_ids.scalar_subquery()).label("remote_ids"),
            )
            .join(JobRow, col(JobRow.video_id) == col(VideoRow.id))
            .where(col(VideoRow.deleted_at).is_not(None), col(JobRow.current))
            .where((col(VideoRow.deleted_at) < func.now() - older_than) | col(VideoRow.library_id).is_(None))
            .where(not_(_IS_UNCLEAR & (col(VideoRow.deleted_at) > func.now() - SEARCH_TIME)))
            .where(col(JobRow.lease_until).is_(None) | (col(JobRow.lease_until) < func.now()))
            .where(col(VideoRow.id).not_in(but), col(VideoRow.id).not_in(held))
            .order_by(col(VideoRow.deleted_at))
            .limit(limit)
            .with_for_update(of=VideoRow, key_share=True, skip_locked=True)
        )
        return [(row.id, row.provider, row.model, tuple(row.remote_ids)) for row in await self._do(query)]

    async def erase(self, video_ids: Iterable[UUID]) -> None:
        """Remove deleted videos' rows; their files go to the trash in the same transaction."""
        deleted = (col(VideoRow.id).in_([*video_ids]), col(VideoRow.deleted_at).is_not(None))
        held = core_select(col(VideoRow.id)).where(*deleted).order_by(col(VideoRow.id)).with_for_update()
        doomed = [row.id for row in await self._do(held)]
        await self.throw_away(*(_keys(of, of.video_id, doomed) for of in (AssetRow, InputRow)))
        gone = col(VideoRow.id).in_(doomed)
        await self._spend_keys(gone)
        await self._do(delete(VideoRow).where(gone))

    async def may_erase(self) -> bool:
        """Tell whether files may go; if so, a backup that begins waits for this transaction."""
        asked = text("SELECT pg_try_advisory_xact_lock_shared(:key)")
        return bool((await self._do(asked, {"key": Lock.ERASING.value})).scalar_one())

    async def forget_words(self) -> None:
        """Empty the prompts of owners who left, but for those by which jobs are looked for."""
        needed = select(JobRow.id).where(col(JobRow.video_id) == col(VideoRow.id), _IS_UNCLEAR).exists()
        left = (col(VideoRow.library_id).is_(None), col(VideoRow.deleted_at).is_not(None))
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

    async def erase_uploads(self, *, older_than: timedelta) -> None:
        """Remove uploads that never became an input, or have done so long ago."""
        old = col(UploadRow.created_at) < func.now() - older_than
        await self.throw_away(select(col(UploadRow.key), func.now()).where(old))
        await self._do(delete(UploadRow).where(old))

    async def discard_all(self, owner_id: UUID) -> None:
        """Put every file of an owner's own library into the trash, as before the account goes."""
        videos = select(VideoRow.id).where(col(VideoRow.library_id) == owner_id)
        kept = (AssetRow, InputRow)
        uploads = select(col(UploadRow.key), func.now()).where(col(UploadRow.owner_id) == owner_id)
        await self.throw_away(*(_keys(of, of.video_id, videos) for of in kept), uploads)
        for of in kept:
            await self._do(delete(of).where(col(of.video_id).in_(videos)))

    async def trash(self, *, limit: int) -> Sequence[str]:
        """Return keys of files to remove, oldest first."""
        query = select(col(TrashRow.key)).order_by(col(TrashRow.created_at)).limit(limit)
        return [key for (key,) in await self._do(query)]

    async def emptied(self, keys: Iterable[str]) -> None:
        """Forget files that have been removed."""
        await self._do(delete(TrashRow).where(col(TrashRow.key).in_([*keys])))

    async def throw_away(self, *keys: Select[str, datetime]) -> None:
        """Put files into the trash, by their keys and the time."""
        thrown = upsert(TrashRow).from_select(["key", "created_at"], union_all(*keys))
        await self._do(thrown.on_conflict_do_nothing())


def _keys(
    of: type[AssetRow | InputRow], video_id: UUID, videos: Sequence[UUID] | SelectOfScalar[UUID]
) -> Select[str, datetime]:
    return select(col(of.key), func.now()).where(col(video_id).in_(videos))

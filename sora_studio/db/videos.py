"""Videos as their owners see them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from sora_studio.db.assets import KEYS_LIVE, AssetRepository
from sora_studio.db.models import InputRow, JobRow, UsedIdempotencyKeyRow, VideoRow
from sora_studio.db.repository import Repository, missing
from sora_studio.db.search import ordinal
from sora_studio.db.video_views import UNFINISHED, VIDEO, keyset, owned_by, select_views, to_view
from sora_studio.domain.errors import Conflict
from sora_studio.domain.library import SortOrder
from sora_studio.domain.video import Kind, VideoView

_Row = TypeVar("_Row", bound=SQLModel)
_NO_VIDEO = "There is no such video."


class VideoRepository(Repository):
    """Reads and writes videos inside one transaction; every method takes the owner."""

    async def add(self, video: VideoRow, *parts: JobRow | InputRow) -> None:
        """Write down a wish: the video with its words, then its first job and its inputs.

        Others who add to the library wait meanwhile (`UserRepository.hold`).

        Raises:
            Conflict: The owner has used this request key before.
        """
        place = ordinal(video.owner_id, (literal(video.created_at), literal(video.id)))
        video.ordinal = (await self._do(select(place))).scalar_one()
        try:
            self._tx.add(_copied(video))
            await self._tx.flush()  # the parts refer to it
            self._tx.add_all(map(_copied, parts))
            await self._tx.flush()
        except IntegrityError as error:
            message = "This request was already made."
            raise Conflict(message) from error

    async def pending(self, owner_id: UUID) -> int:
        """Count what an owner has that is neither completed nor failed; deleted ones are still made."""
        theirs = (col(VideoRow.owner_id) == owner_id, col(VideoRow.status).in_(UNFINISHED))
        deleted = col(VideoRow.deleted_at)
        there, gone = (
            select(func.count()).select_from(VIDEO).where(*theirs, which).scalar_subquery()
            for which in (deleted.is_(None), deleted.is_not(None))  # an index for each
        )
        return (await self._do(select(there + gone))).scalar_one()

    async def view(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Return one video.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        found = await self.views(owner_id, [video_id])
        if not found:
            raise missing(owner_id, video_id, _NO_VIDEO)
        return found[0]

    async def views(self, owner_id: UUID, video_ids: Sequence[UUID]) -> tuple[VideoView, ...]:
        """Return those of the videos that are the owner's, in the order asked."""
        rows = await self._do(select_views().where(owned_by(owner_id), col(VideoRow.id).in_(video_ids)))
        found = {view.id: view for view in map(to_view, rows)}
        return tuple(found[video_id] for video_id in dict.fromkeys(video_ids) if video_id in found)

    async def made_from(self, owner_id: UUID, parent_id: UUID, *, limit: int = 100) -> tuple[VideoView, ...]:
        """Return what was made from a video, oldest first."""
        query = select_views().where(owned_by(owner_id), col(VideoRow.parent_id) == parent_id)
        return tuple(map(to_view, await self._do(query.order_by(*keyset(SortOrder.OLDEST)).limit(limit))))

    async def extensions(self, video_id: UUID) -> int:
        """Count the extensions among a video and its ancestors, deleted ones included."""
        line = select(VIDEO.c.kind, VIDEO.c.parent_id).where(VIDEO.c.id == video_id).cte(recursive=True)
        above = select(VIDEO.c.kind, VIDEO.c.parent_id).join(line, VIDEO.c.id == line.c.parent_id)
        line = line.union_all(above)
        query = select(func.count()).select_from(line).where(line.c.kind == Kind.EXTEND)
        return int((await self._do(query)).scalar_one())

    async def seconds(self, video_id: UUID) -> str | None:
        """Return how long a video is, of any owner, deleted or not; None when there is no trace of it."""
        query = select(col(VideoRow.seconds)).where(col(VideoRow.id) == video_id)
        return (await self._do(query)).scalar_one_or_none()

    async def requested(self, owner_id: UUID, idempotency_key: str) -> tuple[UUID, str] | None:
        """Return id and body hash of the video made under a request key; it may be deleted or purged."""
        made = select(col(VideoRow.id), col(VideoRow.request_sha256)).where(
            col(VideoRow.owner_id) == owner_id,
            col(VideoRow.idempotency_key) == idempotency_key,
        )
        purged = select(col(UsedIdempotencyKeyRow.video_id), col(UsedIdempotencyKeyRow.request_sha256)).where(
            col(UsedIdempotencyKeyRow.owner_id) == owner_id,
            col(UsedIdempotencyKeyRow.idempotency_key) == idempotency_key,
            col(UsedIdempotencyKeyRow.erased_at) > func.now() - KEYS_LIVE,
        )
        row = (await self._do(union_all(made, purged))).first()
        return (row.id, row.request_sha256 or "") if row else None

    async def rename(self, owner_id: UUID, video_id: UUID, title: str, words: list[str]) -> None:
        """Give a video another title, and the words by which it is found from now on."""
        await self._change(owner_id, video_id, col(VideoRow.deleted_at).is_(None), title=title, search=words)

    async def mark_deleted(self, owner_id: UUID, video_id: UUID, *, ago: timedelta = timedelta()) -> None:
        """Put up a tombstone, dated so long ago; the purge takes the rest away."""
        still = col(VideoRow.deleted_at).is_(None)
        await self._change(owner_id, video_id, still, deleted_at=func.now() - ago)

    async def restore(self, owner_id: UUID, video_id: UUID, *, within: timedelta) -> None:
        """Take the tombstone away again while there is time; where there is none, change nothing.

        Others who add to the library wait meanwhile (`UserRepository.hold`).

        Raises:
            NotFound: Too late, or not the owner's.
        """
        deleted_at = col(VideoRow.deleted_at)
        young = deleted_at.is_(None) | (deleted_at > func.now() - within)
        place = ordinal(owner_id, (VIDEO.c.created_at, VIDEO.c.id))
        await self._change(owner_id, video_id, young, deleted_at=None, ordinal=place)

    async def disown(self, owner_id: UUID) -> None:
        """Delete everything of an owner who leaves, with every word of theirs that is no longer needed.

        The rows stay until the purge has seen to the jobs at their providers; a POST that is still on its way
        finds its row, and one whose answer was lost is looked for, so that no job is forgotten there.
        """
        nobodys = {
            "owner_id": None,
            "title": "",
            "search": [],
            "idempotency_key": None,
            "request_sha256": None,
        }
        theirs = col(VideoRow.owner_id) == owner_id
        await self._do(update(VideoRow).where(theirs).values(deleted_at=func.now(), **nobodys))
        await AssetRepository(self._tx).forget_words()

    async def _change(
        self, owner_id: UUID, video_id: UUID, still: ColumnElement[bool], **values: object
    ) -> None:
        owned = (col(VideoRow.id) == video_id, col(VideoRow.owner_id) == owner_id)
        changed = await self._do(update(VideoRow).where(*owned, still).values(**values))
        if changed.rowcount != 1:
            raise missing(owner_id, video_id, _NO_VIDEO)


def _copied(row: _Row) -> _Row:
    """Copy a row: what the server fills in stays out of the one that may have to be stored again."""
    return type(row)(**row.model_dump(exclude_none=True))

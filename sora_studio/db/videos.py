"""Videos, one by one, as those see them who have them in a library."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, Uuid, bindparam, func, select, union_all, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from sora_studio.db.assets import KEYS_LIVE, AssetRepository
from sora_studio.db.models import InputRow, JobRow, UsedIdempotencyKeyRow, VideoRow
from sora_studio.db.repository import Repository, missing
from sora_studio.db.search import ordinal
from sora_studio.db.video_views import STILL_UNFINISHED, VIDEO, keyset, select_views, to_view, within_reach
from sora_studio.domain.access import Action
from sora_studio.domain.errors import Conflict, NotAllowed, NotFound
from sora_studio.domain.library import SortOrder
from sora_studio.domain.video import Kind, VideoView

_Row = TypeVar("_Row", bound=SQLModel)
_NO_VIDEO = "There is no such video."


class VideoRepository(Repository):
    """Reads and writes videos inside one transaction; what is named by an id is asked for with its person."""

    async def add(self, video: VideoRow, *parts: JobRow | InputRow) -> None:
        """Write down a wish: the video with its words, then its first job and its inputs.

        Others who add to the library wait meanwhile (`UserRepository.hold`).

        Raises:
            Conflict: The owner has used this request key before.
        """
        library_id = video.project_id or video.owner_id
        place = {"library_id": library_id, "created_at": video.created_at, "id": video.id}
        video.ordinal = (await self._do(_PLACE, place)).scalar_one()
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
        return (await self._do(_PENDING, {"owner_id": owner_id})).scalar_one()

    async def view(self, user_id: UUID, video_id: UUID, action: Action = Action.READ_VIDEOS) -> VideoView:
        """Return one video to somebody who wants to do something with it.

        Raises:
            NotFound: It is not there, or in no library of theirs.
            NotAllowed: Their role in its project is not enough.
        """
        found = await self.views(user_id, [video_id], action)
        if not found:
            raise await self._out_of_reach(user_id, video_id)
        return found[0]

    async def hold(self, video_id: UUID) -> None:
        """Keep others from changing a video until the end of the transaction."""
        named = select(VIDEO.c.id).where(VIDEO.c.id == video_id)
        await self._do(named.with_for_update(key_share=True))

    async def views(
        self, user_id: UUID, video_ids: Sequence[UUID], action: Action = Action.READ_VIDEOS
    ) -> tuple[VideoView, ...]:
        """Return those of the videos with which somebody may do something, in the order asked."""
        rows = await self._do(_named(action), {"user_id": user_id, "video_ids": [*video_ids]})
        found = {view.id: view for view in map(to_view, rows)}
        return tuple(found[video_id] for video_id in dict.fromkeys(video_ids) if video_id in found)

    async def made_from(self, user_id: UUID, parent_id: UUID, *, limit: int = 100) -> tuple[VideoView, ...]:
        """Return what was made from a video, as far as somebody may see it, oldest first."""
        there = (within_reach(user_id), col(VideoRow.deleted_at).is_(None))
        query = select_views().where(*there, col(VideoRow.parent_id) == parent_id)
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

    async def rename(self, user_id: UUID, video_id: UUID, title: str, words: list[str]) -> None:
        """Give a video another title, and the words by which it is found from now on."""
        there = col(VideoRow.deleted_at).is_(None)
        await self._change(user_id, video_id, Action.WRITE_VIDEOS, there, title=title, search=words)

    async def mark_deleted(self, user_id: UUID, video_id: UUID, *, ago: timedelta = timedelta()) -> None:
        """Put up a tombstone, dated so long ago; the purge takes the rest away."""
        there = col(VideoRow.deleted_at).is_(None)
        await self._change(user_id, video_id, Action.DELETE_VIDEOS, there, deleted_at=func.now() - ago)

    async def library_of(self, user_id: UUID, video_id: UUID) -> UUID:
        """Return the library that a video is in, deleted or not.

        Raises:
            NotFound: It is in none of that person's.
        """
        named = select(VIDEO.c.library_id).where(VIDEO.c.id == video_id, within_reach(user_id))
        library_id = (await self._do(named)).scalar_one_or_none()
        if library_id is None:
            raise missing(user_id, video_id, _NO_VIDEO)
        return library_id

    async def stored_bytes(self, video_id: UUID) -> int:
        """Return how large a video's files are, those that were put in included; 0 when it is gone."""
        query = select(col(VideoRow.stored_bytes)).where(col(VideoRow.id) == video_id)
        return (await self._do(query)).scalar_one_or_none() or 0

    async def stays_in(self, video_id: UUID, project_id: UUID | None) -> bool:
        """Tell whether a video is in a library, where it stays until the end of the transaction."""
        place = select(VIDEO.c.id).where(VIDEO.c.id == video_id)
        place = place.where(VIDEO.c.project_id.is_not_distinct_from(project_id))
        return (await self._do(place.with_for_update(key_share=True))).first() is not None

    async def require_in(self, user_id: UUID, project_id: UUID, video_id: UUID) -> None:
        """Make sure that a video is in a project, deleted or not; whether its person may act is not asked.

        Raises:
            NotFound: It is not.
        """
        named = select(VIDEO.c.id).where(VIDEO.c.id == video_id, VIDEO.c.project_id == project_id)
        if (await self._do(named)).first() is None:
            raise missing(user_id, video_id, _NO_VIDEO)

    async def restore(self, user_id: UUID, video_id: UUID, *, within: timedelta) -> None:
        """Take the tombstone away again while there is time; where there is none, change nothing.

        Whether there is time is decided once the row is held, as the purge skips what somebody holds.

        Raises:
            NotFound: Too late, or in no library of theirs.
        """
        await self.hold(video_id)
        deleted_at = col(VideoRow.deleted_at)
        young = deleted_at.is_(None) | (deleted_at > func.clock_timestamp() - within)
        await self._change(user_id, video_id, Action.DELETE_VIDEOS, young, deleted_at=None)

    async def move(self, user_id: UUID, video_id: UUID, project_id: UUID | None) -> None:
        """Put a video into another library: a project's, or its maker's own (None).

        Others who add to that library wait meanwhile (`hold_library`).

        Raises:
            NotFound: It is not there, or in no library of theirs.
            NotAllowed: Their role is not enough, or they have not made it.
        """
        there = col(VideoRow.deleted_at).is_(None) & (col(VideoRow.owner_id) == user_id)
        place = ordinal(project_id or user_id, (VIDEO.c.created_at, VIDEO.c.id))
        await self._change(
            user_id, video_id, Action.WRITE_VIDEOS, there, project_id=project_id, ordinal=place
        )

    async def disown(self, owner_id: UUID) -> None:
        """Delete the library of an owner who leaves, with every word of theirs that is no longer needed.

        What they have made in projects stays there.

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
        theirs, shared = col(VideoRow.owner_id) == owner_id, col(VideoRow.project_id).is_not(None)
        left = {"owner_id": None, "idempotency_key": None, "request_sha256": None}
        await self._do(update(VideoRow).where(theirs, shared).values(**left))
        await self._do(update(VideoRow).where(theirs).values(deleted_at=func.now(), **nobodys))
        await AssetRepository(self._tx).forget_words()

    async def _change(
        self, user_id: UUID, video_id: UUID, action: Action, still: ColumnElement[bool], **values: object
    ) -> None:
        named = (col(VideoRow.id) == video_id, within_reach(user_id, action), still)
        changed = await self._do(update(VideoRow).where(*named).values(**values))
        if changed.rowcount != 1:
            raise await self._out_of_reach(user_id, video_id)

    async def _out_of_reach(self, user_id: UUID, video_id: UUID) -> NotAllowed | NotFound:
        """Say why a video cannot be had: what somebody may see is there, and the rest is not."""
        if await self.views(user_id, [video_id]):
            message = "Your role in this project does not allow this."
            return NotAllowed(message)
        return missing(user_id, video_id, _NO_VIDEO)


_PENDING = (
    select(func.count()).select_from(VIDEO).where(VIDEO.c.owner_id == bindparam("owner_id"), STILL_UNFINISHED)
)
_PLACE = select(
    ordinal(
        bindparam("library_id", type_=Uuid()),
        (bindparam("created_at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid())),
    )
)


@cache
def _named(action: Action) -> Select[*tuple[Any, ...]]:
    """Select those videos of a list with which somebody may do something."""
    reachable = within_reach(bindparam("user_id", type_=Uuid()), action)
    listed = VIDEO.c.id == func.any(bindparam("video_ids", type_=ARRAY(Uuid)))
    return select_views().where(reachable, VIDEO.c.deleted_at.is_(None), listed)


def _copied(row: _Row) -> _Row:
    """Copy a row: what the server fills in stays out of the one that may have to be stored again."""
    return type(row)(**row.model_dump(exclude_none=True))

"""What happened to a video, line by line."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from sora_studio.db.models import ActivityRow, VideoRow
from sora_studio.db.repository import Repository, missing
from sora_studio.db.video_views import within_reach
from sora_studio.domain.activity import DECISIONS, Activity, ActivityKind

MOST = 100
"""So many of the newest lines are read: a provider that is busy for a day may have left more."""


class ActivityRepository(Repository):
    """Reads activity inside one transaction; the background work writes it with what it changes."""

    async def of(self, user_id: UUID, video_id: UUID) -> tuple[Activity, ...]:
        """Return what happened to a video, oldest first, in one statement.

        Raises:
            NotFound: The video is not there, or in no library of theirs.
        """
        row = ActivityRow
        query = (
            select(col(row.at), col(row.kind), col(row.note))
            .select_from(VideoRow)
            .outerjoin(row, col(row.video_id) == col(VideoRow.id))
            .where(col(VideoRow.id) == video_id, within_reach(user_id))
            .where(col(VideoRow.deleted_at).is_(None))
            .order_by(col(row.id).desc())
            .limit(MOST)
        )
        lines = (await self._do(query)).all()
        if not lines:
            message = "There is no such video."
            raise missing(user_id, video_id, message)
        return tuple(
            Activity(line.at, ActivityKind(line.kind), line.note or "")
            for line in reversed(lines)
            if line.kind is not None  # nothing has happened to it yet
        )

    async def last_decision(self, video_id: UUID) -> ActivityKind | None:
        """Return what was decided last about a video, None when nothing; the caller checks whose it is."""
        query = (
            select(col(ActivityRow.kind))
            .where(col(ActivityRow.video_id) == video_id, col(ActivityRow.kind).in_(DECISIONS))
            .order_by(col(ActivityRow.id).desc())
            .limit(1)
        )
        kind = (await self._do(query)).scalar_one_or_none()
        return None if kind is None else ActivityKind(kind)

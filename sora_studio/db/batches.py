"""What was done to several videos at once: noted, done and undone, in a few statements for any number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, literal, select, update
from sqlmodel import SQLModel, col

from sora_studio.db.library import all_matching
from sora_studio.db.marks import IS_STARS, Ids, MarkRepository, has_mark, tags_of
from sora_studio.db.models import BatchItemRow, BatchRow
from sora_studio.db.repository import Repository, missing
from sora_studio.db.search import ordinal_again
from sora_studio.db.video_views import MARK, VIDEO, costs, within_reach
from sora_studio.domain.batch import BatchAct, BatchAction, Selection
from sora_studio.domain.marks import STARS, TAGS_MAX
from sora_studio.domain.video import TERMINAL, Phase

_ITEM = SQLModel.metadata.tables["batch_item"]
_KEPT = timedelta(hours=1)  # as long as nothing else is done by the same person


@dataclass(frozen=True)
class Unsent:
    """A video in a batch whose wish may not have been sent."""

    video_id: UUID
    owner_id: UUID
    provider: str


class BatchRepository(Repository):
    """Works on batches inside one transaction, for the person who acts."""

    async def note(self, batch_id: UUID, user_id: UUID, selection: Selection, act: BatchAct) -> int:
        """Write down which videos an act changes, of those that its person may change; returns how many."""
        old = (col(BatchRow.user_id) == user_id, col(BatchRow.created_at) < func.now() - _KEPT)
        await self._do(delete(BatchRow).where(*old))
        given = {"id": batch_id, "user_id": user_id, "action": act.action, "mark": act.mark}
        await self._do(insert(BatchRow).values(created_at=func.now(), **given))
        changed = _changed(literal(batch_id), act).where(VIDEO.c.id.in_(_selected(user_id, selection, act)))
        columns = ["batch_id", "video_id", "before"]
        await self._do(insert(BatchItemRow).from_select(columns, changed))
        noted = select(func.count()).select_from(_ITEM).where(_ITEM.c.batch_id == batch_id)
        return (await self._do(noted)).scalar_one()

    async def apply(self, batch_id: UUID, act: BatchAct) -> None:
        """Do to the videos what was written down."""
        marks, videos = MarkRepository(self._tx), _items(batch_id)
        match act.action:
            case BatchAction.STAR:
                await marks.rate(videos, act.mark)
            case BatchAction.TAG:
                await marks.tag(videos, [act.mark or ""])
            case BatchAction.UNTAG:
                await marks.untag(videos, [act.mark or ""])
            case BatchAction.DELETE:
                gone = update(VIDEO).where(VIDEO.c.id.in_(videos), VIDEO.c.deleted_at.is_(None))
                await self._do(gone.values(deleted_at=func.now()))

    async def find(self, batch_id: UUID, user_id: UUID, *, within: timedelta) -> BatchAct:
        """Return what somebody did a short time ago; nobody else undoes it meanwhile.

        Raises:
            NotFound: It was undone, or is too long ago, or is not theirs.
        """
        theirs = (col(BatchRow.id) == batch_id, col(BatchRow.user_id) == user_id)
        young = col(BatchRow.created_at) > func.now() - within
        found = select(col(BatchRow.action), col(BatchRow.mark)).where(*theirs, young).with_for_update()
        row = (await self._do(found)).first()
        if row is None:
            raise missing(user_id, batch_id, "There is nothing to undo.")
        return BatchAct(BatchAction(row.action), row.mark)

    async def take_back(self, batch_id: UUID, user_id: UUID, act: BatchAct, *, within: timedelta) -> int:
        """Undo an act, where its person may still do that; returns for how many videos.

        Who else adds to their libraries waits meanwhile, when they come back (`hold_library`).
        """
        mine = select(VIDEO.c.id).where(VIDEO.c.id.in_(_items(batch_id)), within_reach(user_id, act.needs))
        marks, count = MarkRepository(self._tx), select(func.count()).select_from(mine.subquery())
        undone = (await self._do(count)).scalar_one()
        match act.action:
            case BatchAction.STAR:
                for star in (None, *STARS):
                    had = select(_ITEM.c.video_id).where(
                        _ITEM.c.batch_id == batch_id, _ITEM.c.before.is_not_distinct_from(star)
                    )
                    await marks.rate(mine.where(VIDEO.c.id.in_(had)), star)
            case BatchAction.TAG:
                await marks.untag(mine, [act.mark or ""])
            case BatchAction.UNTAG:
                await marks.tag(mine, [act.mark or ""])
            case BatchAction.DELETE:
                young = VIDEO.c.deleted_at > func.now() - within
                back = update(VIDEO).where(VIDEO.c.id.in_(mine), young)
                undone = (await self._do(back.values(deleted_at=None, ordinal=ordinal_again()))).rowcount
        await self._do(delete(BatchRow).where(col(BatchRow.id) == batch_id))
        return int(undone)

    async def libraries(self, batch_id: UUID) -> Sequence[UUID]:
        """Return in which libraries the videos are, in order."""
        where = select(VIDEO.c.library_id).where(VIDEO.c.id.in_(_items(batch_id)))
        rows = await self._do(where.where(VIDEO.c.library_id.is_not(None)).distinct())
        return sorted(row.library_id for row in rows)

    async def unsent(self, batch_id: UUID) -> list[Unsent]:
        """Return those that nobody may have sent."""
        columns = VIDEO.c.id, VIDEO.c.owner_id, VIDEO.c.provider
        waiting = select(*columns).where(VIDEO.c.id.in_(_items(batch_id)), VIDEO.c.phase == Phase.SUBMITTING)
        return [Unsent(row.id, row.owner_id, row.provider) for row in await self._do(waiting)]

    async def may_be_billed(self, batch_id: UUID, *, but: Sequence[UUID]) -> int:
        """Count those that are being made, and may cost something all the same, without some that do not."""
        made = (VIDEO.c.id.in_(_items(batch_id)), VIDEO.c.phase.not_in(TERMINAL), VIDEO.c.id.not_in(but))
        return (await self._do(select(func.count()).select_from(VIDEO).where(*made, costs()))).scalar_one()


def _items(batch_id: UUID) -> Ids:
    return select(_ITEM.c.video_id).where(_ITEM.c.batch_id == batch_id)


def _selected(user_id: UUID, selection: Selection, act: BatchAct) -> Ids:
    """Select the videos that somebody means, and may change; of a project, that was asked before."""
    if selection.query is not None:
        every = all_matching(selection.project_id or user_id, selection.query)
        return every.where(every.selected_columns[0].not_in(selection.ids)) if selection.ids else every
    named = select(VIDEO.c.id).where(VIDEO.c.id.in_(selection.ids), within_reach(user_id, act.needs))
    return named.where(VIDEO.c.project_id == selection.project_id) if selection.project_id else named


def _changed(batch: ColumnElement[UUID], act: BatchAct) -> Select[*tuple[Any, ...]]:
    """Select what an act makes different, and the star mark that it had."""
    there = VIDEO.c.deleted_at.is_(None)
    if act.action is BatchAction.STAR:
        star = and_(MARK.c.video_id == VIDEO.c.id, IS_STARS)
        rated = select(batch, VIDEO.c.id, MARK.c.mark).select_from(VIDEO).outerjoin(MARK, star)
        return rated.where(there, MARK.c.mark.is_distinct_from(act.mark))
    differs = select(batch, VIDEO.c.id, literal(None)).where(there)
    match act.action:
        case BatchAction.TAG:
            return differs.where(~has_mark(act.mark or ""), tags_of() < TAGS_MAX)
        case BatchAction.UNTAG:
            return differs.where(has_mark(act.mark or ""))
        case BatchAction.DELETE:
            return differs

"""What was done to several videos at once: noted, done and undone, some after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, delete, func, insert, literal, null, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import SQLModel, col

from sora_studio.db.library import all_matching
from sora_studio.db.marks import MarkRepository, has_mark, star_of, tags_of
from sora_studio.db.models import BatchItemRow, BatchRow
from sora_studio.db.repository import Repository, missing
from sora_studio.db.video_views import VIDEO, costs, within_reach
from sora_studio.domain.batch import BatchAct, BatchAction, Selection
from sora_studio.domain.marks import TAGS_MAX
from sora_studio.domain.video import TERMINAL, Phase

_BATCH, _ITEM = (SQLModel.metadata.tables[name] for name in ("batch", "batch_item"))
_NOTHING = "There is nothing to undo."


@dataclass(frozen=True)
class Batch:
    """What somebody did to several videos, while it can be undone."""

    id: UUID
    user_id: UUID
    act: BatchAct
    project_id: UUID | None
    created_at: datetime  # its videos were deleted at this time


@dataclass(frozen=True)
class Unsent:
    """A video in a batch whose wish may not have been sent."""

    video_id: UUID
    owner_id: UUID
    provider: str


class BatchRepository(Repository):
    """Works on batches inside one transaction, for the person who acts.

    Videos are locked in the order of their ids before anything is asked about them: so what is noted is what
    becomes different, and two batches wait for each other in turn.
    """

    async def choose(self, user_id: UUID, selection: Selection, act: BatchAct) -> Sequence[UUID]:
        """Return which videos an act would make different, in the order in which they are locked."""
        chosen = select(VIDEO.c.id).where(*_meant(user_id, selection, act), *_differs(act))
        if selection.query is not None:
            library_id = selection.project_id or user_id
            chosen = chosen.where(VIDEO.c.id.in_(all_matching(library_id, selection.query)))
            chosen = chosen.where(~_among(VIDEO.c.id, selection.ids))
        else:
            chosen = chosen.where(_among(VIDEO.c.id, selection.ids))
        return [row.id for row in await self._do(chosen.order_by(VIDEO.c.id))]

    async def put_off(
        self, batch_id: UUID, user_id: UUID, selection: Selection, act: BatchAct, *, until: timedelta
    ) -> Batch:
        """Write a batch down, or have it expire so long from now; nobody else works on it meanwhile."""
        expires_at = func.clock_timestamp() + until
        given = {"id": batch_id, "user_id": user_id, "action": act.action, "mark": act.mark}
        put = upsert(BatchRow).values(
            **given, project_id=selection.project_id, created_at=func.now(), expires_at=expires_at
        )
        put = put.on_conflict_do_update(index_elements=["id"], set_={"expires_at": expires_at})
        created_at = (await self._do(put.returning(col(BatchRow.created_at)))).scalar_one()
        return Batch(batch_id, user_id, act, selection.project_id, created_at)

    async def note(self, batch: Batch, selection: Selection, some: Sequence[UUID]) -> Sequence[UUID]:
        """Lock some videos and write down those that become different; returns these."""
        held = await self._locked(some, *_meant(batch.user_id, selection, batch.act))
        before = star_of() if batch.act.action is BatchAction.STAR else null()
        changed = select(literal(batch.id), VIDEO.c.id, before)
        changed = changed.where(_among(VIDEO.c.id, held), *_differs(batch.act))
        noted = insert(BatchItemRow).from_select(["batch_id", "video_id", "before"], changed)
        return [row.video_id for row in await self._do(noted.returning(_ITEM.c.video_id))]

    async def apply(self, batch: Batch, videos: Sequence[UUID]) -> None:
        """Do to videos what was written down."""
        marks, act = MarkRepository(self._tx), batch.act
        match act.action:
            case BatchAction.STAR:
                await marks.rate(videos, act.mark)
            case BatchAction.TAG:
                await marks.tag(videos, [act.mark or ""])
            case BatchAction.UNTAG:
                await marks.untag(videos, [act.mark or ""])
            case BatchAction.DELETE:
                gone = update(VIDEO).where(_among(VIDEO.c.id, videos))
                await self._do(gone.values(deleted_at=batch.created_at))

    async def find(self, batch_id: UUID, user_id: UUID, *, within: timedelta) -> Batch:
        """Return what somebody did a short time ago; nobody else undoes it meanwhile.

        Its time is looked at once it is held, and begins anew, as there may be more to undo than now.

        Raises:
            NotFound: It was undone, or is too long ago, or is not theirs.
        """
        theirs = (col(BatchRow.id) == batch_id, col(BatchRow.user_id) == user_id)
        await self._do(select(col(BatchRow.id)).where(*theirs).with_for_update())
        found = update(BatchRow).where(*theirs, col(BatchRow.expires_at) > func.clock_timestamp())
        found = found.values(expires_at=func.clock_timestamp() + within)
        row = (await self._do(found.returning(*_BATCH.c))).first()
        if row is None:
            raise missing(user_id, batch_id, _NOTHING)
        return Batch(
            row.id, row.user_id, BatchAct(BatchAction(row.action), row.mark), row.project_id, row.created_at
        )

    async def next_items(self, batch: Batch, limit: int) -> dict[UUID, str | None]:
        """Take the next videos out of a batch, each with the star mark that it had before."""
        some = select(_ITEM.c.video_id).where(_ITEM.c.batch_id == batch.id).order_by(_ITEM.c.video_id)
        taken = delete(_ITEM).where(_ITEM.c.batch_id == batch.id, _ITEM.c.video_id.in_(some.limit(limit)))
        rows = await self._do(taken.returning(_ITEM.c.video_id, _ITEM.c.before))
        return {row.video_id: row.before for row in rows}

    async def take_back(self, batch: Batch, before: dict[UUID, str | None]) -> Sequence[UUID]:
        """Undo an act on some videos, where its person still may and it is still as they left it.

        Returns:
            What is as before.
        """
        held = await self._locked([*before], within_reach(batch.user_id, batch.act.needs))
        marks, act = MarkRepository(self._tx), batch.act
        still = await self._still(batch, held)
        match act.action:
            case BatchAction.STAR:
                for star in {before[each] for each in still}:
                    await marks.rate([each for each in still if before[each] == star], star)
            case BatchAction.TAG:
                await marks.untag(still, [act.mark or ""])
            case BatchAction.UNTAG:
                await marks.tag(still, [act.mark or ""])
            case BatchAction.DELETE:
                await self._do(update(VIDEO).where(_among(VIDEO.c.id, still)).values(deleted_at=None))
        return still

    async def drop(self, batch_id: UUID) -> None:
        """Forget a batch, which nobody can undo from now on."""
        await self._do(delete(BatchRow).where(col(BatchRow.id) == batch_id))

    async def unsent(self, videos: Sequence[UUID]) -> list[Unsent]:
        """Return those that nobody may have sent."""
        columns = VIDEO.c.id, VIDEO.c.owner_id, VIDEO.c.provider
        waiting = select(*columns).where(_among(VIDEO.c.id, videos), VIDEO.c.phase == Phase.SUBMITTING)
        return [Unsent(row.id, row.owner_id, row.provider) for row in await self._do(waiting)]

    async def may_be_billed(self, videos: Iterable[UUID]) -> int:
        """Count those that are being made and cost something, or may."""
        made = (_among(VIDEO.c.id, videos), VIDEO.c.phase.not_in(TERMINAL))
        return (await self._do(select(func.count()).select_from(VIDEO).where(*made, costs()))).scalar_one()

    async def _locked(self, videos: Sequence[UUID], *those: ColumnElement[bool]) -> Sequence[UUID]:
        """Keep others from changing those of the videos that are so, until the end of the transaction."""
        held = select(VIDEO.c.id).where(_among(VIDEO.c.id, videos), *those).order_by(VIDEO.c.id)
        return [row.id for row in await self._do(held.with_for_update(key_share=True))]

    async def _still(self, batch: Batch, held: Sequence[UUID]) -> Sequence[UUID]:
        rows = await self._do(select(VIDEO.c.id).where(_among(VIDEO.c.id, held), *_stands(batch)))
        return [row.id for row in rows]


def _among(column: ColumnElement[UUID], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Build the condition that an id is one of some; it is one statement for any number of them."""
    return column == func.any(literal([*ids], ARRAY(Uuid)))


def _meant(user_id: UUID, selection: Selection, act: BatchAct) -> list[ColumnElement[bool]]:
    """Build the conditions that a video is where it was selected, and that somebody may change it."""
    meant = [VIDEO.c.deleted_at.is_(None), within_reach(user_id, act.needs)]
    if selection.project_id or selection.query is not None:
        meant.append(VIDEO.c.library_id == (selection.project_id or user_id))
    if selection.until is not None:
        meant.append(VIDEO.c.created_at <= selection.until)
    return meant


def _differs(act: BatchAct) -> list[ColumnElement[bool]]:
    """Build the conditions that an act makes a video different."""
    match act.action:
        case BatchAction.STAR:
            return [star_of().is_distinct_from(act.mark)]
        case BatchAction.TAG:
            return [~has_mark(act.mark or ""), tags_of() < TAGS_MAX]
        case BatchAction.UNTAG:
            return [has_mark(act.mark or "")]
        case BatchAction.DELETE:
            return []


def _stands(batch: Batch) -> list[ColumnElement[bool]]:
    """Build the conditions that a video is still as an act left it, and can be as before."""
    act = batch.act
    match act.action:
        case BatchAction.STAR:
            return [star_of().is_not_distinct_from(act.mark)]
        case BatchAction.TAG:
            return [has_mark(act.mark or "")]
        case BatchAction.UNTAG:
            return [~has_mark(act.mark or ""), tags_of() < TAGS_MAX]
        case BatchAction.DELETE:
            return [VIDEO.c.deleted_at == batch.created_at]

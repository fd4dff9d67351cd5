"""Stars and tags of one video, and what is done to several at once, with one way back."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sora_studio.db.batches import BatchRepository
from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.fair_queue import FairQueue
from sora_studio.db.marks import MarkRepository
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import Action, require_reach
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.batch import BatchAct, BatchAction, BatchResult, Selection
from sora_studio.domain.ids import new_id
from sora_studio.domain.marks import star_mark, tag_marks
from sora_studio.domain.video import VideoView
from sora_studio.services.videos.videos import UNDO_TIME

_SOME = 1_000
"""So many videos are changed in one transaction."""


class MarkService:
    """Use cases on the stars and tags of one video."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    @retry_on_deadlock
    async def rate(self, user_id: UUID, video_id: UUID, stars: int) -> VideoView:
        """Give a video 0 to 5 stars.

        Raises:
            InvalidInput: Not so many.
            NotFound: It is not there, or in no library of theirs.
            NotAllowed: They only look on in its project.
        """
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.hold(video_id)
            await videos.view(user_id, video_id, Action.WRITE_VIDEOS)
            await MarkRepository(tx).rate([video_id], star_mark(stars))
            return await videos.view(user_id, video_id)

    @retry_on_deadlock
    async def tag(self, user_id: UUID, video_id: UUID, tags: Collection[str]) -> VideoView:
        """Give a video these tags, and no others.

        Raises:
            InvalidInput: One of them is none, or there are too many.
            NotFound: It is not there, or in no library of theirs.
            NotAllowed: They only look on in its project.
        """
        async with self._db.transaction() as tx:
            videos, marks, wanted = VideoRepository(tx), MarkRepository(tx), tag_marks(tags)
            await videos.hold(video_id)
            has = (await videos.view(user_id, video_id, Action.WRITE_VIDEOS)).marks.stored_tags
            await marks.untag([video_id], has - wanted)
            await marks.tag([video_id], wanted - has)
            return await videos.view(user_id, video_id)


class BatchService:
    """Use cases on several videos at once; those that their person may not change stay as they are.

    They are taken some at a time, each time in a transaction: so nobody waits long for one of a hundred
    thousand, and what was done is done when the server ends in the middle of it.
    """

    def __init__(self, *, db: Database) -> None:
        self._db = db

    async def act(self, user_id: UUID, selection: Selection, act: BatchAct) -> BatchResult:
        """Do one thing to several videos; it can be undone for a minute after the last of them.

        Raises:
            NotFound: They are not in the project.
            NotAllowed: They only look on in it.
        """
        batch_id, count, billed = new_id(), 0, 0
        chosen = await self._choose(user_id, selection, act)
        for start in range(0, len(chosen), _SOME):
            some = chosen[start : start + _SOME]
            changed, costing = await self._act_on(batch_id, user_id, selection, act, some)
            count, billed = count + changed, billed + costing
        if not count:
            async with self._db.transaction() as tx:
                await BatchRepository(tx).drop(batch_id)
        return BatchResult(batch_id, count, billed)

    async def undo(self, user_id: UUID, batch_id: UUID, *, key: KeyGrant | None = None) -> BatchResult:
        """Take back what was done to several videos within the last minute, where one still may.

        Args:
            user_id: Who did it.
            batch_id: What was done.
            key: With which they come; one for a project undoes what was done there.

        Raises:
            NotFound: There is nothing to undo, or too late.
        """
        count, has_more = await self._undo_some(user_id, batch_id, key)
        while has_more:
            undone, has_more = await self._undo_some(user_id, batch_id, key)
            count += undone
        return BatchResult(batch_id, count)

    async def _choose(self, user_id: UUID, selection: Selection, act: BatchAct) -> Sequence[UUID]:
        async with self._db.transaction() as tx:
            if selection.project_id:
                await ProjectRepository(tx).require(user_id, selection.project_id, act.needs)
            return await BatchRepository(tx).choose(user_id, selection, act)

    @retry_on_deadlock
    async def _act_on(
        self, batch_id: UUID, user_id: UUID, selection: Selection, act: BatchAct, some: Sequence[UUID]
    ) -> tuple[int, int]:
        """Do it to some of them; returns how many are different, and for how many one may be billed."""
        async with self._db.transaction() as tx:
            batches, queue = BatchRepository(tx), FairQueue(tx)
            batch = await batches.put_off(batch_id, user_id, selection, act, until=UNDO_TIME)
            changed = await batches.note(batch, selection, some)
            await batches.apply(batch, changed)
            if act.action is not BatchAction.DELETE:
                return len(changed), 0
            waiting = await batches.unsent(changed)
            left = await queue.leave([wish.video_id for wish in waiting])
            if gone := [wish for wish in waiting if wish.video_id in left]:
                await queue.close_up({wish.owner_id for wish in gone})
                await queue.tell(*{wish.provider for wish in gone})
            return len(changed), await batches.may_be_billed({*changed} - left)

    @retry_on_deadlock
    async def _undo_some(self, user_id: UUID, batch_id: UUID, key: KeyGrant | None) -> tuple[int, bool]:
        """Take it back for some of them; returns for how many, and whether there may be more."""
        async with self._db.transaction() as tx:
            batches = BatchRepository(tx)
            batch = await batches.find(batch_id, user_id, within=UNDO_TIME)
            require_reach(key, batch.project_id)
            before = await batches.next_items(batch, _SOME)
            undone = await batches.take_back(batch, before)
            if batch.act.action is BatchAction.DELETE:
                waiting = await batches.unsent(undone)
                await FairQueue(tx).close_up({wish.owner_id for wish in waiting})
            has_more = len(before) == _SOME
            if not has_more:
                await batches.drop(batch_id)
            return len(undone), has_more

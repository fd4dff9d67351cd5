"""Stars and tags of one video, and what is done to several at once, with one way back."""

from collections.abc import Collection
from uuid import UUID

from sora_studio.db.batches import BatchRepository
from sora_studio.db.engine import Database, Transaction, retry_on_deadlock
from sora_studio.db.fair_queue import FairQueue
from sora_studio.db.marks import MarkRepository
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import Action
from sora_studio.domain.batch import BatchAct, BatchAction, BatchResult, Selection
from sora_studio.domain.ids import new_id
from sora_studio.domain.marks import star_mark, tag_marks
from sora_studio.domain.video import VideoView
from sora_studio.services.videos.videos import UNDO_TIME


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
            view = await videos.view(user_id, video_id, Action.WRITE_VIDEOS)
            has = tag_marks(view.marks.tags)
            await marks.untag([video_id], has - wanted)
            await marks.tag([video_id], wanted - has)
            return await videos.view(user_id, video_id)


class BatchService:
    """Use cases on several videos at once; those that their person may not change stay as they are."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    @retry_on_deadlock
    async def act(self, user_id: UUID, selection: Selection, act: BatchAct) -> BatchResult:
        """Do one thing to several videos; it can be undone for a minute.

        Raises:
            NotFound: They are not in the project.
            NotAllowed: They only look on in it.
        """
        async with self._db.transaction() as tx:
            if selection.project_id:
                await ProjectRepository(tx).require(user_id, selection.project_id, act.needs)
            batches, batch_id = BatchRepository(tx), new_id()
            count = await batches.note(batch_id, user_id, selection, act)
            if act.action is not BatchAction.DELETE:
                await batches.apply(batch_id, act)
                return BatchResult(batch_id, count)
            queue = FairQueue(tx)
            unsent = [wish for wish in await batches.unsent(batch_id) if await queue.leave(wish.video_id)]
            await batches.apply(batch_id, act)
            if unsent:
                await queue.close_up({wish.owner_id for wish in unsent})
                await queue.tell(*{wish.provider for wish in unsent})
            billed = await batches.may_be_billed(batch_id, but=[wish.video_id for wish in unsent])
            return BatchResult(batch_id, count, billed)

    @retry_on_deadlock
    async def undo(self, user_id: UUID, batch_id: UUID) -> BatchResult:
        """Take back what was done to several videos within the last minute, where one still may.

        Raises:
            NotFound: There is nothing to undo, or too late.
            NotAllowed: They only look on in the project by now.
        """
        async with self._db.transaction() as tx:
            batches = BatchRepository(tx)
            act = await batches.find(batch_id, user_id, within=UNDO_TIME)
            if act.action is not BatchAction.DELETE:
                return BatchResult(
                    batch_id, await batches.take_back(batch_id, user_id, act, within=UNDO_TIME)
                )
            for library_id in await batches.libraries(batch_id):
                await _hold(tx, user_id, library_id)
            waiting = await batches.unsent(batch_id)
            count = await batches.take_back(batch_id, user_id, act, within=UNDO_TIME)
            await FairQueue(tx).close_up({wish.owner_id for wish in waiting})
            return BatchResult(batch_id, count)


async def _hold(tx: Transaction, user_id: UUID, library_id: UUID) -> None:
    """Keep others from adding to a library until the end of the transaction."""
    if library_id == user_id:
        await UserRepository(tx).hold(user_id)
    else:
        await ProjectRepository(tx).hold(user_id, library_id, Action.DELETE_VIDEOS)

"""The queue between people, as they see and change it: where their wishes stand, and in which order."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from sora_studio.db.engine import Database, Transaction, retry_on_deadlock
from sora_studio.db.fair_queue import FairQueue, InLine
from sora_studio.db.users import UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import Action, require
from sora_studio.domain.account import Identity
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import Conflict, Unavailable
from sora_studio.domain.fair_queue import Move, QueuePlace, Waiting, expected_seconds
from sora_studio.domain.ids import public_id
from sora_studio.domain.video import VideoView
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.people.trail import Trail

_NOT_WAITING = "This video does not wait for its turn any longer."


class QueueService:
    """Use cases on what waits because a provider makes only so many videos at a time."""

    def __init__(self, *, db: Database, catalog: ProviderCatalog) -> None:
        self._db, self._catalog = db, catalog

    async def explained(
        self, tx: Transaction, viewer_id: UUID, views: Iterable[VideoView]
    ) -> tuple[VideoView, ...]:
        """Say of wishes that wait what for, and behind how many others; one statement, if any waits."""
        found = tuple(views)
        waiting = [view.id for view in found if view.waits and self._catalog.has_queue(view.provider)]
        lines = await FairQueue(tx).places(viewer_id, waiting) if waiting else {}
        return tuple(
            self._catalog.explained(
                replace(view, queue=self._place(lines[view.id])) if view.id in lines else view
            )
            for view in found
        )

    async def placed(self, viewer_id: UUID, view: VideoView) -> VideoView:
        """Say of a wish that was just written where it waits, if that can be counted: it is written anyway.

        In a transaction of its own: to count hundreds while others wait for what that one holds takes long.
        """
        with suppress(Unavailable):
            async with self._db.reading() as tx:
                return (await self.explained(tx, viewer_id, [view]))[0]
        return self._catalog.explained(view)

    async def move(self, user_id: UUID, video_id: UUID, move: Move) -> VideoView:
        """Put a wish that waits before or behind others of one's own; everybody else's keep their places.

        Raises:
            NotFound: It is not there, or in no library of theirs.
            NotAllowed: They only look on in its project.
            Conflict: It does not wait, or somebody else has asked for it.
        """
        return await self.placed(user_id, await self._move(user_id, video_id, move))

    @retry_on_deadlock
    async def _move(self, user_id: UUID, video_id: UUID, move: Move) -> VideoView:
        async with self._db.transaction() as tx:
            videos, queue = VideoRepository(tx), FairQueue(tx)
            view = await videos.view(user_id, video_id, Action.WRITE_VIDEOS)
            await UserRepository(tx).hold(user_id)
            if not await queue.put_first(user_id, video_id, move):
                raise Conflict(
                    _NOT_WAITING if view.owner_id == user_id else "Only who asked for it moves it."
                )
            await queue.tell(view.provider)
            return await videos.view(user_id, video_id)

    def _place(self, line: InLine) -> QueuePlace:
        places = self._catalog.places().get(line.provider)
        expected = places and expected_seconds(line.ahead, line.making, line.elapsed, line.pace, places)
        return QueuePlace(line.yours, line.place - line.yours, expected, line.urgent)


class QueueAdmin:
    """What who runs the studio does to the queues; whose wishes wait is seen, never what they are."""

    def __init__(self, *, db: Database, trail: Trail) -> None:
        self._db, self._trail = db, trail

    async def waiting(self, who: Identity, provider: str, *, limit: int = 100) -> tuple[Waiting, ...]:
        """Return who waits at a provider, the next first.

        Raises:
            NotAllowed: The person does not run the studio.
        """
        require(who, Action.RUN_STUDIO)
        async with self._db.reading() as tx:
            return await FairQueue(tx).queue(provider, limit=limit)

    async def urge(self, who: Identity, video_id: UUID, *, urgent: bool = True) -> None:
        """Put a wish before everything else that waits at its provider, or back among the next.

        It still counts against its person's share.

        Raises:
            NotAllowed: The person does not run the studio.
            Conflict: It does not wait.
        """
        require(who, Action.RUN_STUDIO)
        line = self._trail.done(Act.QUEUE_URGENT, who, f"{public_id(video_id)} {'on' if urgent else 'off'}")
        async with self._trail.adding(line) as tx:
            queue = FairQueue(tx)
            found = await queue.urge(video_id, urgent=urgent)
            if found is None:
                raise Conflict(_NOT_WAITING)
            provider, line.subject_id = found
            await queue.tell(provider)

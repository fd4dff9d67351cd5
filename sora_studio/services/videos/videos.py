"""What a person does with videos: wish, look, find, rename, delete, decide."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sora_studio.db.activity import ActivityRepository
from sora_studio.db.engine import Database, Transaction, retry_on_deadlock
from sora_studio.db.fair_queue import FairQueue
from sora_studio.db.jobs import JobRepository
from sora_studio.db.library import LibraryRepository
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import Action, project_within
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.activity import Activity, ActivityKind
from sora_studio.domain.errors import Conflict
from sora_studio.domain.library import Coming, Family, LibraryCounts, LibraryPage, LibraryQuery
from sora_studio.domain.profile import Profile
from sora_studio.domain.tasks import TaskName, Wake
from sora_studio.domain.video import Phase, Removal, VideoView, VideoWish, clean_prompt
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.money.spending import Spending
from sora_studio.services.videos.new_video import NewVideos, clean_title
from sora_studio.services.videos.queue import QueueService
from sora_studio.services.videos.search_words import search_words
from sora_studio.services.videos.wishes import RequestFingerprint, Wishes

UNDO_TIME = timedelta(seconds=60)
"""How long a deleted video can be brought back."""


class VideoService:
    """Use cases on videos of one's own, and of one's projects. Others are not there."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        new: NewVideos,
        wishes: Wishes,
        spending: Spending,
        queue: QueueService,
        wake: Wake,
    ) -> None:
        self._db, self._catalog, self._new, self._wishes = db, catalog, new, wishes
        self._spending, self._queue, self._wake = spending, queue, wake

    def profiles(self) -> tuple[Profile, ...]:
        """Return what the form may offer."""
        return self._catalog.profiles()

    def quote(self, provider: str, model: str, size: str, seconds: str) -> int | None:
        """Return what a wish would cost in micro-dollars, None when unknown: what `create` reserves."""
        return self._spending.quote(provider, model, size, seconds)

    async def create(
        self,
        owner_id: UUID,
        wish: VideoWish,
        *,
        idempotency_key: str | None = None,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> VideoView:
        """Store a wish; the provider is asked right after, in the background.

        The same idempotency key with the same wish returns the video that it made the first time.

        Args:
            owner_id: Whose it is.
            wish: What is asked for.
            idempotency_key: None: a wish of its own.
            most_micros: The price that the person was shown; None: whatever it costs.
            key: With which it is asked for; None: it comes from a page.

        Raises:
            InvalidInput: The provider would refuse it; nothing was stored.
            NotFound: There is no such project of theirs, or the key is for another one.
            PriceChanged: It costs more than what the person was shown.
            ConfirmationRequired: It costs more than the key may spend unasked; nothing was stored.
            BudgetExceeded: A budget does not cover it; nothing was stored.
            IdempotencyKeyReused: The idempotency key came before with another wish.
            LimitReached: Too many wishes in a minute.
            InsufficientStorage: The file could not be saved.
            Unavailable: No database.
        """
        clean_prompt(wish.prompt)
        wish = replace(wish, project_id=project_within(key, wish.project_id))
        request = RequestFingerprint.of(owner_id, idempotency_key, wish)
        make = partial(self._new.make, owner_id, wish, key)
        return await self._wishes.once(request, wish, make, most_micros, key)

    async def get(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Return one video.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.reading() as tx:
            view = await VideoRepository(tx).view(owner_id, video_id)
            return (await self._queue.explained(tx, owner_id, [view]))[0]

    async def statuses(self, owner_id: UUID, video_ids: Sequence[UUID]) -> tuple[VideoView, ...]:
        """Return the owner's among some videos, in the order asked."""
        async with self._db.reading() as tx:
            return await VideoRepository(tx).views(owner_id, video_ids)

    async def list_library(
        self, user_id: UUID, query: LibraryQuery, project_id: UUID | None = None
    ) -> LibraryPage:
        """Return a page of a project's library, or of somebody's own, in at most six statements.

        Raises:
            NotFound: They are not in the project.
        """
        async with self._db.reading() as tx:
            page = await LibraryRepository(tx).page(await _library(tx, user_id, project_id), query)
            return replace(page, videos=await self._queue.explained(tx, user_id, page.videos))

    async def count_library(
        self, user_id: UUID, search: str = "", project_id: UUID | None = None
    ) -> LibraryCounts:
        """Count the videos of a project, or of somebody's own library, by status, up to a thousand.

        Raises:
            NotFound: They are not in the project.
        """
        async with self._db.reading() as tx:
            return await LibraryRepository(tx).counts(await _library(tx, user_id, project_id), search)

    async def standing(self, owner_id: UUID, since: datetime) -> dict[UUID, Phase]:
        """Return where the owner's unfinished videos are, and those asked for since then."""
        async with self._db.reading() as tx:
            return await LibraryRepository(tx).standing(owner_id, since)

    async def coming(self, owner_id: UUID) -> Coming:
        """Say how many videos are on their way, and what they cost."""
        async with self._db.reading() as tx:
            return await LibraryRepository(tx).coming(owner_id)

    async def family(self, owner_id: UUID, video_id: UUID) -> Family:
        """Return a video's parent and what was made from it."""
        async with self._db.reading() as tx:
            videos = VideoRepository(tx)
            child = await videos.view(owner_id, video_id)
            parents = await videos.views(owner_id, [child.parent_id]) if child.parent_id else ()
            made = await videos.made_from(owner_id, video_id)
        return Family(parents[0] if parents else None, tuple(map(self._catalog.explained, made)))

    async def activity(self, owner_id: UUID, video_id: UUID) -> tuple[Activity, ...]:
        """Return what happened to a video since it was written down, oldest first.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.reading() as tx:
            return await ActivityRepository(tx).of(owner_id, video_id)

    async def rename(self, owner_id: UUID, video_id: UUID, title: str) -> VideoView:
        """Give a video another title.

        Raises:
            InvalidInput: Empty, or longer than 120 characters.
        """
        title = clean_title(title)
        prompt = (await self.get(owner_id, video_id)).prompt  # which never changes
        return await self._retitle(owner_id, video_id, title, await search_words(title, prompt))

    @retry_on_deadlock
    async def _retitle(self, owner_id: UUID, video_id: UUID, title: str, words: list[str]) -> VideoView:
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.rename(owner_id, video_id, title, words)
            return await videos.view(owner_id, video_id)

    @retry_on_deadlock
    async def _mark_deleted(self, owner_id: UUID, video_id: UUID, ago: timedelta) -> Removal:
        async with self._db.transaction() as tx:
            videos, queue = VideoRepository(tx), FairQueue(tx)
            view = await videos.view(owner_id, video_id, Action.DELETE_VIDEOS)
            unsent = view.phase is Phase.SUBMITTING and bool(await queue.leave([video_id]))
            await videos.mark_deleted(owner_id, video_id, ago=ago)
            if unsent:
                await queue.close_up([view.owner_id])
                await queue.tell(view.provider)
        return Removal(unsent=unsent, may_be_billed=view.may_be_billed)

    async def remove(self, owner_id: UUID, video_id: UUID, *, at_once: bool = False) -> Removal:
        """Delete a video; it can be brought back for a minute, then its provider is told and its files go.

        A wish that nobody has begun to send leaves the queue, and is certainly not sent.

        Args:
            owner_id: Whose it is.
            video_id: The video.
            at_once: There is no way back, and its provider is told now.

        Returns:
            What it costs all the same.

        Raises:
            NotFound: It does not exist, or is not the owner's.
        """
        removal = await self._mark_deleted(owner_id, video_id, UNDO_TIME if at_once else timedelta())
        if at_once:
            self._wake(TaskName.PURGE)
        return removal

    async def restore(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Bring a deleted video back; one that is back already stays as it is.

        Raises:
            NotFound: Too late, or not the owner's.
        """
        return await self._queue.placed(owner_id, await self._restore(owner_id, video_id))

    @retry_on_deadlock
    async def _restore(self, owner_id: UUID, video_id: UUID) -> VideoView:
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            library_id = await videos.library_of(owner_id, video_id)
            if library_id == owner_id:
                await UserRepository(tx).hold(owner_id)
            else:
                await ProjectRepository(tx).hold(owner_id, library_id, Action.DELETE_VIDEOS)
            await videos.restore(owner_id, video_id, within=UNDO_TIME)
            view = await videos.view(owner_id, video_id)
            if view.waits:
                await FairQueue(tx).close_up([view.owner_id])
            return view

    async def check_again(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Take up a video that needs a decision where it was left.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        view = await self._decide(
            owner_id,
            video_id,
            ActivityKind.RECHECKED,
            lambda tx, view: JobRepository(tx).check_again(view.id),
        )
        self._wake(TaskName.RECONCILE)
        return view

    async def price_again(self, owner_id: UUID, video_id: UUID) -> int | None:
        """Say what another attempt at a video would cost in micro-dollars, None when unknown."""
        async with self._db.reading() as tx:
            view = await VideoRepository(tx).view(owner_id, video_id, Action.WRITE_VIDEOS)
            return await self._spending.quote_again(tx, view)

    async def submit_again(
        self,
        owner_id: UUID,
        video_id: UUID,
        *,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> VideoView:
        """Submit an unclear wish a second time: the person's own decision, as it may cost twice.

        Args:
            owner_id: Who decides, and pays for it.
            video_id: The video.
            most_micros: The price that the person was shown; None: whatever it costs.
            key: With which it is asked for; None: it comes from a page.

        Raises:
            PriceChanged: It costs more by now.
            ConfirmationRequired: It costs more than the key may spend unasked.
            BudgetExceeded: A budget does not cover it.
            Conflict: There is nothing to decide about this video.
        """
        attempt = partial(self._spending.next_attempt, most_micros=most_micros, key=key, asked_by=owner_id)
        view = await self._decide(owner_id, video_id, ActivityKind.RESUBMITTED, attempt)
        self._wake(TaskName.SUBMIT)
        return view

    async def give_up(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Stop waiting for a video; its price is released unless the provider has accepted the job.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        return await self._decide(
            owner_id, video_id, ActivityKind.GIVEN_UP, lambda tx, view: JobRepository(tx).give_up(view.id)
        )

    @retry_on_deadlock
    async def _decide(
        self,
        owner_id: UUID,
        video_id: UUID,
        kind: ActivityKind,
        decide: Callable[[Transaction, VideoView], Awaitable[bool]],
    ) -> VideoView:
        """Record a decision; made a second time, it is answered as the first."""
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            decided = await decide(tx, await videos.view(owner_id, video_id, Action.WRITE_VIDEOS))
            if not decided and await ActivityRepository(tx).last_decision(video_id) is not kind:
                message = "There is nothing to decide about this video."
                raise Conflict(message)
            return await videos.view(owner_id, video_id)


async def _library(tx: Transaction, user_id: UUID, project_id: UUID | None) -> UUID:
    """Return the library that somebody may look at: their own, or that of a project that they are in."""
    if project_id is None:
        return user_id
    await ProjectRepository(tx).require(user_id, project_id, Action.READ_VIDEOS)
    return project_id

"""What a person does with videos: wish, look, find, make another from one, rename, delete, decide."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from sora_studio.db.activity import ActivityRepository
from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.jobs import JobRepository
from sora_studio.db.models import VideoRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain import character
from sora_studio.domain.activity import Activity
from sora_studio.domain.derivations import Derivations, ExtensionOption, check_extension, extension_lengths
from sora_studio.domain.errors import Conflict, InvalidInput
from sora_studio.domain.ids import new_id
from sora_studio.domain.library import Coming, Family, LibraryCounts, LibraryPage, LibraryQuery
from sora_studio.domain.ports import Clock
from sora_studio.domain.profile import Operation, Profile
from sora_studio.domain.tasks import TaskName, Wake
from sora_studio.domain.text import check_storable
from sora_studio.domain.video import (
    TITLE_MAX,
    Kind,
    Phase,
    Size,
    VideoView,
    VideoWish,
    clean_prompt,
    title_of,
)
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.media import MediaService
from sora_studio.services.videos.wishes import RequestFingerprint, Wishes

UNDO_TIME = timedelta(seconds=60)
"""How long a deleted video can be brought back."""


class VideoService:
    """Use cases on one's own videos. Someone else's are not there."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        media: MediaService,
        clock: Clock,
        throttle: Throttle,
        wake: Wake,
    ) -> None:
        """Take the parts.

        Args:
            db: Where wishes are written down.
            catalog: What may be asked for.
            media: Fits and keeps reference pictures.
            clock: The time of a wish.
            throttle: How many wishes a person may have in a minute.
            wake: Has background work done at once instead of at its next interval.
        """
        self._db, self._catalog, self._clock, self._wake = db, catalog, clock, wake
        self._wishes = Wishes(
            db=db, catalog=catalog, media=media, throttle=throttle, on_written=lambda: wake(TaskName.SUBMIT)
        )

    def profiles(self) -> tuple[Profile, ...]:
        """Return what the form may offer."""
        return self._catalog.profiles()

    async def create(
        self, owner_id: UUID, wish: VideoWish, *, idempotency_key: str | None = None
    ) -> VideoView:
        """Write down a wish; the provider is asked right after, in the background.

        The same request key with the same wish returns the video that it made the first time.

        Raises:
            InvalidInput: The provider would refuse it; nothing was stored.
            IdempotencyKeyReused: The request key came before with another wish.
            LimitReached: Too many wishes in a minute.
            NoRoom: The file could not be saved.
            Unavailable: No database.
        """
        prompt = clean_prompt(wish.prompt)
        request = RequestFingerprint.of(owner_id, idempotency_key, wish)
        if before := await self._wishes.find_existing(request):
            return before
        profile, model, size, seconds = await self._catalog.choose(
            wish.provider,
            wish.model,
            wish.size,
            wish.seconds,
        )
        video = VideoRow(
            id=new_id(),
            owner_id=owner_id,
            title=_clean_title(wish.title) if wish.title else title_of(prompt),
            prompt=prompt,
            provider=profile.name,
            model=model.id,
            size=size,
            seconds=seconds,
            created_at=self._clock(),
        )
        return await self._wishes.store(video, wish, request)

    async def remix(
        self,
        owner_id: UUID,
        video_id: UUID,
        prompt: str,
        *,
        idempotency_key: str | None = None,
    ) -> VideoView:
        """Ask for a variation of a finished video, at the same provider.

        Raises:
            NotFound: Not the owner's.
            Conflict: It is not finished.
            InvalidInput: The provider is no more, or the prompt is empty or too long.
        """
        wish, cleaned = VideoWish(prompt), clean_prompt(prompt)
        request = RequestFingerprint.of(owner_id, idempotency_key, wish, Kind.REMIX, video_id)
        if before := await self._wishes.find_existing(request):
            return before
        parent = await self._finished(owner_id, video_id)
        return await self._wishes.store(self._made_from(parent, Kind.REMIX, cleaned), wish, request)

    async def edit(
        self, owner_id: UUID, video_id: UUID, prompt: str, *, idempotency_key: str | None = None
    ) -> VideoView:
        """Ask for the same video with a change, at the same provider.

        Raises:
            NotFound: Not the owner's.
            Conflict: It is not finished.
            InvalidInput: The provider edits nothing, or the prompt is empty or too long.
        """
        wish, cleaned = VideoWish(prompt), clean_prompt(prompt)
        request = RequestFingerprint.of(owner_id, idempotency_key, wish, Kind.EDIT, video_id)
        if before := await self._wishes.find_existing(request):
            return before
        parent = await self._finished(owner_id, video_id)
        self._catalog.require_operation(parent.provider, Operation.EDIT)
        return await self._wishes.store(self._made_from(parent, Kind.EDIT, cleaned), wish, request)

    async def extend(
        self, owner_id: UUID, video_id: UUID, prompt: str, seconds: str, *, idempotency_key: str | None = None
    ) -> VideoView:
        """Ask for the same video going on for some seconds; those alone are paid for.

        Raises:
            NotFound: Not the owner's.
            Conflict: It is not finished.
            InvalidInput: The provider extends nothing, it cannot go on for so long, or the prompt is no good.
        """
        wish, cleaned = VideoWish(prompt, seconds=seconds), clean_prompt(prompt)
        request = RequestFingerprint.of(owner_id, idempotency_key, wish, Kind.EXTEND, video_id)
        if before := await self._wishes.find_existing(request):
            return before
        parent = await self._finished(owner_id, video_id)
        self._catalog.require_operation(parent.provider, Operation.EXTEND)
        added = check_extension(seconds, parent.seconds, await self._extensions(parent))
        video = self._made_from(parent, Kind.EXTEND, cleaned)
        video.seconds = str(int(parent.seconds) + added)
        return await self._wishes.store(video, wish, request, paid_seconds=str(added))

    async def possibilities(self, owner_id: UUID, video_id: UUID) -> Derivations:
        """Say what may be made from a video once it is finished.

        Raises:
            NotFound: Not the owner's.
        """
        view = await self.get(owner_id, video_id)
        catalog = partial(self._catalog.supports, view.provider)
        lengths = extension_lengths(view.seconds, await self._extensions(view))
        return Derivations(
            edit=catalog(Operation.EDIT),
            extensions=tuple(
                ExtensionOption(added, self._catalog.price(view.provider, view.model, view.size, str(added)))
                for added in (lengths if catalog(Operation.EXTEND) else ())
            ),
            character=catalog(Operation.CHARACTERS)
            and character.fits(Size.parse(view.size), int(view.seconds)),
        )

    async def _finished(self, owner_id: UUID, video_id: UUID) -> VideoView:
        view = await self.get(owner_id, video_id)
        if view.phase is not Phase.COMPLETED:
            message = "Another video can be made only from a finished one."
            raise Conflict(message)
        return view

    def _made_from(self, parent: VideoView, kind: Kind, prompt: str) -> VideoRow:
        return VideoRow(
            id=new_id(),
            owner_id=parent.owner_id,
            kind=kind,
            title=title_of(prompt),
            prompt=prompt,
            provider=parent.provider,
            model=parent.model,
            size=parent.size,
            seconds=parent.seconds,
            parent_id=parent.id,
            created_at=self._clock(),
        )

    async def _extensions(self, view: VideoView) -> int:
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).extensions(view.id)

    async def get(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Return one video.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.transaction() as tx:
            return self._catalog.explained(await VideoRepository(tx).view(owner_id, video_id))

    async def statuses(self, owner_id: UUID, video_ids: Sequence[UUID]) -> tuple[VideoView, ...]:
        """Return the owner's among some videos, in the order asked."""
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).views(owner_id, video_ids)

    async def list_library(self, owner_id: UUID, query: LibraryQuery) -> LibraryPage:
        """Return a page of the owner's library in at most four statements."""
        async with self._db.transaction() as tx:
            page = await VideoRepository(tx).page(owner_id, query)
        return replace(page, videos=tuple(map(self._catalog.explained, page.videos)))

    async def count_library(self, owner_id: UUID, search: str = "") -> LibraryCounts:
        """Count the owner's videos by status, up to a thousand."""
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).counts(owner_id, search)

    async def coming(self, owner_id: UUID) -> Coming:
        """Say how many videos are on their way, and what they cost."""
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).coming(owner_id)

    async def family(self, owner_id: UUID, video_id: UUID) -> Family:
        """Return a video's parent and what was made from it."""
        async with self._db.transaction() as tx:
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
        async with self._db.transaction() as tx:
            return await ActivityRepository(tx).of(owner_id, video_id)

    @retry_on_deadlock
    async def rename(self, owner_id: UUID, video_id: UUID, title: str) -> VideoView:
        """Give a video another title.

        Raises:
            InvalidInput: Empty, or longer than 120 characters.
        """
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.rename(owner_id, video_id, _clean_title(title))
            return await videos.view(owner_id, video_id)

    @retry_on_deadlock
    async def remove(self, owner_id: UUID, video_id: UUID) -> None:
        """Delete a video; it can be brought back for a minute, then its files go, too.

        Raises:
            NotFound: It is not there (any more), or not the owner's.
        """
        async with self._db.transaction() as tx:
            await VideoRepository(tx).mark_deleted(owner_id, video_id)

    @retry_on_deadlock
    async def restore(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Bring a deleted video back.

        Raises:
            NotFound: Too late, or not the owner's.
        """
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.restore(owner_id, video_id, within=UNDO_TIME)
            return await videos.view(owner_id, video_id)

    async def check_again(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Take a video that needs a decision up once more where it was left.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        view = await self._decide(owner_id, video_id, JobRepository.check_again)
        self._wake(TaskName.RECONCILE)
        return view

    async def submit_again(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Send an unclear wish a second time: the person's own decision, as it may cost twice.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        view = await self._decide(owner_id, video_id, JobRepository.submit_again)
        self._wake(TaskName.SUBMIT)
        return view

    async def give_up(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Stop waiting for a video; its price is released unless the provider has taken the job.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        return await self._decide(owner_id, video_id, JobRepository.give_up)

    @retry_on_deadlock
    async def _decide(
        self,
        owner_id: UUID,
        video_id: UUID,
        decision: Callable[[JobRepository, UUID], Awaitable[bool]],
    ) -> VideoView:
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.view(owner_id, video_id)
            if not await decision(JobRepository(tx), video_id):
                message = "There is nothing to decide about this video."
                raise Conflict(message)
            return await videos.view(owner_id, video_id)


def _clean_title(text: str) -> str:
    check_storable(text, "title")
    title = " ".join(text.split())
    if not 1 <= len(title) <= TITLE_MAX:
        message = f"A title has 1 to {TITLE_MAX} characters."
        raise InvalidInput(message, "title")
    return title

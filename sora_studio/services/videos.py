"""What a person does with videos: wish, look, find, remix, rename, delete, decide."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sora_studio.db.activity import ActivityRepository
from sora_studio.db.engine import Database
from sora_studio.db.jobs import JobRepository
from sora_studio.db.models import JobRow, VideoRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.errors import Conflict, InvalidInput, KeyReused
from sora_studio.domain.ids import new_id
from sora_studio.domain.ports import Clock
from sora_studio.domain.profile import Profile
from sora_studio.domain.text import check_storable
from sora_studio.domain.video import (
    TITLE_MAX,
    Activity,
    Coming,
    Family,
    Kind,
    LibraryCounts,
    LibraryPage,
    LibraryQuery,
    Phase,
    Size,
    VideoView,
    VideoWish,
    clean_prompt,
    title_of,
)
from sora_studio.services.media import MediaService
from sora_studio.services.offers import Offers
from sora_studio.services.throttle import Throttle

UNDO_TIME = timedelta(seconds=60)
"""How long a deleted video can be brought back."""

REQUEST_KEY_MAX = 255
SUBMIT, RECONCILE = "submit", "reconcile"


class VideoService:
    """Use cases on one's own videos. Someone else's are not there."""

    def __init__(
        self,
        *,
        db: Database,
        offers: Offers,
        media: MediaService,
        clock: Clock,
        throttle: Throttle,
        wake: Callable[[str], None],
    ) -> None:
        """Take the parts.

        Args:
            db: Where wishes are written down.
            offers: What may be asked for.
            media: Fits and keeps reference pictures.
            clock: The time of a wish.
            throttle: How many wishes a person may have in a minute.
            wake: Starts a piece of background work at once instead of at its next beat.
        """
        self._db, self._offers, self._media, self._clock = db, offers, media, clock
        self._throttle, self._wake = throttle, wake

    def offers(self) -> tuple[Profile, ...]:
        """Return what the form may offer."""
        return self._offers.profiles()

    async def create(self, owner_id: UUID, wish: VideoWish, *, request_key: str | None = None) -> VideoView:
        """Write down a wish; the provider is asked right after, in the background.

        The same request key with the same wish returns the video that it made the first time.

        Raises:
            InvalidInput: The provider would refuse it; nothing was stored.
            KeyReused: The request key came before with another wish.
            LimitReached: Too many wishes in a minute.
            Unavailable: No room for the file, or no database.
        """
        prompt = clean_prompt(wish.prompt)
        profile, model, size, seconds = await self._offers.choose(
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
        return await self._write_down(video, wish, request_key)

    async def remix(
        self,
        owner_id: UUID,
        video_id: UUID,
        prompt: str,
        *,
        request_key: str | None = None,
    ) -> VideoView:
        """Ask for a variation of a finished video, at the same provider.

        Raises:
            NotFound: Not the owner's.
            Conflict: It is not finished.
            InvalidInput: The prompt is empty or too long.
        """
        prompt = clean_prompt(prompt)
        parent = await self.get(owner_id, video_id)
        if parent.phase is not Phase.COMPLETED:
            message = "Only a finished video can be remixed."
            raise Conflict(message)
        video = VideoRow(
            id=new_id(),
            owner_id=owner_id,
            kind=Kind.REMIX,
            title=title_of(prompt),
            prompt=prompt,
            provider=parent.provider,
            model=parent.model,
            size=parent.size,
            seconds=parent.seconds,
            parent_id=parent.id,
            created_at=self._clock(),
        )
        return await self._write_down(video, VideoWish(prompt), request_key)

    async def get(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Return one video.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).view(owner_id, video_id)

    async def statuses(self, owner_id: UUID, video_ids: Sequence[UUID]) -> tuple[VideoView, ...]:
        """Return the owner's among some videos, in the order asked."""
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).views(owner_id, video_ids)

    async def list_library(self, owner_id: UUID, query: LibraryQuery) -> LibraryPage:
        """Return a page of the owner's library in at most four statements."""
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).page(owner_id, query)

    async def count_library(self, owner_id: UUID, search: str = "") -> LibraryCounts:
        """Count the owner's videos by status, up to a thousand."""
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).counts(owner_id, search)

    async def coming(self, owner_id: UUID) -> Coming:
        """Say how many videos are on their way, and what they cost."""
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).coming(owner_id)

    async def family(self, owner_id: UUID, video_id: UUID) -> Family:
        """Return a video's parent and remixes."""
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            child = await videos.view(owner_id, video_id)
            parents = await videos.views(owner_id, [child.parent_id]) if child.parent_id else ()
            return Family(parents[0] if parents else None, await videos.remixes(owner_id, video_id))

    async def activity(self, owner_id: UUID, video_id: UUID) -> tuple[Activity, ...]:
        """Return what happened to a video since it was written down, oldest first.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.transaction() as tx:
            return await ActivityRepository(tx).of(owner_id, video_id)

    async def rename(self, owner_id: UUID, video_id: UUID, title: str) -> VideoView:
        """Give a video another title.

        Raises:
            InvalidInput: Empty, or longer than 120 characters.
        """
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.rename(owner_id, video_id, _clean_title(title))
            return await videos.view(owner_id, video_id)

    async def remove(self, owner_id: UUID, video_id: UUID) -> None:
        """Delete a video; it can be brought back for a minute, then its files go, too.

        Raises:
            NotFound: It is not there (any more), or not the owner's.
        """
        async with self._db.transaction() as tx:
            await VideoRepository(tx).mark_deleted(owner_id, video_id)

    async def restore(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Bring a deleted video back.

        Raises:
            NotFound: Too late, or not the owner's.
        """
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.restore(owner_id, video_id, within=UNDO_TIME)
            return await videos.view(owner_id, video_id)

    async def look_again(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Take a video that needs a decision up once more where it was left.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        view = await self._decide(owner_id, video_id, JobRepository.look_again)
        self._wake(RECONCILE)
        return view

    async def submit_again(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Send an unclear wish a second time: the person's own decision, as it may cost twice.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        view = await self._decide(owner_id, video_id, JobRepository.submit_again)
        self._wake(SUBMIT)
        return view

    async def give_up(self, owner_id: UUID, video_id: UUID) -> VideoView:
        """Stop waiting for a video; its price is released unless the provider has taken the job.

        Raises:
            Conflict: There is nothing to decide about this video.
        """
        return await self._decide(owner_id, video_id, JobRepository.give_up)

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

    async def _write_down(self, video: VideoRow, wish: VideoWish, request_key: str | None) -> VideoView:
        self._throttle.hit("create", str(video.owner_id))
        sha256 = _fingerprint(video, wish)
        if before := await self._made_before(video.owner_id, request_key, sha256):
            return before
        self._media.make_sure_of_room()
        given = await self._media.fit_reference(video.owner_id, video.id, wish, Size.parse(video.size))
        video.request_key, video.request_sha256 = request_key, sha256
        job = JobRow(
            id=new_id(),
            video_id=video.id,
            provider=video.provider,
            price_micros=self._offers.price(video.provider, video.model, video.size, video.seconds),
        )
        try:
            async with self._db.transaction() as tx:
                videos = VideoRepository(tx)
                await videos.add(video, job, *given)
                view = await videos.view(video.owner_id, video.id)
        except Conflict:  # the same request, a moment before
            await self._media.discard(given)
            before = await self._made_before(video.owner_id, request_key, sha256)
            if before is None:
                raise
            return before
        self._wake(SUBMIT)
        return view

    async def _made_before(self, owner_id: UUID, request_key: str | None, sha256: str) -> VideoView | None:
        if request_key is None:
            return None
        if not 1 <= len(request_key) <= REQUEST_KEY_MAX:
            message = f"An idempotency key has 1 to {REQUEST_KEY_MAX} characters."
            raise InvalidInput(message, "Idempotency-Key")
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            made = await videos.requested(owner_id, request_key)
            if made is None:
                return None
            if made[1] != sha256:
                message = "This idempotency key was used for another request."
                raise KeyReused(message)
            return await videos.view(owner_id, made[0])


def _fingerprint(video: VideoRow, wish: VideoWish) -> str:
    """Hash everything that makes two wishes the same."""
    picture = hashlib.sha256(wish.reference).hexdigest() if wish.reference else str(wish.reference_id)
    asked = [
        video.kind,
        str(video.parent_id),
        video.prompt,
        video.provider,
        video.model,
        video.size,
        video.seconds,
    ]
    return hashlib.sha256(json.dumps([*asked, picture]).encode()).hexdigest()


def _clean_title(text: str) -> str:
    check_storable(text, "title")
    title = " ".join(text.split())
    if not 1 <= len(title) <= TITLE_MAX:
        message = f"A title has 1 to {TITLE_MAX} characters."
        raise InvalidInput(message, "title")
    return title

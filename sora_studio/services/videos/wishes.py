"""Wishes: written down once under their key, with all that belongs to them, before anything is sent."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from sora_studio.db.characters import CharacterRepository
from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.models import AssetRow, JobRow, VideoRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.character import check_cast
from sora_studio.domain.errors import Conflict, IdempotencyKeyReused, InvalidInput, NotFound
from sora_studio.domain.ids import new_id
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Size, VideoView, VideoWish
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.media import MediaService

KEY_MAX = 255  # characters


@dataclass(frozen=True)
class RequestFingerprint:
    """What came, by which the same request is known when it comes again."""

    owner_id: UUID
    key: str | None  # None: a wish of its own
    sha256: str

    @classmethod
    def of(
        cls,
        owner_id: UUID,
        key: str | None,
        wish: VideoWish,
        kind: Kind = Kind.CREATE,
        parent_id: UUID | None = None,
    ) -> "RequestFingerprint":
        """Hash a wish as it came: what fills it up changes with the servers' lists of models.

        Raises:
            InvalidInput: The key is empty, or longer than 255 characters.
        """
        if key is not None:
            check_key(key)
        picture = wish.reference and hashlib.sha256(wish.reference).hexdigest()
        return cls(
            owner_id,
            key,
            fingerprint(kind, parent_id, asdict(replace(wish, reference=None)), picture),
        )


class Wishes:
    """Stores a wish as a video with its first job."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        media: MediaService,
        throttle: Throttle,
        on_written: Callable[[], None],
    ) -> None:
        """Take the parts; `on_written` asks for a submit run."""
        self._db, self._catalog, self._media = db, catalog, media
        self._throttle, self._on_written = throttle, on_written

    async def store(
        self,
        video: VideoRow,
        wish: VideoWish,
        request: RequestFingerprint,
        *,
        paid_seconds: str | None = None,
    ) -> VideoView:
        """Store a checked wish, or return the video that the same request has made a moment before.

        Args:
            video: What is asked for; its characters are filled in here.
            wish: As it came: its reference and characters.
            request: That the video answers.
            paid_seconds: What is paid for, if it is not the whole length.

        Raises:
            InvalidInput: The provider is no more or takes no picture, the reference is none, or a character
                cannot appear in this video.
            NotFound: A character is not the owner's.
            IdempotencyKeyReused: The request key came before with another wish.
            LimitReached: Too many wishes in a minute.
            NoRoom: The file could not be saved.
            Unavailable: No database.
        """
        self._throttle.hit("create", str(video.owner_id))
        self._catalog.require_available(video.provider)
        await self._media.require_disk_space()
        video.characters = await self._cast(video, wish)
        given = await self._reference(video, wish)
        video.idempotency_key, video.request_sha256 = request.key, request.sha256
        seconds = paid_seconds or video.seconds
        job = JobRow(
            id=new_id(),
            video_id=video.id,
            provider=video.provider,
            price_micros=self._catalog.price(video.provider, video.model, video.size, seconds),
        )
        try:
            view = await self._store(video, job, *given)
        except Conflict:  # the same request, a moment before
            await self._media.discard(given)
            before = await self.find_existing(request)
            if before is None:
                raise
            return before
        self._on_written()
        return self._catalog.explained(view)

    async def find_existing(self, request: RequestFingerprint) -> VideoView | None:
        """Return the video that the same request has made, None when it has made none.

        To be asked before anything is checked that may have changed in the meantime.

        Raises:
            IdempotencyKeyReused: The request key came before with another wish.
            NotFound: The video has been deleted.
        """
        if request.key is None:
            return None
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            made = await videos.requested(request.owner_id, request.key)
            if made is None:
                return None
            if made[1] != request.sha256:
                raise reused()
            return await videos.view(request.owner_id, made[0])

    @retry_on_deadlock
    async def _store(self, video: VideoRow, *parts: JobRow | AssetRow) -> VideoView:
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.add(video, *parts)
            return await videos.view(video.owner_id, video.id)

    async def _reference(self, video: VideoRow, wish: VideoWish) -> tuple[AssetRow, ...]:
        if wish.reference or wish.reference_id:
            self._catalog.require_operation(video.provider, Operation.REFERENCE)
        try:
            return await self._media.fit_reference(video.owner_id, video.id, wish, Size.parse(video.size))
        except NotFound as error:
            raise InvalidInput(str(error), "input_reference", "invalid_file_id") from error

    async def _cast(self, video: VideoRow, wish: VideoWish) -> list[str]:
        if not wish.characters:
            return []
        self._catalog.require_operation(video.provider, Operation.CHARACTERS)
        async with self._db.transaction() as tx:
            repository = CharacterRepository(tx)
            asked = dict.fromkeys(wish.characters)
            characters = [await repository.view(video.owner_id, each) for each in asked]
        check_cast(characters, video.prompt, video.provider)
        return [character.remote_id for character in characters]


def check_key(idempotency_key: str) -> None:
    """Make sure that an idempotency key can be one.

    Raises:
        InvalidInput: Empty, or longer than 255 characters.
    """
    if not 1 <= len(idempotency_key) <= KEY_MAX:
        message = f"An idempotency key has 1 to {KEY_MAX} characters."
        raise InvalidInput(message, "Idempotency-Key")


def reused() -> IdempotencyKeyReused:
    """Say that a key came again with something else."""
    message = "This idempotency key was used for another request."
    return IdempotencyKeyReused(message)


def fingerprint(*asked: object) -> str:
    """Hash everything that makes two requests the same."""
    return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()

"""Wishes: written down once under their key, with all that belongs to them, before anything is sent."""

import hashlib
import json
from collections.abc import Callable
from uuid import UUID

from sora_studio.db.characters import CharacterRepository
from sora_studio.db.engine import Database, redone
from sora_studio.db.models import AssetRow, JobRow, VideoRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.character import check_cast
from sora_studio.domain.errors import Conflict, InvalidInput, KeyReused, NotFound
from sora_studio.domain.ids import new_id
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Size, VideoView, VideoWish
from sora_studio.services.media import MediaService
from sora_studio.services.offers import Offers
from sora_studio.services.throttle import Throttle

KEY_MAX = 255  # characters


class Wishes:
    """Stores a wish as a video with its first job."""

    def __init__(
        self,
        *,
        db: Database,
        offers: Offers,
        media: MediaService,
        throttle: Throttle,
        on_written: Callable[[], None],
    ) -> None:
        """Take the parts; `on_written` asks for a submit run."""
        self._db, self._offers, self._media = db, offers, media
        self._throttle, self._on_written = throttle, on_written

    async def write_down(
        self, video: VideoRow, wish: VideoWish, request_key: str | None, *, paid_seconds: str | None = None
    ) -> VideoView:
        """Store a checked wish, or return the video that the same request has made before.

        Args:
            video: What is asked for; its characters are filled in here.
            wish: As it came: its reference and characters.
            request_key: None: a wish of its own.
            paid_seconds: What is paid for, if it is not the whole length.

        Raises:
            InvalidInput: The reference is no picture, or a character cannot appear in this video.
            NotFound: A character is not the owner's.
            KeyReused: The request key came before with another wish.
            LimitReached: Too many wishes in a minute.
            NoRoom: The file could not be saved.
            Unavailable: No database.
        """
        self._throttle.hit("create", str(video.owner_id))
        sha256 = _fingerprint(video, wish)
        if before := await self._made_before(video.owner_id, request_key, sha256):
            return before
        await self._media.make_sure_of_room()
        video.characters = await self._cast(video, wish)
        given = await self._reference(video, wish)
        video.request_key, video.request_sha256 = request_key, sha256
        seconds = paid_seconds or video.seconds
        job = JobRow(
            id=new_id(),
            video_id=video.id,
            provider=video.provider,
            price_micros=self._offers.price(video.provider, video.model, video.size, seconds),
        )
        try:
            view = await self._store(video, job, *given)
        except Conflict:  # the same request, a moment before
            await self._media.discard(given)
            before = await self._made_before(video.owner_id, request_key, sha256)
            if before is None:
                raise
            return before
        self._on_written()
        return self._offers.explained(view)

    @redone
    async def _store(self, video: VideoRow, *parts: JobRow | AssetRow) -> VideoView:
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            await videos.add(video, *parts)
            return await videos.view(video.owner_id, video.id)

    async def _reference(self, video: VideoRow, wish: VideoWish) -> tuple[AssetRow, ...]:
        try:
            return await self._media.fit_reference(video.owner_id, video.id, wish, Size.parse(video.size))
        except NotFound as error:
            raise InvalidInput(str(error), "input_reference", "invalid_file_id") from error

    async def _cast(self, video: VideoRow, wish: VideoWish) -> list[str]:
        if not wish.characters:
            return []
        self._offers.must_offer(video.provider, Operation.CHARACTERS)
        async with self._db.transaction() as tx:
            repository = CharacterRepository(tx)
            asked = dict.fromkeys(wish.characters)
            characters = [await repository.view(video.owner_id, each) for each in asked]
        check_cast(characters, video.prompt, video.provider)
        return [character.remote_id for character in characters]

    async def _made_before(self, owner_id: UUID, request_key: str | None, sha256: str) -> VideoView | None:
        if request_key is None:
            return None
        check_key(request_key)
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            made = await videos.requested(owner_id, request_key)
            if made is None:
                return None
            if made[1] != sha256:
                raise reused()
            return await videos.view(owner_id, made[0])


def check_key(request_key: str) -> None:
    """Make sure that an idempotency key can be one.

    Raises:
        InvalidInput: Empty, or longer than 255 characters.
    """
    if not 1 <= len(request_key) <= KEY_MAX:
        message = f"An idempotency key has 1 to {KEY_MAX} characters."
        raise InvalidInput(message, "Idempotency-Key")


def reused() -> KeyReused:
    """Say that a key came again with something else."""
    message = "This idempotency key was used for another request."
    return KeyReused(message)


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
        picture,
        *map(str, wish.characters),
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

"""Wishes: stored once per idempotency key, with all that belongs to them, before anything is sent."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from sora_studio.db.characters import CharacterRepository
from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.models import InputRow, VideoRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import Action
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.character import check_cast
from sora_studio.domain.errors import Conflict, IdempotencyKeyReused, InvalidInput, NotFound, UserError
from sora_studio.domain.ids import public_id
from sora_studio.domain.inputs import GivenInput
from sora_studio.domain.profile import Operation
from sora_studio.domain.tasks import TaskName, Wake
from sora_studio.domain.video import Kind, Size, VideoView, VideoWish
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.money.spending import Spending
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.inputs import InputService
from sora_studio.services.videos.queue import QueueService
from sora_studio.services.videos.search_words import search_words

KEY_MAX = 255  # characters

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RequestFingerprint:
    """What a request is recognised by when it comes again."""

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
        inputs = [(each.role, _content_of(each)) for each in wish.inputs]
        asked = asdict(replace(wish, inputs=()))
        if wish.project_id is None:
            del asked["project_id"]  # as it was hashed before there were any
        asked["options"] = sorted(asked["options"].items())
        return cls(owner_id, key, fingerprint(kind, parent_id, asked, inputs))


def _content_of(given: GivenInput) -> str:
    """Return what an input is recognised by when it comes again."""
    if given.data is not None:
        return hashlib.sha256(given.data).hexdigest()
    return given.sha256 or str(given.upload_id)


class Wishes:
    """Stores each wish once, as a video with its first job."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        inputs: InputService,
        spending: Spending,
        throttle: Throttle,
        queue: QueueService,
        wake: Wake,
    ) -> None:
        self._db, self._catalog, self._inputs = db, catalog, inputs
        self._spending, self._throttle, self._queue, self._wake = spending, throttle, queue, wake
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def once(
        self,
        request: RequestFingerprint,
        wish: VideoWish,
        make: Callable[[], Awaitable[VideoRow]],
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> VideoView:
        """Store a wish, or return the video that the same request has made before.

        A request that comes again is checked for nothing: what it depended on may have changed since.

        Args:
            request: Whose wish it is, and what it is recognised by.
            wish: As it came: its inputs and characters.
            make: Checks the wish and returns its video, still without its characters.
            most_micros: The price that the person was shown; None: whatever it costs. It is no part of the
                request: the same one may come again at another price.
            key: With which it came; None: from a page.

        Raises:
            InvalidInput: The provider takes no jobs, an input is not what its role wants, or a character
                cannot appear in this video; or `make` says so.
            NotFound: A character is not the owner's, there is no such project of theirs, or the video made
                before has been deleted.
            NotAllowed: They only look on in that project.
            PriceChanged: It costs more than what the person was shown.
            ConfirmationRequired: It costs more than the key may spend unasked.
            BudgetExceeded: A budget does not cover it.
            StorageQuotaExceeded: Its library stores as much as it may.
            IdempotencyKeyReused: The idempotency key came before with another wish.
            LimitReached: Too many wishes in a minute.
            InsufficientStorage: The file could not be saved.
            Unavailable: No database.
        """
        if before := await self._find_existing(request, key):
            return before
        video = await make()
        video.idempotency_key, video.request_sha256 = request.key, request.sha256
        inputs = await self._complete(video, wish, key)
        try:
            async with self._turn(request.owner_id):
                view = await self._store(video, *inputs, most_micros=most_micros, key=key)
        except Conflict:  # the same request, a moment before
            await self._inputs.discard(inputs)
            if before := await self._find_existing(request, key):
                return before
            raise
        except UserError:
            await self._inputs.discard(inputs)
            raise
        # By these two ids, the line of a request leads to those of its video.
        _log.info("video_requested", video_id=public_id(video.id), provider=video.provider)
        self._wake(TaskName.SUBMIT)
        return await self._queue.placed(request.owner_id, view)

    def _turn(self, owner_id: UUID) -> asyncio.Lock:
        """Return what lets one wish of a person be stored at a time.

        The database would have the others wait as well, but each with a connection that everybody needs.
        """
        return self._turns.setdefault(owner_id, asyncio.Lock())

    async def _find_existing(self, request: RequestFingerprint, key: KeyGrant | None) -> VideoView | None:
        if request.key is None:
            return None
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            made = await videos.requested(request.owner_id, request.key)
            if made is None:
                return None
            if key and key.project_id:
                await videos.require_in(request.owner_id, key.project_id, made[0])
            if made[1] != request.sha256:
                raise reused()
            return await videos.view(request.owner_id, made[0])

    async def _complete(self, video: VideoRow, wish: VideoWish, key: KeyGrant | None) -> tuple[InputRow, ...]:
        """Let a checked video through, fill in its characters and words, and keep its inputs."""
        self._throttle.hit("create", str(video.owner_id))
        self._catalog.require_available(video.provider)
        await self._inputs.require_disk_space()
        video.characters = await self._cast(video, wish, key)
        video.search = await search_words(video.title, video.prompt)
        size = Size.parse(video.size)
        return await self._inputs.keep(video.owner_id, video.id, wish.inputs, size, key)

    @retry_on_deadlock
    async def _store(
        self, video: VideoRow, *inputs: InputRow, most_micros: int | None, key: KeyGrant | None
    ) -> VideoView:
        async with self._db.transaction() as tx:
            if video.project_id:
                await ProjectRepository(tx).hold(video.owner_id, video.project_id, Action.WRITE_VIDEOS)
            await self._spending.first_attempt(tx, video, *inputs, most_micros=most_micros, key=key)
            return await VideoRepository(tx).view(video.owner_id, video.id)

    async def _cast(self, video: VideoRow, wish: VideoWish, key: KeyGrant | None) -> list[str]:
        if not wish.characters:
            return []
        if key is not None and not key.reaches(None):  # they are a person's own
            message = "There is no such character."
            raise NotFound(message)
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
        message = f"An idempotency key must have 1 to {KEY_MAX} characters."
        raise InvalidInput(message, "Idempotency-Key")


def reused() -> IdempotencyKeyReused:
    """Say that a key came again with something else."""
    message = "This idempotency key was already used for another request."
    return IdempotencyKeyReused(message)


def fingerprint(*asked: object) -> str:
    """Hash everything that makes two requests the same."""
    return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()

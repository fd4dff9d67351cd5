"""Files: of videos, for their owners; and reference pictures, on their way in."""

import hashlib
from functools import partial
from uuid import UUID

import anyio

from sora_studio.db.assets import AssetRepository
from sora_studio.db.engine import Database, Transaction
from sora_studio.db.models import REFERENCE, AssetRow, ReferenceRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import Conflict, InvalidInput, NotFound, StorageError, TooLarge, Unavailable
from sora_studio.domain.ids import new_id
from sora_studio.domain.media import MediaFile, ReferenceView, file_name
from sora_studio.domain.ports import Storage
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.video import Phase, PosterWidth, Size, Variant, VideoWish
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.people.sessions import SessionService
from sora_studio.services.pictures import clean_reference, fit_reference
from sora_studio.services.throttle import Throttle
from sora_studio.services.worker_pool import WorkerPool

PNG, WEBP = "image/png", "image/webp"
UNUSED_MAX = 200_000_000
"""Bytes of pictures that no wish has named yet, as many as a person may keep."""

_MISSING = "This file is missing from the studio's storage. Tell the person who runs this studio."


class MediaService:
    """Use cases on files. Someone else's are not there."""

    def __init__(
        self,
        *,
        db: Database,
        storage: Storage,
        disk_space: DiskSpace,
        worker_pool: WorkerPool,
        throttle: Throttle,
        sessions: SessionService,
        unused_max: int = UNUSED_MAX,
    ) -> None:
        self._db, self._storage, self._worker_pool, self._throttle = db, storage, worker_pool, throttle
        self._disk_space, self._sessions, self._unused_max = disk_space, sessions, unused_max

    async def require_disk_space(self) -> None:
        """Make sure that another video could be saved.

        Raises:
            NoRoom: The disk is nearly full or refuses.
        """
        await self._disk_space.make_sure()

    async def file(self, owner_id: UUID, video_id: UUID, variant: Variant) -> MediaFile:
        """Return a finished video's file.

        Raises:
            NotFound: Not the owner's, or its file is missing.
            Conflict: The video is not finished.
            Unavailable: The whole storage is not there.
        """
        async with self._db.transaction() as tx:
            found = await _find(tx, owner_id, video_id, variant)
        return await self._to_file(*found)

    async def file_for(
        self, identity: Identity, video_id: UUID, variant: Variant, width: PosterWidth | None = None
    ) -> MediaFile:
        """Return a finished video's file to whom a token names: a page of tiles asks for dozens at a time.

        Args:
            identity: Whose session is asked for in the same transaction.
            video_id: The video.
            variant: Which of its files.
            width: Of the thumbnail; where it was not kept, the thumbnail itself.

        Raises:
            NotSignedIn: The session has ended.
            InvalidInput: Another variant has one size only.
            NotFound: Not the owner's, or its file is missing.
            Conflict: The video is not finished.
            Unavailable: The whole storage is not there.
        """
        if width is not None and variant is not Variant.THUMBNAIL:
            message = "Only the thumbnail comes in several widths."
            raise InvalidInput(message, "width")
        names = (variant,) if width is None else (width.variant, variant)
        async with self._db.transaction() as tx:
            await self._sessions.make_sure(tx, identity)
            found = await _find(tx, identity.user_id, video_id, *names)
        return await self._to_file(*found)

    async def reference(self, owner_id: UUID, video_id: UUID) -> MediaFile:
        """Return the picture that was given as a video's first frame, as it was sent.

        Raises:
            NotFound: There is none, or the video is not the owner's.
        """
        async with self._db.transaction() as tx:
            found = await AssetRepository(tx).find(owner_id, video_id, REFERENCE)
        if found is None:
            message = "This video has no reference image."
            raise NotFound(message)
        return await self._to_file(*found)

    async def add_reference(self, owner_id: UUID, data: bytes) -> ReferenceView:
        """Keep an uploaded picture for a day, so that a wish can name it.

        Raises:
            InvalidInput: It is no PNG, JPEG or WebP picture.
            TooLarge: More than 20 MB or 50 megapixels; or the person keeps too many that are not used.
            LimitReached: Too many uploads in a minute.
            InsufficientStorage: The disk is nearly full or refuses.
        """
        self._throttle.hit("upload", str(owner_id))
        await self._require_room(owner_id)
        return await self._upload(owner_id, *await self._worker_pool.run(clean_reference, data))

    async def reuse_reference(self, owner_id: UUID, video_id: UUID) -> ReferenceView:
        """Make the picture that a video starts from an upload again, so that another wish can name it.

        Raises:
            NotFound: There is none, or the video is not the owner's.
            TooLarge: The person keeps too many pictures that are not used.
            LimitReached: Too many uploads in a minute.
            InsufficientStorage: The disk is nearly full or refuses.
            StorageError: The picture is not where it should be, or the disk refused its copy.
        """
        file = await self.reference(owner_id, video_id)
        self._throttle.hit("upload", str(owner_id))
        await self._require_room(owner_id)
        picture = await self._storage.read(file.key)
        return await self._upload(owner_id, picture, file.width, file.height)

    async def remove_reference(self, owner_id: UUID, reference_id: UUID) -> None:
        """Delete an uploaded picture; videos that were made with it keep theirs.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.transaction() as tx:
            await AssetRepository(tx).erase_reference(owner_id, reference_id)

    async def reference_upload(self, owner_id: UUID, reference_id: UUID) -> MediaFile:
        """Return an uploaded picture.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.transaction() as tx:
            row = await AssetRepository(tx).reference(owner_id, reference_id)
        return await self._to_file(row, "reference")

    async def fit_reference(
        self,
        owner_id: UUID,
        video_id: UUID,
        wish: VideoWish,
        size: Size,
    ) -> tuple[AssetRow, ...]:
        """Fit a wish's picture to the video's size and keep it; nothing is registered yet.

        Raises:
            InvalidInput: It is no picture.
            NotFound: The upload that it names is not the owner's.
        """
        data = wish.reference
        if data is None and wish.reference_id is not None:
            upload = await self.reference_upload(owner_id, wish.reference_id)
            data = await self._storage.read(upload.key)
        if data is None:
            return ()
        picture = await self._worker_pool.run(fit_reference, data, size)
        key = f"videos/{video_id.hex}/{REFERENCE}.png"
        await self._keep(picture, key)
        if wish.reference_id is not None:
            async with self._db.transaction() as tx:
                await AssetRepository(tx).use_reference(wish.reference_id)
        return (
            AssetRow(
                video_id=video_id,
                variant=REFERENCE,
                key=key,
                content_type=PNG,
                bytes=len(picture),
                sha256=hashlib.sha256(picture).hexdigest(),
                width=size.width,
                height=size.height,
            ),
        )

    async def discard(self, assets: tuple[AssetRow, ...]) -> None:
        """Remove files that were kept for a wish which was not written down."""
        for asset in assets:
            await self._storage.delete(asset.key)

    async def _upload(self, owner_id: UUID, picture: bytes, width: int, height: int) -> ReferenceView:
        reference_id = new_id()
        content_type = WEBP if picture.startswith(b"RIFF") else PNG
        key = f"references/{reference_id.hex}.{content_type.rpartition('/')[2]}"
        await self._keep(picture, key)
        row = ReferenceRow(
            id=reference_id,
            owner_id=owner_id,
            key=key,
            content_type=content_type,
            bytes=len(picture),
            sha256=hashlib.sha256(picture).hexdigest(),
            width=width,
            height=height,
        )
        try:
            async with self._db.transaction() as tx:
                self._check_unused(await AssetRepository(tx).unused_bytes(owner_id) + len(picture))
                await AssetRepository(tx).add_reference(row)
        except TooLarge:
            await self._storage.delete(key)
            raise
        return ReferenceView(reference_id, width, height)

    async def _require_room(self, owner_id: UUID) -> None:
        """Refuse an upload before any work is done for it."""
        await self._disk_space.make_sure()
        async with self._db.transaction() as tx:
            self._check_unused(await AssetRepository(tx).unused_bytes(owner_id) + 1)

    def _check_unused(self, total: int) -> None:
        if total > self._unused_max:
            most = self._unused_max // 1_000_000
            message = (
                f"You keep pictures that no video uses yet, and this one would make it more than {most} MB. "
                "Delete some of them, or use them; they also go by themselves after a day."
            )
            raise TooLarge(message, "file", "too_many_pictures")

    async def _keep(self, data: bytes, key: str) -> None:
        spooled = self._storage.spool()
        try:
            await anyio.Path(spooled).write_bytes(data)
            await self._storage.put(spooled, key)
        except OSError as error:
            message = "The image could not be stored."
            raise StorageError(message) from error
        finally:
            await anyio.Path(spooled).unlink(missing_ok=True)

    async def _to_file(self, row: AssetRow | ReferenceRow, title: str) -> MediaFile:
        stored = await self._storage.stat(row.key)
        if stored is None:
            trouble = await self._disk_space.trouble()
            if trouble and trouble.code == ProblemCode.DISK_REFUSED:
                raise Unavailable(trouble.message)
            raise NotFound(_MISSING)
        return MediaFile(
            key=row.key,
            open=partial(self._storage.open, row.key),
            content_type=row.content_type,
            bytes=stored.bytes,
            sha256=row.sha256,
            modified_at=stored.modified_at,
            filename=file_name(title, row.content_type),
            width=row.width,
            height=row.height,
        )


async def _find(tx: Transaction, owner_id: UUID, video_id: UUID, *names: str) -> tuple[AssetRow, str]:
    """Find the first of some variants that there is."""
    for name in names:
        if found := await AssetRepository(tx).find(owner_id, video_id, name):
            return found
    view = await VideoRepository(tx).view(owner_id, video_id)
    raise _nothing_yet(view.phase)


def _nothing_yet(phase: Phase) -> NotFound | Conflict:
    if phase is Phase.COMPLETED:
        return NotFound(_MISSING)
    if phase is Phase.FAILED:
        message = "This video failed, so it has no file."
        return NotFound(message)
    message = "This video is not finished yet."
    return Conflict(message)

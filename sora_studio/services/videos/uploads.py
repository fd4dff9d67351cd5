"""Files that people upload: checked, kept for a day, and named by a wish."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import anyio

from sora_studio.db.engine import Database, Transaction
from sora_studio.db.models import UploadRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.uploads import UploadRepository
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.errors import InvalidInput, MediaError, StorageQuotaExceeded, TooLarge
from sora_studio.domain.ids import new_id
from sora_studio.domain.inputs import Medium, Role, UploadView
from sora_studio.domain.media import ENDINGS, FILM_MAX_SECONDS, MediaFacts, MediaFile
from sora_studio.domain.ports import Storage
from sora_studio.services.pictures import clean_picture, inspect_sound, inspect_video
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.media import MediaService
from sora_studio.services.videos.receiving import MP4, Received, copy, limit_of, medium_of, receive, type_of
from sora_studio.services.worker_pool import WorkerPool

UNUSED_MAX = 200_000_000
"""Bytes of files that no wish has named yet, as many as a person may keep."""

_PARAM = "file"


class UploadService:
    """Use cases on one's own uploads. Someone else's are not there."""

    def __init__(
        self,
        *,
        db: Database,
        storage: Storage,
        media: MediaService,
        worker_pool: WorkerPool,
        throttle: Throttle,
        quotas: StorageQuotas | None = None,
        unused_max: int = UNUSED_MAX,
    ) -> None:
        self._db, self._storage, self._media = db, storage, media
        self._worker_pool, self._throttle, self._unused_max = worker_pool, throttle, unused_max
        self._quotas = quotas or StorageQuotas()

    async def add(
        self,
        owner_id: UUID,
        chunks: AsyncIterator[bytes],
        param: str = _PARAM,
        *,
        key: KeyGrant | None = None,
    ) -> UploadView:
        """Keep an uploaded file for a day, so that a wish can name it.

        A picture is made into a plain one; films and sounds are checked, and stay as they are.

        Args:
            owner_id: Whose it is.
            chunks: The file, as it arrives.
            param: The field that it came in.
            key: With which it came; one for a project reaches no other files than those that came with such.

        Raises:
            InvalidInput: It is no PNG, JPEG or WebP picture, MP4 film, or MP3 or WAV sound.
            TooLarge: A picture of more than 20 MB or 50 megapixels, a film of more than 50 MB, a sound of
                more than 15 MB; or the person keeps too much that is not used.
            StorageQuotaExceeded: Their library stores as much as it may, and no project could use it.
            LimitReached: Too many uploads in a minute.
            InsufficientStorage: The disk is nearly full or refuses.
        """
        self._throttle.hit("upload", str(owner_id))
        await self._require_room(owner_id)
        path = self._storage.spool()
        try:
            received = await receive(path, chunks, limit_of, param)
            content_type = type_of(received.head)
            if medium_of(content_type) is Medium.PICTURE:
                content_type, facts, received = await self._clean(path)
            else:
                facts = await self._inspect(path, content_type, param)
            project_id = key.project_id if key else None
            return await self._register(owner_id, path, content_type, facts, received, project_id=project_id)
        finally:
            await anyio.Path(path).unlink(missing_ok=True)

    async def reuse(self, owner_id: UUID, video_id: UUID) -> tuple[tuple[Role, UploadView], ...]:
        """Make a video's inputs uploads again, so that another wish can name them; with their roles.

        Raises:
            TooLarge: The person keeps too much that is not used.
            StorageQuotaExceeded: Their library stores as much as it may, and no project could use it.
            LimitReached: Too many uploads in a minute.
            InsufficientStorage: The disk is nearly full or refuses.
            StorageError: One is not where it should be, or the disk refused its copy.
        """
        uploads: list[tuple[Role, UploadView]] = []
        async with self._db.reading() as tx:
            rows = await UploadRepository(tx).inputs_for(owner_id, video_id)
        for row in rows:
            self._throttle.hit("upload", str(owner_id))
            await self._require_room(owner_id)
            facts = MediaFacts(row.width, row.height, row.seconds or 0.0)
            path = await copy(self._storage, row.key)
            try:
                received = Received(b"", row.bytes, row.sha256)
                view = await self._register(owner_id, path, row.content_type, facts, received)
            finally:
                await anyio.Path(path).unlink(missing_ok=True)
            uploads.append((Role(row.role), view))
        return tuple(uploads)

    async def remove(self, owner_id: UUID, upload_id: UUID, key: KeyGrant | None = None) -> None:
        """Delete an upload; videos that were made with it keep theirs.

        Raises:
            NotFound: It is not there, not the owner's, or not in reach of the key.
        """
        async with self._db.transaction() as tx:
            await UploadRepository(tx).erase(owner_id, upload_id, key)

    async def get(self, owner_id: UUID, upload_id: UUID, key: KeyGrant | None = None) -> UploadView:
        """Return what is known of an upload.

        Raises:
            NotFound: It is not there, not the owner's, or not in reach of the key.
        """
        return _view(await self._upload(owner_id, upload_id, key))

    async def file(self, owner_id: UUID, upload_id: UUID, key: KeyGrant | None = None) -> MediaFile:
        """Return an uploaded file.

        Raises:
            NotFound: It is not there, not the owner's, or not in reach of the key.
        """
        return await self._media.to_file(await self._upload(owner_id, upload_id, key), "upload")

    async def _inspect(self, path: Path, content_type: str, param: str) -> MediaFacts:
        try:
            if content_type == MP4:
                return await self._worker_pool.run(inspect_video, path, check_film)
            return await self._worker_pool.run(inspect_sound, path, content_type)
        except MediaError as error:
            raise InvalidInput(str(error), param, "invalid_file") from error

    async def _clean(self, path: Path) -> tuple[str, MediaFacts, Received]:
        """Replace a picture by a plain one."""
        data = await anyio.Path(path).read_bytes()
        picture, width, height = await self._worker_pool.run(clean_picture, data)
        await anyio.Path(path).write_bytes(picture)
        received = Received(picture[:16], len(picture), hashlib.sha256(picture).hexdigest())
        return type_of(picture), MediaFacts(width, height, 0.0), received

    async def _register(
        self,
        owner_id: UUID,
        path: Path,
        content_type: str,
        facts: MediaFacts,
        received: Received,
        *,
        project_id: UUID | None = None,
    ) -> UploadView:
        upload_id = new_id()
        row = UploadRow(
            id=upload_id,
            owner_id=owner_id,
            project_id=project_id,
            key=f"uploads/{upload_id.hex}{ENDINGS[content_type]}",
            content_type=content_type,
            bytes=received.bytes,
            sha256=received.sha256,
            width=facts.width,
            height=facts.height,
            seconds=facts.seconds or None,
        )
        view = _view(row)
        await self._storage.put(path, row.key)
        try:
            async with self._db.transaction() as tx:
                await self._check_room(tx, owner_id, view.bytes)
                await UploadRepository(tx).add(row)
        except (TooLarge, StorageQuotaExceeded):
            await self._storage.delete(f"uploads/{upload_id.hex}{ENDINGS[content_type]}")
            raise
        return view

    async def _upload(self, owner_id: UUID, upload_id: UUID, key: KeyGrant | None) -> UploadRow:
        async with self._db.reading() as tx:
            return await UploadRepository(tx).get(owner_id, upload_id, key)

    async def _require_room(self, owner_id: UUID) -> None:
        """Refuse an upload before any work is done for it."""
        await self._media.require_disk_space()
        async with self._db.reading() as tx:
            await self._check_room(tx, owner_id, 1)

    async def _check_room(self, tx: Transaction, owner_id: UUID, more_bytes: int) -> None:
        if await UploadRepository(tx).unused_bytes(owner_id) + more_bytes > self._unused_max:
            most = self._unused_max // 1_000_000
            message = (
                f"You keep files that no video uses yet, and this one would make it more than {most} MB. "
                "Delete some of them, or use them; they also go by themselves after a day."
            )
            raise TooLarge(message, _PARAM, "too_many_uploads")
        try:
            await self._quotas.require_room(tx, owner_id, None, more_bytes)
        except StorageQuotaExceeded:
            if not await ProjectRepository(tx).count(owner_id):  # it counts where it is used
                raise


def check_film(facts: MediaFacts) -> None:
    """Make sure that a film is not too long, by what it says of itself.

    Raises:
        MediaError: It is.
    """
    if facts.seconds > FILM_MAX_SECONDS:
        message = f"The video is {facts.seconds:.0f} s long; the limit is {FILM_MAX_SECONDS} s."
        raise MediaError(message)


def _view(row: UploadRow) -> UploadView:
    return UploadView(row.id, row.content_type, row.bytes, row.sha256, row.width, row.height, row.seconds)

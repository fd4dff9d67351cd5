"""What goes into a video beside the prompt: kept for its wish as it will be sent, and shown to its owner."""

import hashlib
from collections.abc import Iterable, Sequence
from uuid import UUID

import anyio

from sora_studio.db.engine import Database
from sora_studio.db.models import InputRow, UploadRow
from sora_studio.db.uploads import UploadRepository
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.errors import InvalidInput, NotFound
from sora_studio.domain.inputs import FRAMES, GivenInput, InputView, Medium, Role
from sora_studio.domain.media import ENDINGS, MediaFacts, MediaFile
from sora_studio.domain.ports import Storage
from sora_studio.domain.video import Size
from sora_studio.services.pictures import clean_picture, fit_picture
from sora_studio.services.videos.media import MediaService
from sora_studio.services.videos.receiving import PNG, copy, medium_of, type_of, write
from sora_studio.services.worker_pool import WorkerPool

_PREFIX = "input-"  # of the names of files in a video's folder that were given, not made
_FORMATS = {
    Medium.PICTURE: "a PNG, JPEG or WebP image",
    Medium.FILM: "an MP4 video",
    Medium.SOUND: "an MP3 or WAV sound",
}


class InputService:
    """Use cases on what goes into one's own videos. Someone else's are not there."""

    def __init__(
        self, *, db: Database, storage: Storage, media: MediaService, worker_pool: WorkerPool
    ) -> None:
        self._db, self._storage, self._media, self._worker_pool = db, storage, media, worker_pool

    async def of(self, owner_id: UUID, video_id: UUID) -> tuple[InputView, ...]:
        """Return what went into a video, in order; nothing of one that is not the owner's."""
        return tuple(
            InputView(row.position, Role(row.role), row.content_type, row.width, row.height, row.seconds)
            for row in await self._rows(owner_id, video_id)
        )

    async def file(self, owner_id: UUID, video_id: UUID, position: int) -> MediaFile:
        """Return one input of a video, as it is sent to the provider.

        Raises:
            NotFound: There is none, or the video is not the owner's.
        """
        for row in await self._rows(owner_id, video_id):
            if row.position == position:
                return await self._media.to_file(row, Role(row.role).spoken)
        message = "This video has no such input."
        raise NotFound(message)

    async def require_disk_space(self) -> None:
        """Make sure that another video could be saved, with what goes into it.

        Raises:
            InsufficientStorage: The disk is nearly full or refuses.
        """
        await self._media.require_disk_space()

    async def keep(
        self,
        owner_id: UUID,
        video_id: UUID,
        given: Sequence[GivenInput],
        size: Size,
        key: KeyGrant | None = None,
    ) -> tuple[InputRow, ...]:
        """Keep a wish's inputs as they will be sent, frames fitted to the size; nothing is registered yet.

        Raises:
            InvalidInput: One is not what its role wants, or its upload is not within reach.
            StorageError: The disk refused.
        """
        kept: list[InputRow] = []
        try:
            for position, each in enumerate(given):
                upload = await self._named(owner_id, each, key)
                kept.append(await self._keep(video_id, position, each, upload, size))
        except BaseException:
            await self.discard(kept)
            raise
        if used := [each.upload_id for each in given if each.upload_id]:
            async with self._db.transaction() as tx:
                await UploadRepository(tx).use(used)
        return tuple(kept)

    async def discard(self, inputs: Iterable[InputRow]) -> None:
        """Remove files that were kept for a wish which was not written down."""
        for each in inputs:
            await self._storage.delete(each.key)

    async def _keep(
        self, video_id: UUID, position: int, given: GivenInput, upload: UploadRow | None, size: Size
    ) -> InputRow:
        if upload and given.role not in FRAMES:
            path = await copy(self._storage, upload.key)
            facts = MediaFacts(upload.width, upload.height, upload.seconds or 0.0)
            content_type, sha256 = upload.content_type, upload.sha256
        else:
            data = (await self._storage.read(upload.key) if upload else given.data) or b""
            content_type, picture, facts = await self._picture(given.role, data, size)
            path, sha256 = await write(self._storage, picture), hashlib.sha256(picture).hexdigest()
        key = f"videos/{video_id.hex}/{_PREFIX}{position}{ENDINGS[content_type]}"
        try:
            length = (await anyio.Path(path).stat()).st_size
            await self._storage.put(path, key)
        finally:
            await anyio.Path(path).unlink(missing_ok=True)
        return InputRow(
            video_id=video_id,
            position=position,
            role=given.role,
            key=key,
            content_type=content_type,
            bytes=length,
            sha256=sha256,
            width=facts.width,
            height=facts.height,
            seconds=facts.seconds or None,
        )

    async def _named(self, owner_id: UUID, given: GivenInput, key: KeyGrant | None) -> UploadRow | None:
        """Return the upload that an input names; None: it came with the wish."""
        if given.upload_id is None:
            return None
        try:
            async with self._db.transaction() as tx:
                row = await UploadRepository(tx).get(owner_id, given.upload_id, key)
        except NotFound as error:
            raise InvalidInput(str(error), given.role.field, "invalid_file_id") from error
        if medium_of(row.content_type) is not given.role.medium:
            message = f"A {given.role.spoken} has to be {_FORMATS[given.role.medium]}."
            raise InvalidInput(message, given.role.field, "invalid_file")
        return row

    async def _picture(self, role: Role, data: bytes, size: Size) -> tuple[str, bytes, MediaFacts]:
        if role.medium is not Medium.PICTURE:
            message = f"Upload the {role.medium} first (POST /api/uploads), then name it as {{'file_id': …}}."
            raise InvalidInput(message, role.field, "invalid_type")
        try:
            if role in FRAMES:
                fitted = await self._worker_pool.run(fit_picture, data, size)
                return PNG, fitted, MediaFacts(size.width, size.height, 0.0)
            picture, width, height = await self._worker_pool.run(clean_picture, data)
        except InvalidInput as error:
            raise type(error)(error.message, role.field, error.code) from error
        return type_of(picture), picture, MediaFacts(width, height, 0.0)

    async def _rows(self, owner_id: UUID, video_id: UUID) -> Sequence[InputRow]:
        async with self._db.transaction() as tx:
            return await UploadRepository(tx).inputs_for(owner_id, video_id)


def is_input_name(name: Sequence[str]) -> bool:
    """Tell whether a file in a video's folder was given, not made; the first ones had another name."""
    return len(name) == 1 and (name[0].startswith(_PREFIX) or name[0] == "reference.png")

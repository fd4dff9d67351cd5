"""Files of videos, for their owners."""

from functools import partial
from uuid import UUID

from sora_studio.db.assets import AssetRepository
from sora_studio.db.engine import Database, Transaction
from sora_studio.db.models import AssetRow, InputRow, UploadRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from sora_studio.domain.media import MediaFile, file_name
from sora_studio.domain.ports import Storage
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.video import Phase, PosterWidth, Variant
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.people.authentication import AccessRequest, Authenticator

_MISSING = "This file is missing from the studio's storage. Tell the person who runs this studio."


class MediaService:
    """Use cases on files. Someone else's are not there."""

    def __init__(
        self, *, db: Database, storage: Storage, disk_space: DiskSpace, authenticator: Authenticator
    ) -> None:
        self._db, self._storage, self._disk_space = db, storage, disk_space
        self._authenticator = authenticator

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
        async with self._db.reading() as tx:
            found = await _find(tx, owner_id, video_id, variant)
        return await self.to_file(*found)

    async def file_for(
        self, access: AccessRequest, video_id: UUID, variant: Variant, width: PosterWidth | None = None
    ) -> MediaFile:
        """Return a finished video's file to who asks for it: a page of tiles asks for dozens at a time.

        Args:
            access: What the request signs in with, verified in the same transaction.
            video_id: The video.
            variant: Which of its files.
            width: Of the thumbnail; where it was not kept, the thumbnail itself.

        Raises:
            NotSignedIn: The session has ended, or the key opens nothing.
            LimitReached: Too many requests.
            NotAllowed: The key may not read videos.
            InvalidInput: Another variant has one size only.
            NotFound: Not the owner's, or its file is missing.
            Conflict: The video is not finished.
            Unavailable: The whole storage is not there.
        """
        if width is not None and variant is not Variant.THUMBNAIL:
            message = "Only the thumbnail comes in several widths."
            raise InvalidInput(message, "width")
        names = (variant,) if width is None else (width.variant, variant)
        async with self._db.reading() as tx:
            identity = await self._authenticator.verify_in(tx, access)
            found = await _find(tx, identity.user_id, video_id, *names)
        return await self.to_file(*found)

    async def to_file(self, row: AssetRow | InputRow | UploadRow, title: str) -> MediaFile:
        """Return a stored file, to be saved under a title.

        Raises:
            NotFound: It is missing.
            Unavailable: The whole storage is not there.
        """
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
            link=partial(self._storage.link, row.key, row.content_type),
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

"""Make our own copy of one finished video: fetched, checked, with its stills, durable under its keys."""

import asyncio
import errno
import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sora_studio.db.models import AssetRow
from sora_studio.domain.errors import MediaError, MediaTooLarge
from sora_studio.domain.media import MediaFacts
from sora_studio.domain.ports import Content, Provider, Storage
from sora_studio.domain.video import PosterWidth, Variant
from sora_studio.services.jobs.partial_file import PartialFile, open_partial
from sora_studio.services.pictures import inspect_video, make_poster, make_spritesheet
from sora_studio.services.worker_pool import WorkerPool

_OF_WHAT_WAS_ASKED = 0.5
"""A shorter film looks cut off. Servers count in frames and round as they like (4.04 or 5.0 seconds for 4),
and some always make the same length, so nothing finer tells a cut from a habit; a file that misses bytes is
found by its length, its boxes and its pictures anyway."""

_WEBP, _JPEG, _MP4 = "image/webp", "image/jpeg", "video/mp4"


@dataclass(frozen=True)
class Limits:
    """What a file may take."""

    bytes: int = 1024**3
    time: timedelta = timedelta(minutes=20)
    window: timedelta = timedelta(seconds=30)
    least: int = 30 * 50_000  # bytes that must come in each window: 50 KB a second


@dataclass(frozen=True)
class FileRequest:
    """Which file is to be copied."""

    job_id: UUID
    video_id: UUID
    remote_id: str
    seconds: str  # as asked for
    model: str
    believe: bool = False  # it has been fetched before: however short it is, it is what the server made


class TooSlow(MediaError):
    """A file does not come fast enough."""


class Downloader:
    """Copies files from providers into our storage."""

    def __init__(self, *, storage: Storage, worker_pool: WorkerPool, limits: Limits | None = None) -> None:
        self._storage, self._worker_pool, self._limits = storage, worker_pool, limits or Limits()

    async def copy(self, provider: Provider, wanted: FileRequest) -> list[AssetRow]:
        """Copy a video and make its stills; nothing is registered yet.

        Raises:
            ProviderError: The provider does not hand it out.
            TooSlow: It came too slowly; what came is kept, where the server can resume.
            MediaTooLarge: It is larger than any video may be.
            MediaError: It is not the video.
            StorageError: The disk or the store refused; so does an OSError say. What has come is kept.
        """
        with open_partial(self._storage, wanted.job_id.hex) as part:
            if not part.is_whole:
                await self._fetch(provider, wanted, part)
                part.keep()
            try:
                facts = await self._worker_pool.run(inspect_video, part.path)
                _check_seconds(facts, wanted)
                stills = await self._make_stills(wanted, part.path, facts)
                return [*stills, await self._keep(wanted, Variant.VIDEO, part.path, _MP4, facts)]
            except MediaError:
                part.drop()
                raise

    async def remake_stills(self, wanted: FileRequest, key: str) -> list[AssetRow]:
        """Make the thumbnail, its smaller copies and the spritesheet of a film that is ours already.

        Raises:
            MediaError: It cannot be played.
            StorageError: It is not there, or the disk refused.
        """
        async with self._storage.materialise(key) as film:
            return await self._make_stills(wanted, film, await self._worker_pool.run(inspect_video, film))

    async def _make_stills(self, wanted: FileRequest, film: Path, facts: MediaFacts) -> list[AssetRow]:
        poster, sprite = self._storage.spool(), self._storage.spool()
        smaller: dict[int, Path] = {int(width): self._storage.spool() for width in PosterWidth}
        stills: list[tuple[str, Path, str]] = [
            (Variant.THUMBNAIL, poster, _WEBP),
            (Variant.SPRITESHEET, sprite, _JPEG),
        ]
        stills += [(PosterWidth(width).variant, path, _WEBP) for width, path in smaller.items()]
        try:
            await asyncio.gather(
                self._worker_pool.run(
                    make_poster, film, poster, {int(width): path for width, path in smaller.items()}
                ),
                self._worker_pool.run(make_spritesheet, film, sprite),
            )
            return [await self._keep(wanted, *still, facts) for still in stills]
        finally:
            for _, path, _ in stills:
                path.unlink(missing_ok=True)

    async def _fetch(self, provider: Provider, wanted: FileRequest, part: PartialFile) -> None:
        try:
            async with (
                asyncio.timeout(self._limits.time.total_seconds()),
                provider.content(
                    wanted.remote_id, Variant.VIDEO, part.beginning(), model=wanted.model
                ) as content,
            ):
                length = await self._stream(content, part)
        except TimeoutError as error:
            rest = "What has arrived is kept, and the rest is requested."
            again = "The server cannot resume it, so it starts over."
            message = f"The file arrives too slowly. {rest if part.is_resumable else again}"
            raise TooSlow(message) from error
        part.end()
        if content.length is not None and content.length != length:
            message = f"The file was cut short: {length} of {content.length} bytes arrived."
            raise MediaError(message)

    async def _stream(self, content: Content, part: PartialFile) -> int:
        """Write down what comes, as long as enough of it comes in each window."""
        length = part.begin(content)
        self._make_sure_it_fits(content, length)
        loop, window = asyncio.get_running_loop(), self._limits.window.total_seconds()
        async with asyncio.timeout(window) as patience:
            lately = 0
            async for chunk in content.chunks:
                length += len(chunk)
                lately += len(chunk)
                if length > self._limits.bytes:
                    self._refuse(part)
                if lately >= self._limits.least:
                    lately = 0
                    patience.reschedule(loop.time() + window)
                await asyncio.to_thread(part.write, chunk)
        return length

    def _make_sure_it_fits(self, content: Content, start: int) -> None:
        if content.length is None:
            return
        if content.length > self._limits.bytes:
            message = f"The file has {content.length:,} bytes; the limit is {self._limits.bytes:,}."
            raise MediaTooLarge(message)
        if content.length - start > self._storage.free_bytes():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _refuse(self, part: PartialFile) -> None:
        part.end()  # nobody resumes it
        message = f"The file has more than {self._limits.bytes:,} bytes."
        raise MediaTooLarge(message)

    async def _keep(
        self, wanted: FileRequest, variant: str, path: Path, content_type: str, facts: MediaFacts
    ) -> AssetRow:
        _, dash, width = variant.partition("-")
        name = f"{wanted.job_id.hex}{dash}{width}.{content_type.rpartition('/')[2]}"
        key = f"videos/{wanted.video_id.hex}/{name}"
        length, sha256 = await asyncio.to_thread(measure, path)
        await self._storage.put(path, key)
        return AssetRow(
            video_id=wanted.video_id,
            variant=variant,
            key=key,
            content_type=content_type,
            bytes=length,
            sha256=sha256,
            width=facts.width,
            height=facts.height,
        )


def measure(path: Path) -> tuple[int, str]:
    """Return length and SHA-256 of what is on the disk, not of what we think we wrote.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()


def _check_seconds(facts: MediaFacts, wanted: FileRequest) -> None:
    if not wanted.believe and facts.seconds < float(wanted.seconds) * _OF_WHAT_WAS_ASKED:
        message = f"The file looks cut short: it plays {facts.seconds:.1f} of {wanted.seconds} seconds."
        raise MediaError(message)

"""Copy finished files into our own storage before the provider drops them. Soonest deadline first."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sora_studio.db.models import AssetRow
from sora_studio.domain import polling
from sora_studio.domain.errors import JobNotFound, MediaError, ProviderError, StorageError
from sora_studio.domain.job import ClaimedJob, JobChange
from sora_studio.domain.ports import Provider, Storage
from sora_studio.domain.video import Happening, Phase, Problem, Variant
from sora_studio.services.offers import Offers
from sora_studio.services.pictures import inspect_video, make_poster, make_spritesheet
from sora_studio.services.tracking.claims import Claims
from sora_studio.services.tracking.crew import Crew
from sora_studio.services.tracking.reading import MAX_AGE, failed, needs_attention
from sora_studio.services.workshop import Workshop

AT_ONCE = 3
"""Files under way at a time."""

MOST_BYTES = 4 * 1024**3
MOST_TIME = timedelta(minutes=20)
"""A file that is larger or slower than this is cut off and tried again."""

_GONE_LOOKS = 4  # "not there" so often, and the file is gone


@dataclass(frozen=True)
class _Spooled:
    path: Path
    bytes: int
    sha256: str


class Archiver:
    """Makes our copy of every finished video; only then is it called completed."""

    def __init__(
        self,
        *,
        claims: Claims,
        offers: Offers,
        storage: Storage,
        workshop: Workshop,
        wake: Callable[[], None],
    ) -> None:
        """Take the parts; `wake` asks for another run."""
        self._claims, self._offers, self._storage, self._workshop = claims, offers, storage, workshop
        self.crew = Crew(AT_ONCE, on_free=wake)

    async def run(self) -> None:
        """Start as many copies as there are free places."""
        for job in await self._claims.take(Phase.SAVING, most=self.crew.free):
            self.crew.start(self._work(job))

    async def close(self) -> None:
        """Stop copying; what was not finished starts again after the next start."""
        await self.crew.close(patience=1.0)

    async def _work(self, job: ClaimedJob) -> None:
        with self._claims.holding(job):
            await self._archive(job)

    async def _archive(self, job: ClaimedJob) -> None:
        provider = self._offers.provider(job.provider)
        if provider is None:
            await self._claims.record([_later(job, StorageError("The provider is not set up any more."))])
            return
        spooled: list[Path] = []
        try:
            async with asyncio.timeout(MOST_TIME.total_seconds()):
                assets = await self._copy(provider, job, spooled)
        except (ProviderError, StorageError, MediaError, OSError, TimeoutError) as error:
            await self._claims.record([_later(job, error)])
            return
        finally:
            for path in spooled:
                path.unlink(missing_ok=True)
        await self._claims.record(
            [
                JobChange(
                    job,
                    phase=Phase.COMPLETED,
                    progress=100,
                    remote_status="",
                    happenings=(Happening.SAVED,),
                )
            ],
            assets,
        )

    async def _copy(self, provider: Provider, job: ClaimedJob, spooled: list[Path]) -> list[AssetRow]:
        video = await self._fetch(provider, job, spooled)
        facts = await self._workshop.run(inspect_video, video.path)
        poster, sprite = self._spool(spooled), self._spool(spooled)
        await asyncio.gather(
            self._workshop.run(make_poster, video.path, poster),
            self._workshop.run(make_spritesheet, video.path, sprite),
        )
        size = (facts.width, facts.height)
        return [
            await self._keep(
                job, Variant.THUMBNAIL, await asyncio.to_thread(_measure, poster), "image/webp", size
            ),
            await self._keep(
                job, Variant.SPRITESHEET, await asyncio.to_thread(_measure, sprite), "image/jpeg", size
            ),
            await self._keep(job, Variant.VIDEO, video, "video/mp4", size),
        ]

    async def _fetch(self, provider: Provider, job: ClaimedJob, spooled: list[Path]) -> _Spooled:
        path = self._spool(spooled)
        digest, length = hashlib.sha256(), 0
        async with provider.content(job.remote_id or "", Variant.VIDEO) as content:
            with path.open("wb", buffering=1024 * 1024) as file:
                async for chunk in content.chunks:
                    digest.update(chunk)
                    length += len(chunk)
                    if length > MOST_BYTES:
                        message = f"The file is larger than {MOST_BYTES} bytes."
                        raise MediaError(message)
                    await asyncio.to_thread(file.write, chunk)
            if content.length is not None and content.length != length:
                message = f"The file was cut short: {length} of {content.length} bytes came."
                raise MediaError(message)
        return _Spooled(path, length, digest.hexdigest())

    async def _keep(
        self,
        job: ClaimedJob,
        variant: Variant,
        file: _Spooled,
        content_type: str,
        size: tuple[int, int],
    ) -> AssetRow:
        key = f"videos/{job.video_id.hex}/{job.id.hex}.{content_type.rpartition('/')[2]}"
        await self._storage.keep(file.path, key)
        return AssetRow(
            video_id=job.video_id,
            variant=variant,
            key=key,
            content_type=content_type,
            bytes=file.bytes,
            sha256=file.sha256,
            width=size[0],
            height=size[1],
        )

    def _spool(self, spooled: list[Path]) -> Path:
        path = self._storage.spool()
        spooled.append(path)
        return path


def _measure(path: Path) -> _Spooled:
    data = path.read_bytes()
    return _Spooled(path, len(data), hashlib.sha256(data).hexdigest())


def _later(job: ClaimedJob, error: Exception) -> JobChange:
    """Try again soon; a file that is not there any more, time after time, is lost."""
    if isinstance(error, JobNotFound) and job.looks + 1 >= _GONE_LOOKS:
        message = f"The provider finished this video but does not hand out its file: {error.message}"
        return failed(JobChange(job), Problem("content_unavailable", message))
    if job.now - job.created_at > MAX_AGE:
        message = "The provider finished this video, but its file could not be saved for a day."
        return needs_attention(JobChange(job), Problem("not_saved", message))
    looks = job.looks + 1 if isinstance(error, JobNotFound) else job.looks
    return JobChange(
        job,
        due_in=polling.after_error(job.failures + 1),
        failures=job.failures + 1,
        looks=looks,
        problem=Problem("saving_delayed", str(error) or type(error).__name__),
        happenings=() if job.failures else (Happening.DELAYED,),
    )

"""What can be done with videos: create, remix, extend, download, delete. The routes only translate."""

import time
from pathlib import Path

from sora_sandbox import validation
from sora_sandbox.dialects import DIALECTS
from sora_sandbox.faults import Fault, Faults
from sora_sandbox.file_store import FileStore
from sora_sandbox.film import SPRITESHEET, THUMBNAIL, VIDEO
from sora_sandbox.job_store import Character, JobSpec, JobStore, VideoRecord
from sora_sandbox.render_pool import RenderPool
from sora_sandbox.settings import SandboxSettings
from sora_sandbox.webhooks import WebhookSender
from sora_sandbox.wire import ApiError

VARIANTS = {
    "video": (VIDEO, "video/mp4"),
    "thumbnail": (THUMBNAIL, "image/webp"),
    "spritesheet": (SPRITESHEET, "image/jpeg"),
}
"""The file and the media type of each variant."""


class Sandbox:
    """One data directory, and everything that works on it."""

    def __init__(self, settings: SandboxSettings) -> None:
        """Open the store; nothing is rendered before `pool.start`."""
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.dialect = DIALECTS[settings.dialect]
        self.store = JobStore(settings.data_dir / "sandbox.sqlite3")
        if self.dialect.keeps_jobs_in_memory:
            self.store.delete_all()
        self.files = FileStore(settings.data_dir)
        self.faults = Faults()
        self.webhooks = WebhookSender(settings.webhook_url, settings.webhook_secret, self.faults)
        self.pool = RenderPool(self.store, self.files, settings, self.webhooks.send)

    async def close(self) -> None:
        """Stop every worker process and close the store."""
        await self.pool.stop()
        await self.webhooks.stop()
        self.store.close()

    def find_by_key(self, key: str | None) -> VideoRecord | None:
        """Return the video that an idempotency key has already made."""
        return self.store.find_by_key(key) if key and self.dialect.honours_idempotency_key else None

    def create(
        self, spec: JobSpec, reference: bytes | None, key: str | None, film: bytes | None = None
    ) -> VideoRecord:
        """Accept a job, once per key; a film is what it continues.

        Raises:
            ApiError: Too many jobs wait.
        """
        if earlier := self.find_by_key(key):  # its twin may have come in while this request was being read
            return earlier
        self._require_capacity()
        return self._accept(spec, key, reference, film)

    def remix(self, parent_id: str, prompt: str, key: str | None, kind: str = "remix") -> VideoRecord:
        """Accept a job that varies a completed video: a remix or, which is the same here, an edit.

        Raises:
            ApiError: There is no such video, it is not completed, or too many jobs wait.
        """
        if earlier := self.find_by_key(key):
            return earlier
        parent = self._completed(parent_id)
        self._require_capacity()
        spec = JobSpec(
            prompt,
            parent.model,
            parent.size,
            parent.seconds,
            (*parent.ancestry, parent.prompt),
            parent.id,
            parent.has_reference,
            kind=kind,
        )
        reference = self.files.reference(parent.id).read_bytes() if parent.has_reference else None
        return self._accept(spec, key, reference)

    def extend(self, parent_id: str, prompt: str, seconds: str, key: str | None) -> VideoRecord:
        """Accept a job that continues a completed video from its last frame.

        Raises:
            ApiError: There is no such video or file, too many jobs wait, or it would become too long.
        """
        if earlier := self.find_by_key(key):
            return earlier
        parent = self._completed(parent_id)
        film, _ = self.file(parent, "video")
        total = validation.check_extension(
            int(parent.seconds), int(seconds), self.store.count_extensions(parent.id)
        )
        self._require_capacity()
        spec = JobSpec(
            prompt,
            parent.model,
            parent.size,
            str(total),
            (*parent.ancestry, parent.prompt),
            parent.id,
            kind="extend",
            source_seconds=int(parent.seconds),
        )
        return self._accept(spec, key, None, film)

    def character(self, character_id: str) -> Character:
        """Return a character.

        Raises:
            ApiError: There is none with this id.
        """
        character = self.store.find_character(character_id)
        if character is None:
            raise ApiError(404, f"Character '{character_id[:80]}' not found.", "character_not_found")
        return character

    def get(self, video_id: str) -> VideoRecord:
        """Return a video.

        Raises:
            ApiError: There is none with this id.
        """
        video = self.store.find(video_id)
        if video is None:
            raise ApiError(404, f"Video with id '{video_id[:80]}' not found.", "video_not_found", "video_id")
        return video

    def delete(self, video_id: str) -> VideoRecord:
        """Delete a video and return what it was; most dialects stop its rendering, too."""
        video = self.get(video_id)
        self.store.delete(video.id)
        if self.dialect.delete_cancels:
            self.pool.cancel(video.id)
        self.files.remove(video.id)
        return video

    def content(self, video_id: str, variant: str | None) -> tuple[Path, str]:
        """Return what the dialect serves as a variant of a completed video, and its media type.

        Raises:
            ApiError: The variant is unknown, or the dialect serves no such file of this video.
        """
        wanted = self.dialect.variant(variant)
        video = self.get(video_id)
        if self.dialect.has_external_url(video):
            raise ApiError(400, "The video was uploaded to cloud storage: use the cloud URL.")
        return self.file(video, wanted)

    def file(self, video: VideoRecord, variant: str) -> tuple[Path, str]:
        """Return a file of a completed video, and its media type.

        Raises:
            ApiError: The video has failed, is not ready yet, or has expired.
        """
        if video.status == "failed":
            text = "Video generation failed; there is no content."
            raise ApiError(self.dialect.failed_content_status, text, "video_generation_failed")
        if video.expires_at is None:
            text = f"Video is not ready yet, use GET /v1/videos/{video.id} to check status."
            raise ApiError(self.dialect.pending_content_status, text, "video_not_ready")
        name, media_type = VARIANTS[variant]
        path = self.files.path(video.id, name)
        if video.expires_at <= time.time() or not path.exists():
            raise ApiError(404, "The content of this video has expired.", "video_expired")
        return path, media_type

    def remove_expired_files(self) -> None:
        """Delete the files of expired videos."""
        for video in self.store.expired():
            self.files.remove_films(video.id)

    def _completed(self, video_id: str) -> VideoRecord:
        parent = self.get(video_id)
        if parent.status != "completed":
            text = "Only a completed video can be remixed, edited or extended."
            raise ApiError(400, text, "video_not_completed", "video_id")
        return parent

    def _require_capacity(self) -> None:
        if self.dialect.one_job_at_a_time and self.store.count("queued", "in_progress"):
            raise ApiError(409, "A video generation is already in progress.")
        if self.store.count("queued") >= self.settings.max_queued:
            text = "Rate limit reached: too many videos are queued. Please try again later."
            raise ApiError(429, text, "rate_limit_exceeded", retry_after=2)

    def _accept(
        self, spec: JobSpec, key: str | None, reference: bytes | None, source: Path | bytes | None = None
    ) -> VideoRecord:
        fault = self.faults.take("job") or Fault(at="job")
        video_id = self.dialect.new_id().ljust(fault.id_length or 0, "0")
        if reference is not None:
            self.files.reference(video_id).write_bytes(reference)
        if isinstance(source, bytes):
            self.files.source(video_id).write_bytes(source)
        elif source is not None:
            self.files.source(video_id).hardlink_to(source)  # stays when the source expires
        honoured = self.dialect.honours_idempotency_key
        video = self.store.add(video_id, spec, key, fate=fault.fate(), honoured=honoured)
        self.pool.notify()
        return video

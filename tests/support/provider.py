"""A provider in memory: takes jobs, keeps a ledger of them, and fails as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sora_studio.domain.errors import JobNotFound
from sora_studio.domain.ports import Content, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.problem import Problem
from sora_studio.domain.profile import Model, Operation, Profile
from sora_studio.domain.video import Status, Variant

MODEL = Model("sora-2", sizes=("1280x720", "720x1280"), seconds=(4, 8), micros_per_second=100_000)
PROFILE = Profile(
    name="fake",
    label="Fake",
    models=(MODEL,),
    operations=frozenset({Operation.LIST, Operation.DELETE, Operation.REMIX, Operation.REFERENCE}),
)

Fault = Callable[[], Exception | None]


@dataclass(frozen=True)
class Break:
    """Where and how a file breaks off."""

    after: int  # bytes
    off: Callable[[], Awaitable[None]]


@dataclass
class FakeProvider:
    """Implements `domain.ports.Provider`; `jobs` is the ledger of what it took, oldest first."""

    profile: Profile = PROFILE
    jobs: dict[str, RemoteJob] = field(default_factory=dict)
    prefix: str = "remote-"  # of the jobs' names
    orders: list[Submission] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)  # what each job came with, as an Idempotency-Key
    files: dict[str, bytes] = field(default_factory=dict)
    content_type: str = "video/mp4"
    etag: str | None = None  # of every file
    says_length: bool = True
    beginnings: list[ResumePoint | None] = field(default_factory=list)  # what each look at a file came with
    breaks: list[Break] = field(default_factory=list)  # of the next files
    lists: int = 0
    fetched: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # the model that came with each question about a job
    repeats_page: bool = False  # whatever the list is to go on after
    oldest_first: bool = False  # the list
    before_submit: list[Exception] = field(default_factory=list)  # raised without taking the job
    after_submit: list[Exception] = field(default_factory=list)  # raised although the job was taken
    on_fetch: list[Exception] = field(default_factory=list)
    on_list: list[Exception] = field(default_factory=list)
    on_content: list[Exception] = field(default_factory=list)
    on_delete: list[Exception] = field(default_factory=list)
    on_models: list[Exception] = field(default_factory=list)
    on_character: list[Exception] = field(default_factory=list)
    characters: dict[str, str] = field(default_factory=dict)  # names by remote id
    character_keys: list[UUID] = field(default_factory=list)  # of every call
    deleted: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None  # submits wait for it after they have been counted
    hold_answers: asyncio.Event | None = None  # the same after the job has been taken
    hold_looks: asyncio.Event | None = None  # the same for single looks
    held: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def fetches(self) -> int:
        """Count the single looks."""
        return len(self.fetched)

    async def submit(self, submission: Submission) -> RemoteJob:
        self.orders.append(submission)
        if self.hold:
            self.held.set()
            await self.hold.wait()
        if self.before_submit:
            raise self.before_submit.pop(0)
        remote_id = f"{self.prefix}{len(self.jobs)}"
        self.jobs[remote_id] = RemoteJob(
            remote_id=remote_id,
            status=Status.QUEUED,
            status_word="queued",
            progress=0,
            created_at=datetime.now(UTC),
            expires_at=None,
            problem=None,
            prompt=submission.prompt,
            model=submission.model,
            size=submission.size,
            seconds=submission.seconds,
            source=submission.source,
        )
        self.keys[remote_id] = str(submission.job_id)
        if self.hold_answers:
            self.held.set()
            await self.hold_answers.wait()
        if self.after_submit:
            raise self.after_submit.pop(0)
        return self.jobs[remote_id]

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        assert film.stat().st_size
        self.character_keys.append(key)
        if self.on_character:
            raise self.on_character.pop(0)
        remote_id = f"char-{len(self.characters)}"
        self.characters[remote_id] = name
        return remote_id

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        self.fetched.append(remote_id)
        self.told.append(model)
        if self.hold_looks:
            await self.hold_looks.wait()
        if self.on_fetch:
            raise self.on_fetch.pop(0)
        if remote_id not in self.jobs:
            raise JobNotFound("No such video.", "not_found")
        return self.jobs[remote_id]

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        self.lists += 1
        if self.on_list:
            raise self.on_list.pop(0)
        ids = list(self.jobs) if self.oldest_first else list(reversed(self.jobs))
        start = ids.index(after) + 1 if after and not self.repeats_page else 0
        page = ids[start : start + limit]
        return RemotePage(
            tuple(self.jobs[remote_id] for remote_id in page),
            page[-1] if page else None,
            has_more=start + limit < len(ids),
        )

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AsyncIterator[Content]:
        assert variant is Variant.VIDEO
        self.told.append(model)
        if self.on_content:
            raise self.on_content.pop(0)
        self.beginnings.append(beginning)
        if remote_id not in self.files:
            raise JobNotFound("No such file.", "not_found")
        data = self.files[remote_id]

        start = beginning.bytes if beginning and beginning.etag == self.etag else 0
        breaks = self.breaks.pop(0) if self.breaks else None

        async def chunks() -> AsyncIterator[bytes]:
            for place in range(start, len(data), 1024):
                if breaks is not None and place - start >= breaks.after:
                    await breaks.off()
                yield data[place : place + 1024]

        length = len(data) if self.says_length else None
        yield Content(self.content_type, length, chunks(), start, self.etag)

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        self.told.append(model)
        if self.on_delete:
            raise self.on_delete.pop(0)
        self.deleted.append(remote_id)

    async def list_models(self) -> tuple[Model, ...]:
        if self.on_models:
            raise self.on_models.pop(0)
        return self.profile.models

    async def close(self) -> None:
        """Nothing to close."""

    def report(
        self, remote_id: str, status: Status | None, progress: int | None = None, **said: object
    ) -> None:
        """Let a job be in some status from now on."""
        word = said.pop("word", status or "paused")
        self.jobs[remote_id] = replace(
            self.jobs[remote_id], status=status, status_word=str(word), progress=progress, **said
        )

    def finish(self, remote_id: str, data: bytes) -> None:
        """Let a job be completed, its file ready for an hour."""
        self.files[remote_id] = data
        self.report(remote_id, Status.COMPLETED, 100, expires_at=datetime.now(UTC) + timedelta(hours=1))

    def fail(self, remote_id: str, code: str, message: str) -> None:
        """Let a job be failed."""
        self.report(remote_id, Status.FAILED, 0, problem=Problem(code, message))

"""The seams: what services need from the outside, to be had from any implementation."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from sora_studio.domain.card_field import Option, Options
from sora_studio.domain.facts import NO_FACTS, Facts
from sora_studio.domain.inputs import Role
from sora_studio.domain.media import ByteRange, Chunks
from sora_studio.domain.problem import Problem
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.video import Kind, Status, Variant
from sora_studio.domain.webhook_messages import Answer

Clock = Callable[[], datetime]
"""Returns the current time, UTC-aware."""


@dataclass(frozen=True)
class InputFile:
    """A file that goes in beside the prompt, on the local disk while it is sent."""

    role: Role
    content_type: str
    path: Path
    bytes: int


@dataclass(frozen=True)
class Submission:
    """One submit: everything the provider is told."""

    job_id: UUID  # also the Idempotency-Key
    prompt: str
    model: str
    size: str
    seconds: str  # of an extension: those that are added
    inputs: tuple[InputFile, ...] = ()  # in order; frames are PNGs of exactly `size`
    kind: Kind = Kind.CREATE
    source: str | None = None  # the remote id of what is remixed, edited or extended
    characters: tuple[str, ...] = ()  # their remote ids
    options: Options = field(default_factory=dict[str, Option])  # of the model's own fields

    @property
    def size_of_inputs(self) -> int:
        """Return how many bytes go in beside the prompt."""
        return sum(each.bytes for each in self.inputs)


@dataclass(frozen=True)
class RemoteJob:
    """What a provider says of one job, translated."""

    remote_id: str
    status: Status | None  # None: a word we do not know; it is in `status_word`
    status_word: str
    progress: int | None  # 0..100; None: it tells nothing
    created_at: datetime | None
    expires_at: datetime | None
    problem: Problem | None
    prompt: str | None
    model: str | None
    size: str | None
    seconds: str | None
    poll_after: float | None = None  # seconds, from openai-poll-after-ms
    completed_at: datetime | None = None
    file_url: str | None = field(
        default=None, repr=False
    )  # where some servers put the file; it may carry a key
    source: str | None = None  # the remote id of what it was made from
    facts: Facts = NO_FACTS  # of the rendering


@dataclass(frozen=True)
class RemotePage:
    """One page of a provider's list, newest first."""

    jobs: tuple[RemoteJob, ...]
    last_id: str | None
    has_more: bool


@dataclass(frozen=True)
class Content:
    """A file on its way from a provider."""

    content_type: str
    length: int | None  # bytes of the whole file, None when the provider does not say
    chunks: AsyncIterator[bytes]
    start: int = 0  # where in the file the chunks begin
    etag: str | None = None  # stands for these very bytes: the rest of them can be asked for later


@dataclass(frozen=True)
class ResumePoint:
    """What an earlier attempt got of a file."""

    bytes: int
    etag: str


@dataclass(frozen=True)
class StoredFile:
    """What the store knows of a file."""

    key: str
    bytes: int
    modified_at: datetime  # by the store's clock


class Provider(Protocol):
    """A server that speaks the Videos API. Every method raises ProviderError and nothing else."""

    @property
    def profile(self) -> Profile:
        """Return what it can do."""
        ...

    async def submit(self, submission: Submission) -> RemoteJob:
        """Ask for a video with exactly one POST.

        Raises:
            SubmitUnclear: The job may exist.
            ProviderUnavailable: Nothing was taken.
            ProviderRejected: Nothing was taken and nothing would be.
        """
        ...

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made from a short film with exactly one POST; return its remote id.

        Raises:
            SubmitUnclear: It may have been made, and there is no list to look for it.
            ProviderUnavailable: Nothing was made.
            ProviderRejected: Nothing was made and nothing would be.
        """
        ...

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        """Ask how a job is going; some servers want to hear its model with that.

        Raises:
            JobNotFound: It is not known there.
        """
        ...

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs, newest first."""
        ...

    def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AbstractAsyncContextManager[Content]:
        """Open a file for streaming; what follows its beginning, if the file is still the same."""
        ...

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        """Remove a job there; one that is already gone is fine."""
        ...

    async def list_models(self) -> tuple[Model, ...]:
        """Return the profile's models and whatever else the server lists."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class Changes(Protocol):
    """Where it is announced whose data changed. A missed announcement is made up for by the next one."""

    def listen(self) -> AsyncIterator[str]:
        """Yield the owner's id of every change as it is committed; an empty text first, once it listens.

        Raises:
            Unavailable: The connection could not be had or was lost; call again.
        """
        ...


class Spool(Protocol):
    """Temporary files on a local disk: what is being received or made, until it is stored or thrown away."""

    def spool(self, name: str | None = None) -> Path:
        """Return the path of a temporary file; the caller fills and removes it.

        A new one; or, under a name, the one that an earlier attempt may have begun.

        Raises:
            StorageError: The disk refused.
        """
        ...

    def sweep(self, *, older_than: float = 0.0) -> int:
        """Remove spooled files that nobody resumes and that are older than some seconds; count them.

        Raises:
            StorageError: The disk refused.
        """
        ...

    def free_bytes(self) -> int:
        """Return the space left on the spool's disk."""
        ...

    def size_bytes(self) -> int:
        """Return the size of the spool's disk."""
        ...


class Store(Protocol):
    """Where our own copies live, by key: on a disk, or in an object store.

    Keys are ours, never a client's file name. A file is replaced or removed as a whole, and is never changed.
    """

    async def put(self, spooled: Path, key: str) -> None:
        """Move a spooled file into the store; it is durable when this returns, and the spooled one is gone.

        What was stored under the key before is replaced in one step.

        Raises:
            StorageError: The store refused; the spooled file is still there.
        """
        ...

    def open(self, key: str, span: ByteRange | None = None) -> Chunks:
        """Open a file, or some bytes of it, for the block, and yield it in chunks.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        ...

    async def read(self, key: str) -> bytes:
        """Return a small file, such as a picture.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        ...

    def link(self, key: str, content_type: str, disposition: str) -> str | None:
        """Return where a browser may read a file by itself for a while; None: it comes through us."""
        ...

    def materialise(self, key: str) -> AbstractAsyncContextManager[Path]:
        """Have a file on the local disk for the block, for what needs a path. It is only to be read.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        ...

    async def stat(self, key: str) -> StoredFile | None:
        """Return what is known of a file; None when it is not there.

        Raises:
            StorageError: The store refused.
        """
        ...

    def list_pages(self) -> AsyncIterator[Sequence[StoredFile]]:
        """Yield all files, some hundred at a time, in any order."""
        ...

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is fine.

        Raises:
            StorageError: The store refused.
        """
        ...

    def identity(self) -> str:
        """Return what tells the store from others: instances that share a database must share it.

        Raises:
            StorageError: The store refused.
        """
        ...

    async def probe(self) -> None:
        """Write a little to spool and store, and remove it.

        Raises:
            StorageError: One of them refused.
        """
        ...


class Storage(Spool, Store, Protocol):
    """Both: files are made in the spool and kept in the store."""


class WebhookSender(Protocol):
    """Sends webhooks to addresses that people name."""

    async def check(self, url: str) -> str | None:
        """Say what is wrong with an address, as far as it can be seen without asking anybody."""
        ...

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one message within fifteen seconds, and return what came of it; redirects are not followed."""
        ...

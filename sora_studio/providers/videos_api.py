"""Any server that speaks the Videos API.

What it offers is checked here, and what its answers mean; `requests` writes them and `wire` reads them.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from sora_studio.domain.errors import (
    JobNotFound,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    Unsupported,
)
from sora_studio.domain.inputs import SOURCES
from sora_studio.domain.ports import Content, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.profile import Model, Operation, Profile
from sora_studio.domain.video import Kind, Variant
from sora_studio.providers.call import Call
from sora_studio.providers.client import ApiClient, Credentials, Route, Timeouts
from sora_studio.providers.clock import by_our_clock, skew_of
from sora_studio.providers.detect import Identity, detect, look
from sora_studio.providers.error_body import NOT_THERE, read_json, with_words
from sora_studio.providers.fingerprints import Answer
from sora_studio.providers.model_list import with_listed_models
from sora_studio.providers.reading.job import read_job, read_new_character, read_new_job
from sora_studio.providers.reading.page import read_page
from sora_studio.providers.wire import MalformedResponse, as_object

if TYPE_CHECKING:
    from httpx2 import Response

_BELIEVED_ABSENT = 600.0  # seconds after which a list that was missing is asked for again
_DERIVES = {Kind.REMIX: Operation.REMIX, Kind.EDIT: Operation.EDIT, Kind.EXTEND: Operation.EXTEND}


class VideosApiProvider:
    """A provider behind `/v1/videos`; implements `domain.ports.Provider`."""

    def __init__(
        self,
        profile: Profile,
        base_url: str,
        credentials: Credentials | str | None = None,
        *,
        timeouts: Timeouts | None = None,
        route: Route | None = None,
    ) -> None:
        """Set up the client; connects on the first call.

        Args:
            profile: What the server can do.
            base_url: Up to and with `/v1`.
            credentials: The key, or all that the server wants to see; None for servers without keys.
            timeouts: For tests and slow servers.
            route: How it is reached; None: directly.
        """
        if not isinstance(credentials, Credentials):
            credentials = Credentials(credentials or "")
        self._profile, self._address, self._timeouts = profile, base_url, timeouts or Timeouts()
        self._client = ApiClient(profile, base_url, credentials, self._timeouts, route)
        self._no_list_until = 0.0  # by the monotonic clock
        self._no_list_since: float | None = None  # the same: 404 and no word of an API

    def __repr__(self) -> str:
        """Name the profile; the key stays out of logs and tracebacks."""
        return f"VideosApiProvider({self._profile.name!r})"

    @property
    def profile(self) -> Profile:
        """Return what it can do, without what it turned out to lack a while ago."""
        if time.monotonic() < self._no_list_until:
            return replace(self._profile, operations=self._profile.operations - {Operation.LIST})
        return self._profile

    async def submit(self, submission: Submission) -> RemoteJob:
        """Ask for a video with exactly one POST, under the job's id as idempotency key.

        Raises:
            SubmitUnclear: The job may exist.
            ProviderUnavailable: Nothing was taken.
            ProviderRejected: Nothing was taken and nothing would be.
        """
        brought = any(each.role in SOURCES for each in submission.inputs)
        if submission.kind is not Kind.CREATE and (submission.source is not None or brought):
            self._require(_DERIVES[submission.kind])
            if brought:
                self._require(Operation.UPLOADS)
            async with self._client.call(Call.REMIX, submission.size_of_inputs) as requests:
                return self._new_job(await requests.derive(submission))
        if submission.inputs:
            self._require(Operation.REFERENCE)
        if submission.characters:
            self._require(Operation.CHARACTERS)
        async with self._client.call(Call.CREATE, submission.size_of_inputs) as requests:
            job = self._new_job(await requests.create(submission))
            told = job.facts.seed
            return replace(
                job, facts=replace(job.facts, seed=requests.drawn_seed(submission) if told is None else told)
            )

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made from a short film with exactly one POST; return its remote id.

        Raises:
            SubmitUnclear: It may have been made, and there is no list to look for it.
            ProviderUnavailable: Nothing was made.
            ProviderRejected: Nothing was made and nothing would be.
        """
        self._require(Operation.CHARACTERS)
        with await _open(film) as file:
            async with self._client.call(Call.CHARACTER) as requests:
                response = await requests.create_character(name, file, key)
                with _words_of(response):
                    return read_new_character(read_json(response))

    async def fetch(self, remote_id: str, *, model: str = "") -> RemoteJob:
        """Ask how a job is going.

        Raises:
            JobNotFound: It is not known there.
            ProviderUnavailable: No answer that can be read; ask again later.
        """
        async with self._client.call(Call.FETCH) as requests:
            response = await requests.fetch(remote_id, model)
            with _words_of(response):
                job = read_job(read_json(response), remote_id, _poll_after(response))
            return self._ours(job, skew_of(response))

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs, newest first.

        Some servers ignore `after` and answer the same page for ever: stop at ids seen before.

        Raises:
            Unsupported: It has no list.
        """
        self._require(Operation.LIST)
        try:
            async with self._client.call(Call.LIST) as requests:
                response = await requests.list_jobs(after, limit)
                with _words_of(response):
                    page = read_page(read_json(response), limit)
        except Unsupported:
            if after is None:  # a later page may be refused for a job that is gone
                self._no_list_until = time.monotonic() + _BELIEVED_ABSENT
            raise
        except ProviderUnavailable as error:
            if error.code == NOT_THERE:
                self._doubt_list(error)
            raise
        self._no_list_since = None
        skew = skew_of(response)
        return replace(page, jobs=tuple(self._ours(job, skew) for job in page.jobs))

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None, *, model: str = ""
    ) -> AsyncGenerator[Content]:
        """Open a file for streaming; errors of the stream come out of its chunks.

        Raises:
            JobNotFound: It is gone there, or never was.
            ProviderUnavailable: Not ready, cut short, or a page instead of a file; ask again later.
        """
        files, find_url = await self._client.files(), partial(self._file_url, remote_id, model)
        query = self._profile.poll_fields(model)
        async with files.open(remote_id, variant, beginning, find_url, query) as content:
            yield content

    async def delete(self, remote_id: str, *, model: str = "") -> None:
        """Remove a job there; one that is already gone is fine.

        Raises:
            ProviderUnavailable: Not yet: it is at work on it, or did not answer.
            Unsupported: It deletes nothing.
        """
        self._require(Operation.DELETE)
        try:
            async with self._client.call(Call.DELETE) as requests:
                body = as_object(read_json(await requests.delete(remote_id, model)))
        except JobNotFound:
            return
        if body.get("deleted") is False:
            message = "The provider says that it did not delete the video."
            raise ProviderUnavailable(message, "not_deleted")

    async def list_models(self) -> tuple[Model, ...]:
        """Return the profile's models and whatever else the server lists; it need not have a list.

        Raises:
            ProviderUnavailable: No answer.
        """
        if Operation.MODELS not in self._profile.operations:
            return self._profile.models
        try:
            async with self._client.call(Call.LIST) as requests:
                return with_listed_models(self._profile, read_json(await requests.list_models())).models
        except Unsupported:
            return self._profile.models

    async def identify(self) -> Identity | None:
        """Ask the server who it is; None when it is none that is known.

        Raises:
            ProviderUnavailable: It does not answer.
        """
        return await detect(self._client, self._address)

    async def look(self, path: str) -> Answer:
        """Ask one path of the protocol by a GET; an error that the server says is an answer as well.

        Raises:
            ProviderUnavailable: It does not answer.
        """
        return await look(self._client, self._address + path, self._timeouts.fetch)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    def _doubt_list(self, error: ProviderUnavailable) -> None:
        """Believe after a while that there is no list, though no API said so but something in front of it.

        Raises:
            Unsupported: It has been so for long enough.
        """
        now = time.monotonic()
        self._no_list_since = since = self._no_list_since or now
        if now - since >= self._timeouts.absent:
            self._no_list_until = now + _BELIEVED_ABSENT
            raise Unsupported(error.message, error.code) from error

    async def _file_url(self, remote_id: str, model: str) -> str | None:
        try:
            return (await self.fetch(remote_id, model=model)).file_url
        except ProviderError:
            return None

    def _require(self, operation: Operation) -> None:
        """Make sure that the server has an operation; what is raised is for the person."""
        if operation not in self.profile.operations:
            message = f"{self._profile.label} does not offer {operation.value}."
            raise Unsupported(message, "unsupported")

    def _new_job(self, response: "Response") -> RemoteJob:
        with _words_of(response):
            job = read_new_job(read_json(response), _poll_after(response))
        return self._ours(job, skew_of(response))

    def _ours(self, job: RemoteJob, skew: timedelta) -> RemoteJob:
        """Have a job's times by our clock, and leave out a model's name that was not given by us.

        What is served may be called otherwise here.
        """
        job = by_our_clock(job, skew)
        return job if self._profile.sends_model else replace(job, model=None)


@contextmanager
def _words_of(response: "Response") -> Generator[None]:
    """Have an answer that cannot be read quoted in what is said of it."""
    try:
        yield
    except MalformedResponse as error:
        raise with_words(error, response) from error


def _poll_after(response: "Response") -> str | None:
    """Return after how many milliseconds the server wants to be asked again, as it says it."""
    return response.headers.get("openai-poll-after-ms")


async def _open(film: Path) -> BinaryIO:
    try:
        return await asyncio.to_thread(film.open, "rb")
    except OSError as error:
        message = "The video is no longer in the studio's storage."
        raise ProviderRejected(message, "film_missing") from error

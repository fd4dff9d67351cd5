"""Any server that speaks the Videos API, through the official SDK.

The SDK writes requests and reads HTTP; what the answers mean is read in `wire` and `errors`.
"""

# The SDK marks every video method as deprecated since OpenAI's own service ended; other servers live on.
# pyright: reportDeprecated=false

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

from openai import APIStatusError, omit

from sora_studio.domain.errors import JobNotFound, ProviderError, ProviderUnavailable, Unsupported
from sora_studio.domain.ports import Content, RemoteJob, RemotePage, ResumePoint, Submission
from sora_studio.domain.profile import Model, Operation, Profile
from sora_studio.domain.video import Variant
from sora_studio.providers.client import (
    ApiClient,
    Credentials,
    Timeouts,
    poll_after,
    require_operation,
    without_model,
)
from sora_studio.providers.content import Files
from sora_studio.providers.error_body import read_json
from sora_studio.providers.errors import NOT_THERE, Call
from sora_studio.providers.external_fetch import ExternalFetcher
from sora_studio.providers.model_list import with_listed_models
from sora_studio.providers.submissions import Submissions
from sora_studio.providers.wire import as_object, looks_like_job, read_job, read_page

_BELIEVED_ABSENT = 600.0  # seconds after which a list that was missing is asked for again


class VideosApiProvider:
    """A provider behind `/v1/videos`; implements `domain.ports.Provider`."""

    def __init__(
        self,
        profile: Profile,
        base_url: str,
        credentials: Credentials | str | None = None,
        *,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Set up the client; connects on the first call.

        Args:
            profile: What the server can do.
            base_url: Up to and with `/v1`.
            credentials: The key, or all that the server wants to see; None for servers without keys.
            timeouts: For tests and slow servers.
        """
        credentials = (
            Credentials(credentials or "")
            if credentials is None or isinstance(credentials, str)
            else credentials
        )
        self._profile = profile
        self._no_list_until = 0.0  # by the monotonic clock
        self._no_list_since: float | None = None  # the same: 404 and no word of an API
        self._client = ApiClient(base_url, credentials, timeouts or Timeouts(), profile.busy)
        self._submissions = Submissions(profile, self._client)
        reading = self._client.within(self._client.timeouts.content)
        self._external = ExternalFetcher(profile.media_hosts, timeout=reading)
        self._files = Files(self._client, self._external, base_url)

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
        return await self._submissions.submit(submission)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made from a short film with exactly one POST; return its remote id.

        Raises:
            SubmitUnclear: It may have been made, and there is no list to look for it.
            ProviderUnavailable: Nothing was made.
            ProviderRejected: Nothing was made and nothing would be.
        """
        return await self._submissions.create_character(name, film, key)

    async def fetch(self, remote_id: str) -> RemoteJob:
        """Ask how a job is going.

        Raises:
            JobNotFound: It is not known there.
            ProviderUnavailable: No answer that can be read; ask again later.
        """
        async with self._client.call(Call.FETCH) as timeout:
            try:
                answer = await self._client.sdk.videos.with_raw_response.retrieve(remote_id, timeout=timeout)
                response = answer.http_response
            except APIStatusError as error:
                # vLLM-Omni answers 4xx or 5xx for a job that failed, with the Video as the body.
                if not looks_like_job(read_json(error.response)):
                    raise
                response = error.response
            return without_model(
                self._profile, read_job(read_json(response), remote_id, poll_after(response))
            )

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs, newest first.

        Some servers ignore `after` and answer the same page for ever: stop at ids seen before.

        Raises:
            Unsupported: It has no list.
        """
        require_operation(self.profile, Operation.LIST)
        try:
            async with self._client.call(Call.LIST) as timeout:
                answer = await self._client.sdk.videos.with_raw_response.list(
                    after=after or omit, limit=limit, order="desc", timeout=timeout
                )
                page = read_page(read_json(answer.http_response), limit)
        except Unsupported:
            if after is None:  # a later page may be refused for a job that is gone
                self._no_list_until = time.monotonic() + _BELIEVED_ABSENT
            raise
        except ProviderUnavailable as error:
            if error.code == NOT_THERE:
                self._doubt_list(error)
            raise
        self._no_list_since = None
        return replace(page, jobs=tuple(without_model(self._profile, job) for job in page.jobs))

    def _doubt_list(self, error: ProviderUnavailable) -> None:
        """Believe after a while that there is no list, though no API said so but something in front of it.

        Raises:
            Unsupported: It has been so for long enough.
        """
        now = time.monotonic()
        self._no_list_since = since = self._no_list_since or now
        if now - since >= self._client.timeouts.absent:
            self._no_list_until = now + _BELIEVED_ABSENT
            raise Unsupported(error.message, error.code) from error

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: ResumePoint | None = None
    ) -> AsyncGenerator[Content]:
        """Open a file for streaming; errors of the stream come out of its chunks.

        Raises:
            JobNotFound: It is gone there, or never was.
            ProviderUnavailable: Not ready, cut short, or a page instead of a file; ask again later.
        """
        find_url = partial(self._file_url, remote_id)
        async with self._files.open(remote_id, variant, beginning, find_url) as content:
            yield content

    async def _file_url(self, remote_id: str) -> str | None:
        try:
            return (await self.fetch(remote_id)).file_url
        except ProviderError:
            return None

    async def delete(self, remote_id: str) -> None:
        """Remove a job there; one that is already gone is fine.

        Raises:
            ProviderUnavailable: Not yet: it is at work on it, or did not answer.
            Unsupported: It deletes nothing.
        """
        require_operation(self._profile, Operation.DELETE)
        try:
            async with self._client.call(Call.DELETE) as timeout:
                answer = await self._client.sdk.videos.with_raw_response.delete(remote_id, timeout=timeout)
                body = as_object(read_json(answer.http_response))
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
            async with self._client.call(Call.LIST) as timeout:
                answer = await self._client.sdk.models.with_raw_response.list(timeout=timeout)
                return with_listed_models(self._profile, read_json(answer.http_response)).models
        except Unsupported:
            return self._profile.models

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.sdk.close()
        await self._external.close()

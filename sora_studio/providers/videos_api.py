"""Any server that speaks the Videos API, through the official SDK.

The SDK writes requests and reads HTTP; what the answers mean is read in `wire` and `errors`. It is told
never to retry: the studio has one retry layer, its jobs, and a retried POST may be billed twice.
"""

# The SDK marks every video method as deprecated since OpenAI's own service ended; other servers live on.
# pyright: reportDeprecated=false

import asyncio
import base64
import time
import warnings
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import httpx2
from openai import APIStatusError, AsyncOpenAI, omit

from sora_studio.domain.errors import (
    JobNotFound,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    Unsupported,
)
from sora_studio.domain.ports import Beginning, Content, Order, RemoteJob, RemotePage
from sora_studio.domain.profile import Body, Model, Operation, Profile
from sora_studio.domain.video import Kind, Variant
from sora_studio.providers.abroad import Abroad
from sora_studio.providers.errors import Call, translated_errors
from sora_studio.providers.files import Files
from sora_studio.providers.listing import with_listed_models
from sora_studio.providers.refusal import read_json
from sora_studio.providers.wire import (
    as_object,
    looks_like_job,
    read_job,
    read_new_character,
    read_new_job,
    read_page,
)

_NO_KEY = "no-key"  # the SDK insists on one; servers without keys ignore it
_POLL_AFTER = "openai-poll-after-ms"
# Servers close idle connections after 5 s (uvicorn); a POST that meets the closing would be unclear.
_LIMITS = httpx2.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=3.0)
_BELIEVED_ABSENT = 600.0  # seconds after which a list that was missing is asked for again
_OPERATION = {Kind.REMIX: Operation.REMIX, Kind.EDIT: Operation.EDIT, Kind.EXTEND: Operation.EXTEND}


@dataclass(frozen=True)
class Timeouts:
    """How long to wait for a provider, in seconds."""

    connect: float = 5.0
    submit: float = 90.0  # whole call
    fetch: float = 20.0  # whole call: fetch, list, delete, models
    content: float = 60.0  # between two reads of a file


@dataclass(frozen=True)
class Access:
    """How a server lets us in. Nothing of it is shown."""

    key: str = field(default="", repr=False)  # empty for servers without keys
    key_header: str | None = None  # the header that carries the key alone; None: Authorization, as a bearer
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # whatever else it wants

    def http(self) -> httpx2.AsyncClient:
        """Return the client whose every request shows what the server wants to see."""
        own = {self.key_header: self.key.strip()} if self.key_header else {}
        return httpx2.AsyncClient(
            headers={**self.headers, **own},
            event_hooks={"request": [_without_bearer] if own else []},
            follow_redirects=False,  # a redirect may carry the key to a stranger
            trust_env=False,  # a proxy for the internet would break servers on this machine
            limits=_LIMITS,
        )


async def _without_bearer(request: httpx2.Request) -> None:
    """Take the bearer away, which the SDK insists on."""
    request.headers.pop("Authorization", None)


class VideosApiProvider:
    """A provider behind `/v1/videos`; implements `domain.ports.Provider`."""

    def __init__(
        self,
        profile: Profile,
        base_url: str,
        access: Access | str | None = None,
        *,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Set up the client; connects on the first call.

        Args:
            profile: What the server can do.
            base_url: Up to and with `/v1`.
            access: The key, or all that the server wants to see; None for servers without keys.
            timeouts: For tests and slow servers.
        """
        _silence_deprecation()
        self._profile = profile
        access = Access(access or "") if access is None or isinstance(access, str) else access
        self._key = access.key.strip()  # a pasted key may end in a line break
        self._timeouts = timeouts or Timeouts()
        self._no_list_until = 0.0  # by the monotonic clock
        http = access.http()
        self._client = AsyncOpenAI(
            base_url=base_url, api_key=self._key or _NO_KEY, max_retries=0, http_client=http
        )
        reading = self._within(self._timeouts.content)
        self._abroad = Abroad(profile.media_hosts, timeout=reading)
        self._files = Files(http, self._abroad, base_url, self._key, reading)

    def __repr__(self) -> str:
        """Name the profile; the key stays out of logs and tracebacks."""
        return f"VideosApiProvider({self._profile.name!r})"

    @property
    def profile(self) -> Profile:
        """Return what it can do, without what it turned out to lack a while ago."""
        if time.monotonic() < self._no_list_until:
            return replace(self._profile, operations=self._profile.operations - {Operation.LIST})
        return self._profile

    async def submit(self, order: Order) -> RemoteJob:
        """Ask for a video with exactly one POST, under the job's id as idempotency key.

        Raises:
            SubmitUnclear: The job may exist.
            ProviderUnavailable: Nothing was taken.
            ProviderRejected: Nothing was taken and nothing would be.
        """
        if order.kind is not Kind.CREATE and order.source is not None:
            return await self._submit_from(order, order.source)
        if order.reference:
            self._must_offer(Operation.REFERENCE)
        if self._profile.body is Body.JSON or order.characters:
            return await self._create_in_json(order)
        picture = await _read_picture(order)
        with translated_errors(Call.CREATE, self._key, self._profile.busy):
            async with asyncio.timeout(self._timeouts.submit):
                answer = await self._client.videos.with_raw_response.create(
                    prompt=order.prompt,
                    model=order.model if self._profile.sends_model else omit,
                    size=order.size,  # pyright: ignore[reportArgumentType] -- its types know one server
                    seconds=order.seconds,  # pyright: ignore[reportArgumentType] -- as above
                    input_reference=picture or omit,
                    extra_headers={"Idempotency-Key": str(order.job_id)},
                    timeout=self._within(self._timeouts.submit),
                )
            return self._new_job(answer.http_response)

    async def _create_in_json(self, order: Order) -> RemoteJob:
        """Create in JSON, where a picture is a data URL; a form has no agreed way to name characters."""
        if order.characters:
            self._must_offer(Operation.CHARACTERS)
        picture = await _read_picture(order)
        body: dict[str, object] = {"prompt": order.prompt, "size": order.size, "seconds": order.seconds}
        if self._profile.sends_model:
            body["model"] = order.model
        if order.characters:
            body["characters"] = [{"id": remote_id} for remote_id in order.characters]
        if picture:
            data = base64.b64encode(picture[1]).decode()
            body["input_reference"] = {"image_url": f"data:{picture[2]};base64,{data}"}
        return await self._post(Call.CREATE, order, "/videos", body)

    async def _post(self, call: Call, order: Order, path: str, body: Mapping[str, object]) -> RemoteJob:
        with translated_errors(call, self._key, self._profile.busy):
            async with asyncio.timeout(self._timeouts.submit):
                response = await self._client.post(
                    path,
                    body=body,
                    cast_to=httpx2.Response,
                    options={
                        "headers": {"Idempotency-Key": str(order.job_id)},
                        "timeout": self._within(self._timeouts.submit),
                    },
                )
            return self._new_job(response)

    async def _submit_from(self, order: Order, source: str) -> RemoteJob:
        """Remix, edit or extend: the SDK's own methods for the latter two take nothing but a file."""
        self._must_offer(_OPERATION[order.kind])
        if order.kind is Kind.REMIX:
            return await self._remix(order, source)
        given = {"prompt": order.prompt, "video": {"id": source}}
        if order.kind is Kind.EXTEND:
            return await self._post(
                Call.REMIX, order, "/videos/extensions", given | {"seconds": order.seconds}
            )
        return await self._post(Call.REMIX, order, "/videos/edits", given)

    async def _remix(self, order: Order, parent: str) -> RemoteJob:
        with translated_errors(Call.REMIX, self._key, self._profile.busy):
            async with asyncio.timeout(self._timeouts.submit):
                answer = await self._client.videos.with_raw_response.remix(
                    parent,
                    prompt=order.prompt,
                    extra_headers={"Idempotency-Key": str(order.job_id)},
                    timeout=self._within(self._timeouts.submit),
                )
            return self._new_job(answer.http_response)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made from a short film with exactly one POST; return its remote id.

        Raises:
            SubmitUnclear: It may have been made, and there is no list to look for it.
            ProviderUnavailable: Nothing was made.
            ProviderRejected: Nothing was made and nothing would be.
        """
        self._must_offer(Operation.CHARACTERS)
        with await _open(film) as file, translated_errors(Call.CHARACTER, self._key, self._profile.busy):
            async with asyncio.timeout(self._timeouts.submit):
                answer = await self._client.videos.with_raw_response.create_character(
                    name=name,
                    video=("film.mp4", file, "video/mp4"),  # read as it is sent
                    extra_headers={"Idempotency-Key": str(key)},
                    timeout=self._within(self._timeouts.submit),
                )
            return read_new_character(read_json(answer.http_response))

    async def fetch(self, remote_id: str) -> RemoteJob:
        """Ask how a job is going.

        Raises:
            JobNotFound: It is not known there.
            ProviderUnavailable: No answer that can be read; ask again later.
        """
        with translated_errors(Call.FETCH, self._key):
            try:
                async with asyncio.timeout(self._timeouts.fetch):
                    answer = await self._client.videos.with_raw_response.retrieve(
                        remote_id,
                        timeout=self._within(self._timeouts.fetch),
                    )
                response = answer.http_response
            except APIStatusError as error:
                # vLLM-Omni answers 4xx or 5xx for a job that failed, with the Video as the body.
                if not looks_like_job(read_json(error.response)):
                    raise
                response = error.response
            return self._told(read_job(read_json(response), remote_id, response.headers.get(_POLL_AFTER)))

    async def list_jobs(self, *, after: str | None = None, limit: int = 100) -> RemotePage:
        """Return a page of the provider's jobs, newest first.

        Some servers ignore `after` and answer the same page for ever: stop at ids seen before.

        Raises:
            Unsupported: It has no list.
        """
        self._must_offer(Operation.LIST)
        try:
            with translated_errors(Call.LIST, self._key):
                async with asyncio.timeout(self._timeouts.fetch):
                    answer = await self._client.videos.with_raw_response.list(
                        after=after or omit,
                        limit=limit,
                        order="desc",
                        timeout=self._within(self._timeouts.fetch),
                    )
                page = read_page(read_json(answer.http_response), limit)
        except Unsupported:
            if after is None:  # a later page may be refused for a job that is gone
                self._no_list_until = time.monotonic() + _BELIEVED_ABSENT
            raise
        return replace(page, jobs=tuple(map(self._told, page.jobs)))

    @asynccontextmanager
    async def content(
        self, remote_id: str, variant: Variant, beginning: Beginning | None = None
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
        """Remove a job there; one that is not there any more is fine.

        Raises:
            ProviderUnavailable: Not yet: it is at work on it, or did not answer.
            Unsupported: It deletes nothing.
        """
        self._must_offer(Operation.DELETE)
        try:
            with translated_errors(Call.DELETE, self._key):
                async with asyncio.timeout(self._timeouts.fetch):
                    answer = await self._client.videos.with_raw_response.delete(
                        remote_id,
                        timeout=self._within(self._timeouts.fetch),
                    )
        except JobNotFound:
            return
        if as_object(read_json(answer.http_response)).get("deleted") is False:
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
            with translated_errors(Call.LIST, self._key):
                async with asyncio.timeout(self._timeouts.fetch):
                    answer = await self._client.models.with_raw_response.list(
                        timeout=self._within(self._timeouts.fetch),
                    )
                return with_listed_models(self._profile, read_json(answer.http_response)).models
        except Unsupported:
            return self._profile.models

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()
        await self._abroad.close()

    def _must_offer(self, operation: Operation) -> None:
        if operation not in self.profile.operations:
            message = f"{self._profile.label} does not offer {operation.value}."
            raise Unsupported(message, "unsupported")

    def _new_job(self, response: httpx2.Response) -> RemoteJob:
        return self._told(read_new_job(read_json(response), response.headers.get(_POLL_AFTER)))

    def _told(self, job: RemoteJob) -> RemoteJob:
        """Leave out a model's name that we have not given: what is served may be called otherwise here."""
        return job if self._profile.sends_model else replace(job, model=None)

    def _within(self, seconds: float) -> httpx2.Timeout:
        return httpx2.Timeout(seconds, connect=self._timeouts.connect)


def _silence_deprecation() -> None:
    """Hide this one warning, which every call would repeat."""
    message = "The Sora API is scheduled to permanently shut down"
    warnings.filterwarnings("ignore", message, DeprecationWarning)


async def _read_picture(order: Order) -> tuple[str, bytes, str] | None:
    """Return the reference as a file with name and type, the one form that every server takes."""
    if order.reference is None:
        return None
    try:
        data = await asyncio.to_thread(order.reference.read_bytes)
    except OSError as error:
        message = "The reference picture is no longer in the studio's storage."
        raise ProviderRejected(message, "reference_missing") from error
    return "reference.png", data, "image/png"


async def _open(film: Path) -> BinaryIO:
    try:
        return await asyncio.to_thread(film.open, "rb")
    except OSError as error:
        message = "The film is no longer in the studio's storage."
        raise ProviderRejected(message, "film_missing") from error

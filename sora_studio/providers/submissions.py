"""What makes something at a server and may be paid for: each order is exactly one POST under our job's id."""

# The SDK marks every video method as deprecated since OpenAI's own service ended; other servers live on.
# pyright: reportDeprecated=false

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import httpx2
from openai import omit

from sora_studio.domain.errors import ProviderRejected
from sora_studio.domain.ports import RemoteJob, Submission
from sora_studio.domain.profile import Body, Operation, Profile
from sora_studio.domain.video import Kind
from sora_studio.providers.client import ApiClient, poll_after, require_operation, without_model
from sora_studio.providers.error_body import read_json
from sora_studio.providers.errors import Call
from sora_studio.providers.wire import read_new_character, read_new_job

_OPERATION = {Kind.REMIX: Operation.REMIX, Kind.EDIT: Operation.EDIT, Kind.EXTEND: Operation.EXTEND}


class Submissions:
    """Sends orders in the forms that servers agree on, and reads what they answer."""

    def __init__(self, profile: Profile, client: ApiClient) -> None:
        """Take what the server can do, and the line to it."""
        self._profile, self._client = profile, client

    async def submit(self, submission: Submission) -> RemoteJob:
        """Ask for a video.

        Raises:
            SubmitUnclear: The job may exist.
            ProviderUnavailable: Nothing was taken.
            ProviderRejected: Nothing was taken and nothing would be.
        """
        if submission.kind is not Kind.CREATE and submission.source is not None:
            require_operation(self._profile, _OPERATION[submission.kind])
            return await self._from(submission, submission.source)
        if submission.reference:
            require_operation(self._profile, Operation.REFERENCE)
        if submission.characters:
            require_operation(self._profile, Operation.CHARACTERS)
        if self._profile.body is Body.JSON or submission.characters:
            return await self._create_in_json(submission)
        return await self._create(submission)

    async def create_character(self, name: str, film: Path, key: UUID) -> str:
        """Have a character made from a short film; return its remote id.

        Raises:
            SubmitUnclear: It may have been made, and there is no list to look for it.
            ProviderUnavailable: Nothing was made.
            ProviderRejected: Nothing was made and nothing would be.
        """
        require_operation(self._profile, Operation.CHARACTERS)
        with await _open(film) as file:
            async with self._client.call(Call.CHARACTER) as timeout:
                answer = await self._client.sdk.videos.with_raw_response.create_character(
                    name=name,
                    video=("film.mp4", file, "video/mp4"),  # read as it is sent
                    extra_headers=_under(key),
                    timeout=timeout,
                )
                return read_new_character(read_json(answer.http_response))

    async def _create(self, submission: Submission) -> RemoteJob:
        picture = _picture(submission)
        async with self._client.call(Call.CREATE) as timeout:
            answer = await self._client.sdk.videos.with_raw_response.create(
                prompt=submission.prompt,
                model=submission.model if self._profile.sends_model else omit,
                size=submission.size,  # pyright: ignore[reportArgumentType] -- its types know one server
                seconds=submission.seconds,  # pyright: ignore[reportArgumentType] -- as above
                input_reference=picture or omit,
                extra_headers=_under(submission.job_id),
                timeout=timeout,
            )
            return self._new_job(answer.http_response)

    async def _create_in_json(self, submission: Submission) -> RemoteJob:
        """Create in JSON, where a picture is a data URL; a form has no agreed way to name characters."""
        picture = _picture(submission)
        body: dict[str, object] = {
            "prompt": submission.prompt,
            "size": submission.size,
            "seconds": submission.seconds,
        }
        if self._profile.sends_model:
            body["model"] = submission.model
        if submission.characters:
            body["characters"] = [{"id": remote_id} for remote_id in submission.characters]
        if picture:
            data = base64.b64encode(picture[1]).decode()
            body["input_reference"] = {"image_url": f"data:{picture[2]};base64,{data}"}
        return await self._post(Call.CREATE, submission, "/videos", body)

    async def _from(self, submission: Submission, source: str) -> RemoteJob:
        """Remix, edit or extend: the SDK's own methods for the latter two take nothing but a file."""
        if submission.kind is Kind.REMIX:
            return await self._remix(submission, source)
        given = {"prompt": submission.prompt, "video": {"id": source}}
        if submission.kind is Kind.EXTEND:
            given |= {"seconds": submission.seconds}
            return await self._post(Call.REMIX, submission, "/videos/extensions", given)
        return await self._post(Call.REMIX, submission, "/videos/edits", given)

    async def _remix(self, submission: Submission, source: str) -> RemoteJob:
        async with self._client.call(Call.REMIX) as timeout:
            answer = await self._client.sdk.videos.with_raw_response.remix(
                source, prompt=submission.prompt, extra_headers=_under(submission.job_id), timeout=timeout
            )
            return self._new_job(answer.http_response)

    async def _post(
        self, call: Call, submission: Submission, path: str, body: Mapping[str, object]
    ) -> RemoteJob:
        async with self._client.call(call) as timeout:
            response = await self._client.sdk.post(
                path,
                body=body,
                cast_to=httpx2.Response,
                options={"headers": _under(submission.job_id), "timeout": timeout},
            )
            return self._new_job(response)

    def _new_job(self, response: httpx2.Response) -> RemoteJob:
        return without_model(self._profile, read_new_job(read_json(response), poll_after(response)))


def _under(key: UUID) -> dict[str, str]:
    """Name the job of ours: a server that honours it makes the same thing once."""
    return {"Idempotency-Key": str(key)}


def _picture(submission: Submission) -> tuple[str, bytes, str] | None:
    """Return the reference as a file with name and type, the one form that every server takes."""
    return ("reference.png", submission.reference, "image/png") if submission.reference else None


async def _open(film: Path) -> BinaryIO:
    try:
        return await asyncio.to_thread(film.open, "rb")
    except OSError as error:
        message = "The video is no longer in the studio's storage."
        raise ProviderRejected(message, "film_missing") from error

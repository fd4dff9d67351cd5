"""What is sent: the protocol's requests, in the forms that servers agree on, by the official SDK.

Each method is exactly one request. Answers are returned as they came; `wire` reads them.
"""

# The SDK marks every video method as deprecated since OpenAI's own service ended; other servers live on.
# pyright: reportDeprecated=false

import base64
from collections.abc import Mapping
from typing import BinaryIO
from uuid import UUID

from httpx2 import Response
from openai import APIStatusError, AsyncOpenAI, omit

from sora_studio.domain.model_card import request_fields
from sora_studio.domain.ports import Submission
from sora_studio.domain.profile import Body, Profile
from sora_studio.domain.video import Kind
from sora_studio.providers.error_body import read_json
from sora_studio.providers.reading.job import is_video


class Requests:
    """Sends requests to one server, each within the same time."""

    def __init__(self, sdk: AsyncOpenAI, profile: Profile) -> None:
        self._sdk, self._profile = sdk, profile
        self._videos = sdk.videos.with_raw_response

    async def create(self, submission: Submission) -> Response:
        """Ask for a new video; a form has no agreed way to name characters."""
        fields = self._fields(submission)
        nested = any(isinstance(value, dict) for value in fields.values())
        if self._profile.body is Body.JSON or submission.characters or nested:
            return await self._create_in_json(submission, fields)
        picture = submission.reference
        answer = await self._videos.create(
            prompt=submission.prompt,
            model=submission.model if self._profile.sends_model else omit,
            extra_body=fields,
            # With name and type, the one form that every server takes.
            input_reference=("reference.png", picture, "image/png") if picture else omit,
            extra_headers=_once(submission.job_id),
        )
        return answer.http_response

    async def derive(self, submission: Submission, source: str) -> Response:
        """Ask for a video made from another job of the same server."""
        if submission.kind is Kind.REMIX:
            answer = await self._videos.remix(
                source, prompt=submission.prompt, extra_headers=_once(submission.job_id)
            )
            return answer.http_response
        # The SDK's own methods for edits and extensions take nothing but a file.
        body: dict[str, object] = {"prompt": submission.prompt, "video": {"id": source}}
        if submission.kind is Kind.EXTEND:
            return await self._post("/videos/extensions", submission, body | {"seconds": submission.seconds})
        return await self._post("/videos/edits", submission, body)

    async def create_character(self, name: str, film: BinaryIO, key: UUID) -> Response:
        """Ask for a character made from an MP4, which is read as it is sent."""
        answer = await self._videos.create_character(
            name=name, video=("film.mp4", film, "video/mp4"), extra_headers=_once(key)
        )
        return answer.http_response

    async def fetch(self, remote_id: str) -> Response:
        """Ask for one job."""
        try:
            return (await self._videos.retrieve(remote_id)).http_response
        except APIStatusError as error:
            # vLLM-Omni answers 4xx or 5xx for a job that failed, with the Video as the body.
            if is_video(read_json(error.response)):
                return error.response
            raise

    async def list_jobs(self, after: str | None, limit: int) -> Response:
        """Ask for a page of the list, newest first."""
        answer = await self._videos.list(after=after or omit, limit=limit, order="desc")
        return answer.http_response

    async def delete(self, remote_id: str) -> Response:
        """Ask for a job to be removed."""
        return (await self._videos.delete(remote_id)).http_response

    async def list_models(self) -> Response:
        """Ask for the models."""
        return (await self._sdk.models.with_raw_response.list()).http_response

    async def look(self, url: str) -> Response:
        """Ask an address of the server that is not of the protocol; whatever it says is an answer."""
        try:
            return await self._sdk.get(url, cast_to=Response)
        except APIStatusError as error:
            return error.response

    def _fields(self, submission: Submission) -> dict[str, object]:
        """Return size, length and the model's own fields as this kind of server takes them."""
        card, kind = self._profile.card(submission.model), self._profile.kind
        return request_fields(card, kind, submission.size, submission.seconds, submission.options)

    async def _create_in_json(self, submission: Submission, fields: Mapping[str, object]) -> Response:
        body: dict[str, object] = {"prompt": submission.prompt, **fields}
        if self._profile.sends_model:
            body["model"] = submission.model
        if submission.characters:
            body["characters"] = [{"id": remote_id} for remote_id in submission.characters]
        if submission.reference:
            data = base64.b64encode(submission.reference).decode()
            body["input_reference"] = {"image_url": f"data:image/png;base64,{data}"}
        return await self._post("/videos", submission, body)

    async def _post(self, path: str, submission: Submission, body: Mapping[str, object]) -> Response:
        return await self._sdk.post(
            path, body=body, cast_to=Response, options={"headers": _once(submission.job_id)}
        )


def _once(key: UUID) -> dict[str, str]:
    """Return the headers by which a thing is made once, by whichever server understands them.

    LiteLLM retries what failed behind it twice unless told not to, and each attempt may be a paid job. Any
    address may have one in front of it, so every server is told.
    """
    return {"Idempotency-Key": str(key), "x-litellm-num-retries": "0"}

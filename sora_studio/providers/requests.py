"""What is sent: the protocol's requests, in the forms that servers agree on, by the official SDK.

Each method is exactly one request. Answers are returned as they came; `wire` reads them.
"""

# The SDK marks every video method as deprecated since OpenAI's own service ended; other servers live on.
# pyright: reportDeprecated=false

import asyncio
import base64
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO
from uuid import UUID

from httpx2 import Response
from openai import APIStatusError, AsyncOpenAI, omit

from sora_studio.domain.inputs import Form, Place, input_fields, places
from sora_studio.domain.media import ENDINGS
from sora_studio.domain.model_card import request_fields
from sora_studio.domain.ports import InputFile, Submission
from sora_studio.domain.profile import Body, Preset, Profile
from sora_studio.domain.video import Kind
from sora_studio.providers.error_body import read_json
from sora_studio.providers.reading.job import is_video

_NAMES = {kind: f"reference{ending}" for kind, ending in ENDINGS.items()}

_SEEDS = 2**31
_SEEDED_ALIKE = frozenset({Preset.VLLM_OMNI, Preset.SGLANG, Preset.FASTVIDEO})
"""Kinds of servers with one seed for all wishes without: the same wish would always be the same film."""

_Placed = tuple[Place, InputFile]
"""An input, and where the server looks for it."""


class Requests:
    """Sends requests to one server, each within the same time."""

    def __init__(self, sdk: AsyncOpenAI, profile: Profile) -> None:
        self._sdk, self._profile = sdk, profile
        self._videos = sdk.videos.with_raw_response

    async def create(self, submission: Submission) -> Response:
        """Ask for a new video; a form has no agreed way to name characters."""
        kind, roles = self._profile.kind, [each.role for each in submission.inputs]
        fields = {"prompt": submission.prompt, **self._fields(submission), **input_fields(kind, roles)}
        if self._profile.sends_model:
            fields["model"] = submission.model
        placed = [*zip(places(kind, roles), submission.inputs, strict=True)]
        in_form = all(place.form is Form.FILE for place, _ in placed)
        nested = any(isinstance(value, dict) for value in fields.values())
        if self._profile.body is Body.JSON or submission.characters or nested or not in_form:
            return await self._create_in_json(submission, fields, placed)
        return await self._post_form("/videos", submission, fields, placed)

    async def derive(self, submission: Submission) -> Response:
        """Ask for a video made from another job of the same server, or from a film that comes along."""
        if submission.kind is Kind.REMIX:
            answer = await self._videos.remix(
                submission.source or "", prompt=submission.prompt, extra_headers=_once(submission.job_id)
            )
            return answer.http_response
        path, fields = "/videos/edits", {"prompt": submission.prompt}
        if submission.kind is Kind.EXTEND:
            path, fields = "/videos/extensions", fields | {"seconds": submission.seconds}
        if submission.source is not None:
            # The SDK's own methods for edits and extensions take nothing but a file.
            return await self._post(path, submission, fields | {"video": {"id": submission.source}})
        if submission.kind is Kind.EDIT and self._profile.sends_model:
            fields["model"] = submission.model
        roles = [each.role for each in submission.inputs]
        placed = [*zip(places(self._profile.kind, roles), submission.inputs, strict=True)]
        return await self._post_form(path, submission, fields, placed)

    async def create_character(self, name: str, film: BinaryIO, key: UUID) -> Response:
        """Ask for a character made from an MP4, which is read as it is sent."""
        answer = await self._videos.create_character(
            name=name, video=("film.mp4", film, "video/mp4"), extra_headers=_once(key)
        )
        return answer.http_response

    async def fetch(self, remote_id: str, model: str) -> Response:
        """Ask for one job."""
        try:
            return (await self._videos.retrieve(remote_id, extra_query=self._asked(model))).http_response
        except APIStatusError as error:
            # vLLM-Omni answers 4xx or 5xx for a job that failed, with the Video as the body.
            if is_video(read_json(error.response)):
                return error.response
            raise

    async def list_jobs(self, after: str | None, limit: int) -> Response:
        """Ask for a page of the list, newest first."""
        served = self._profile.models[0].id if len(self._profile.models) == 1 else ""
        answer = await self._videos.list(
            after=after or omit, limit=limit, order="desc", extra_query=self._asked(served)
        )
        return answer.http_response

    async def delete(self, remote_id: str, model: str) -> Response:
        """Ask for a job to be removed."""
        return (await self._videos.delete(remote_id, extra_query=self._asked(model))).http_response

    async def list_models(self) -> Response:
        """Ask for the models."""
        return (await self._sdk.models.with_raw_response.list()).http_response

    async def look(self, url: str) -> Response:
        """Ask an address of the server that is not of the protocol; whatever it says is an answer."""
        try:
            return await self._sdk.get(url, cast_to=Response)
        except APIStatusError as error:
            return error.response

    def _asked(self, model: str) -> dict[str, object] | None:
        """Return what a server wants to hear with every question about jobs, beside them."""
        return {**self._profile.poll_fields(model)} or None

    def drawn_seed(self, submission: Submission) -> int | None:
        """Return the seed that we draw for a wish without one; None: it has one, or the server draws its own.

        It is made of the job's id: the same job sent once more is the same film.
        """
        card, kind = self._profile.card(submission.model), self._profile.kind
        if card is None or kind not in _SEEDED_ALIKE or "seed" in submission.options:
            return None
        takes = any(each.name == "seed" for each in card.fields_of(kind))
        return submission.job_id.int % _SEEDS if takes else None

    def _fields(self, submission: Submission) -> dict[str, object]:
        """Return size, length and the model's own fields as this kind of server takes them."""
        card, kind = self._profile.card(submission.model), self._profile.kind
        seed = self.drawn_seed(submission)
        options = submission.options if seed is None else {**submission.options, "seed": seed}
        return request_fields(card, kind, submission.size, submission.seconds, options)

    async def _create_in_json(
        self, submission: Submission, fields: Mapping[str, object], placed: Sequence[_Placed]
    ) -> Response:
        body: dict[str, Any] = {**fields}
        if submission.characters:
            body["characters"] = [{"id": remote_id} for remote_id in submission.characters]
        for place, each in placed:
            data = await asyncio.to_thread(each.path.read_bytes)
            url = f"data:{each.content_type};base64,{base64.b64encode(data).decode()}"
            if place.form is Form.FILE:
                body[place.name] = {"image_url": url}
                continue
            item: dict[str, object] = {"type": "image_url", "image_url": {"url": url}}
            frame = {"frame_type": str(each.role)} if place.form is Form.FRAME else {}
            body.setdefault(place.name, []).append(item | frame)
        return await self._post("/videos", submission, body)

    async def _post_form(
        self, path: str, submission: Submission, fields: Mapping[str, object], placed: Sequence[_Placed]
    ) -> Response:
        """Send a form; its files are read as they are sent, each with the name and type that servers want."""
        with ExitStack() as opened:
            files = [
                (place.name, (_NAMES[each.content_type], opened.enter_context(file), each.content_type))
                for place, each in placed
                for file in [await asyncio.to_thread(each.path.open, "rb")]
            ]
            headers = {**_once(submission.job_id), "Content-Type": "multipart/form-data"}
            return await self._sdk.post(
                path, body={**fields}, files=files, cast_to=Response, options={"headers": headers}
            )

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

"""The Videos API, in OpenAI's shapes, over one's own videos."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from sora_studio.api.body import read_fields
from sora_studio.api.dependencies import (
    DeleterDep,
    FileReaderDep,
    NarrowReaderDep,
    NarrowWriterDep,
    ReaderDep,
    WriterDep,
)
from sora_studio.api.files import FILE, file_response
from sora_studio.api.parsing import known_ids, read_position, read_prompt, read_statuses, read_wish
from sora_studio.api.schemas import (
    ActivityList,
    Deleted,
    StatusList,
    Video,
    VideoInputs,
    VideoList,
    VideoStatus,
)
from sora_studio.container import services
from sora_studio.domain.access import project_within, require_reach
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import InvalidInput, NotAllowed
from sora_studio.domain.fair_queue import Move
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.library import LibraryQuery, SortOrder
from sora_studio.domain.marks import star_mark, tag_marks
from sora_studio.domain.polling import next_news
from sora_studio.domain.search_query import SPOKEN
from sora_studio.domain.video import PROMPT_MAX, PosterWidth, Variant, VideoView

router = APIRouter(prefix="/videos", tags=["videos"])
files = APIRouter(prefix="/videos", tags=["videos"])
"""For what a page asks for by the dozen: who asks is found in the transaction that finds the file."""

_STATUS_MOST = 100


class CharacterRef(BaseModel):
    """A character that appears."""

    id: str


class Wish(BaseModel):
    """What is asked for."""

    prompt: str = Field(max_length=PROMPT_MAX)
    model: str | None = Field(None, description="One of GET /api/models; the first when left out.")
    size: str | None = Field(None, description="Such as 1280x720.")
    seconds: str | None = Field(None, description="Such as 4; a number will do.")
    input_reference: Any = Field(
        None,
        description="The first frame: in a form a PNG, JPEG or WebP file; in JSON {image_url: data URL} or "
        "{file_id: the id from POST /api/uploads}. It is fitted to the size.",
    )
    last_frame: Any = Field(None, description="Beside the first one, in the same forms.")
    pictures: list[Any] | None = Field(
        None, description="References in order, each in one of these forms; kept as they are."
    )
    films: list[Any] | None = Field(None, description="References in order, each {file_id: …}: MP4.")
    sounds: list[Any] | None = Field(None, description="References in order, each {file_id: …}: MP3 or WAV.")
    characters: list[CharacterRef] | None = Field(
        None, description="At most two, each named in the prompt; in JSON only."
    )
    options: dict[str, Any] | None = Field(
        None,
        description="The studio's own: the model's own fields, such as seed, as GET /api/models lists them; "
        "in a form as JSON, or as options[seed].",
    )
    provider: str | None = Field(
        None, description="The studio's own: which provider; the first when left out."
    )
    title: str | None = Field(None, description="The studio's own; the prompt's beginning when left out.")
    project_id: str | None = Field(
        None,
        description="The studio's own: in whose library it is; one's own when left out, or that of a key for "
        "one project.",
    )


class RemixWish(BaseModel):
    """What to change."""

    prompt: str = Field(max_length=PROMPT_MAX)


class RemixOf(RemixWish):
    """What to change about which video."""

    remix_video_id: str


class VideoChange(BaseModel):
    """What becomes different; a field that is left out stays as it is."""

    title: str | None = None
    project_id: UUID | None = Field(None, description="The project that it goes to; null: one's own library.")
    stars: int | None = Field(None, description="0 to 5.")
    tags: list[str] | None = Field(None, description="Instead of those that it has; at most 20.")


class PlaceInQueue(BaseModel):
    """Where a wish goes among one's own that wait at its provider."""

    to: Move


def documented(*media_types: str, body: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that is read by hand, in the forms that it may have."""
    schema = {"schema": body.model_json_schema()}
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, schema)}}


def _video_id(video_id: Annotated[str, Path(description="Such as video_ and 32 hex digits.")]) -> UUID:
    return parse_public_id(video_id)


VideoId = Annotated[UUID, Depends(_video_id)]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same key and body again: the same video again."),
]
_BOTH = ("application/json", "multipart/form-data")


POLL_AFTER = "openai-poll-after-ms"
"""The header by which the official SDK knows when to ask again."""


def going(response: Response, view: VideoView, identity: Identity) -> Video:
    """Shape a video, and say with the answer when there may be news of it."""
    wait = next_news(view, datetime.now(UTC))
    if wait is not None:
        response.headers[POLL_AFTER] = str(round(wait / timedelta(milliseconds=1)))
    return Video.of(view, identity.key)


@router.post("", openapi_extra=documented(*_BOTH, body=Wish))
@router.post("/create", openapi_extra=documented(*_BOTH, body=Wish))
async def create(
    request: Request, response: Response, identity: NarrowWriterDep, idempotency_key: IdempotencyKey = None
) -> Video:
    """Ask for a video; the answer comes as soon as the wish is stored."""
    wish = read_wish(await read_fields(request))
    made = await services().videos.create(
        identity.user_id, wish, idempotency_key=idempotency_key, key=identity.key
    )
    return going(response, made, identity)


@router.get("")
async def list_videos(
    identity: NarrowReaderDep,
    *,
    limit: Annotated[int, Query(ge=0, le=100)] = 20,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
    order: SortOrder = SortOrder.NEWEST,
    q: Annotated[
        str,
        Query(max_length=1000, description=SPOKEN),
    ] = "",
    status: Annotated[str, Query(description="One of the four words, or several with commas.")] = "",
    project: Annotated[
        UUID | None,
        Query(description="A project's; one's own when left out, or that of a key for one project."),
    ] = None,
) -> VideoList:
    """List the videos of a project, or one's own, newest first."""
    query = LibraryQuery(
        search=q,
        statuses=read_statuses(status),
        order=order,
        after=read_position(after) if after else None,
        limit=max(limit, 1),
    )
    within = project_within(identity.key, project)
    page = await services().videos.list_library(identity.user_id, query, within)
    has_more = page.has_more or len(page.videos) > limit
    return VideoList.of(page.videos[:limit], identity.key, has_more=has_more)


@router.get("/status")
async def list_statuses(
    identity: NarrowReaderDep,
    ids: Annotated[
        str, Query(description="Up to 100 ids with commas; those that are not yours are left out.")
    ],
) -> StatusList:
    """Say how several videos are going."""
    views = await services().videos.statuses(identity.user_id, _known_ids(ids))
    reached = (view for view in views if identity.key is None or identity.key.reaches(view.project_id))
    return StatusList(data=[*map(VideoStatus.of, reached)])


@router.post("/remix", openapi_extra=documented("application/json", body=RemixOf))
async def remix_by_body(
    request: Request, response: Response, identity: NarrowWriterDep, idempotency_key: IdempotencyKey = None
) -> Video:
    """Ask for a variation of a finished video."""
    fields = await read_fields(request)
    parent = fields.get("remix_video_id")
    if not isinstance(parent, str):
        message = "Name the video in the field 'remix_video_id'."
        raise InvalidInput(message, "remix_video_id", "missing_required_parameter")
    video_id, prompt = parse_public_id(parent), read_prompt(fields)
    return going(response, await _remix(identity, video_id, prompt, idempotency_key), identity)


@router.get("/{video_id}")
async def read(response: Response, identity: ReaderDep, video_id: VideoId) -> Video:
    """Return a video."""
    return going(response, await services().videos.get(identity.user_id, video_id), identity)


@router.get("/{video_id}/activity")
async def read_activity(identity: ReaderDep, video_id: VideoId) -> ActivityList:
    """Say what happened to a video since it was asked for, with times."""
    return ActivityList.of(await services().videos.activity(identity.user_id, video_id))


@router.patch("/{video_id}")
async def change(identity: WriterDep, video_id: VideoId, wanted: VideoChange) -> Video:
    """Give a video another title, stars or tags, or put it into another library."""
    star_mark(wanted.stars or 0)  # before anything is changed
    tag_marks(wanted.tags or ())
    if "project_id" in wanted.model_fields_set:
        require_reach(identity.key, wanted.project_id)
        view = await services().projects.move(identity.user_id, video_id, wanted.project_id)
    else:
        view = await services().videos.get(identity.user_id, video_id)
    if wanted.title is not None:
        view = await services().videos.rename(identity.user_id, video_id, wanted.title)
    if wanted.stars is not None:
        view = await services().marks.rate(identity.user_id, video_id, wanted.stars)
    if wanted.tags is not None:
        view = await services().marks.tag(identity.user_id, video_id, wanted.tags)
    return Video.of(view, identity.key)


@router.delete("/{video_id}")
async def delete(identity: DeleterDep, video_id: VideoId) -> Deleted:
    """Delete a video; for a minute it can be restored."""
    removal = await services().videos.remove(identity.user_id, video_id)
    return Deleted(id=public_id(video_id), may_be_billed=removal.may_be_billed)


@router.post("/{video_id}/queue")
async def move_in_queue(
    response: Response, identity: WriterDep, video_id: VideoId, place: PlaceInQueue
) -> Video:
    """Put a wish that waits for its turn before or behind others of one's own."""
    if identity.key and identity.key.project_id:
        message = (
            "A key for one project moves nothing in the queue: wishes of yours elsewhere would move, too."
        )
        raise NotAllowed(message)
    return going(response, await services().queue.move(identity.user_id, video_id, place.to), identity)


@router.post("/{video_id}/restore")
async def restore(identity: WriterDep, video_id: VideoId) -> Video:
    """Bring a video back that was deleted within the last minute."""
    return Video.of(await services().videos.restore(identity.user_id, video_id), identity.key)


@router.post("/{video_id}/remix", openapi_extra=documented(*_BOTH, body=RemixWish))
async def remix(
    request: Request,
    response: Response,
    identity: WriterDep,
    video_id: VideoId,
    idempotency_key: IdempotencyKey = None,
) -> Video:
    """Ask for a variation of a finished video."""
    prompt = read_prompt(await read_fields(request))
    return going(response, await _remix(identity, video_id, prompt, idempotency_key), identity)


@router.post("/{video_id}/check_again")
async def check_again(response: Response, identity: WriterDep, video_id: VideoId) -> Video:
    """Take up a video that needs a decision once more where it was left."""
    return going(response, await services().videos.check_again(identity.user_id, video_id), identity)


@router.post("/{video_id}/submit_again")
async def submit_again(response: Response, identity: WriterDep, video_id: VideoId) -> Video:
    """Send a video that needs a decision a second time: it may cost twice, and does if it was charged."""
    again = services().videos.submit_again(identity.user_id, video_id, key=identity.key)
    return going(response, await again, identity)


@router.post("/{video_id}/give_up")
async def give_up(identity: WriterDep, video_id: VideoId) -> Video:
    """Stop waiting for what needs a decision, earlier attempts too; what was taken stays charged."""
    return Video.of(await services().videos.give_up(identity.user_id, video_id), identity.key)


@files.head("/{video_id}/content", include_in_schema=False)
@files.get("/{video_id}/content", response_class=Response, responses=FILE)
async def read_content(
    request: Request,
    access: FileReaderDep,
    video_id: VideoId,
    variant: Variant = Variant.VIDEO,
    *,
    width: Annotated[PosterWidth | None, Query(description="Of the thumbnail, in pixels at most.")] = None,
    download: Annotated[bool, Query(description="Save it instead of showing it.")] = False,
) -> Response:
    """Return a finished video's file: MP4, WebP thumbnail or JPEG spritesheet (5 by 4 frames)."""
    file = await services().media.file_for(access, video_id, variant, width)
    return file_response(request, file, download=download)


@router.get("/{video_id}/inputs")
async def list_inputs(identity: ReaderDep, video_id: VideoId) -> VideoInputs:
    """List what went into a video beside the prompt, in order."""
    await services().videos.get(identity.user_id, video_id)
    return VideoInputs.of(await services().inputs.of(identity.user_id, video_id))


@router.head("/{video_id}/inputs/{position}", include_in_schema=False)
@router.get("/{video_id}/inputs/{position}", response_class=Response, responses=FILE)
async def read_input(
    request: Request, identity: ReaderDep, video_id: VideoId, position: Annotated[int, Path(ge=0, le=99)]
) -> Response:
    """Return one of them as it was sent; a frame is fitted to the video's size."""
    return file_response(request, await services().inputs.file(identity.user_id, video_id, position))


async def _remix(identity: Identity, video_id: UUID, prompt: str, idempotency_key: str | None) -> VideoView:
    return await services().derivations.remix(
        identity.user_id,
        video_id,
        prompt,
        idempotency_key=idempotency_key,
        key=identity.key,
    )


def _known_ids(ids: str) -> tuple[UUID, ...]:
    words = [word.strip() for word in ids.split(",") if word.strip()]
    if len(words) > _STATUS_MOST:
        message = f"At most {_STATUS_MOST} ids at a time."
        raise InvalidInput(message, "ids")
    return known_ids(words)

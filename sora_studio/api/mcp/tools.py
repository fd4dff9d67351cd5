"""The tools: what an agent can do, each with its action, its arguments and what it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from sora_studio.api.mcp.calls import Call
from sora_studio.api.money import BudgetStanding, UsageLine, UsageList, UsageParameters
from sora_studio.api.parsing import read_position, read_statuses, read_wish
from sora_studio.api.schemas import ModelList, ModelOffer, Video, VideoList
from sora_studio.api.videos import CharacterRef
from sora_studio.container import services
from sora_studio.domain.access import Action, project_within
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.library import LibraryQuery, SortOrder
from sora_studio.domain.search_query import SPOKEN
from sora_studio.domain.text import check_storable
from sora_studio.domain.video import PROMPT_MAX
from sora_studio.services.people.authentication import About

_IDEMPOTENCY = "The same key and arguments again: the same video again, and it costs once."
_VIDEO_ID = "Such as video_ and 32 hex digits."


class Reference(BaseModel):
    """A picture, film or sound that goes into a video: one of the two."""

    file_id: str | None = Field(None, description="Of a file sent to POST /api/uploads with the same key.")
    image_url: str | None = Field(None, description="A picture as a data URL.")


class CreateVideo(BaseModel):
    """What is asked for."""

    prompt: str = Field(max_length=PROMPT_MAX)
    model: str | None = Field(None, description="One of list_models; the first when left out.")
    size: str | None = Field(None, description="Such as 1280x720; one of the model's.")
    seconds: str | int | None = Field(None, description="One of the model's lengths.")
    provider: str | None = Field(None, description="Which of several with the same model.")
    title: str | None = Field(None, description="The prompt's beginning when left out.")
    project_id: str | None = Field(
        None, description="In whose library it is; one's own, or the key's project, when left out."
    )
    input_reference: Reference | None = Field(None, description="The first frame.")
    last_frame: Reference | None = None
    pictures: list[Reference] | None = Field(None, description="Reference pictures, in order.")
    films: list[Reference] | None = Field(None, description="Reference films, in order.")
    sounds: list[Reference] | None = Field(None, description="Reference sounds, in order.")
    characters: list[CharacterRef] | None = Field(None, description="At most two, each named in the prompt.")
    options: dict[str, Any] | None = Field(
        None, description="The model's own fields, such as seed: list_models with its model_id says which."
    )
    idempotency_key: str | None = Field(None, description=_IDEMPOTENCY)


class RemixVideo(BaseModel):
    """What to change about which video."""

    video_id: str = Field(description=_VIDEO_ID)
    prompt: str = Field(max_length=PROMPT_MAX, description="What to change.")
    idempotency_key: str | None = Field(None, description=_IDEMPOTENCY)


class WhichVideo(BaseModel):
    """Which video."""

    video_id: str = Field(description=_VIDEO_ID)


class WhichVideos(BaseModel):
    """Which videos."""

    limit: int = Field(20, ge=1, le=100)
    after: str | None = Field(None, description="The last_id of the page before.")
    order: SortOrder = SortOrder.NEWEST
    q: str = Field("", max_length=1000, description=SPOKEN)
    status: str = Field(
        "", description="queued, in_progress, completed or failed, or several with commas; all when left out."
    )
    project_id: UUID | None = Field(
        None, description="A project's; one's own, or those of the key's project, when left out."
    )


class WhichModels(BaseModel):
    """Which models."""

    model_id: str | None = Field(None, description="Everything about this one; when left out, all in short.")


class ModelsInShort(BaseModel):
    """What can be asked for; of one model that was named, also what is on its card."""

    object: Literal["list"] = "list"
    data: list[ModelOffer] = Field(description="The first is the one that is taken when none is named.")


class Spent(UsageList):
    """Usage, and the budgets that bound the person whose key it is; of a key for one project, its own."""

    data: list[UsageLine]
    budgets: list[BudgetStanding] = Field(description="What is left of each.")


@dataclass(frozen=True)
class Tool:
    """One tool; its description is the docstring of what it runs."""

    run: Callable[[Call, Any], Awaitable[BaseModel]]
    title: str
    action: Action
    arguments: type[BaseModel]
    result: type[BaseModel]
    spends: bool = False
    narrows: bool = False  # it keeps to the project of a key by itself; else the video that it is about does

    @property
    def name(self) -> str:
        """Return its name."""
        return self.run.__name__

    def about(self, arguments: BaseModel) -> About:
        """Return what it is done to: the video that its arguments name."""
        video_id = getattr(arguments, "video_id", None)
        return About(parse_public_id(video_id) if video_id is not None else None, self.narrows)

    @property
    def description(self) -> str:
        """Return what an agent is told about it."""
        return " ".join((self.run.__doc__ or "").split())


async def create_video(call: Call, wanted: CreateVideo) -> Video:
    """Ask for a video; the answer comes as soon as the wish is stored.

    Rendering takes minutes, and get_video says how it is going. It costs what list_models says, and budgets
    may refuse it.
    """
    fields = wanted.model_dump(exclude_none=True, exclude={"idempotency_key"})
    key = call.idempotency_key(_checked(wanted.idempotency_key))
    made = await services().videos.create(
        call.user_id, read_wish(fields), idempotency_key=key, most_micros=call.most_micros, key=call.key
    )
    return Video.of(made, call.key)


async def remix_video(call: Call, wanted: RemixVideo) -> Video:
    """Ask for a variation of a finished video: a new one, which costs as much as that one."""
    key = call.idempotency_key(_checked(wanted.idempotency_key))
    made = await services().derivations.remix(
        call.user_id,
        parse_public_id(wanted.video_id),
        wanted.prompt,
        idempotency_key=key,
        most_micros=call.most_micros,
        key=call.key,
    )
    return Video.of(made, call.key)


async def get_video(call: Call, wanted: WhichVideo) -> Video:
    """Return a video: its status and progress, and once it is completed, links to its film and thumbnail."""
    view = await services().videos.get(call.user_id, parse_public_id(wanted.video_id))
    return Video.of(view, call.key)


async def list_videos(call: Call, wanted: WhichVideos) -> VideoList:
    """List the videos of one's own library, or of a project, newest first."""
    query = LibraryQuery(
        search=wanted.q,
        statuses=read_statuses(wanted.status),
        order=wanted.order,
        after=read_position(wanted.after) if wanted.after else None,
        limit=wanted.limit,
    )
    within = project_within(call.key, wanted.project_id)
    page = await services().videos.list_library(call.user_id, query, within)
    return VideoList.of(page.videos, call.key, has_more=page.has_more)


async def list_models(_: Call, wanted: WhichModels) -> ModelsInShort:
    """List the models that can be asked for, with sizes, lengths in seconds and prices per second."""
    offers = ModelList.of(services().videos.profiles(), datetime.now(UTC).date())
    if wanted.model_id is not None:
        return ModelsInShort(data=[offers.find(wanted.model_id)])
    return ModelsInShort(data=[offer.model_copy(update={"card": None}) for offer in offers.data])


async def get_usage(call: Call, wanted: UsageParameters) -> Spent:
    """Say what was spent, by day, model, provider or API key, and what is left of the budgets."""
    usage = await services().usage.usage(call.identity, wanted.query(call.identity, services().usage.today()))
    budgets = await services().budgets.mine(call.identity)
    return Spent(**UsageList.of(usage).model_dump(), budgets=[*map(BudgetStanding.of, budgets)])


def _checked(idempotency_key: str | None) -> str | None:
    if idempotency_key is not None:
        check_storable(idempotency_key, "idempotency_key")
    return idempotency_key


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            create_video, "Make a video", Action.WRITE_VIDEOS, CreateVideo, Video, spends=True, narrows=True
        ),
        Tool(remix_video, "Remix a video", Action.WRITE_VIDEOS, RemixVideo, Video, spends=True),
        Tool(get_video, "Look at a video", Action.READ_VIDEOS, WhichVideo, Video),
        Tool(list_videos, "List videos", Action.READ_VIDEOS, WhichVideos, VideoList, narrows=True),
        Tool(list_models, "List models", Action.READ_VIDEOS, WhichModels, ModelsInShort, narrows=True),
        Tool(get_usage, "See what was spent", Action.READ_USAGE, UsageParameters, Spent, narrows=True),
    )
}

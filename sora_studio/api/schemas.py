"""The Videos API's objects, in OpenAI's shapes with the studio's own fields beside them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from sora_studio.domain.account import KeyGrant
from sora_studio.domain.activity import Activity
from sora_studio.domain.character import CharacterView
from sora_studio.domain.errors import NotFound
from sora_studio.domain.facts import Facts
from sora_studio.domain.ids import public_character_id, public_id
from sora_studio.domain.inputs import InputView, UploadView
from sora_studio.domain.model_card import ModelCard
from sora_studio.domain.money import dollars
from sora_studio.domain.profile import Model, Profile, name_of
from sora_studio.domain.video import Status, VideoView


class Problem(BaseModel):
    """Why a video failed."""

    code: str
    message: str = Field(description="The provider's words, verbatim.")


class RenderingFacts(BaseModel):
    """What the provider reported about the rendering; null is what it did not."""

    seed: int | None
    revised_prompt: str | None
    inference_time_s: float | None
    peak_memory_mb: float | None
    cost_usd: float | None = Field(description="What the provider says that it cost.")

    @classmethod
    def of(cls, facts: Facts) -> "RenderingFacts":
        """Shape them."""
        return cls(
            seed=facts.seed,
            revised_prompt=facts.revised_prompt,
            inference_time_s=facts.inference_seconds,
            peak_memory_mb=facts.peak_memory_mb,
            cost_usd=None if facts.cost_micros is None else dollars(facts.cost_micros),
        )


class Video(BaseModel):
    """One video."""

    id: str
    object: Literal["video"] = "video"
    created_at: int = Field(description="Unix seconds, like all times here.")
    completed_at: int | None
    expires_at: int | None = Field(
        description="When the provider drops its copy; null once the studio has its own."
    )
    status: str = Field(description="queued, in_progress, completed or failed. Completed: the file is here.")
    progress: int = Field(description="0 to 100; never falls.")
    model: str
    prompt: str
    size: str
    seconds: str
    remixed_from_video_id: str | None = Field(
        description="Of edits and extensions, too; null to a key for one project if that one is elsewhere."
    )
    error: Problem | None
    title: str = Field(description="The studio's own, like all that follows.")
    kind: str = Field(description="create, remix, edit or extend.")
    phase: str = Field(description="Finer than status.")
    provider: str
    cost_usd: float | None = Field(description="The quoted price of one attempt; null: unknown.")
    options: dict[str, Any] = Field(description="What was set of the model's own fields.")
    facts: RenderingFacts
    project_id: str | None = Field(description="null: it is in its maker's own library.")
    stars: int = Field(description="0 to 5.")
    tags: list[str]
    charged: bool | None = Field(
        description="true: the provider took it, and bills it; false: it did not, or it failed there; "
        "null: not known, as an answer of the provider's is awaited or was lost."
    )
    queue_position: int | None = Field(
        description="1 is next; null: it does not wait for a turn at its provider, or far behind."
    )
    queue_before_yours: int | None = Field(description="How many of your own wishes are before it.")
    queue_before_others: int | None = Field(description="How many of other people's.")
    queue_expected_seconds: int | None = Field(
        description="Until its turn comes, about; null also where nothing is known to go by."
    )

    @classmethod
    def of(cls, view: VideoView, key: KeyGrant | None) -> "Video":
        """Shape a video for whom is there, or for their key."""
        parent_id = view.parent_id if key is None or key.reaches(view.parent_project_id) else None
        failed = view.status is Status.FAILED and view.problem
        queue = view.queue
        expected = queue.expected_seconds if queue else None
        return cls(
            id=public_id(view.id),
            created_at=int(view.created_at.timestamp()),
            completed_at=int(view.completed_at.timestamp()) if view.completed_at else None,
            expires_at=int(view.expires_at.timestamp()) if view.expires_at else None,
            status=view.status,
            progress=view.progress,
            model=view.model,
            prompt=view.prompt,
            size=view.size,
            seconds=view.seconds,
            remixed_from_video_id=public_id(parent_id) if parent_id else None,
            error=Problem(code=failed.code, message=failed.message) if failed else None,
            title=view.title,
            kind=view.kind,
            phase=view.phase,
            provider=view.provider,
            cost_usd=None if view.price_micros is None else dollars(view.price_micros),
            options=dict(view.options),
            facts=RenderingFacts.of(view.facts),
            project_id=str(view.project_id) if view.project_id else None,
            stars=view.marks.stars,
            tags=[*view.marks.tags],
            charged=view.charged,
            queue_position=queue.position if queue else None,
            queue_before_yours=queue.yours if queue else None,
            queue_before_others=queue.others if queue else None,
            queue_expected_seconds=None if expected is None else round(expected),
        )


class VideoList(BaseModel):
    """One page of videos."""

    object: Literal["list"] = "list"
    data: list[Video]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, views: Sequence[VideoView], key: KeyGrant | None, *, has_more: bool) -> "VideoList":
        """Shape a page."""
        data = [Video.of(view, key) for view in views]
        return cls(
            data=data,
            first_id=data[0].id if data else None,
            last_id=data[-1].id if data else None,
            has_more=has_more,
        )


class VideoStatus(BaseModel):
    """How one video is going."""

    id: str
    status: str
    phase: str
    progress: int
    error: Problem | None

    @classmethod
    def of(cls, view: VideoView) -> "VideoStatus":
        """Shape a status."""
        return cls.model_validate(Video.of(view, None).model_dump())


class StatusList(BaseModel):
    """How several videos are going."""

    object: Literal["list"] = "list"
    data: list[VideoStatus]


class ActivityEntry(BaseModel):
    """One thing that happened to a video."""

    at: int
    kind: str = Field(description="Such as submitted, rendering, rendered, saved.")
    note: str = Field(description="The provider's words, verbatim; empty where it gave none.")


class ActivityList(BaseModel):
    """What happened to a video, oldest first."""

    object: Literal["list"] = "list"
    data: list[ActivityEntry]

    @classmethod
    def of(cls, activity: Sequence[Activity]) -> "ActivityList":
        """Shape an activity."""
        lines = [
            ActivityEntry(at=int(each.at.timestamp()), kind=each.kind, note=each.note) for each in activity
        ]
        return cls(data=lines)


class Deleted(BaseModel):
    """A video that is gone."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True
    may_be_billed: bool = Field(
        description="The studio's own. true: it was being made, and the provider may bill it all the same. "
        "A wish that waited costs nothing."
    )


class Character(BaseModel):
    """Somebody or something to appear in videos by name."""

    id: str
    object: Literal["character"] = "character"
    created_at: int
    name: str
    provider: str = Field(description="The studio's own: it can appear only there.")

    @classmethod
    def of(cls, view: CharacterView) -> "Character":
        """Shape a character."""
        return cls(
            id=public_character_id(view.id),
            created_at=int(view.created_at.timestamp()),
            name=view.name,
            provider=view.provider,
        )


class CharacterList(BaseModel):
    """Every character of a person."""

    object: Literal["list"] = "list"
    data: list[Character]


class CharacterDeleted(BaseModel):
    """A character that is forgotten."""

    id: str
    object: Literal["character.deleted"] = "character.deleted"
    deleted: Literal[True] = True


class Upload(BaseModel):
    """An uploaded file; its id goes into a wish as `{"file_id": …}`."""

    id: str
    object: Literal["upload"] = "upload"
    content_type: str
    width: int = Field(description="In pixels, like the height; 0: a sound has none.")
    height: int
    seconds: float | None = Field(description="null: a picture has none.")

    @classmethod
    def of(cls, view: UploadView) -> "Upload":
        """Shape an upload."""
        return cls(
            id=str(view.id),
            content_type=view.content_type,
            width=view.width,
            height=view.height,
            seconds=view.seconds,
        )


class UploadDeleted(BaseModel):
    """The answer to a deletion."""

    id: str
    object: Literal["upload.deleted"] = "upload.deleted"
    deleted: Literal[True] = True


class VideoInput(BaseModel):
    """One thing that went into a video beside the prompt."""

    position: int
    role: str = Field(description="first_frame, last_frame, picture, film, sound, edit or extend.")
    content_type: str
    width: int
    height: int
    seconds: float | None


class VideoInputs(BaseModel):
    """Everything that went into a video beside the prompt, in order."""

    object: Literal["list"] = "list"
    data: list[VideoInput]

    @classmethod
    def of(cls, views: Sequence[InputView]) -> "VideoInputs":
        """Shape them."""
        return cls(data=[VideoInput.model_validate(view, from_attributes=True) for view in views])


class ModelOption(BaseModel):
    """One of a model's own fields, as `options` takes it."""

    name: str
    type: str = Field(description="integer, number, text, boolean or choice.")
    label: str
    help: str
    minimum: float | None
    maximum: float | None = Field(description="Of a text: characters.")
    default: str | int | float | bool | None = Field(
        description="What the model does when nothing is set; null: its own affair."
    )
    choices: list[str]


class ModelFrames(BaseModel):
    """How many frames a model makes."""

    rule: str = Field(description="Such as 4n+1.")
    default: int
    most: int


class ModelLicence(BaseModel):
    """Under which terms a model may be used."""

    name: str
    url: str


class ModelDetails(BaseModel):
    """What is on a model's card."""

    label: str
    description: str
    licence: ModelLicence | None
    ended: str | None = Field(description="The day on which its maker ended it.")
    fps: float | None
    frames: ModelFrames | None
    multiple_of: int | None = Field(description="Other sizes whose sides are multiples of it will do, too.")
    audio: bool
    inputs: dict[str, int] = Field(
        description="What may go in beside the prompt wherever the model is, and how many of each: "
        "first_frame, last_frame, picture, film, sound."
    )
    needs: list[str] = Field(description="Those without which it makes nothing.")
    options: list[ModelOption] = Field(description="What its server takes.")

    @classmethod
    def of(cls, card: ModelCard, kind: str) -> "ModelDetails":
        """Shape a card for a kind of server."""
        return cls(
            label=card.label,
            description=card.hint,
            licence=card.licence and ModelLicence(name=card.licence.name, url=card.licence.url),
            ended=card.ended and card.ended.isoformat(),
            fps=card.fps,
            frames=card.frames
            and ModelFrames(rule=card.frames.rule, default=card.frames.default, most=card.frames.most),
            multiple_of=card.multiple_of,
            audio=card.audio,
            inputs={**card.inputs},
            needs=sorted(card.needs),
            options=[ModelOption.model_validate(each, from_attributes=True) for each in card.fields_of(kind)],
        )


class ModelOffer(BaseModel):
    """One model, and what may be asked of it."""

    id: str = Field(
        description="With its provider and a slash before it where the id alone means another one."
    )
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = Field(description="The provider's name.")
    sizes: list[str]
    seconds: list[str]
    price_per_second_usd: float | None = Field(description="At the first size; null: unknown.")
    prices_per_second_usd: dict[str, float | None] = Field(description="By size.")
    inputs: dict[str, int] = Field(
        description="What its server takes beside the prompt, and how many of each; edit, extend: "
        "an uploaded video."
    )
    card: ModelDetails | None = Field(description="What is known of the model; null: nobody wrote it down.")

    @classmethod
    def of(cls, profiles: Sequence[Profile], profile: Profile, model: Model, on: date) -> "ModelOffer":
        """Shape a model of a provider, at the prices of a day."""
        rates = {size: model.price(size, "1", on) for size in model.sizes}
        prices = {size: None if rate is None else dollars(rate) for size, rate in rates.items()}
        card = profile.card(model.id)
        return cls(
            id=name_of(profiles, profile.name, model.id),
            owned_by=profile.name,
            sizes=list(model.sizes),
            seconds=[str(seconds) for seconds in model.seconds],
            price_per_second_usd=prices[model.sizes[0]],
            prices_per_second_usd=prices,
            inputs={**profile.takes(model.id)},
            card=card and ModelDetails.of(card, profile.kind),
        )


class ModelList(BaseModel):
    """Every model that can be asked for."""

    object: Literal["list"] = "list"
    data: list[ModelOffer]

    def find(self, model_id: str) -> ModelOffer:
        """Return a model by its id, or by its provider's name, a slash and its id.

        Raises:
            NotFound: It cannot be asked for.
        """
        for offer in self.data:
            if model_id in {offer.id, f"{offer.owned_by}/{offer.id}"}:
                return offer
        message = f"There is no model {model_id[:80]!r}."
        raise NotFound(message)

    @classmethod
    def of(cls, profiles: Sequence[Profile], on: date = date.max) -> "ModelList":
        """Shape what is on offer; a retired provider offers nothing."""
        return cls(
            data=[
                ModelOffer.of(profiles, profile, model, on)
                for profile in profiles
                if not profile.retired
                for model in profile.models
            ],
        )

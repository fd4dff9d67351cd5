"""Inputs: what goes into a video beside the prompt, in order, and where each kind of server looks for it.

A model card says what a model takes and how many of it; a kind of server takes a part of that. All of this is
pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.errors import InvalidInput


class Medium(StrEnum):
    """What an input is."""

    PICTURE = "picture"
    FILM = "film"
    SOUND = "sound"


class Role(StrEnum):
    """What an input is for."""

    FIRST_FRAME = "first_frame"
    LAST_FRAME = "last_frame"
    PICTURE = "picture"  # references: what is to appear, move or sound like them
    FILM = "film"
    SOUND = "sound"
    EDIT = "edit"  # the film that is changed
    EXTEND = "extend"  # the film that goes on

    @property
    def medium(self) -> Medium:
        """Return what it has to be."""
        return _MEDIA[self]

    @property
    def field(self) -> str:
        """Return the field of the API that takes it."""
        return _FIELDS[self]

    @property
    def spoken(self) -> str:
        """Name it in a sentence."""
        return _SPOKEN[self]


FRAMES = frozenset({Role.FIRST_FRAME, Role.LAST_FRAME})
"""Pictures that the video shows as they are; they are fitted to its size."""

REFERENCES = frozenset({Role.PICTURE, Role.FILM, Role.SOUND})

SOURCES = frozenset({Role.EDIT, Role.EXTEND})
"""Films that are worked on: with one of them, nothing else goes in."""

_MEDIA = {
    **dict.fromkeys((*FRAMES, Role.PICTURE), Medium.PICTURE),
    **dict.fromkeys((*SOURCES, Role.FILM), Medium.FILM),
    Role.SOUND: Medium.SOUND,
}
_FIELDS = {
    Role.FIRST_FRAME: "input_reference",
    Role.LAST_FRAME: "last_frame",
    Role.PICTURE: "pictures",
    Role.FILM: "films",
    Role.SOUND: "sounds",
    Role.EDIT: "video",
    Role.EXTEND: "video",
}
_SPOKEN = {
    Role.FIRST_FRAME: "first frame",
    Role.LAST_FRAME: "last frame",
    Role.PICTURE: "reference image",
    Role.FILM: "reference video",
    Role.SOUND: "reference sound",
    Role.EDIT: "video to edit",
    Role.EXTEND: "video to extend",
}

Takes = Mapping[Role, int]
"""How many inputs of which role are taken; a role that is not in it is not."""


@dataclass(frozen=True)
class GivenInput:
    """One input of a wish, as it came: a picture's bytes, or what was uploaded before."""

    role: Role
    data: bytes | None = field(default=None, repr=False)
    upload_id: UUID | None = None
    sha256: str = ""  # of an upload that was made for this wish alone: what comes again has another id


@dataclass(frozen=True)
class InputView:
    """One input of a video, as its owner sees it."""

    position: int
    role: Role
    content_type: str
    width: int  # pixels; 0: a sound has none
    height: int
    seconds: float | None  # None: a picture has none


@dataclass(frozen=True)
class UploadView:
    """An uploaded file that can become an input."""

    id: UUID
    content_type: str
    bytes: int
    sha256: str
    width: int  # pixels; 0: a sound has none
    height: int
    seconds: float | None = None  # None: a picture has none


class Form(StrEnum):
    """How a server is handed an input."""

    FILE = "file"  # a file of the request's form
    FRAME = "frame"  # in JSON, an image's address and which frame it is
    IMAGE = "image"  # in JSON, an image's address


@dataclass(frozen=True)
class Place:
    """Where a server looks for an input."""

    name: str  # of the field
    form: Form = Form.FILE


@dataclass(frozen=True)
class ServerInputs:
    """What a kind of server takes, whatever the model."""

    places: Mapping[Role, Place]
    one_of: frozenset[Role] = frozenset()  # roles of which it takes one at most
    apart: bool = False  # frames do not go together with references


_FIRST_FRAME = {Role.FIRST_FRAME: Place("input_reference")}
_ANY = ServerInputs(_FIRST_FRAME)
_MIXED = Place("input_references")
_SERVERS: Mapping[str, ServerInputs] = {
    # vllm_omni/entrypoints/openai/video/generation/helpers.py of 0.30.0: files in order, told apart by their
    # types; MiniMax-H3 takes images alone for its first and last frame.
    "vllm-omni": ServerInputs(dict.fromkeys((*FRAMES, *REFERENCES), _MIXED), apart=True),
    # multimodal_gen/runtime/entrypoints/openai/video_api.py of 0.5.23: one image and one video.
    "sglang": ServerInputs(
        {**_FIRST_FRAME, Role.FILM: Place("video_reference")}, one_of=frozenset({Role.FILM})
    ),
    # litellm/llms/base_llm/videos/async_task_utils.py of 1.110.2: one of the three fields.
    "litellm": ServerInputs(
        {
            **dict.fromkeys(FRAMES, Place("frame_images", Form.FRAME)),
            Role.PICTURE: Place("input_references", Form.IMAGE),
        },
        apart=True,
    ),
}
"""By kind; others take a first frame, as the hosted API did."""

_SOURCE = Place("video")


def taken(kind: str, inputs: Takes | None) -> dict[Role, int]:
    """Return what a kind of server takes for a model.

    Args:
        kind: The name of a preset.
        inputs: What the model takes; None: nobody knows, so a first frame is left to the server.
    """
    server = _SERVERS.get(kind, _ANY)
    known = {Role.FIRST_FRAME: 1} if inputs is None else inputs
    return {
        role: 1 if role in server.one_of else known[role]
        for role in Role
        if role in known and role in server.places
    }


def places(kind: str, roles: Sequence[Role]) -> tuple[Place, ...]:
    """Return where a kind of server looks for each of a wish's inputs, which it takes."""
    if [*roles] == [Role.FIRST_FRAME]:
        return (_FIRST_FRAME[Role.FIRST_FRAME],)  # every server knows this one
    server = _SERVERS.get(kind, _ANY)
    return tuple(_SOURCE if role in SOURCES else server.places[role] for role in roles)


def input_fields(kind: str, roles: Sequence[Role]) -> dict[str, object]:
    """Return what a kind of server has to be told beside the inputs themselves."""
    if kind == "vllm-omni" and {*roles} == {Role.PICTURE}:
        return {"extra_params": '{"task": "ref2va"}'}  # else it would take them for first and last frame
    return {}


def whole_seconds(seconds: float) -> int:
    """Return a film's length as it is asked and paid for."""
    return max(1, round(seconds))


def check_inputs(label: str, kind: str, takes: Takes, needs: frozenset[Role], given: Sequence[Role]) -> None:
    """Make sure that a model takes what goes in beside the prompt where it is, and has what it needs.

    Args:
        label: The model's, for the messages.
        kind: Of its server.
        takes: How many of which role the two take.
        needs: Those without which the model makes nothing.
        given: What goes in.

    Raises:
        InvalidInput: One is not taken, there are too many, one is missing, or they do not go together;
            `param` is the field of the API.
    """
    for role in dict.fromkeys(given):
        if role not in takes:
            message = f"{label} takes no {role.spoken} here. Remove it, or choose another model."
            raise InvalidInput(message, role.field, "unsupported")
        if given.count(role) > takes[role]:
            most = "one" if takes[role] == 1 else f"{takes[role]}"
            message = (
                f"{label} takes {most} {role.spoken}{'s' * (takes[role] > 1)} here, not {given.count(role)}."
            )
            raise InvalidInput(message, role.field, "too_many_inputs")
    if {*given} & SOURCES:
        if len(given) > 1:
            message = "Nothing else goes in together with the video that is edited or extended."
            raise InvalidInput(
                message, next(role.field for role in given if role not in SOURCES), "unsupported"
            )
        return
    for role in sorted(needs - {*given}):
        message = f"{label} makes nothing without a {role.spoken}. Add it, or choose another model."
        raise InvalidInput(message, role.field, "missing_required_parameter")
    if Role.LAST_FRAME in given and Role.FIRST_FRAME not in given:
        message = "A last frame needs a first frame. Add it, or remove the last one."
        raise InvalidInput(message, Role.FIRST_FRAME.field, "missing_required_parameter")
    if _SERVERS.get(kind, _ANY).apart and {*given} & FRAMES and {*given} & REFERENCES:
        message = f"{label} takes either frames or references here. Remove one or the other."
        raise InvalidInput(message, next(role.field for role in given if role in REFERENCES), "unsupported")

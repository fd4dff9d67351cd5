"""Trouble on request: what goes wrong, where, and how often. docs/sandbox.md describes it to users.

Faults are state of a running sandbox; only what a job is given on its way (its fate) is kept with the job.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sora_sandbox.operations import CREATING, OPERATIONS
from sora_sandbox.wire import ApiError, Json, error_json

_PLACES = {
    **{name: (name,) for name in (*OPERATIONS, "webhook", "job")},
    "post": CREATING,
    "poll": ("retrieve", "list"),
    "video": (*CREATING, "retrieve", "list"),
}
"""Where a fault may strike: an operation, several, an announcement, or the life of a new job."""

_MP4 = {"content-type": "video/mp4"}
_RECIPES: dict[str, Json] = {
    "reset": {"cut": "reset"},
    "close": {"cut": "close"},
    "hang": {"cut": "hang"},
    "garbage": {"body": '\x00\x1f{"id": ]', "headers": {"content-type": "application/json"}},
    "html": {"body": "<!doctype html><title>Welcome</title><h1>Nothing to see</h1>"},
    "empty": {"body": ""},
    "wrong-object": {"body": {"object": "list", "data": []}},
    "missing-id": {"body": {"object": "video", "status": "queued"}},
    "truncated": {"share": 0.5},
    "drip": {"bytes_per_second": 1000},
    "endless": {"endless": True},
    "json-as-mp4": {"body": error_json(500, "The file is not there.", None, None), "headers": _MP4},
    "html-as-mp4": {"body": "<!doctype html><h1>Sign in</h1>", "headers": _MP4},
    "video-as-500": {
        "accept": True,
        "status": 500,
        "set": {"status": "failed", "error": {"code": 500, "message": "Out of memory."}},
    },
    "no-progress": {"set": {"progress": 0}, "when": ["queued", "in_progress"]},
    "instant": {"instant_ms": 0},
    "stuck": {"stuck": True},
    "long-id": {"id_length": 266},
    "drop": {"copies": 0},
    "duplicate": {"copies": 2},
    "late": {"delay_ms": 1000},
    "swap": {"hold": True},
    "bad-signature": {"forged": True},
}


class Fault(BaseModel):
    """One kind of trouble; a field that is not given changes nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str
    """One of `_PLACES`."""
    do: str | None = None
    """A recipe: a named set of the fields below, or a status such as "429"; "accept-then-" before either."""
    times: int | None = Field(default=None, ge=1)
    """Strikes so often; None: until cleared."""

    # any request
    accept: bool = False
    """Do the work first. Without it, what replaces the answer or cuts the connection is all that happens."""
    delay_ms: int = Field(default=0, ge=0)
    """The answer, or the announcement, leaves so much later."""
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    """Text goes out as it is, labelled HTML unless `headers` say otherwise, anything else as JSON."""
    headers: dict[str, str] = {}
    cut: Literal["reset", "close", "hang"] | None = None
    """Instead of an answer: TCP RST, an early end, or silence."""

    # answers that show videos
    set: Json = {}
    """Fields of every Video in the answer, replaced; a list is gone through, one value an answer."""
    omit: list[str] = []
    """Fields of every Video in the answer, left out."""
    when: list[str] = []
    """Change only Videos of these statuses."""

    # content
    share: float | None = Field(default=None, ge=0, lt=1)
    """So much of the announced length is sent, then the connection ends."""
    bytes_per_second: int | None = Field(default=None, ge=1)
    endless: bool = False

    # job: the fate of each new one
    instant_ms: int | None = Field(default=None, ge=0)
    """Completes after this time without rendering, with a small film from stock."""
    stuck: bool = False
    """Goes into progress and stays there."""
    id_length: int | None = Field(default=None, ge=20, le=1000)
    expires_ms: int | None = Field(default=None, ge=0)
    error: dict[str, str] | None = None
    """Fails with this code and message."""

    # webhook
    copies: int = Field(default=1, ge=0, le=10_000)
    hold: bool = False
    """Leaves after the next announcement."""
    forged: bool = False
    """Signed with another key."""

    @property
    def replaces(self) -> bool:
        """Tell whether something else than the true answer is sent."""
        return self.status is not None or self.body is not None or self.cut is not None

    def fate(self) -> Json:
        """Return what is kept with a job."""
        names = {"instant_ms", "stuck", "expires_ms", "error"}
        return self.model_dump(include=names, exclude_unset=True)


@dataclass
class _Active:
    fault: Fault
    hits: int = 0

    def json(self) -> Json:
        """Show it as it was asked for, with how often it struck."""
        return {**self.fault.model_dump(exclude_unset=True), "hits": self.hits}


class Faults:
    """The faults that are asked for at the moment."""

    def __init__(self) -> None:
        """Begin without any."""
        self._active: list[_Active] = []

    def add(self, wanted: Sequence[Json]) -> None:
        """Ask for more.

        Raises:
            ApiError: 400; one of them makes no sense, and none was added.
        """
        self._active += [_Active(_fault(fields)) for fields in wanted]

    def clear(self, at: str | None = None) -> None:
        """Forget all, or those of one place."""
        self._active = [active for active in self._active if at not in {None, active.fault.at}]

    def json(self) -> list[Json]:
        """Show what is active, the oldest first."""
        return [active.json() for active in self._active]

    def take(self, place: str) -> Fault | None:
        """Return what goes wrong at a place now, as one fault; of two that disagree, the younger is right."""
        striking = [active for active in self._active if place in _PLACES[active.fault.at]]
        if not striking:
            return None
        fields: Json = {}
        for active in striking:
            fields |= _this_time(active)
            active.hits += 1
        self._active = [active for active in self._active if active.hits != active.fault.times]
        return Fault(**fields)


def _this_time(active: _Active) -> Json:
    """Return the fields of a fault, of each series the value that is due."""
    fields = active.fault.model_dump(exclude_unset=True)
    if values := fields.get("set"):
        fields["set"] = {
            name: value[min(active.hits, len(value) - 1)] if isinstance(value, list) and value else value
            for name, value in values.items()
        }
    return fields


def _fault(fields: Json) -> Fault:
    """Read a fault: its recipe first, then what is said beside it."""
    try:
        named = TypeAdapter(Fault).validate_python(fields)
        recipe = _recipe(named.do) if named.do is not None else {}
        if named.at not in _PLACES:
            raise ApiError(400, f"Nothing happens at '{named.at[:64]}'.", "invalid_value", "at")
        return Fault(**{**recipe, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ApiError(400, f"Invalid '{name}': {first['msg']}.", "invalid_value", name) from None


def _recipe(name: str) -> Json:
    """Return the fields that a name stands for.

    Raises:
        ApiError: It stands for nothing.
    """
    plain = name.removeprefix("accept-then-")
    accept = {"accept": True} if plain != name else {}
    if plain in _RECIPES:
        return _RECIPES[plain] | accept
    if plain.isascii() and plain.isdecimal():
        text = f"A fault was asked for: {plain}."
        return {"status": int(plain), "body": error_json(int(plain), text, None, None)} | accept
    raise ApiError(400, f"No recipe is called '{name[:64]}'.", "invalid_value", "do")

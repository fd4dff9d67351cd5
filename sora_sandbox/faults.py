"""Faults that a client asks for: what goes wrong, where, and how often (docs/sandbox.md).

Faults are state of a running sandbox; only the fate that one gives a new job is stored, with the job.
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
"""Where a fault may strike: an operation, several of them, a webhook, or the life of a new job."""

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
    """One thing that goes wrong; a field that is not given changes nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str
    """One of `_PLACES`."""
    do: str | None = None
    """A recipe: a named set of the fields below, or a status such as "429"; "accept-then-" before either."""
    times: int | None = Field(default=None, ge=1)
    """How often it strikes; None is until cleared."""

    # any request
    accept: bool = False
    """Do the work first. Otherwise what replaces the response or cuts the connection is all that happens."""
    delay_ms: int = Field(default=0, ge=0)
    """How much later the response, or the webhook, is sent."""
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    """A string is sent as it is, as HTML unless `headers` say otherwise; anything else is sent as JSON."""
    headers: dict[str, str] = {}
    cut: Literal["reset", "close", "hang"] | None = None
    """Instead of a response: a TCP RST, an early end, or silence."""

    # responses that show videos
    set: Json = {}
    """Fields of every Video in the response, replaced; of a list, each response takes the next value."""
    omit: list[str] = []
    """Fields of every Video in the response, left out."""
    when: list[str] = []
    """Change only Videos with these statuses."""

    # content
    share: float | None = Field(default=None, ge=0, lt=1)
    """The share of the announced length that is sent before the connection ends."""
    bytes_per_second: int | None = Field(default=None, ge=1)
    endless: bool = False

    # job: the fate of each new one
    instant_ms: int | None = Field(default=None, ge=0)
    """Completes after this time with a small canned film, without rendering."""
    stuck: bool = False
    """Stays in progress forever."""
    id_length: int | None = Field(default=None, ge=20, le=1000)
    expires_ms: int | None = Field(default=None, ge=0)
    error: dict[str, str] | None = None
    """Fails with this code and message."""

    # webhook
    copies: int = Field(default=1, ge=0, le=10_000)
    hold: bool = False
    """Sent after the next one."""
    forged: bool = False
    """Signed with another key."""

    @property
    def replaces(self) -> bool:
        """Tell whether something other than the true response is sent."""
        return self.status is not None or self.body is not None or self.cut is not None

    def fate(self) -> Json:
        """Return what is stored with a job."""
        names = {"instant_ms", "stuck", "expires_ms", "error"}
        return self.model_dump(include=names, exclude_unset=True)


@dataclass
class _ActiveFault:
    fault: Fault
    hits: int = 0

    def json(self) -> Json:
        """Return it as it was asked for, with how often it has struck."""
        return {**self.fault.model_dump(exclude_unset=True), "hits": self.hits}


class Faults:
    """The active faults."""

    def __init__(self) -> None:
        self._active: list[_ActiveFault] = []

    def add(self, wanted: Sequence[Json]) -> None:
        """Add faults.

        Raises:
            ApiError: 400; one of them is not valid, and none was added.
        """
        self._active += [_ActiveFault(_parse_fault(fields)) for fields in wanted]

    def clear(self, at: str | None = None) -> None:
        """Remove all, or those of one place."""
        self._active = [active for active in self._active if at not in {None, active.fault.at}]

    def json(self) -> list[Json]:
        """Return what is active, the oldest first."""
        return [active.json() for active in self._active]

    def take(self, place: str) -> Fault | None:
        """Return what goes wrong at a place now, as one fault; where two disagree, the later one wins."""
        striking = [active for active in self._active if place in _PLACES[active.fault.at]]
        if not striking:
            return None
        fields: Json = {}
        for active in striking:
            fields |= _current_fields(active)
            active.hits += 1
        self._active = [active for active in self._active if active.hits != active.fault.times]
        return Fault(**fields)


def _current_fields(active: _ActiveFault) -> Json:
    """Return the fields of a fault; of each list in `set`, the value whose turn it is."""
    fields = active.fault.model_dump(exclude_unset=True)
    if values := fields.get("set"):
        fields["set"] = {
            name: value[min(active.hits, len(value) - 1)] if isinstance(value, list) and value else value
            for name, value in values.items()
        }
    return fields


def _parse_fault(fields: Json) -> Fault:
    """Validate a fault: the fields of its recipe, overridden by its own."""
    try:
        named = TypeAdapter(Fault).validate_python(fields)
        recipe = _recipe_fields(named.do) if named.do is not None else {}
        if named.at not in _PLACES:
            raise ApiError(400, f"Unknown place: '{named.at[:64]}'.", "invalid_value", "at")
        return Fault(**{**recipe, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ApiError(400, f"Invalid '{name}': {first['msg']}.", "invalid_value", name) from None


def _recipe_fields(name: str) -> Json:
    """Return the fields that the name of a recipe stands for.

    Raises:
        ApiError: There is no such recipe.
    """
    plain = name.removeprefix("accept-then-")
    accept = {"accept": True} if plain != name else {}
    if plain in _RECIPES:
        return _RECIPES[plain] | accept
    if plain.isascii() and plain.isdecimal():
        text = f"A fault was asked for: {plain}."
        return {"status": int(plain), "body": error_json(int(plain), text, None, None)} | accept
    raise ApiError(400, f"Unknown recipe: '{name[:64]}'.", "invalid_value", "do")

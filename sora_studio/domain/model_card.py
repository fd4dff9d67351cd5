"""Model cards: what is known of a model whatever server has it, and what a wish for it means to each server.

Everything here is pure. The cards themselves are data, in `providers/models`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import TypeVar, cast

from sora_studio.domain.card_field import CardField, Option, Options, check_options
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.inputs import Role, Takes
from sora_studio.domain.video import SIDE_MAX, Size

_SHAPE_WEIGHT = 4.0  # a wrong shape is worse than as wrong a number of pixels
_ROUNDED = 16  # pixels by which a side may exceed the resolution that it is sold as: 1088 lines are 1080p
_LINES = {"2k": 1440, "4k": 2160}
_ALWAYS: Mapping[str, Mapping[str, str]] = {
    "fps": dict.fromkeys(("vllm-omni", "sglang", "fastvideo", "unsloth"), "fps"),
    "num_frames": dict.fromkeys(("vllm-omni", "sglang", "fastvideo"), "num_frames"),
}
"""What follows from a wish, and under which name a kind of server takes it: these servers make
`seconds * 24` frames otherwise, whatever the model."""


@dataclass(frozen=True)
class Licence:
    """Under which terms a model may be used."""

    name: str
    url: str


@dataclass(frozen=True)
class Frames:
    """How many frames a model makes: `step * n + offset`, with a native number."""

    step: int
    offset: int
    default: int
    most: int

    def nearest(self, wanted: float) -> int:
        """Return the number of frames that the model can make nearest to a wish, the larger of two."""
        most = (self.most - self.offset) // self.step
        return self.step * max(1, min(most, int((wanted - self.offset) / self.step + 0.5))) + self.offset

    @property
    def rule(self) -> str:
        """Write the rule: `4n+1`."""
        return f"{self.step}n+{self.offset}" if self.offset else f"{self.step}n"


@dataclass(frozen=True)
class Price:
    """What a second costs, by resolution, from a day on."""

    ids: tuple[str, ...]  # patterns of the ids under which it is sold
    valid_from: date
    micros_by_resolution: Mapping[str, int]  # `720p`, `4k`; `""`: every one

    def rate(self, size: str) -> int | None:
        """Return micro-dollars per second: of the smallest resolution that is large enough; None: of none."""
        side = min(Size.parse(size).width, Size.parse(size).height)
        tiers = sorted((lines_of(name), micros) for name, micros in self.micros_by_resolution.items() if name)
        fitting = (micros for lines, micros in tiers if side <= lines + _ROUNDED)
        return next(fitting, self.micros_by_resolution.get(""))


@dataclass(frozen=True)
class ModelCard:
    """One model, or several that differ in nothing that a wish can say."""

    ids: tuple[str, ...]  # patterns over lower-case ids, such as `*wan2.2*t2v*a14b*`
    label: str
    hint: str  # one line: what it is good for
    sizes: tuple[str, ...]  # native ones, the first being the default
    seconds: tuple[int, ...]  # allowed lengths, the first being the default
    licence: Licence | None = None
    multiple_of: int | None = None  # other sizes are native, too, if both sides are multiples of it
    fps: float | None = None  # None: it makes what it likes
    frames: Frames | None = None
    audio: bool = False
    inputs: Takes = field(default_factory=dict[Role, int])  # what may go in beside the prompt, and how many
    needs: frozenset[Role] = frozenset()  # those without which it makes nothing
    fields: tuple[CardField, ...] = ()
    ended: date | None = None  # since when its maker no longer serves it

    @property
    def made(self) -> str:
        """Say what its videos are made of: `4n+1 frames at 16 fps, with sound`."""
        rate = f"at {self.fps:g} fps" if self.fps else ""
        frames = f"{self.frames.rule} frames {rate}" if self.frames else rate
        return ", ".join(filter(None, (frames, "with sound" if self.audio else "")))

    def makes(self, size: str) -> str:
        """Return the native size nearest to a wish: in shape first, then in the number of pixels."""
        if size in self.sizes:
            return size
        asked = Size.parse(size)
        if self.multiple_of:
            return str(Size(*(_rounded(side, self.multiple_of) for side in (asked.width, asked.height))))
        return nearest_size(size, self.sizes)

    def frames_for(self, seconds: str, fps: float) -> int | None:
        """Return how many frames a length means: at the native rate, the native number for its own length."""
        if self.frames is None:
            return None
        if fps == self.fps and int(seconds) == round(self.frames.default / fps):
            return self.frames.default
        return self.frames.nearest(int(seconds) * fps)

    def fields_of(self, kind: str) -> tuple[CardField, ...]:
        """Return what people may set where a kind of server has the model."""
        return tuple(each for each in self.fields if each.name_at(kind))


@dataclass(frozen=True)
class Make:
    """What a server is asked to make of a wish, in numbers."""

    size: str
    frames: int | None
    fps: float | None


_Known = TypeVar("_Known", ModelCard, Price)


@dataclass(frozen=True)
class ModelCards:
    """Cards and prices by the ids of models."""

    cards: tuple[ModelCard, ...] = ()
    prices: tuple[Price, ...] = ()
    others: "ModelCards | None" = None  # asked where these know nothing

    def find(self, model_id: str) -> ModelCard | None:
        """Return the card of a model, None when nobody has written one."""
        return _best(model_id, self.cards) or (self.others.find(model_id) if self.others else None)

    def prices_of(self, model_id: str) -> tuple[Price, ...]:
        """Return what a model costs where it is sold, the latest price first; none: that is not known."""
        best = _best(model_id, self.prices)
        if best is None:
            return self.others.prices_of(model_id) if self.others else ()
        same = (each for each in self.prices if each.ids == best.ids)
        return tuple(sorted(same, key=lambda price: price.valid_from, reverse=True))


def make_of(card: ModelCard, size: str, seconds: str, options: Options) -> Make:
    """Return what a wish means in native size, frames and frames per second."""
    fps = options.get("fps", card.fps)
    rate = float(fps) if isinstance(fps, int | float) else None
    return Make(card.makes(size), card.frames_for(seconds, rate) if rate else None, rate)


def request_fields(
    card: ModelCard | None, kind: str, size: str, seconds: str, options: Options
) -> dict[str, object]:
    """Return what a kind of server is told beside prompt and model.

    A model without a card, or a server of which nothing is known, is told size and seconds alone.

    Args:
        card: The model's; None: there is none.
        kind: The name of a preset.
        size: As 1280x720; what the model does not make becomes the nearest that it makes.
        seconds: Whole ones.
        options: What the person has set, already checked.
    """
    told: dict[str, object] = {"size": size, "seconds": seconds}
    if card is None:
        return told
    make = make_of(card, size, seconds, options)
    told["size"] = make.size
    names = {name: at.get(kind, "") for name, at in _ALWAYS.items()}
    names |= {each.name: each.name_at(kind) for each in card.fields_of(kind)}
    computed: dict[str, Option | None] = {"fps": _whole(make.fps), "num_frames": make.frames}
    for name, value in {**computed, **options}.items():
        _put(told, names.get(name, ""), value)
    return told


def read_options(card: ModelCard | None, kind: str, given: Mapping[str, object], model: str) -> Options:
    """Check what a person has set of a model's own fields.

    Raises:
        InvalidInput: Its server does not take a field here, or not this value of it; `param` is its name.
    """
    if given and card is None:
        name = next(iter(given))[:80]
        message = f"There is no model card for {model}, so the studio does not know its field {name!r}."
        raise InvalidInput(message, name, "unknown_parameter")
    return check_options(card.fields_of(kind) if card else (), given, model)


def nearest_size(size: str, sizes: Sequence[str]) -> str:
    """Return the size nearest to another: in shape first, then in the number of pixels."""
    asked = Size.parse(size)

    def distance(other: str) -> float:
        made = Size.parse(other)
        shape = (made.width * asked.height) / (made.height * asked.width)
        pixels = (made.width * made.height) / (asked.width * asked.height)
        return _SHAPE_WEIGHT * max(shape, 1 / shape) + max(pixels, 1 / pixels)

    return min(sizes, key=distance)


def lines_of(resolution: str) -> int:
    """Return the shorter side of a resolution as it is sold: 720 of `720p`, 2160 of `4k`.

    Raises:
        ValueError: It is neither `2k`, `4k` nor a number with a `p`.
    """
    if resolution in _LINES:
        return _LINES[resolution]
    if not re.fullmatch(r"\d{3,4}p", resolution):
        raise ValueError(resolution)
    return int(resolution[:-1])


def _best(model_id: str, candidates: Iterable[_Known]) -> _Known | None:
    """Return the candidate with the pattern that says most about an id; of equal ones the first."""
    best, said = None, -1
    for each in candidates:
        for pattern in each.ids:
            letters = len(pattern.replace("*", ""))
            if letters > said and fnmatchcase(model_id.lower(), pattern):
                best, said = each, letters
    return best


def _rounded(side: int, multiple: int) -> int:
    return min(max(multiple, round(side / multiple) * multiple), SIDE_MAX // multiple * multiple)


def _whole(number: float | None) -> float | None:
    """Write 16.0 as 16: some servers read nothing but whole numbers."""
    return int(number) if number is not None and number == int(number) else number


def _put(told: dict[str, object], name: str, value: Option | None) -> None:
    """Put a value where a server looks for it; a name with a dot is inside an object."""
    if not name or value is None:
        return
    outer, _, inner = name.partition(".")
    if not inner:
        told[name] = value
        return
    told[outer] = {**cast("dict[str, object]", told.get(outer, {})), inner: value}

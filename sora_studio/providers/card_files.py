"""Reading model cards and list prices from files; what is wrong in one spoils no other."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from sora_studio.config.error import place, reason
from sora_studio.config.providers import Dollars, Lengths, Size, Text
from sora_studio.domain.card_field import CardField, FieldType
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.inputs import FRAMES, SOURCES, Role
from sora_studio.domain.model_card import Frames, Licence, ModelCard, ModelCards, Price, lines_of
from sora_studio.domain.money import MICROS_PER_DOLLAR
from sora_studio.domain.profile import Preset

_HERE = Path(__file__).parent
_FIELDS_FILE = _HERE / "card_fields.toml"
_LARGEST_FILE = 1_000_000  # bytes
EVERY = ""
"""What stands for every resolution in a price."""


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Licence(_Table):
    name: Text
    url: Annotated[str, Field(pattern=r"^https://\S+$", max_length=300)]


class _Frames(_Table):
    rule: Annotated[str, Field(pattern=r"^[1-9]\d?n(\+\d\d?)?$")]
    default: Annotated[int, Field(ge=1)]
    most: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _keeps_its_rule(self) -> Self:
        frames = self.read()
        if self.most < self.default:
            message = "most must not be less than default"
            raise ValueError(message)
        if any((number - frames.offset) % frames.step for number in (self.default, self.most)):
            message = f"default and most must fit {self.rule}"
            raise ValueError(message)
        return self

    def read(self) -> Frames:
        """Return the rule in numbers."""
        step, _, offset = self.rule.partition("n+")
        return Frames(int(step.rstrip("n")), int(offset or 0), self.default, self.most)


class FieldSettings(_Table):
    """A field; what is left out comes from the field of that name that the studio knows."""

    type: FieldType
    label: Text
    minimum: float | None = None
    maximum: float | None = None
    default: bool | int | float | str | None = None
    choices: list[Text] = []
    help: str = ""
    sent_as: dict[Preset, Annotated[str, Field(max_length=80)]] = {}

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            message = "minimum must not be greater than maximum"
            raise ValueError(message)
        if self.type is FieldType.CHOICE and not self.choices:
            message = "choices are missing"
            raise ValueError(message)
        if self.default is not None:
            try:
                self.named("default").read(self.default)
            except InvalidInput as error:
                raise ValueError(error.message) from error
        return self

    def named(self, name: str) -> CardField:
        """Return the field of a card."""
        values: dict[str, Any] = self.model_dump(exclude={"choices", "sent_as"})
        sent_as = {str(kind): sent for kind, sent in self.sent_as.items()}
        return CardField(name=name, choices=tuple(self.choices), sent_as=sent_as, **values)


class _Card(_Table):
    ids: Annotated[list[Annotated[str, AfterValidator(str.lower)]], Field(min_length=1)]
    label: Text
    hint: Text
    sizes: Annotated[list[Size], Field(min_length=1)]
    seconds: Lengths
    default_seconds: int | None = None
    licence: _Licence | None = None
    multiple_of: Annotated[int, Field(ge=2, le=128)] | None = None
    fps: Annotated[float, Field(gt=0, le=120)] | None = None
    frames: _Frames | None = None
    audio: bool = False
    inputs: dict[Role, Annotated[int, Field(ge=1, le=100)]] = {}
    needs: list[Role] = []
    fields: dict[str, FieldSettings] = {}
    ended: date | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.default_seconds is not None and self.default_seconds not in self.seconds:
            message = "default_seconds must be one of seconds"
            raise ValueError(message)
        if self.frames and not self.fps:
            message = "frames need fps"
            raise ValueError(message)
        if not set(self.needs) <= set(self.inputs):
            message = "needs must be among inputs"
            raise ValueError(message)
        if SOURCES & set(self.inputs) or any(self.inputs.get(role, 1) > 1 for role in FRAMES):
            message = "inputs are first_frame = 1, last_frame = 1, and so many of picture, film and sound"
            raise ValueError(message)
        return self

    def read(self) -> ModelCard:
        """Return the card."""
        first = self.seconds[0] if self.default_seconds is None else self.default_seconds
        return ModelCard(
            ids=tuple(self.ids),
            label=self.label,
            hint=self.hint,
            sizes=tuple(self.sizes),
            seconds=tuple(dict.fromkeys((first, *self.seconds))),
            licence=self.licence and Licence(self.licence.name, self.licence.url),
            multiple_of=self.multiple_of,
            fps=self.fps,
            frames=self.frames and self.frames.read(),
            audio=self.audio,
            inputs=self.inputs,
            needs=frozenset(self.needs),
            fields=tuple(each.named(name) for name, each in self.fields.items()),
            ended=self.ended,
        )


def _by_resolution(value: object) -> object:
    """Let a price that is the same at every resolution be given alone."""
    return value if isinstance(value, dict) else {EVERY: value}


def _resolution(name: str) -> str:
    try:
        if name != EVERY:
            lines_of(name)
    except ValueError as error:
        message = "must be a resolution such as 720p, 2k or 4k"
        raise ValueError(message) from error
    return name


class _Price(_Table):
    ids: Annotated[list[Annotated[str, AfterValidator(str.lower)]], Field(min_length=1)]
    valid_from: date
    per_second: Annotated[
        dict[Annotated[str, AfterValidator(_resolution)], Dollars],
        BeforeValidator(_by_resolution),
        Field(min_length=1),
    ]

    def read(self) -> Price:
        """Return the price in micro-dollars."""
        micros = {name: int(dollars * MICROS_PER_DOLLAR) for name, dollars in self.per_second.items()}
        return Price(tuple(self.ids), self.valid_from, micros)


class _File(_Table):
    model: list[_Card] = []
    price: list[_Price] = []


def load_cards(folder: Path) -> tuple[ModelCards, tuple[str, ...]]:
    """Read an operator's own cards, before the shipped ones.

    Args:
        folder: Where they are; it need not exist.

    Returns:
        The cards of the files that can be read, and what is wrong with the others: file, place and reason.
    """
    cards, problems = _read(sorted(folder.glob("*.toml")))
    return ModelCards(cards.cards, cards.prices, others=shipped_cards()), tuple(problems)


@cache
def shipped_cards() -> ModelCards:
    """Return the cards that come with the studio."""
    return _read(sorted((_HERE / "models").glob("*.toml")))[0]


@cache
def _known_fields() -> Mapping[str, Mapping[str, Any]]:
    """Return the fields that cards may name alone."""
    return tomllib.loads(_FIELDS_FILE.read_text(encoding="utf-8"))


def _read(paths: Iterable[Path]) -> tuple[ModelCards, list[str]]:
    cards: list[ModelCard] = []
    prices: list[Price] = []
    problems: list[str] = []
    for path in paths:
        try:
            table = tomllib.loads(_text_of(path))
            file = _File.model_validate(_with_known_fields(table))
        except ValidationError as error:
            problems += [f"{path.name}: {place(each['loc'])}{reason(each['msg'])}" for each in error.errors()]
        except (OSError, ValueError) as error:  # also a TOMLDecodeError, which names the line
            problems.append(f"{path.name}: {error}")
        else:
            cards += [each.read() for each in file.model]
            prices += [each.read() for each in file.price]
    return ModelCards(tuple(cards), tuple(prices)), problems


def _text_of(path: Path) -> str:
    if path.stat().st_size > _LARGEST_FILE:
        message = f"has more than {_LARGEST_FILE:,} bytes"
        raise ValueError(message)
    return path.read_text(encoding="utf-8")


def _with_known_fields(table: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the cards leave out of fields that the studio knows."""
    known = _known_fields()
    for card in _tables(table.get("model")):
        fields = card.get("fields")
        for name, given in {**fields}.items() if isinstance(fields, dict) else ():
            for settings in _tables([given]):
                standard = known.get(name, {})
                sent_as = [each.get("sent_as", {}) for each in (standard, settings)]
                if all(isinstance(each, dict) for each in sent_as):
                    settings |= {**standard, **settings, "sent_as": sent_as[0] | sent_as[1]}
    return table


def _tables(value: object) -> list[dict[str, Any]]:
    """Return the tables of a list; what is none is left to be refused."""
    values = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", each) for each in values if isinstance(each, dict)]

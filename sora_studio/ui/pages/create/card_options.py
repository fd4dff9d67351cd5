"""What the composer offers of a model card: the model's own fields, and what becomes of the wish."""

from collections.abc import Mapping
from dataclasses import dataclass

from sora_studio.domain.card_field import CardField, FieldType
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.model_card import ModelCard, make_of, nearest_size
from sora_studio.domain.profile import Model
from sora_studio.ui.formatting import frame

_YES_OR_NO = ("true", "false")
_CHOICES = {"true": "Yes", "false": "No"}


@dataclass(frozen=True)
class Choice:
    """One of the values that a field may have."""

    value: str
    text: str


@dataclass(frozen=True)
class OptionField:
    """One of a model's own fields, as the form draws it."""

    name: str
    label: str
    help: str
    kind: str  # number, text or choice
    value: str = ""  # empty: as the model has it
    default: str = ""  # what that is, where it is known
    minimum: str = ""
    maximum: str = ""
    step: str = "1"
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class CardOptions:
    """Everything that a card adds to the form."""

    known: bool = False  # False: the model has no card
    about: str = ""  # its name and licence
    licence: str = ""  # where that is to be read
    fields: tuple[OptionField, ...] = ()
    count: int = 0  # of those that are set
    makes: str = ""  # what becomes of the wish, before the click


def card_options(
    card: ModelCard | None, kind: str, size: str, seconds: str, given: Mapping[str, str]
) -> CardOptions:
    """Say what the form shows of a card.

    Args:
        card: The chosen model's; None: it has none.
        kind: Of its server.
        size: The chosen one.
        seconds: The same.
        given: What was set, by the fields' names; of other models, too.
    """
    if card is None:
        return CardOptions()
    fields = tuple(_field(each, given.get(each.name, "")) for each in card.fields_of(kind))
    licence = card.licence
    return CardOptions(
        known=True,
        about=f"{card.label} \u00b7 {licence.name}" if licence else card.label,
        licence=licence.url if licence else "",
        fields=fields,
        count=sum(bool(each.value) for each in fields),
        makes=_makes(card, kind, size, seconds, given),
    )


def fitting_size(model: Model, size: str) -> str:
    """Return the size of a model that is nearest to a wish, its first where that is no size."""
    try:
        return size if size in model.sizes else nearest_size(size, model.sizes)
    except InvalidInput:
        return model.sizes[0]


def _field(field: CardField, value: str) -> OptionField:
    choices = field.choices or (_YES_OR_NO if field.type is FieldType.BOOLEAN else ())
    drawn = "choice" if choices else "text" if field.type is FieldType.TEXT else "number"
    default = "" if field.default is None else str(field.default)
    return OptionField(
        name=field.name,
        label=field.label,
        help=field.help,
        kind=drawn,
        value=value,
        default=_CHOICES.get(default.lower(), default),
        minimum="" if field.minimum is None else f"{field.minimum:g}",
        maximum="" if field.maximum is None else f"{field.maximum:.0f}",
        step="1" if field.type is FieldType.INTEGER else "any",
        choices=tuple(Choice(each, _CHOICES.get(each, each)) for each in choices),
    )


def _makes(card: ModelCard, kind: str, size: str, seconds: str, given: Mapping[str, str]) -> str:
    """Say it in pixels and frames, where the server takes frames at all."""
    rated = [each for each in card.fields_of(kind) if each.name == "fps" and given.get("fps")]
    try:
        options = {each.name: each.read(given[each.name]) for each in rated}
        make = make_of(card, size, seconds, options)
    except InvalidInput:  # it is refused in words when the wish goes out
        return ""
    if not make.frames or not make.fps:
        return ""
    length = make.frames / make.fps
    return f"Makes {frame(make.size)}, {make.frames} frames at {make.fps:g} fps: {length:.1f} s."

"""What the composer offers: the providers' profiles as a person chooses from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sora_studio.domain.derivations import extension_lengths
from sora_studio.domain.inputs import Role, whole_seconds
from sora_studio.domain.money import as_price, price_tag
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.video import Size
from sora_studio.ui import formatting
from sora_studio.ui.cards import ratio
from sora_studio.ui.pages.create.attached import Attached
from sora_studio.ui.pages.create.card_options import CardOptions, card_options, fitting_size

Choice = tuple[Profile, Model]

Quote = Callable[[str, str, str, str], int | None]
"""Says what a provider's model costs at a size and a length, in micro-dollars."""


@dataclass(frozen=True)
class ModelOption:
    """One model in the list."""

    value: str  # `provider/model`
    text: str


@dataclass(frozen=True)
class ProviderGroup:
    """A provider and its models."""

    label: str
    models: tuple[ModelOption, ...]


@dataclass(frozen=True)
class ShapeOption:
    """One shape, with what its little drawing needs."""

    value: str  # the size that it leads to, as good as the chosen one: `1280x720`
    name: str  # `Landscape`
    frame: str  # the size for people
    ratio: float


@dataclass(frozen=True)
class QualityOption:
    """One size of the chosen shape."""

    value: str  # `1920x1080`
    name: str  # `1080p`; its frame where several have so many lines
    frame: str  # the size for people
    price: str  # at the chosen length; empty where it is the same for all


@dataclass(frozen=True)
class Selection:
    """Everything that the form shows for one choice of model, size and length."""

    model: str = ""  # `provider/model`
    name: str = ""  # the model alone
    shapes: tuple[ShapeOption, ...] = ()
    shape: str = ""  # the name of the chosen one
    qualities: tuple[QualityOption, ...] = ()  # of that shape; none where there is no choice
    size: str = ""
    lengths: tuple[str, ...] = ()
    seconds: str = ""
    hint: str = ""
    price: str = ""
    quote: str = ""  # the price in micro-dollars, as the form sends it back; empty: unknown
    provider: str = ""
    micros: int = 0  # the price once more, to be compared; -1: unknown
    note: str = ""  # one sentence about the provider
    paused: str = ""  # one sentence when nothing is sent to it now
    nearest: str = ""  # said when the size is another one than was asked for
    card: CardOptions = field(default_factory=CardOptions)


def groups(profiles: Sequence[Profile]) -> list[ProviderGroup]:
    """List every model of every provider that takes jobs."""
    return [
        ProviderGroup(
            profile.label,
            tuple(ModelOption(f"{profile.name}/{model.id}", _with_rate(model)) for model in profile.models),
        )
        for profile in _serving(profiles)
    ]


def find(profiles: Sequence[Profile], value: str) -> Choice:
    """Return the chosen provider and model, the first of all when there is no such."""
    provider, _, model_id = value.partition("/")
    profiles = _serving(profiles)
    for profile in profiles:
        for model in profile.models:
            if (profile.name, model.id) == (provider, model_id):
                return profile, model
    return profiles[0], profiles[0].models[0]


def select(
    profiles: Sequence[Profile],
    quote: Quote,
    value: str = "",
    size: str = "",
    seconds: str = "",
    options: Mapping[str, str] | None = None,
) -> Selection:
    """Put a choice together, with its price.

    A size that the model does not make becomes the nearest that it does; a length becomes its first.
    """
    profile, model = find(profiles, value)
    asked, size = size, fitting_size(model, size)
    lengths = [str(length) for length in sorted(model.seconds)]
    seconds = seconds if seconds in lengths else str(model.seconds[0])
    price = quote(profile.name, model.id, size, seconds)
    return Selection(
        model=f"{profile.name}/{model.id}",
        name=model.id,
        shapes=_shapes(model.sizes, size),
        shape=Size.parse(size).name,
        qualities=_qualities(
            model.sizes, size, lambda other: as_price(quote(profile.name, model.id, other, seconds))
        ),
        size=size,
        lengths=tuple(lengths),
        seconds=seconds,
        hint=hint(model, size),
        price=price_tag(profile.name, price),
        quote="" if price is None else str(price),
        provider=profile.name,
        micros=-1 if price is None else price,
        note=" ".join(filter(None, (profile.found and f"{profile.found}.", profile.note))),
        paused=profile.says_paused,
        nearest=f"{model.id} makes {formatting.frame(size)} instead." if asked not in ("", size) else "",
        card=card_options(profile.card(model.id), profile.kind, size, seconds, options or {}),
    )


def for_film(selection: Selection, quote: Quote, film: Attached, seconds: str) -> Selection:
    """Put a choice together for a film that is edited or extended: its size and length are the film's."""
    provider, _, model = selection.model.partition("/")
    length = str(whole_seconds(film.seconds))
    lengths = tuple(map(str, extension_lengths(length, 0))) if film.role == Role.EXTEND else ()
    seconds = seconds if seconds in lengths else lengths[0] if lengths else length
    size = f"{film.width}x{film.height}"
    price = quote(provider, model, size, seconds)
    return replace(
        selection,
        shapes=(),
        shape="",
        qualities=(),
        size=size,
        lengths=lengths,
        seconds=seconds,
        price=price_tag(provider, price),
        quote="" if price is None else str(price),
        micros=-1 if price is None else price,
        nearest="",
        card=replace(selection.card, makes=""),
    )


def chosen_size(shape: str, quality: str) -> str:
    """Return the size that a form asks for; a quality of another shape is the one from before the last click.

    Raises:
        InvalidInput: One of them is no size.
    """
    if not (shape and quality):
        return quality or shape
    return quality if Size.parse(quality).name == Size.parse(shape).name else shape


def _shapes(sizes: Sequence[str], size: str) -> tuple[ShapeOption, ...]:
    """Offer each shape once; the other ones lead to what is as good as the chosen size."""
    names = dict.fromkeys(Size.parse(each).name for each in sizes)
    rank = _of_shape(sizes, Size.parse(size).name).index(size)
    options: list[ShapeOption] = []
    for name in names:
        own = _of_shape(sizes, name)
        value = own[min(rank, len(own) - 1)]
        options.append(ShapeOption(value, name, formatting.frame(value), ratio(value)))
    return tuple(options)


def _qualities(sizes: Sequence[str], size: str, price: Callable[[str], str]) -> tuple[QualityOption, ...]:
    own = _of_shape(sizes, Size.parse(size).name)
    lines = [min(frame.width, frame.height) for frame in map(Size.parse, own)]
    prices = [price(value) for value in own]
    options = [
        QualityOption(
            value,
            f"{count}p" if lines.count(count) == 1 else frame,
            frame,
            "" if len({*prices}) == 1 else cost,
        )
        for value, count, frame, cost in zip(own, lines, map(formatting.frame, own), prices, strict=True)
    ]
    return tuple(options) if len(options) > 1 else ()


def _of_shape(sizes: Sequence[str], name: str) -> list[str]:
    """Return the sizes of a shape, the smallest first."""
    own = (size for size in sizes if Size.parse(size).name == name)
    return sorted(own, key=lambda size: Size.parse(size).width * Size.parse(size).height)


def hint(model: Model, size: str) -> str:
    """Say what a model is good for and what a second costs at this size."""
    rate = model.price(size, "1")
    cost = f"{as_price(rate)} per second" if rate else as_price(rate)
    return f"{model.hint} · {cost}" if model.hint else cost


def _serving(profiles: Sequence[Profile]) -> Sequence[Profile]:
    """Leave out the providers that have ended, unless there is no other."""
    return [profile for profile in profiles if not profile.retired] or profiles


def _with_rate(model: Model) -> str:
    return f"{model.id} — {hint(model, model.sizes[0])}"

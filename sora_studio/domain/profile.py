"""Profiles: what a provider can do, as data. Shown in the form, checked before the POST."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from sora_studio.domain.card_field import Options
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.inputs import Role, Takes, check_inputs, taken
from sora_studio.domain.model_card import ModelCard, ModelCards, Price, read_options
from sora_studio.domain.text import whole_number
from sora_studio.domain.video import Size

SECONDS_MAX = 600
"""The longest video that may be asked for in one go."""


class Preset(StrEnum):
    """The shipped profiles that a provider can start from."""

    SANDBOX = "sandbox"
    OPENAI = "openai"
    LITELLM = "litellm"
    VLLM_OMNI = "vllm-omni"
    SGLANG = "sglang"
    FASTVIDEO = "fastvideo"
    UNSLOTH = "unsloth"
    NEW_API = "new-api"
    BIFROST = "bifrost"
    VIDEOS_API = "videos-api"


_SELLING = frozenset({Preset.LITELLM, Preset.NEW_API, Preset.BIFROST, Preset.VIDEOS_API})
"""Kinds of servers behind which models are sold; what runs on one's own machine has no list price."""


class Operation(StrEnum):
    """What a provider may offer beside create, retrieve and content."""

    LIST = "list"
    DELETE = "delete"
    REMIX = "remix"
    EDIT = "edit"
    EXTEND = "extend"
    CHARACTERS = "characters"
    REFERENCE = "reference"
    UPLOADS = "uploads"  # edits and extends films that come with the request
    MODELS = "models"


@dataclass(frozen=True)
class Model:
    """One model: what may be asked of it, and what a second costs."""

    id: str
    hint: str = ""  # one line: what it is good for
    sizes: tuple[str, ...] = ("1280x720", "720x1280")
    seconds: tuple[int, ...] = (4, 8, 12)  # the first is the default, as of the sizes
    micros_per_second: int | None = None  # None: nobody has set a price here
    micros_by_size: dict[str, int] = field(default_factory=dict)  # sizes that cost more
    list_prices: tuple[Price, ...] = ()  # asked where nobody has set one, the latest first

    def price(self, size: str, seconds: str, on: date = date.max) -> int | None:
        """Return the price of one video in micro-dollars on a day, None when unknown."""
        rate = self.micros_by_size.get(size, self.micros_per_second)
        if rate is None:
            rate = next((each.rate(size) for each in self.list_prices if each.valid_from <= on), None)
        return None if rate is None else rate * int(seconds)


class Body(StrEnum):
    """How a server wants to be told what to make."""

    MULTIPART = "multipart"
    JSON = "json"


@dataclass(frozen=True)
class RateLimit:
    """How much may be asked of a provider at a time."""

    per_second: float = 5.0  # requests, on average
    burst: int = 20  # requests at once after a rest
    at_once: int = 8  # requests under way
    jobs: int | None = None  # jobs that it makes at a time, more wait here; None: as many as it takes


@dataclass(frozen=True)
class Profile:
    """A provider's abilities and quirks."""

    name: str
    label: str
    models: tuple[Model, ...]
    operations: frozenset[Operation] = frozenset()
    note: str = ""  # one sentence for the form, such as what the sandbox is
    software: str = ""  # what was found at its address, such as LiteLLM 1.110.2; empty: nobody asked
    list_is_complete: bool = False  # a job that is not in the list was never taken
    honours_idempotency_key: bool = False
    any_size: bool = False  # sizes beyond the listed ones go through
    any_seconds: bool = False
    retired: str = ""  # one sentence when the service has ended: nothing is sent there
    paused: bool = False  # nothing new is sent there until an operator lets it go on
    body: Body = Body.MULTIPART
    sends_model: bool = True  # False: the server makes what it serves, and refuses other names
    busy: frozenset[int] = frozenset({429})  # HTTP statuses of a submit that mean: not taken, come again
    rate_limit: RateLimit = RateLimit()
    guesses_models: bool = False  # the models are placeholders until the server lists its own
    poll_query: tuple[str, ...] = ()  # what goes with the query of every question about jobs: `model`
    media_hosts: frozenset[str] = frozenset()  # private hosts that its files may be fetched from
    server: str = ""  # which server it is, see `ServerId`; empty: nobody asks
    kind: Preset = Preset.VIDEOS_API  # of server: it says which fields of a model card are taken
    cards: ModelCards = field(default=ModelCards(), compare=False, repr=False)

    @property
    def found(self) -> str:
        """Return what was found at its address, in words: `vLLM-Omni 0.30 with Wan2.2-T2V-A14B`."""
        served = f" with {self.models[0].id}" if len(self.models) == 1 else ""
        return f"{self.software}{served}" if self.software else ""

    @property
    def says_paused(self) -> str:
        """Return what people hear before they ask for something that will wait; empty: it is not paused."""
        return f"{self.label} is paused. What you ask for waits here until it goes on." if self.paused else ""

    @property
    def says_elsewhere(self) -> str:
        """Return what people hear of a job that was sent to another server under the same name."""
        return f"This video is with another server than the one that {self.label} stands for here."

    def has(self, model_id: str) -> bool:
        """Tell whether the provider has a model."""
        return any(model.id == model_id for model in self.models)

    def model(self, model_id: str | None) -> Model:
        """Return one model, the first when none is named.

        Raises:
            InvalidInput: The provider has no such model.
        """
        if model_id is None:
            return self.models[0]
        for model in self.models:
            if model.id == model_id:
                return model
        known = ", ".join(model.id for model in self.models)
        message = f"{self.label} has no model {model_id[:80]!r}. It offers: {known}."
        raise InvalidInput(message, "model", "model_not_found")

    def card(self, model_id: str) -> ModelCard | None:
        """Return the card of a model, with the sizes and lengths that it has here; None: it has none."""
        card = self.cards.find(model_id)
        here = next((model for model in self.models if model.id == model_id), None)
        if card is None or here is None or here.sizes == card.sizes:
            return card and (replace(card, seconds=here.seconds) if here else card)
        return replace(card, sizes=here.sizes, seconds=here.seconds, multiple_of=None)

    def poll_fields(self, model_id: str) -> Mapping[str, str]:
        """Return what goes with the query of a question about a job of a model."""
        return {"model": model_id} if model_id and "model" in self.poll_query else {}

    def says_of(self, model_id: str) -> str:
        """Say in a line what is known of a model here, for who runs the studio; empty: it has no card."""
        card = self.card(model_id)
        if card is None:
            return ""
        takes = [f"{most} {role.spoken}{'s' * (most > 1)}" for role, most in self.takes(model_id).items()]
        fields = [each.name for each in card.fields_of(self.kind)]
        return "; ".join(
            (
                *filter(None, (card.label, card.licence and card.licence.name, card.made)),
                f"takes {', '.join(takes)}" if takes else "takes the prompt alone",
                f"can be told {', '.join(fields)}" if fields else "can be told nothing more",
            )
        )

    def plain(self, model_id: str) -> Model:
        """Return a model of which nothing is said here but its id: as on its card, or else as the first one.

        Where models are sold, the sizes are those that have a price.
        """
        prices = self.cards.prices_of(model_id) if self.kind in _SELLING else ()
        card, first = self.cards.find(model_id), self.models[0]
        if card is None:
            return Model(model_id, sizes=first.sizes, seconds=first.seconds, list_prices=prices)
        sold = tuple(size for size in card.sizes if not prices or prices[0].rate(size) is not None)
        return Model(model_id, card.hint, sold or card.sizes, card.seconds, list_prices=prices)

    def options(self, model_id: str, given: Mapping[str, object]) -> Options:
        """Check what a person has set of a model's own fields.

        Raises:
            InvalidInput: It is not taken here, or not this value of it; `param` is the field's name.
        """
        return read_options(self.card(model_id), self.kind, given, model_id)

    def repeating(
        self, model_id: str, options: Mapping[str, object], seed: int | None
    ) -> Mapping[str, object] | None:
        """Return what makes nearly the same video again: what was set for it, with its seed.

        Args:
            model_id: Of the video.
            options: What was set.
            seed: The one that came back; None: none did, so it has to be among what was set.

        Returns:
            None when no seed is known, or none is taken here.
        """
        again = {**options} if seed is None else {**options, "seed": seed}
        try:
            return again if "seed" in again and self.options(model_id, again) else None
        except InvalidInput:
            return None

    def takes(self, model_id: str) -> Takes:
        """Return how many inputs of which role a model takes here, as far as is known."""
        card = self.card(model_id)
        known = card.inputs if card is not None and card.ended is None else None
        takes = taken(self.kind, known) if Operation.REFERENCE in self.operations else {}
        if Operation.UPLOADS in self.operations:
            sources = {Role.EDIT: Operation.EDIT, Role.EXTEND: Operation.EXTEND}
            takes |= {role: 1 for role, operation in sources.items() if operation in self.operations}
        return takes

    def require_inputs(self, model_id: str, given: Sequence[Role]) -> None:
        """Make sure that a model takes what goes in beside the prompt, as far as it is known.

        Raises:
            InvalidInput: It does not, or needs something else; `param` is the field of the API.
        """
        card = self.card(model_id)
        binding = card is not None and card.ended is None
        label, needs = (card.label, card.needs) if card and binding else (model_id, frozenset[Role]())
        check_inputs(label, self.kind, self.takes(model_id), needs, given)

    def choose(self, model_id: str | None, size: str | None, seconds: str | None) -> tuple[Model, str, str]:
        """Check and complete a choice; what is None becomes the model's first.

        A size that a model card does not name becomes the nearest one that it does, where other sizes than
        the listed ones go through at all. A card of a model that its maker has ended says nothing of what
        others sell under its name.

        Raises:
            InvalidInput: The provider would refuse it, or has ended its service.
        """
        if self.retired:
            raise InvalidInput(self.retired, "provider", "provider_retired")
        model = self.model(model_id)
        size = size or model.sizes[0]
        Size.parse(size)
        if size not in model.sizes and not self.any_size:
            message = f"{model.id} makes {', '.join(model.sizes)}, not {size}."
            raise InvalidInput(message, "size")
        card = self.card(model.id)
        binding = card is not None and card.ended is None
        size = card.makes(size) if card and binding else size
        seconds = str(seconds or model.seconds[0])
        if not whole_number(seconds, most=SECONDS_MAX):
            message = f"Seconds must be a whole number such as 4, not {seconds[:40]!r}."
            raise InvalidInput(message, "seconds")
        if int(seconds) not in model.seconds and (binding or not self.any_seconds):
            message = f"{model.id} makes {', '.join(map(str, sorted(model.seconds)))} seconds, not {seconds}."
            raise InvalidInput(message, "seconds")
        return model, size, str(int(seconds))


def who_has(profiles: Iterable[Profile], name: str) -> tuple[str, str] | None:
    """Return the provider and the model that a name stands for, None when nobody has it.

    `provider/model` is that provider's, a model alone the first one's that has it; retired providers have
    none.
    """
    serving = {profile.name: profile for profile in profiles if not profile.retired}
    provider, _, model = name.partition("/")
    if provider in serving and serving[provider].has(model):
        return provider, model
    return next(((each.name, name) for each in serving.values() if each.has(name)), None)


def name_of(profiles: Iterable[Profile], provider: str, model: str) -> str:
    """Return the shortest name that `who_has` reads as this model of this provider."""
    return model if who_has(profiles, model) == (provider, model) else f"{provider}/{model}"

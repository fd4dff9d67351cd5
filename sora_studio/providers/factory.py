"""From a table of providers.toml to the provider that it describes."""

import hashlib
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr

from sora_studio.config import ProviderSettings
from sora_studio.config.providers import ModelSettings
from sora_studio.domain.job import ServerId
from sora_studio.domain.model_card import ModelCards
from sora_studio.domain.money import MICROS_PER_DOLLAR
from sora_studio.domain.ports import Provider
from sora_studio.domain.profile import Model, Operation, Preset, Profile
from sora_studio.providers.card_files import shipped_cards
from sora_studio.providers.client import Credentials
from sora_studio.providers.presets import PRESETS
from sora_studio.providers.retired import RetiredProvider
from sora_studio.providers.videos_api import VideosApiProvider

_OPENAI = "https://api.openai.com/v1"
_AS_THEY_ARE = (
    "note",
    "retired",
    "sends_model",
    "any_size",
    "any_seconds",
    "list_is_complete",
    "honours_idempotency_key",
)


def profile_of(settings: ProviderSettings, cards: ModelCards | None = None) -> Profile:
    """Return the preset with everything that the table says otherwise.

    A server whose models are named is not asked for others, unless `operations.add` says `models`.

    Args:
        settings: The table.
        cards: What is known of models; None: the shipped cards.
    """
    preset = replace(PRESETS[settings.preset], cards=cards or shipped_cards())
    label = settings.label or (preset.label if settings.name in set(Preset) else settings.name)
    added, removed = {*settings.operations.add}, {*settings.operations.remove}
    if settings.models and Operation.MODELS not in added:
        removed.add(Operation.MODELS)
    said = {name: value for name in _AS_THEY_ARE if (value := getattr(settings, name)) is not None}
    return replace(
        preset,
        name=settings.name,
        label=label,
        models=tuple(_model(preset, each) for each in settings.models) or preset.models,
        operations=(preset.operations | added) - removed,
        body=settings.body or preset.body,
        busy=preset.busy | {*settings.busy},
        rate_limit=replace(preset.rate_limit, **settings.rate_limit.model_dump(exclude_none=True)),
        guesses_models=preset.guesses_models and not settings.models,
        media_hosts=frozenset(settings.media_hosts),
        **said,
    )


def provider_of(
    settings: ProviderSettings,
    secrets: frozenset[str] = frozenset(),
    child_of: UUID | None = None,
    cards: ModelCards | None = None,
) -> Provider:
    """Return the provider of a table; it connects at its first call.

    Args:
        settings: The table.
        secrets: What it must not repeat, beside the secrets of its table.
        child_of: The instance that has started it as its sandbox.
        cards: What is known of models; None: the shipped cards.
    """
    profile = profile_of(settings, cards)
    if profile.retired:
        return RetiredProvider(profile)
    headers = {name: _bare(value) for name, value in settings.headers.items()}
    credentials = Credentials(_bare(settings.api_key), settings.key_header, headers, secrets)
    address = settings.base_url or _OPENAI
    server = _child(child_of) if child_of else _server(address, credentials)
    return VideosApiProvider(replace(profile, server=str(server)), address, credentials)


def probing(settings: ProviderSettings, cards: ModelCards | None = None) -> Provider:
    """Return a provider that may be asked for a list and for models, whatever its table says."""
    more = settings.operations.model_copy(
        update={"add": [*settings.operations.add, Operation.LIST, Operation.MODELS], "remove": []}
    )
    return provider_of(settings.model_copy(update={"operations": more}), cards=cards)


def _server(address: str, credentials: Credentials) -> ServerId:
    """Name a server by its address without any secret in it, and by a fingerprint of what lets us in."""
    parts = urlsplit(address)
    where = parts.netloc.rpartition("@")[2]
    shown = "\0".join((credentials.bare_key, *sorted(credentials.headers.values())))
    key = hashlib.sha256(shown.encode()).hexdigest()[:12] if shown else ""
    return ServerId(f"{parts.scheme}://{where}{parts.path}".lower(), key)


def _child(instance: UUID) -> ServerId:
    """Name the sandbox of an instance, whatever port and key it has this time."""
    return ServerId(f"sandbox:{instance}")


def _bare(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _model(preset: Profile, settings: ModelSettings) -> Model:
    """Return a model, which starts from the preset's of that name, or else from its card."""
    known = next((model for model in preset.models if model.id == settings.id), None)
    model = known or preset.plain(settings.id)
    price = settings.price_per_second
    return replace(
        model,
        hint=model.hint if settings.hint is None else settings.hint,
        sizes=tuple(settings.sizes or model.sizes),
        seconds=tuple(settings.seconds or model.seconds),
        micros_per_second=model.micros_per_second if price is None else _micros(price),
        micros_by_size=(model.micros_by_size if price is None else {})
        | {size: _micros(each) for size, each in settings.prices.items()},
    )


def _micros(dollars: Decimal) -> int:
    return int(dollars * MICROS_PER_DOLLAR)

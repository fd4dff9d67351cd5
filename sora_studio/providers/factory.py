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
from sora_studio.providers.client import Credentials, Route
from sora_studio.providers.detect import Identity
from sora_studio.providers.detected import DetectedProvider
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
    """Return the preset with everything that the table says otherwise; without a preset, the generic one.

    A server whose models are named is not asked for others, unless `operations.add` says `models`.

    Args:
        settings: The table.
        cards: What is known of models; None: the shipped cards.
    """
    preset = replace(PRESETS[settings.preset or Preset.VIDEOS_API], cards=cards or shipped_cards())
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
        poll_query=tuple(settings.poll_query),
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
    generic = _videos_api(settings, secrets, child_of, cards=cards)
    if settings.preset is not None:
        return generic
    return DetectedProvider(
        generic,
        lambda identity: _videos_api(
            fitted(settings, identity), secrets, software=str(identity), cards=cards
        ),
    )


def _videos_api(
    settings: ProviderSettings,
    secrets: frozenset[str],
    child_of: UUID | None = None,
    *,
    software: str = "",
    cards: ModelCards | None = None,
) -> VideosApiProvider:
    credentials, address = _credentials(settings, secrets), settings.base_url or _OPENAI
    server = str(server_of(settings, child_of))
    profile = replace(profile_of(settings, cards), server=server, software=software)
    query = {name: value.get_secret_value() for name, value in settings.query.items()}
    route = Route(query, settings.ca_file, _bare(settings.proxy) or None)
    return VideosApiProvider(profile, address, credentials, route=route)


def fitted(settings: ProviderSettings, identity: Identity) -> ProviderSettings:
    """Return a table without a preset as it is for the server that was found at its address.

    What costs money when it is wrong is no part of what can be found: such a server's list is never complete,
    and it never honours keys, unless the table says so.
    """
    told = True if identity.several and settings.sends_model is None else settings.sends_model
    return settings.model_copy(update={"preset": identity.kind, "sends_model": told})


async def identify(settings: ProviderSettings) -> Identity | None:
    """Ask the server of a table who it is; None when it is none that is known, or nobody knows where it is.

    Raises:
        ProviderError: It does not answer.
    """
    if settings.base_url is None:
        return None
    provider = _videos_api(settings.model_copy(update={"preset": Preset.VIDEOS_API}), frozenset())
    try:
        return await provider.identify()
    finally:
        await provider.close()


def probing(settings: ProviderSettings, cards: ModelCards | None = None) -> VideosApiProvider:
    """Return a provider that may be asked for a list and for models, whatever its table says."""
    more = settings.operations.model_copy(
        update={"add": [*settings.operations.add, Operation.LIST, Operation.MODELS], "remove": []}
    )
    return _videos_api(settings.model_copy(update={"operations": more}), frozenset(), cards=cards)


def _credentials(settings: ProviderSettings, secrets: frozenset[str] = frozenset()) -> Credentials:
    headers = {name: _bare(value) for name, value in settings.headers.items()}
    return Credentials(_bare(settings.api_key), settings.key_header, headers, secrets)


def server_of(settings: ProviderSettings, child_of: UUID | None = None) -> ServerId:
    """Name the server of a table by its address without any secret, and a fingerprint of what lets us in.

    Args:
        settings: The table.
        child_of: The instance that starts it as its sandbox, whatever port and key that has this time.
    """
    if child_of:
        return ServerId(f"sandbox:{child_of}")
    credentials, parts = _credentials(settings), urlsplit(settings.base_url or _OPENAI)
    where = parts.netloc.rpartition("@")[2]
    shown = "\0".join((credentials.bare_key, *sorted(credentials.headers.values())))
    key = hashlib.sha256(shown.encode()).hexdigest()[:12] if shown else ""
    return ServerId(f"{parts.scheme}://{where}{parts.path}".lower(), key)


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

"""A provider's status in the words of the page."""

from dataclasses import dataclass

from sora_studio.domain.money import price_tag
from sora_studio.domain.profile import Model, Profile
from sora_studio.domain.provider_health import ProviderHealth
from sora_studio.services.providers import ProviderStatus
from sora_studio.ui import formatting

_MANY = 12  # models that are shown


@dataclass(frozen=True)
class ModelLine:
    """One model, with the shortest video of its first size as an example."""

    name: str
    hint: str
    makes: str
    price: str
    card: str  # what is on its card; empty: it has none


@dataclass(frozen=True)
class ProviderLines:
    """One provider as the page shows it."""

    name: str
    label: str
    found: str  # which server it is, in its own words
    tone: str  # `good`, `bad` or `idle`
    status: str
    queue: str
    times: str
    error: str
    error_at: str  # ISO 8601
    note: str
    models: tuple[ModelLine, ...]
    more: str  # how many models are not shown


def lines_of(status: ProviderStatus) -> ProviderLines:
    """Write down what is known of a provider; one that is retired makes nothing."""
    profile, health = status.profile, status.health
    models = () if profile.retired else profile.models
    tone, words = _status(profile, health)
    if status.paused_at and not profile.retired:
        tone, words = "idle", f"Paused: nothing new is sent there. {words}"
    rest = len(models) - _MANY
    return ProviderLines(
        name=profile.name,
        label=profile.label,
        found=profile.found,
        tone=tone,
        status=words,
        queue="" if profile.retired else _queue(status),
        times="" if profile.retired else _times(health),
        error=health.last_error,
        error_at=health.last_error_at.isoformat(timespec="seconds") if health.last_error_at else "",
        note="" if profile.retired else profile.note,
        models=tuple(_model(profile, each) for each in models[:_MANY]),
        more=f"and {rest} more" if rest > 0 else "",
    )


def _status(profile: Profile, health: ProviderHealth) -> tuple[str, str]:
    if profile.retired:
        return "bad", profile.retired
    if health.left_alone:
        return "bad", f"Does not answer; the studio asks again in {max(1, round(health.left_alone))} s."
    if not health.requests and health.last_error:
        return "bad", "Has not answered yet."
    if not health.requests:
        return "idle", "Has not been asked yet."
    return "good", "Answers."


def _queue(status: ProviderStatus) -> str:
    places = status.profile.rate_limit.jobs
    most = f", {places} at a time" if places else ""
    return f"{status.waiting} waiting, {status.making} being made{most}"


def _times(health: ProviderHealth) -> str:
    if health.p50 is None or health.p95 is None:
        return ""
    return f"half within {_seconds(health.p50)}, 95 % within {_seconds(health.p95)}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _model(profile: Profile, model: Model) -> ModelLine:
    size, seconds = model.sizes[0], min(model.seconds)
    lengths = f"{seconds} to {max(model.seconds)} s" if len(model.seconds) > 1 else f"{seconds} s"
    price = price_tag(profile.name, model.price(size, str(seconds)))
    return ModelLine(
        name=model.id,
        hint=model.hint,
        makes=f"{', '.join(map(formatting.frame, model.sizes))}; {lengths}",
        price=f"{seconds} s at {formatting.frame(size)}: {price}",
        card=profile.says_of(model.id),
    )

"""How a provider is doing: what is remembered of its answers, and how the page says it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.domain.profile import RateLimit
from sora_studio.domain.provider_health import HealthRecord, ProviderHealth
from sora_studio.providers.rate_limited import RateLimitedProvider
from sora_studio.services.providers import ProviderStatus
from sora_studio.ui.pages.providers.lines import lines_of
from tests.support.provider import PROFILE, FakeProvider


def test_half_and_nearly_all_answers():
    record = HealthRecord()
    assert record.read(0.0) == ProviderHealth()
    for seconds in range(1, 101):
        record.answered(float(seconds))
    health = record.read(0.0)
    assert (health.p50, health.p95, health.requests) == (51.0, 96.0, 100)


async def test_the_last_error_is_kept_in_the_servers_words():
    provider = FakeProvider(on_list=[ProviderUnavailable("Out of memory.", "unreachable")] * 5)
    limited = RateLimitedProvider(provider)
    assert limited.health() == ProviderHealth()
    for _ in range(5):
        with pytest.raises(ProviderUnavailable):
            await limited.list_jobs()
    health = limited.health()
    assert health.last_error == "Out of memory."
    assert health.last_error_at
    assert health.left_alone > 0
    assert health.requests == 0, "nobody answered"


async def test_an_answer_is_counted_with_its_time():
    limited = RateLimitedProvider(FakeProvider())
    await limited.list_jobs()
    health = limited.health()
    assert health.requests == 1
    assert health.p50 == health.p95 is not None


@pytest.mark.parametrize(
    ("health", "tone", "words"),
    [
        (ProviderHealth(), "idle", "Has not been asked yet."),
        (ProviderHealth(requests=1), "good", "Answers."),
        (ProviderHealth(last_error="No."), "bad", "Has not answered yet."),
        (ProviderHealth(left_alone=19.6), "bad", "Does not answer; the studio asks again in 20 s."),
    ],
)
def test_the_page_says_how_it_is(health: ProviderHealth, tone: str, words: str):
    shown = lines_of(ProviderStatus(PROFILE, health, 3, 2))
    assert (shown.tone, shown.status) == (tone, words)
    assert shown.queue == "3 waiting, 2 being made"
    assert shown.times == ""


def test_what_is_retired_makes_nothing():
    shown = lines_of(ProviderStatus(replace(PROFILE, retired="It ended."), ProviderHealth(), 0, 0))
    assert (shown.tone, shown.status, shown.models, shown.queue) == ("bad", "It ended.", (), "")


def test_the_page_says_who_it_is_and_what_it_makes():
    profile = replace(PROFILE, software="LiteLLM 1.110.2", rate_limit=RateLimit(jobs=1))
    shown = lines_of(ProviderStatus(profile, ProviderHealth(p50=0.0312, p95=1.25), 0, 0))
    assert shown.found == "LiteLLM 1.110.2 with sora-2"
    assert shown.queue == "0 waiting, 0 being made, 1 at a time"
    assert shown.times == "half within 31 ms, 95 % within 1.2 s"
    (model,) = shown.models
    assert (model.name, model.price) == ("sora-2", "4 s at 1280\u00d7720: $0.40")


def test_a_paused_one_says_so_first():
    shown = lines_of(ProviderStatus(PROFILE, ProviderHealth(), 3, 2, datetime(2026, 12, 1, tzinfo=UTC)))
    assert (shown.tone, shown.status) == (
        "idle",
        "Paused: nothing new is sent there. Has not been asked yet.",
    )
    assert replace(PROFILE, paused=True).says_paused.startswith("Fake is paused.")
    assert PROFILE.says_paused == ""

"""Offers: whom the servers' lists of models are asked for, and when."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_studio.api.schemas import ModelList
from sora_studio.domain.errors import InvalidInput, ProviderUnavailable
from sora_studio.domain.profile import Model, Operation, Profile
from sora_studio.services.catalog import ProviderCatalog
from tests.support.provider import PROFILE, FakeProvider


@dataclass
class Listing(FakeProvider):
    """Lists one model more each time that it is asked."""

    asked: int = 0
    away: list[Exception] = field(default_factory=list)

    async def list_models(self) -> tuple[Model, ...]:
        self.asked += 1
        if self.away:
            raise self.away.pop(0)
        return (*PROFILE.models, *(Model(f"new-{number}") for number in range(self.asked)))


class Clock:
    """Tells the seconds that the test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def ids(catalog: ProviderCatalog) -> list[str]:
    """Look at what the first provider offers."""
    return [model.id for model in catalog.profiles()[0].models]


async def test_old_lists_are_asked_for_anew_when_somebody_looks():
    clock, provider, woken = Clock(), Listing(), []
    catalog = ProviderCatalog({"fake": provider}, on_stale=lambda: woken.append(1), clock=clock)
    ids(catalog)
    assert woken == [], "the refresh at the start is still to come"
    await catalog.refresh()
    clock.now = 599.0
    ids(catalog)
    assert woken == [], "ten minutes are not over"
    clock.now = 601.0
    assert ids(catalog) == ["sora-2", "new-0"], "the form waited for the answer"
    ids(catalog)
    assert woken == [1], "the same refresh was asked for twice"
    await catalog.refresh()
    assert ids(catalog) == ["sora-2", "new-0", "new-1"]


async def test_who_has_answered_at_the_start_is_not_asked_again_right_after():
    guessing = replace(PROFILE, guesses_models=True, operations=frozenset({Operation.MODELS}))
    clock, answers, away = Clock(), Listing(guessing), Listing(guessing, away=[ProviderUnavailable("Away.")])
    catalog = ProviderCatalog({"answers": answers, "away": away}, clock=clock)
    catalog.look_first()
    await catalog.choose("answers", "sora-2", None, None)
    await catalog.refresh()
    await catalog.refresh()
    assert (answers.asked, away.asked) == (1, 2)


async def test_nobody_looks_and_nothing_is_sent():
    clock, provider = Clock(), Listing()
    catalog = ProviderCatalog({"fake": provider}, clock=clock)
    await catalog.refresh()
    clock.now = 100_000.0
    await catalog.choose(None, "sora-2", None, None)
    assert provider.asked == 1


async def test_one_server_that_is_away_keeps_what_it_had():
    provider = Listing(away=[ProviderUnavailable("Away.")])
    catalog = ProviderCatalog({"fake": provider})
    await catalog.refresh()
    assert ids(catalog) == ["sora-2"]


GUESSED = replace(
    PROFILE, models=(Model("default"),), guesses_models=True, operations=frozenset({Operation.MODELS})
)


@dataclass
class Slow(Listing):
    """Answers when the test says so."""

    profile: Profile = GUESSED
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    async def list_models(self) -> tuple[Model, ...]:
        self.looked.set()
        await self.answer.wait()
        return await super().list_models()


async def test_a_create_in_the_first_second_waits_for_the_first_list():
    provider = Slow()
    catalog = ProviderCatalog({"fake": provider})
    catalog.look_first()
    create = asyncio.create_task(catalog.choose(None, "new-0", None, None))
    await provider.looked.wait()
    assert catalog.is_looking()
    assert not create.done()
    provider.answer.set()
    assert (await create)[1].id == "new-0"
    assert not catalog.is_looking()
    assert provider.asked == 1


async def test_a_look_that_is_under_way_is_joined():
    """It is no answer: what it brings counts for everybody who asks meanwhile."""
    provider = Slow(profile=replace(GUESSED, guesses_models=False))
    catalog = ProviderCatalog({"fake": provider})
    refresh = asyncio.create_task(catalog.refresh())
    await provider.looked.wait()
    creates = [asyncio.create_task(catalog.choose(None, "new-0", None, None)) for _ in range(2)]
    for _ in range(3):
        await asyncio.sleep(0)
    creates[0].cancel()
    provider.answer.set()
    assert (await creates[1])[1].id == "new-0"
    await refresh
    assert provider.asked == 1


async def test_nobody_is_told_what_a_server_has_that_never_answered():
    provider = Listing(profile=GUESSED, away=[ProviderUnavailable("Away.")])
    catalog = ProviderCatalog({"fake": provider})
    with pytest.raises(ProviderUnavailable, match="nobody knows which models it has"):
        await catalog.choose(None, "new-0", None, None)
    assert (await catalog.choose(None, None, None, None))[1].id == "default"


async def test_what_is_known_is_not_waited_for():
    provider = Slow(profile=PROFILE)
    catalog = ProviderCatalog({"fake": provider})
    catalog.look_first()
    assert not catalog.is_looking()
    assert (await catalog.choose(None, None, None, None))[1].id == "sora-2"
    assert not provider.looked.is_set()


async def test_closing_waits_for_no_answer():
    provider = Slow()
    catalog = ProviderCatalog({"fake": provider})
    catalog.look_first()
    await provider.looked.wait()
    await catalog.close()
    assert not catalog.is_looking()


async def test_an_unknown_model_is_asked_for_once_in_a_while():
    clock, provider = Clock(), Listing()
    catalog = ProviderCatalog({"fake": provider}, clock=clock)
    _, model, _, _ = await catalog.choose(None, "new-0", None, None)
    assert model.id == "new-0"
    for _ in range(2):
        with pytest.raises(InvalidInput, match="has no model 'new-9'"):
            await catalog.choose(None, "new-9", None, None)
    assert provider.asked == 1


async def test_providers_are_chosen_by_name_and_the_first_is_the_default():
    second = FakeProvider(profile=replace(PROFILE, name="second"))
    catalog = ProviderCatalog({"fake": FakeProvider(), "second": second})
    assert (await catalog.choose(None, None, None, None))[0].name == "fake"
    assert (await catalog.choose("second", None, None, None))[0].name == "second"
    with pytest.raises(InvalidInput, match="There is no provider 'third'"):
        await catalog.choose("third", None, None, None)


async def test_nothing_is_stored_for_a_service_that_is_no_more():
    over = FakeProvider(profile=replace(PROFILE, retired="It ended."))
    with pytest.raises(InvalidInput, match=r"It ended\."):
        await ProviderCatalog({"fake": over}).choose(None, None, None, None)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (None, ("first", "sora-2")),
        ("sora-2", ("first", "sora-2")),
        ("second/sora-2", ("second", "sora-2")),
        ("Wan-AI/Wan2.2-T2V", ("second", "Wan-AI/Wan2.2-T2V")),
        ("second/Wan-AI/Wan2.2-T2V", ("second", "Wan-AI/Wan2.2-T2V")),
    ],
)
async def test_a_model_says_whose_it_is(asked: str | None, chosen: tuple[str, str]):
    """The official SDK can name a model and no provider."""
    first, second = (FakeProvider(replace(PROFILE, name=name)) for name in ("first", "second"))
    second.profile = replace(second.profile, models=(*PROFILE.models, Model("Wan-AI/Wan2.2-T2V")))
    retired = FakeProvider(replace(second.profile, name="openai", retired="Gone."))
    catalog = ProviderCatalog({"first": first, "openai": retired, "second": second})
    profile, model, *_ = await catalog.choose(None, asked, None, None)
    assert (profile.name, model.id) == chosen
    listed = ModelList.of(catalog.profiles()).data
    assert [each.id for each in listed] == ["sora-2", "second/sora-2", "Wan-AI/Wan2.2-T2V"]


@pytest.mark.parametrize("asked", ["third/sora-2", "second/", "/sora-2", "second/sora-3"])
async def test_what_nobody_has_is_refused(asked: str):
    first, second = (FakeProvider(replace(PROFILE, name=name)) for name in ("first", "second"))
    with pytest.raises(InvalidInput) as refusal:
        await ProviderCatalog({"first": first, "second": second}).choose(None, asked, None, None)
    assert refusal.value.code == "model_not_found"


NAMES = st.sampled_from(["a", "b", "c"])
MODELS = st.lists(
    NAMES | st.builds("/".join, st.lists(NAMES, min_size=2, max_size=4)), min_size=1, unique=True
)
PROFILES = st.dictionaries(NAMES, st.tuples(MODELS, st.sampled_from(["", "It ended."])), min_size=1)


@settings(deadline=None)  # nothing here depends on time
@given(PROFILES)
def test_every_id_of_the_list_means_the_model_that_it_stands_for(made: dict[str, tuple[list[str], str]]):
    """Whatever servers call their models: another provider's name with a slash, too."""
    profiles = [
        replace(PROFILE, name=name, models=tuple(map(Model, models)), retired=retired)
        for name, (models, retired) in made.items()
    ]
    catalog = ProviderCatalog({profile.name: FakeProvider(profile) for profile in profiles})

    async def meant(ids: list[str]) -> list[tuple[str, str]]:
        chosen = [await catalog.choose(None, each, None, None) for each in ids]
        return [(profile.name, model.id) for profile, model, *_ in chosen]

    ids = [each.id for each in ModelList.of(profiles).data]
    assert len({*ids}) == len(ids)
    assert asyncio.run(meant(ids)) == _all(profiles)


def _all(profiles: list[Profile]) -> list[tuple[str, str]]:
    serving = [profile for profile in profiles if not profile.retired]
    return [(profile.name, model.id) for profile in serving for model in profile.models]


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        ("sora-2", "sora-2"),
        ("fake/sora-2", "sora-2"),
        ("fake/wan", "fake/wan"),
        ("fake/fake/wan", "fake/wan"),
    ],
)
async def test_a_model_may_carry_the_name_of_its_provider_beside_it(asked: str, model: str):
    """As the list has it; the server's own name for a model goes first."""
    fake = FakeProvider(replace(PROFILE, models=(*PROFILE.models, Model("fake/wan"))))
    assert (await ProviderCatalog({"fake": fake}).choose("fake", asked, None, None))[1].id == model

"""The price that a form shows is the price that is booked, and what a form offers is taken: all of them."""

from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from sora_studio.config import ProviderSettings
from sora_studio.domain.derivations import EXTENSION_SECONDS
from sora_studio.domain.errors import InvalidInput, PriceChanged
from sora_studio.domain.money import price_tag
from sora_studio.domain.profile import Model, Operation
from sora_studio.domain.video import VideoView, VideoWish
from sora_studio.providers.card_files import shipped_cards
from sora_studio.providers.factory import profile_of
from sora_studio.ui.form_data import micros
from sora_studio.ui.pages.create.model_options import groups, select
from sora_studio.ui.pages.video.derivations_state import to_forms
from tests.integration.jobs.conftest import Background
from tests.support.library import add_videos

MODELS = (
    Model("fast", sizes=("1280x720", "720x1280"), seconds=(4, 8), micros_per_second=100_000),
    Model("fine", sizes=("1280x720", "1920x1080"), seconds=(4, 8, 12), micros_per_second=300_000,
          micros_by_size={"1920x1080": 700_000}),
    Model("own", sizes=("832x480",), seconds=(5,), micros_per_second=0),
    Model("odd", sizes=("1280x720",), seconds=(4,)),
)  # fmt: skip
LENGTHS = ("4", "8", "12", "24", "100", "120")
"""Of finished videos; those that no model makes in one go were extended."""

EXTENSIONS = {*map(str, EXTENSION_SECONDS)}


def able(background: Background, **more: Any) -> Background:
    """Return work with a provider that has every operation and the models above."""
    values: dict[str, Any] = {"models": MODELS, "operations": frozenset(Operation), **more}
    background.provider.profile = replace(background.provider.profile, **values)
    return Background(
        background.db, background.provider, background.storage, background.worker_pool, background.owner_id
    )


async def finished(background: Background, model: str, size: str, seconds: str) -> UUID:
    """Store a finished video, whose own job says nothing of what the next one costs."""
    (video_id,) = await add_videos(background.db, background.owner_id, "a lighthouse")
    await background.sql(
        "UPDATE video SET model = :model, size = :size, seconds = :seconds WHERE id = :id",
        model=model,
        size=size,
        seconds=seconds,
        id=video_id,
    )
    return video_id


async def undecide(background: Background, video_id: UUID) -> None:
    """Leave a video to its person's decision."""
    await background.sql("UPDATE job SET phase = 'needs_attention' WHERE video_id = :id", id=video_id)
    await background.sql("UPDATE video SET phase = 'needs_attention' WHERE id = :id", id=video_id)


def price_of(view: VideoView) -> str:
    return price_tag(view.provider, view.price_micros)


async def test_create_books_what_the_composer_shows(background: Background):
    work = able(background)
    profiles, quote = work.videos.profiles(), work.videos.quote
    (offered,) = groups(profiles)
    for model in offered.models:
        first = select(profiles, quote, model.value)
        shapes = [select(profiles, quote, model.value, shape.value) for shape in first.shapes]
        sizes = [each.value for shape in shapes for each in shape.qualities] or [each.size for each in shapes]
        for size, seconds in product(sizes, first.lengths):
            shown = select(profiles, quote, model.value, size, seconds)
            wish = VideoWish("a kite", shown.name, shown.size, shown.seconds, work.provider.profile.name)
            view = await work.videos.create(work.owner_id, wish, most_micros=micros(shown.quote))
            assert (price_of(view), view.size, view.seconds) == (shown.price, size, seconds)
    assert len(offered.models) == len(MODELS)


async def test_create_books_the_list_prices_of_the_cards_that_it_shows(background: Background):
    """By resolution, at every size that is sold, for every length: no server is asked for anything else."""
    ids = [model_id for each in shipped_cards().prices[::4] for model_id in each.ids if "*" not in model_id]
    profile = profile_of(ProviderSettings.model_validate(
        {"name": "fake", "preset": "litellm", "base_url": "http://server/v1", "models": [*ids, "odd"]}
    ))  # fmt: skip
    work = able(background, models=profile.models, cards=profile.cards, kind=profile.kind)
    profiles, quote = work.videos.profiles(), work.videos.quote
    booked = 0
    for model in profile.models:
        card = profile.card(model.id)
        pictured = bool(card and card.needs)
        for size, seconds in product(model.sizes, {*model.seconds[:1], *model.seconds[-1:]}):
            shown = select(profiles, quote, f"fake/{model.id}", size, str(seconds))
            assert (shown.size, shown.seconds) == (size, str(seconds))
            assert (shown.quote == "") == (model.id == "odd"), model.id
            wish = VideoWish("a kite", shown.name, shown.size, shown.seconds, "fake")
            if not pictured:
                view = await work.videos.create(work.owner_id, wish, most_micros=micros(shown.quote))
                booked += price_of(view) == shown.price
    assert booked > len(ids)


async def test_remix_edit_extend_and_submit_again_book_what_their_forms_show(background: Background):
    work = able(background)
    derive, booked = work.derivations, list[tuple[str, str]]()
    for model in MODELS:
        for size, seconds in product(model.sizes, ("4", "12", "100")):
            parent_id = await finished(work, model.id, size, seconds)
            forms = to_forms("", await derive.available(work.owner_id, parent_id))
            extend = [(partial(derive.extend, seconds=each.value.split()[0]), each) for each in forms.lengths]
            views: list[VideoView] = []
            for ask, shown in [(derive.remix, forms.remix), (derive.edit, forms.edit), *extend]:
                views.append(await ask(work.owner_id, parent_id, "x", most_micros=micros(shown.quote)))
                booked.append((shown.text.rpartition(" · ")[2], price_of(views[-1])))
            view = views[-1]
            again = price_tag(view.provider, await work.videos.price_again(work.owner_id, view.id))
            await undecide(work, view.id)
            booked.append((again, price_of(await work.videos.submit_again(work.owner_id, view.id))))
    assert [shown for shown, _ in booked] == [price for _, price in booked]
    assert len(booked) == 6 * 3 * (2 + 5 + 1)


async def test_what_no_form_offers_is_not_taken(background: Background):
    """A provider without remixes is asked for a new video: of a length that it makes, or not at all."""
    work = able(background, operations=frozenset({Operation.EXTEND}))
    for seconds in LENGTHS:
        parent_id = await finished(work, "fine", "1280x720", seconds)
        forms = to_forms("", await work.derivations.available(work.owner_id, parent_id))
        assert bool(forms.remix.text) is (seconds in {"4", "8", "12"})
        lengths = {choice.value.split()[0] for choice in forms.lengths}
        others = EXTENSIONS - lengths
        refused = [work.derivations.extend(work.owner_id, parent_id, "x", added) for added in others]
        if not forms.remix.text:
            refused.append(work.derivations.remix(work.owner_id, parent_id, "x"))
        for asked in refused:
            with pytest.raises(InvalidInput):
                await asked


async def test_nothing_is_offered_by_a_provider_that_has_ended(background: Background):
    parent_id = await finished(background, "fast", "1280x720", "4")
    forms = to_forms("", await able(background, retired="It ended.").derivations.available(
        background.owner_id, parent_id
    ))  # fmt: skip
    assert (forms.remix.text, forms.edit.text, forms.lengths, forms.character) == ("", "", (), False)


async def test_nothing_is_spent_when_the_price_has_risen_since_it_was_shown(background: Background):
    """The form shows the new one; the same request may come again at a price that the person has seen."""
    work = able(background)
    parent_id = await finished(work, "fast", "1280x720", "4")
    wish = VideoWish("a kite", "fast")
    asked = [
        work.videos.create(work.owner_id, wish, idempotency_key="k", most_micros=399_999),
        work.derivations.remix(work.owner_id, parent_id, "x", most_micros=399_999),
        work.derivations.edit(work.owner_id, parent_id, "x", most_micros=399_999),
        work.derivations.extend(work.owner_id, parent_id, "x", "8", most_micros=799_999),
    ]
    for each in asked:
        with pytest.raises(PriceChanged, match=r"is \$0\.[48]0 by now"):
            await each
    view = await work.videos.create(work.owner_id, wish, idempotency_key="k", most_micros=400_000)
    await undecide(work, view.id)
    with pytest.raises(PriceChanged):
        await work.videos.submit_again(work.owner_id, view.id, most_micros=1)
    assert await work.read("SELECT count(*) FROM job") == (2,)

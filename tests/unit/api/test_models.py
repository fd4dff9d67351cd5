"""What `GET /api/models` says of a model that has a card, and of one that has none."""

from datetime import date

from sora_studio.api.schemas import ModelList
from sora_studio.providers.factory import profile_of
from tests.unit.providers.test_factory import table


def offer(preset: str, model: str, on: date = date(2026, 12, 1)):
    return ModelList.of([profile_of(table(preset, models=[model]))], on).data[0]


def test_everything_that_is_known_of_a_model_is_told():
    wan = offer("sglang", "Wan-AI/Wan2.2-T2V-A14B")
    card = wan.card
    assert card is not None
    assert (wan.sizes[0], wan.seconds[0], wan.price_per_second_usd) == ("1280x720", "5", None)
    assert (card.fps, card.frames and card.frames.rule, card.inputs, card.audio) == (16, "4n+1", {}, False)
    assert (card.licence and card.licence.name) == "Apache-2.0"
    (steps,) = (option for option in card.options if option.name == "num_inference_steps")
    assert (steps.type, steps.minimum, steps.maximum, steps.default) == ("integer", 1, 200, 40)


def test_options_are_those_of_the_kind_of_server():
    assert [option.name for option in (offer("litellm", "veo-3.1").card or _none()).options] == [
        "seed",
        "negative_prompt",
    ]
    assert (offer("videos-api", "veo-3.1").card or _none()).options == []


def test_prices_are_told_by_size_as_of_the_day():
    fast = offer("litellm", "gemini/veo-3.1-fast-generate-001")
    assert (fast.price_per_second_usd, fast.prices_per_second_usd["1920x1080"]) == (0.1, 0.12)
    assert offer("litellm", "veo-3.1", date(2026, 1, 1)).price_per_second_usd is None


def test_a_model_without_a_card_is_told_with_its_sizes():
    odd = offer("sglang", "an-odd-one")
    assert (odd.card, odd.seconds) == (None, ["4", "5", "8"])


def _none():
    raise AssertionError("it has no card")

"""What a wish means to a model, and what each kind of server is sent for it: in tables."""

from dataclasses import replace
from datetime import date

import pytest

from sora_studio.domain.model_card import Frames, ModelCards, Price, request_fields
from sora_studio.domain.profile import Model, Preset
from sora_studio.providers.card_files import shipped_cards

CARDS = shipped_cards()
FOLLOWS = {
    Preset.VLLM_OMNI: {"fps", "num_frames"},
    Preset.SGLANG: {"fps", "num_frames"},
    Preset.FASTVIDEO: {"fps", "num_frames"},
    Preset.UNSLOTH: {"fps"},
}
"""What a kind of server is told although nobody has set it."""


def told(model: str, kind: str, size: str = "1280x720", seconds: str = "5", **options: int | str):
    return request_fields(CARDS.find(model), kind, size, seconds, options)


@pytest.mark.parametrize("kind", ["vllm-omni", "sglang", "fastvideo"])
@pytest.mark.parametrize(
    ("model", "seconds", "size", "frames", "fps"),
    [
        ("Wan-AI/Wan2.2-T2V-A14B-Diffusers", "5", "1280x720", 81, 16),
        ("Wan-AI/Wan2.2-T2V-A14B-Diffusers", "2", "1280x720", 33, 16),
        ("Wan-AI/Wan2.2-I2V-A14B", "5", "1280x720", 81, 16),
        ("Wan-AI/Wan2.2-TI2V-5B", "5", "1280x704", 121, 24),
        ("FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers", "3", "1280x704", 73, 24),
        ("FastVideo/FastWan2.1-T2V-1.3B-Diffusers", "4", "832x480", 61, 16),
        ("hunyuanvideo-community/HunyuanVideo", "5", "1280x720", 125, 24),
        ("tencent/HunyuanVideo-1.5", "5", "1280x720", 121, 24),
        ("Lightricks/LTX-2.3", "5", "1280x704", 121, 24),
        ("Lightricks/LTX-2.5", "20", "1280x704", 481, 24),
        ("Efficient-Large-Model/SANA-Video_2B_480p_diffusers", "5", "832x480", 81, 16),
        ("OpenMOSS-Team/MOVA-720p", "8", "1280x720", 193, 24),
        ("BestWishYsh/Helios-Base", "4", "832x480", 99, 24),
        ("nvidia/Cosmos3-14B", "3", "1280x720", 81, 24),
        ("sand-ai/MAGI-2", "10", "896x512", 125, 12.5),
        ("Efficient-Large-Model/LongLive2-5B", "3", "1280x704", 61, 24),
        ("jdopensource/JoyAI-Echo", "5", "832x480", 121, 25),
    ],
)
def test_seconds_become_frames_and_sizes_native_ones(kind, model, seconds, size, frames, fps):
    """These servers would make `seconds * 24` frames of whatever size was named."""
    assert told(model, kind, seconds=seconds) == {
        "size": size,
        "seconds": seconds,
        "num_frames": frames,
        "fps": fps,
    }


@pytest.mark.parametrize("kind", Preset)
def test_a_server_is_told_what_it_takes_and_nothing_else(kind: Preset):
    """Every card at every kind of server: what may be set there arrives, the rest is not sent."""
    for card in CARDS.cards:
        given = {each.name: each.default or each.maximum or "x" for each in card.fields}
        fields = request_fields(card, kind, card.sizes[0], str(card.seconds[0]), given)
        assert (fields.pop("size"), fields.pop("seconds")) == (card.sizes[0], str(card.seconds[0]))
        known = {"fps": card.fps, "num_frames": card.frames}
        follows = {name for name in FOLLOWS.get(kind, set()) if known[name]}
        assert _flat(fields) == follows | {each.name_at(kind) for each in card.fields_of(kind)}, card.label
        if card.frames and "num_frames" in fields:
            assert fields["num_frames"] in range(card.frames.offset, card.frames.most + 1, card.frames.step)


def _flat(fields: dict[str, object]) -> set[str]:
    """Return the names that are sent; with a dot, those inside an object."""
    inner = {f"{name}.{each}" for name, value in fields.items() if isinstance(value, dict) for each in value}
    return inner | {name for name, value in fields.items() if not isinstance(value, dict)}


def test_every_length_of_every_card_is_made_to_its_rule():
    for card in CARDS.cards:
        for seconds in card.seconds if card.frames else ():
            assert card.frames
            assert card.fps
            frames = card.frames_for(str(seconds), card.fps)
            assert frames
            assert frames in range(card.frames.offset, card.frames.most + 1, card.frames.step)
            assert abs(frames / card.fps - seconds) < 1, f"{card.label} was asked for {seconds} s"


def test_a_model_without_a_card_and_a_server_of_unknown_kind_are_told_nothing_more():
    plain = {"size": "1280x720", "seconds": "5"}
    assert request_fields(None, "sglang", "1280x720", "5", {"seed": 7}) == plain
    assert told("Wan2.2-T2V-A14B", "videos-api", seed=7) == plain


def test_what_is_set_arrives_under_the_name_of_the_server():
    assert told("veo-3.1", "litellm", seconds="8", seed=7, negative_prompt="rain") == {
        "size": "1280x720",
        "seconds": "8",
        "seed": 7,
        "negativePrompt": "rain",
    }
    new_api = told("veo-3.1", "new-api", seconds="8", seed=7, negative_prompt="rain")
    assert new_api["metadata"] == {"seed": 7, "negative_prompt": "rain"}


def test_another_rate_makes_as_many_frames_as_the_length_wants():
    assert told("LTX-2", "sglang", "768x512", fps=50)["num_frames"] == 241, "the most"
    assert told("LTX-2", "sglang", "768x512", "2", fps=50)["num_frames"] == 97


@pytest.mark.parametrize(
    ("rule", "wanted", "frames"),
    [
        (Frames(4, 1, 81, 81), 80, 81),
        (Frames(4, 1, 81, 81), 78, 77),
        (Frames(4, 1, 81, 81), 192, 81),
        (Frames(4, 1, 81, 81), 0, 5),
        (Frames(33, 0, 99, 1452), 96, 99),
        (Frames(33, 0, 99, 1452), 1, 33),
        (Frames(8, 1, 121, 121), 125, 121),
    ],
)
def test_the_nearest_number_of_frames(rule: Frames, wanted: int, frames: int):
    assert rule.nearest(wanted) == frames


@pytest.mark.parametrize(
    ("model", "asked", "made"),
    [
        ("Wan2.2-TI2V-5B", "1280x720", "1280x704"),
        ("Wan2.2-TI2V-5B", "720x1280", "704x1280"),
        ("Wan2.2-TI2V-5B", "1080x1920", "704x1280"),
        ("Wan2.1-T2V-1.3B", "1280x720", "832x480"),
        ("HunyuanVideo", "1024x1024", "960x960"),
        ("LTX-2", "1280x720", "1280x704"),
        ("LTX-2", "16x16", "32x32"),
        ("LTX-2", "8192x8192", "8192x8192"),
    ],
)
def test_the_nearest_native_size(model: str, asked: str, made: str):
    card = CARDS.find(model)
    assert card is not None
    assert card.makes(asked) == made


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("Wan-AI/Wan2.2-T2V-A14B", "Wan 2.2 T2V A14B"),
        ("FastVideo/FastWan2.2-TI2V-5B-Diffusers", "FastWan 2.2 TI2V 5B"),
        ("Wan-AI/Wan2.2-TI2V-5B-Diffusers", "Wan 2.2 TI2V 5B"),
        ("tencent/HunyuanVideo-1.5", "HunyuanVideo 1.5"),
        ("Lightricks/LTX-2.3-fp8", "LTX-2.3"),
        ("Efficient-Large-Model/SANA-Video_2B_480p_diffusers", "SANA-Video"),
        ("gemini/veo-3.1-fast-generate-001", "Veo 3.1 Fast"),
        ("sora-2-pro", "Sora 2 Pro"),
        ("acme/background-removal-video", None),
        ("gpt-5.1", None),
    ],
)
def test_the_card_whose_pattern_says_most_is_the_models(model: str, label: str | None):
    card = CARDS.find(model)
    assert (card and card.label) == label


def test_an_operators_card_stands_before_a_shipped_one_that_says_more():
    (own,) = (card for card in CARDS.cards if card.label == "Kling")
    mine = ModelCards((replace(own, ids=("*wan*",), label="Mine"),), others=CARDS)
    found = [mine.find(model) for model in ("Wan2.2-T2V-A14B", "veo-3.1")]
    assert [card and card.label for card in found] == ["Mine", "Veo 3.1"]


@pytest.mark.parametrize(
    ("size", "micros"),
    [
        ("854x480", 100_000),
        ("1280x704", 100_000),
        ("1280x720", 100_000),
        ("1024x768", 120_000),
        ("1088x1920", 120_000),
        ("2560x1440", 300_000),
        ("4096x4096", None),
    ],
)
def test_a_price_is_that_of_the_smallest_resolution_that_is_large_enough(size: str, micros: int | None):
    price = Price(("veo",), date(2026, 1, 1), {"4k": 300_000, "720p": 100_000, "1080p": 120_000})
    assert price.rate(size) == micros
    assert Price(("x",), date(2026, 1, 1), {"": 7}).rate(size) == 7


def test_a_price_holds_from_its_day_on_and_never_where_somebody_has_set_one():
    old, new = (Price(("veo",), date(2026, month, 1), {"": month}) for month in (3, 9))
    model = Model("veo", list_prices=ModelCards(prices=(old, new)).prices_of("veo"))
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 8, 31), date(2026, 9, 1))
    assert [model.price("1280x720", "4", day) for day in days] == [None, 12, 12, 36]
    assert model.price("1280x720", "4") == 36
    assert replace(model, micros_per_second=0).price("1280x720", "4", days[-1]) == 0

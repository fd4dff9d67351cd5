"""What the composer offers."""

from dataclasses import replace
from typing import Any

import pytest

from sora_studio.domain.inputs import Role
from sora_studio.domain.profile import Model, Profile
from sora_studio.providers.factory import profile_of
from sora_studio.ui import formatting
from sora_studio.ui.pages.create.attached import fitting
from sora_studio.ui.pages.create.model_options import Selection, chosen_size, groups, select
from tests.unit.providers.test_factory import table

FAST = Model("fast", "Drafts", ("1280x720", "720x1280"), (4, 8), 100_000, {"720x1280": 150_000})
OWN = Model("Wan-AI/Wan2.2", "", ("832x480",), (5,), 0)
UNKNOWN = Model("veo", sizes=("1280x720",), seconds=(8,))


def quote(provider: str, model: str, size: str, seconds: str) -> int | None:
    (profile,) = (each for each in PROFILES if each.name == provider)
    return profile.model(model).price(size, seconds)


PROFILES = (
    Profile("cloud", "The cloud", (FAST, UNKNOWN), note="Elsewhere."),
    Profile("own", "Our server", (OWN,)),
)


def test_the_first_model_is_offered_when_nothing_was_chosen_before():
    chosen = select(PROFILES, quote)

    assert (chosen.model, chosen.size, chosen.seconds, chosen.price) == (
        "cloud/fast",
        "1280x720",
        "4",
        "$0.40",
    )
    assert chosen.note == "Elsewhere."


def test_the_last_choice_comes_back():
    chosen = select(PROFILES, quote, "cloud/fast", "720x1280", "8")

    assert (chosen.size, chosen.seconds, chosen.price) == ("720x1280", "8", "$1.20")
    assert chosen.hint == "Drafts · $0.15 per second"


def test_what_another_model_does_not_make_becomes_its_first():
    chosen = select(PROFILES, quote, "own/Wan-AI/Wan2.2", "720x1280", "8")

    assert (chosen.name, chosen.size, chosen.seconds) == ("Wan-AI/Wan2.2", "832x480", "5")
    assert (chosen.hint, chosen.price) == ("free", "free")


def test_a_model_that_is_gone_becomes_the_first():
    assert select(PROFILES, quote, "cloud/retired", "1x1", "99").model == "cloud/fast"


def wan(preset: str = "sglang", model: str = "Wan2.2-TI2V-5B", **more: Any) -> Profile:
    return profile_of(table(preset, models=[{"id": model, **more}]))


def shown(profile: Profile, *choice: str, **options: str) -> Selection:
    def price(_provider: str, model: str, size: str, seconds: str) -> int | None:
        return profile.model(model).price(size, seconds)

    return select([profile], price, "", *choice, options=options)


def test_what_a_wish_becomes_is_said_before_the_click():
    chosen = shown(wan(), "1280x720", "5")
    assert (chosen.size, chosen.seconds, chosen.lengths) == ("1280x704", "5", ("1", "2", "3", "4", "5"))
    assert chosen.nearest == "Wan2.2-TI2V-5B makes 1280\u00d7704 instead."
    assert chosen.card.makes == "Makes 1280\u00d7704, 121 frames at 24 fps: 5.0 s."
    assert shown(wan(), "1280x704").nearest == ""
    assert shown(wan(model="LTX-2"), "768x512", "2", fps="50").card.makes.endswith(
        "97 frames at 50 fps: 1.9 s."
    )
    assert shown(wan(model="LTX-2"), fps="999").card.makes == "", "it is refused in words instead"


def test_the_form_has_the_fields_that_the_models_server_takes_and_no_others():
    card = shown(wan(), seed="7").card
    assert {each.name: (each.kind, each.value) for each in card.fields} == {
        "seed": ("number", "7"),
        "negative_prompt": ("text", ""),
        "num_inference_steps": ("number", ""),
        "guidance_scale": ("number", ""),
        "flow_shift": ("number", ""),
    }
    assert (card.count, card.about) == (1, "Wan 2.2 TI2V 5B \u00b7 Apache-2.0")
    sound = next(
        each for each in shown(wan("vllm-omni", "LTX-2")).card.fields if each.name == "generate_sound"
    )
    assert (sound.kind, sound.default, [each.text for each in sound.choices]) == (
        "choice",
        "Yes",
        ["Yes", "No"],
    )
    assert shown(wan("videos-api")).card.fields == ()
    assert not shown(wan(model="an-odd-one")).card.known


def test_a_picture_is_asked_for_where_the_model_takes_one():
    takes = [
        wan(kind, model).takes(model)
        for kind, model in (
            ("sglang", "Wan2.2-TI2V-5B"),
            ("sglang", "Wan2.2-T2V-A14B"),
            ("litellm", "sora-2"),
            ("sglang", "an-odd-one"),
        )
    ]
    assert takes == [{Role.FIRST_FRAME: 1}, {}, {Role.FIRST_FRAME: 1}, {Role.FIRST_FRAME: 1}]


MANY = Model(
    "pro",
    "",
    ("1280x720", "720x1280", "1920x1080", "1080x1920", "1024x1024", "1792x1024", "1024x1792"),
    (4, 8),
    300_000,
    {"1920x1080": 700_000, "1080x1920": 700_000},
)


def test_of_many_sizes_the_shape_is_chosen_first_and_then_its_quality_with_the_price():
    def price(_provider: str, _model: str, size: str, seconds: str) -> int | None:
        return MANY.price(size, seconds)

    chosen = select([Profile("cloud", "", (MANY,))], price, "cloud/pro", "1920x1080", "8")

    assert chosen.shape == "Landscape"
    assert [(each.name, each.value) for each in chosen.shapes] == [
        ("Landscape", "1920x1080"),
        ("Portrait", "1080x1920"),
        ("Square", "1024x1024"),
    ]
    assert [(each.name, each.value, each.price) for each in chosen.qualities] == [
        ("720p", "1280x720", "$2.40"),
        ("1024p", "1792x1024", "$2.40"),
        ("1080p", "1920x1080", "$5.60"),
    ]
    assert select([Profile("cloud", "", (MANY,))], price, "cloud/pro", "1024x1024").qualities == ()


def test_sizes_of_as_many_lines_are_told_apart_by_their_frames():
    wide = Model("wide", sizes=("1344x768", "1024x768", "1920x1080"), seconds=(4,))
    chosen = select([Profile("own", "", (wide,))], lambda *_: None)

    assert [each.name for each in chosen.qualities] == [
        formatting.frame("1024x768"),
        formatting.frame("1344x768"),
        "1080p",
    ]


@pytest.mark.parametrize(
    ("shape", "quality", "size"),
    [
        ("1280x720", "", "1280x720"),
        ("1280x720", "1920x1080", "1920x1080"),
        ("720x1280", "1920x1080", "720x1280"),  # the shape was clicked last, its qualities are on their way
        ("", "1920x1080", "1920x1080"),
    ],
)
def test_a_form_asks_for_the_quality_of_its_shape(shape: str, quality: str, size: str):
    assert chosen_size(shape, quality) == size


def test_an_unknown_price_is_said():
    chosen = select(PROFILES, quote, "cloud/veo")

    assert (chosen.price, chosen.hint) == ("price unknown", "price unknown")


def test_what_the_sandbox_counts_is_said_to_be_play_money():
    sandbox = replace(PROFILES[0], name="sandbox")

    assert select([sandbox], lambda *_: 400_000).price == "$0.40 play\u00a0money"


def test_a_provider_that_has_ended_is_not_offered_beside_others():
    ended = replace(PROFILES[0], retired="It ended.")

    assert [group.label for group in groups([ended, PROFILES[1]])] == ["Our server"]
    assert select([ended, PROFILES[1]], quote).model == "own/Wan-AI/Wan2.2"
    assert [group.label for group in groups([ended])] == ["The cloud"]


def test_models_are_listed_by_provider():
    assert [(group.label, [model.value for model in group.models]) for group in groups(PROFILES)] == [
        ("The cloud", ["cloud/fast", "cloud/veo"]),
        ("Our server", ["own/Wan-AI/Wan2.2"]),
    ]


@pytest.mark.parametrize(
    ("width", "height", "text"),
    [
        (2560, 1440, "exactly"),
        (1600, 1000, "10% of its height is cropped"),
        (1000, 500, "11% of its width is cropped"),
        (1281, 720, "1% of its width is cropped"),
    ],
)
def test_how_a_picture_fits_is_told_before_it_is_sent(width: int, height: int, text: str):
    assert text in fitting(width, height, "1280x720")

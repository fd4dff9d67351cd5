"""Words become scenes: purely, repeatably, and differently for different words."""

import numpy as np
import pytest

from sora_sandbox.film.colour import to_oklab
from sora_sandbox.film.palettes import PALETTES
from sora_sandbox.film.scene import Scene, scene_from_prompts
from sora_sandbox.film.sound import RATE, compose_sound


@pytest.mark.parametrize(
    ("prompt", "place", "palette"),
    [
        ("A sunset over the ocean", "coast", "sunset"),
        ("The ocean, waves rolling", "coast", "ocean"),
        ("Misty mountains", "peaks", "dawn"),
        ("A fox in a snowy forest", "forest", "winter"),
        ("Tokyo at night, neon signs", "city", "neon"),
        ("A city by the sea", "city", "night"),
        ("Dunes in the desert at dawn", "dunes", "dawn"),
        ("Fireflies in a meadow", "meadow", "meadow"),
        ("An astronaut near a ringed planet", "cosmos", "night"),
        ("A coral reef", "deep", "deep"),
        ("Stars", "peaks", "night"),
    ],
)
def test_words_choose_place_and_palette(prompt: str, place: str, palette: str):
    scene = scene_from_prompts([prompt])

    assert (scene.place, scene.palette_name) == (place, palette)


def test_words_choose_weather_company_and_pace():
    scene = scene_from_prompts(["Slow rain and birds over a lake, fireflies, camera moves left"])

    assert scene.weather == ("fireflies", "rain")
    assert scene.subjects == ("birds",)
    assert scene.pace < 0.7
    assert scene.drift == 1


def test_unknown_words_make_an_abstract_scene_of_their_own():
    one, other = scene_from_prompts(["the taste of a Tuesday"]), scene_from_prompts(["the taste of a Friday"])

    assert one.place == other.place == "abstract"
    assert one.seed != other.seed


@pytest.mark.parametrize("prompt", ["", " \n", "🦊", "夕焼けの海を泳ぐ", "x" * 32_000, "s", "ies"])
def test_every_prompt_makes_a_scene(prompt: str):
    assert scene_from_prompts([prompt]).place


def test_equal_words_make_equal_scenes():
    assert _plain(scene_from_prompts(["A Red fox,  running!"])) == _plain(
        scene_from_prompts(["a red fox running"])
    )


def test_a_colour_word_turns_every_colour_towards_it():
    plain, red = scene_from_prompts(["a city street"]), scene_from_prompts(["a red city street"])

    def redness(scene: Scene) -> float:
        return float(
            np.mean([to_oklab(colour)[1] for colour in (*scene.palette.sky, *scene.palette.accents)])
        )

    assert redness(red) > redness(plain) + 0.05


def test_a_remix_keeps_place_and_seed_and_takes_the_new_words():
    parent = scene_from_prompts(["A pine forest at dawn with birds"])

    remix = scene_from_prompts(["A pine forest at dawn with birds", "make it night, in the city, with snow"])

    assert (remix.place, remix.seed, remix.subjects) == (parent.place, parent.seed, parent.subjects)
    assert (remix.palette_name, remix.weather) == ("night", ("snow", "stars"))


def test_a_remix_without_colour_words_gets_another_palette():
    parent = scene_from_prompts(["A pine forest"])

    remix = scene_from_prompts(["A pine forest", "more drama please"])

    far_apart = [
        np.linalg.norm(to_oklab(one)[1:] - to_oklab(other)[1:])
        for one, other in zip(parent.palette.accents, remix.palette.accents, strict=True)
    ]
    assert max(far_apart) > 0.05


def test_no_meaning_is_misspelt():
    """Every palette that a word can name exists."""
    from sora_sandbox.film import vocabulary  # noqa: PLC0415 -- read here only
    from sora_sandbox.film.layers.particles import PARTICLES  # noqa: PLC0415 -- read here only

    assert {*vocabulary.TIMES.values(), *vocabulary.PLACE_PALETTES.values()} <= set(PALETTES)
    assert set(vocabulary.PLACES.values()) == set(vocabulary.PLACE_PALETTES)
    assert set(vocabulary.VAGUE_PLACES.values()) <= set(vocabulary.PLACE_PALETTES)
    assert set(vocabulary.WEATHER.values()) - {"rain", "mist", "aurora"} <= set(PARTICLES)
    assert set(vocabulary.PACES.values()) == set(vocabulary.TEMPOS)


def test_sound_is_stereo_exact_audible_and_not_clipped():
    sound = compose_sound(scene_from_prompts(["a calm lake"]), 4)

    assert sound.shape == (2, 4 * RATE)
    assert 0.1 < float(np.abs(sound).max()) < 0.95
    assert not np.array_equal(sound[0], sound[1])


def _plain(scene: Scene) -> tuple[object, ...]:
    colours = np.concatenate([*scene.palette.sky, *scene.palette.accents]).tolist()
    return scene.place, scene.seed, scene.weather, scene.subjects, scene.pace, scene.drift, colours

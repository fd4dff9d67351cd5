"""Words become scenes: purely, repeatably, and differently for different words."""

import numpy as np
import pytest

from sora_studio.sandbox.film.colour import to_oklab
from sora_studio.sandbox.film.palettes import PALETTES
from sora_studio.sandbox.film.scene import Scene, imagine
from sora_studio.sandbox.film.sound import RATE, compose_sound


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
    scene = imagine([prompt])

    assert (scene.place, scene.palette_name) == (place, palette)


def test_words_choose_weather_company_and_pace():
    scene = imagine(["Slow rain and birds over a lake, fireflies, camera moves left"])

    assert scene.weather == ("fireflies", "rain")
    assert scene.company == ("birds",)
    assert scene.pace < 0.7
    assert scene.drift == 1


def test_unknown_words_make_an_abstract_scene_of_their_own():
    one, other = imagine(["the taste of a Tuesday"]), imagine(["the taste of a Friday"])

    assert one.place == other.place == "silk"
    assert one.seed != other.seed


@pytest.mark.parametrize("prompt", ["", " \n", "🦊", "夕焼けの海を泳ぐ", "x" * 32_000, "s", "ies"])
def test_every_prompt_makes_a_scene(prompt: str):
    assert imagine([prompt]).place


def test_equal_words_make_equal_scenes():
    assert _plain(imagine(["A Red fox,  running!"])) == _plain(imagine(["a red fox running"]))


def test_a_colour_word_turns_every_colour_towards_it():
    plain, red = imagine(["a city street"]), imagine(["a red city street"])

    def redness(scene: Scene) -> float:
        return float(
            np.mean([to_oklab(colour)[1] for colour in (*scene.palette.sky, *scene.palette.accents)])
        )

    assert redness(red) > redness(plain) + 0.05


def test_a_remix_keeps_place_and_seed_and_takes_the_new_words():
    parent = imagine(["A pine forest at dawn with birds"])

    remix = imagine(["A pine forest at dawn with birds", "make it night, in the city, with snow"])

    assert (remix.place, remix.seed, remix.company) == (parent.place, parent.seed, parent.company)
    assert (remix.palette_name, remix.weather) == ("night", ("snow", "stars"))


def test_a_remix_without_colour_words_gets_another_palette():
    parent = imagine(["A pine forest"])

    remix = imagine(["A pine forest", "more drama please"])

    far_apart = [
        np.linalg.norm(to_oklab(one)[1:] - to_oklab(other)[1:])
        for one, other in zip(parent.palette.accents, remix.palette.accents, strict=True)
    ]
    assert max(far_apart) > 0.05


def test_no_meaning_is_misspelt():
    """Every palette that a word can name exists."""
    from sora_studio.sandbox.film import words  # noqa: PLC0415 -- read here only
    from sora_studio.sandbox.film.layers.swarm import SWARMS  # noqa: PLC0415 -- read here only

    assert {*words.TIMES.values(), *words.PLACE_PALETTES.values()} <= set(PALETTES)
    assert set(words.PLACES.values()) == set(words.PLACE_PALETTES)
    assert set(words.VAGUE_PLACES.values()) <= set(words.PLACE_PALETTES)
    assert set(words.WEATHER.values()) - {"rain", "mist", "aurora"} <= set(SWARMS)
    assert set(words.PACES.values()) == set(words.TEMPOS)


def test_sound_is_stereo_exact_audible_and_not_clipped():
    sound = compose_sound(imagine(["a calm lake"]), 4)

    assert sound.shape == (2, 4 * RATE)
    assert 0.1 < float(np.abs(sound).max()) < 0.95
    assert not np.array_equal(sound[0], sound[1])


def _plain(scene: Scene) -> tuple[object, ...]:
    colours = np.concatenate([*scene.palette.sky, *scene.palette.accents]).tolist()
    return scene.place, scene.seed, scene.weather, scene.company, scene.pace, scene.drift, colours

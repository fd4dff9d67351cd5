"""Turn prompts into a scene: what to draw, in which colours, how it moves. Pure and deterministic."""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sora_sandbox.film.colour import tinted, turned
from sora_sandbox.film.palettes import PALETTES, Palette
from sora_sandbox.film.vocabulary import (
    DRIFTS,
    HUES,
    PACES,
    PLACE_PALETTES,
    PLACES,
    SUBJECTS,
    TEMPOS,
    TIMES,
    VAGUE_PLACES,
    WEATHER,
)

_T = TypeVar("_T")

_ANY_PLACE_PALETTES = (
    "sunset",
    "candy",
    "neon",
    "ocean",
    "aurora",
    "dawn",
    "gold",
    "forest",
    "night",
    "ember",
    "deep",
)
_DARK = {"night", "aurora", "neon", "ember", "gold"}


@dataclass(frozen=True)
class Scene:
    """Everything that the layers need to know."""

    place: str
    """coast, peaks, forest, dunes, meadow, city, cosmos, deep or abstract."""
    palette: Palette
    palette_name: str
    seed: int
    """Decides the composition; a remix keeps its first ancestor's."""
    weather: tuple[str, ...]
    subjects: tuple[str, ...]
    pace: float
    """1 is natural; 0.5 is half as fast."""
    drift: int
    """1 or -1: which way the world passes by."""

    @property
    def is_dark(self) -> bool:
        """Tell whether lamps and stars would be visible."""
        return self.palette_name in _DARK

    def seed_for(self, salt: str) -> int:
        """Return a seed for one layer, so that no layer changes the random numbers of another."""
        return _hash(f"{self.seed}/{salt}")


def scene_from_prompts(prompts: Sequence[str]) -> Scene:
    """Choose the scene for a prompt, or for a line of remixes from the first prompt to the last.

    The first prompt decides place and composition; colour, weather, subjects and pace are each decided by the
    last prompt that mentions them. A remix whose words name no colour still gets colours of its own.
    """
    lines = [_words(prompt) for prompt in prompts]
    seed = _hash(" ".join(lines[0]))
    place = _first(lines[0], PLACES) or _first(lines[0], VAGUE_PLACES) or "abstract"
    palette_name, palette = _palette(lines, place, seed)
    weather = _newest(lines, WEATHER)
    return Scene(
        place=place,
        palette=palette,
        palette_name=palette_name,
        seed=seed,
        weather=weather,
        subjects=_newest(lines, SUBJECTS),
        pace=TEMPOS.get(_latest(lines, PACES, ""), 1.0) * (0.9 + 0.2 * _share(lines[-1], "pace")),
        drift=_latest(lines, DRIFTS, 1 if seed % 2 else -1),
    )


def _words(prompt: str) -> list[str]:
    """Split a prompt into lower-case words, plurals reduced; keeps the words of every script."""
    words = re.findall(r"\w+", prompt.lower())
    return [re.sub(r"(?<=[^\Ws])s$", "", re.sub(r"(?<=..)ies$", "y", word)) for word in words]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _share(words: list[str], salt: str) -> float:
    """Return a number 0..1 that belongs to these words."""
    return _hash(salt + " ".join(words)) / 2**64


def _first(words: list[str], meanings: dict[str, str]) -> str | None:
    return next((meanings[word] for word in words if word in meanings), None)


def _latest(lines: list[list[str]], meanings: dict[str, _T], default: _T) -> _T:
    """Return the meaning of the first known word in the newest prompt that has one."""
    for words in reversed(lines):
        for word in words:
            if word in meanings:
                return meanings[word]
    return default


def _newest(lines: list[list[str]], meanings: dict[str, str]) -> tuple[str, ...]:
    """Return all meanings in the newest prompt that has any, sorted."""
    for words in reversed(lines):
        if found := {meanings[word] for word in words if word in meanings}:
            return tuple(sorted(found))
    return ()


def _palette(lines: list[list[str]], place: str, seed: int) -> tuple[str, Palette]:
    """Choose the colours by time of day, place or seed; colour words tint them, other words shift them."""
    by_seed = _ANY_PLACE_PALETTES[seed % len(_ANY_PLACE_PALETTES)]
    times = next(
        (found for words in reversed(lines) if (found := {TIMES[word] for word in words if word in TIMES})),
        set(),
    )
    name = min(times, key=list(PALETTES).index) if times else PLACE_PALETTES.get(place, by_seed)
    palette = PALETTES[name]
    last = lines[-1]
    hue = _latest(lines, HUES, -1)
    if hue >= 0:
        angle = math.radians(hue)
        return name, palette.changed(lambda rgb: tinted(rgb, angle, 0.88, 1.1))
    says_nothing = not any(word in TIMES for word in last)
    turn = math.radians(60 + 240 * _share(last, "turn")) if len(lines) > 1 and says_nothing else 0.0
    nudge = math.radians(20 * _share(last, "nudge") - 10)
    return name, palette.changed(lambda rgb: turned(rgb, turn + nudge))

"""The colour schemes that scenes are painted with."""

from collections.abc import Callable
from dataclasses import dataclass

from sora_sandbox.film.colour import Array, from_hex


@dataclass(frozen=True, eq=False)
class Palette:
    """One harmony: four sky stops from zenith to horizon, a light, two depths and three accents."""

    sky: tuple[Array, ...]
    light: Array
    far: Array
    near: Array
    accents: tuple[Array, ...]

    def changed(self, change: Callable[[Array], Array]) -> "Palette":
        """Apply a change to every colour."""
        return Palette(
            sky=tuple(map(change, self.sky)),
            light=change(self.light),
            far=change(self.far),
            near=change(self.near),
            accents=tuple(map(change, self.accents)),
        )


def _palette(sky: str, light: str, far: str, near: str, accents: str) -> Palette:
    """Read a palette written as hex colours."""
    return Palette(
        sky=tuple(from_hex(stop) for stop in sky.split()),
        light=from_hex(light),
        far=from_hex(far),
        near=from_hex(near),
        accents=tuple(from_hex(accent) for accent in accents.split()),
    )


PALETTES: dict[str, Palette] = {
    "aurora": _palette(
        "#030c1a #08203a #0d4656 #2c8f7c", "#b6ffdf", "#0e3c4a", "#020a12", "#4dffb8 #7a6bff #2fd3ff"
    ),
    "neon": _palette(
        "#090520 #1d0b45 #4f1577 #b0278f", "#ff86dc", "#301468", "#070314", "#00e5ff #ff3fb4 #9d5cff"
    ),
    "mono": _palette(
        "#14161a #484c53 #9ea3aa #eaebec", "#ffffff", "#6d7279", "#0c0d0f", "#d5d8dc #8d9299 #ffffff"
    ),
    "candy": _palette(
        "#9c86d2 #d3a4e4 #fdc0d6 #ffead9", "#fff6ef", "#caa0d6", "#5d4185", "#8fd3f4 #ff9fb2 #fff1a8"
    ),
    "sunset": _palette(
        "#2a2a60 #7d3f82 #ea715f #ffc078", "#ffe0a0", "#94507c", "#1a1133", "#ff8a5b #ffd28f #c2557f"
    ),
    "dawn": _palette(
        "#4f74b5 #a3b1da #f4c6c4 #ffe7c6", "#fff0d0", "#939fc9", "#283660", "#f7b2a3 #ffd9a0 #8fb4e0"
    ),
    "gold": _palette(
        "#1b1308 #4c3411 #ad7823 #f5d27c", "#fff1c2", "#704e1a", "#130c03", "#ffc94d #ffe7a8 #d98e2b"
    ),
    "night": _palette(
        "#040819 #0b1738 #1b2e63 #40558f", "#e8eeff", "#22335f", "#050917", "#7aa2ff #ffd59e #9d7bff"
    ),
    "ember": _palette(
        "#120307 #3d0b13 #942218 #f4701f", "#ffd27a", "#641716", "#120305", "#ff5a1f #ffb347 #ffe08a"
    ),
    "autumn": _palette(
        "#5d7089 #b69a84 #edb36b #fde09e", "#fff0c0", "#bf8052", "#34160f", "#e8582c #f7a531 #a83232"
    ),
    "storm": _palette(
        "#1c2430 #364353 #66768a #a9b5bf", "#dfe8f0", "#566475", "#0f151d", "#8fb0d0 #d8dfe6 #6f86a0"
    ),
    "winter": _palette(
        "#6a90b8 #a6c2da #dbe8f1 #f8f6f1", "#ffffff", "#aac1d4", "#27435c", "#cfe6ff #9ec5e8 #ffd9c7"
    ),
    "day": _palette(
        "#2473cf #5fa8ea #addaf7 #e9f6fb", "#fffbe6", "#8ab7d3", "#17445a", "#ffd166 #ff7f6a #4fc3a1"
    ),
    "ocean": _palette(
        "#0b4f8a #2b8fc0 #7cc8d8 #dcf2ea", "#fff8e0", "#2f86a6", "#05344c", "#38d0c8 #a6f0dc #ffe0a3"
    ),
    "forest": _palette(
        "#4b7a78 #8db59c #d0dbb0 #f6eec8", "#fff3c4", "#85a893", "#0a221c", "#d9e26f #8fd18a #ffd27a"
    ),
    "desert": _palette(
        "#3a6ea6 #97b3c6 #f2cf9e #fde5ba", "#fff0cc", "#dd9d6c", "#6a2b1d", "#ff9e57 #ffd08a #c8553d"
    ),
    "meadow": _palette(
        "#2a79d2 #69b0ec #b9e0f5 #f4f7e4", "#fffbe0", "#a9cfa4", "#14512f", "#ff8fa3 #ffd84f #fffaf0"
    ),
    "deep": _palette(
        "#66d9e4 #1e95c4 #0b4f92 #04193f", "#d9fff8", "#0d5288", "#02122c", "#7ff0e8 #ffb3a0 #b8f29a"
    ),
}
"""By name; where a prompt names several, the earlier one here wins (a neon night is neon)."""

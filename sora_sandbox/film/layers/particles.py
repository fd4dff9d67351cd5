"""Particles: snow, petals, fireflies, embers, bubbles, stars, dust.

The place of each is a function of time, so that any frame can be drawn by itself.
"""

from dataclasses import dataclass

import numpy as np

from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.colour import Array, mix
from sora_sandbox.film.palettes import Palette
from sora_sandbox.film.scene import Scene

TINY = 4.0
"""Pixels: particles with a smaller radius are drawn all at once."""


@dataclass(frozen=True)
class ParticleKind:
    """How particles of one kind look and move; lengths are shares of the frame's shorter side."""

    name: str
    """Salt of their seed."""
    count: int
    """How many in a square frame."""
    size: tuple[float, float]
    """Smallest and largest radius."""
    travel: tuple[float, float]
    """(x, y) per second, of the largest; smaller ones seem farther, and are slower."""
    colours: str
    """Taken in turn, by role: white, light, 0, 1 and 2 for the accents, pale for a whitened first accent."""
    sway: float = 0.0
    """Width of their sway."""
    twinkle: float = 0.0
    """0 is steady, 1 goes dark at times."""
    strength: float = 1.0
    """Brightness, or opacity of a disc."""
    shape: str = "glow"
    """A glow adds light, a disc is a leaf that covers and turns, a ring is a bubble."""
    area: tuple[float, float] = (0.0, 1.0)
    """Rows that they live in, as shares of the frame's height."""


PARTICLES = {
    kind.name: kind
    for kind in (
        ParticleKind(
            "stars", 150, (0.0009, 0.0022), (0.003, 0.0), "white light 1", twinkle=0.7, strength=0.85
        ),
        ParticleKind("near stars", 26, (0.001, 0.0032), (-0.05, 0.004), "white 1", twinkle=0.3, strength=0.9),
        ParticleKind("dust", 34, (0.0012, 0.006), (0.02, -0.012), "light", 0.02, 0.8, 0.5),
        ParticleKind("plankton", 70, (0.0012, 0.004), (0.012, -0.012), "light", 0.02, 0.6, 0.45),
        ParticleKind("air", 26, (0.004, 0.019), (0.004, -0.17), "light", 0.012, 0.0, 0.75, "ring"),
        ParticleKind(
            "flowers", 70, (0.003, 0.011), (-0.105, 0.0), "0 1 2", 0.0, 0.0, 0.95, "disc", (0.84, 1.0)
        ),
        ParticleKind("snow", 190, (0.0016, 0.0085), (0.03, 0.15), "white", 0.018, 0.0, 0.75),
        ParticleKind("fireflies", 46, (0.002, 0.006), (0.012, -0.01), "1", 0.05, 1.0, area=(0.45, 1.0)),
        ParticleKind("petals", 46, (0.004, 0.014), (0.10, 0.10), "0 pale", 0.05, 0.0, 0.9, "disc"),
        ParticleKind("leaves", 36, (0.005, 0.015), (0.12, 0.11), "0 1 2", 0.06, shape="disc"),
        ParticleKind("embers", 80, (0.0012, 0.0042), (0.04, -0.22), "0 1", 0.03, 0.7, 1.3),
        ParticleKind("bubbles", 20, (0.010, 0.042), (0.03, -0.06), "light 0", 0.02, 0.0, 0.7, "ring"),
        ParticleKind("confetti", 90, (0.004, 0.009), (0.02, 0.20), "0 1 2", 0.03, shape="disc"),
    )
}


class Particles:
    """Particles of one kind."""

    def __init__(self, canvas: Canvas, scene: Scene, kind: ParticleKind) -> None:
        rng = np.random.default_rng(scene.seed_for(kind.name))
        total = round(kind.count * (canvas.width * canvas.height) ** 0.5 / canvas.unit)
        depth = np.sort(rng.beta(1.0, 2.2, total))
        largest = kind.size[1] * canvas.unit
        self._kind = kind
        self._radius = (kind.size[0] + (kind.size[1] - kind.size[0]) * depth) * canvas.unit
        self._start = rng.random((total, 2))
        travel = np.array([kind.travel[0] * scene.drift, kind.travel[1]]) * canvas.unit * scene.pace
        self._travel = np.outer(0.35 + 0.65 * depth, travel)
        self._phase, self._rate = rng.uniform(0, 6.3, total), rng.uniform(0.6, 1.6, total) * scene.pace
        colours = [_colour(scene.palette, role) for role in kind.colours.split()]
        self._colours = [colours[index % len(colours)] for index in rng.permutation(total)]
        self._tiny = kind.shape == "glow" and largest < TINY
        self._reach = np.arange(-int(largest * 2.2) - 2, int(largest * 2.2) + 3)
        self._paint = np.stack(self._colours, 1).astype(np.float32)

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them where they are at `t`."""
        margin = 2 * self._radius
        tall = (self._kind.area[1] - self._kind.area[0]) * canvas.height
        x = (self._start[:, 0] * (canvas.width + 2 * margin) + self._travel[:, 0] * t) % (
            canvas.width + 2 * margin
        ) - margin
        y = (self._start[:, 1] * (tall + 2 * margin) + self._travel[:, 1] * t) % (tall + 2 * margin) - margin
        x += self._kind.sway * canvas.unit * np.sin(self._rate * t + self._phase)
        y += self._kind.area[0] * canvas.height + 0.4 * self._kind.sway * canvas.unit * np.sin(
            1.3 * self._rate * t + 2 * self._phase
        )
        bright = self._kind.strength * (
            1 - self._kind.twinkle * (0.5 + 0.5 * np.sin(2.1 * self._rate * t + self._phase * 3))
        )
        if self._tiny:
            self._sparkle(canvas, x, y, bright)
            return
        for index, colour in enumerate(self._colours):
            turn = float(self._phase[index] + 1.7 * self._rate[index] * t)
            self._dab(
                canvas,
                float(x[index]),
                float(y[index]),
                float(self._radius[index]),
                float(bright[index]),
                turn,
                colour,
            )

    def _sparkle(self, canvas: Canvas, x: Array, y: Array, bright: Array) -> None:
        """Draw points of a few pixels, all at once: one by one, stars would take half of the time."""
        rows, columns = np.floor(y)[:, None] + self._reach, np.floor(x)[:, None] + self._reach
        squares = self._radius[:, None] ** 2
        tall, wide = (
            np.exp(-((rows - y[:, None]) ** 2) / squares),
            np.exp(-((columns - x[:, None]) ** 2) / squares),
        )
        tall *= bright[:, None] * ((rows >= 0) & (rows < canvas.height))
        wide *= (columns >= 0) & (columns < canvas.width)
        glow = (tall[:, :, None] * wide[:, None, :]).astype(np.float32)
        at = (
            (rows.astype(np.int32) % canvas.height)[:, :, None],
            (columns.astype(np.int32) % canvas.width)[:, None, :],
        )
        for plane, shade in zip(canvas.light, self._paint, strict=True):
            plane[at] += glow * shade[:, None, None]

    def _dab(
        self, canvas: Canvas, x: float, y: float, radius: float, bright: float, turn: float, colour: Array
    ) -> None:
        reach = radius * (2.6 if self._kind.shape == "glow" else 1.0) + 2
        top, left = int(y - reach), int(x - reach)
        ys = np.arange(top, int(y + reach) + 1, dtype=np.float32)[:, None] - y
        xs = np.arange(left, int(x + reach) + 1, dtype=np.float32)[None, :] - x
        if self._kind.shape == "glow":
            canvas.add(
                np.exp(-(ys * ys) / (radius * radius))
                * np.exp(-(xs * xs) / (radius * radius))
                * np.float32(bright),
                colour,
                top,
                left,
            )
        elif self._kind.shape == "ring":
            far = np.hypot(xs, ys) / radius
            shell = np.clip(1 - np.abs(far - 0.9) * 9, 0, 1) * 0.55 + np.exp(
                -((xs / radius + 0.4) ** 2 + (ys / radius + 0.4) ** 2) / 0.03
            )
            canvas.add(
                ((shell + 0.06) * np.clip((1 - far) * radius, 0, 1) * bright).astype(np.float32),
                colour,
                top,
                left,
            )
        else:
            cos, sin = np.cos(turn), np.sin(turn)
            flat = 0.30 + 0.65 * abs(np.sin(turn * 0.83))
            far = np.hypot(xs * cos + ys * sin, (ys * cos - xs * sin) / flat) / radius
            mask = np.clip((1 - far) * max(radius * 0.35, 1.2), 0, 1) * bright
            canvas.cover(mask.astype(np.float32), colour * np.float32(0.78 + 0.22 * sin), top, left)


def _colour(palette: Palette, role: str) -> Array:
    white = np.ones(3, np.float32)
    if role.isdigit():
        return palette.accents[int(role)]
    return {"white": white, "light": palette.light, "pale": mix(palette.accents[0], white, 0.5)}[role]

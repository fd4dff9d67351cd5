"""Small things in the air: rain, snow, petals, fireflies, embers, bubbles, stars, dust.

Every particle's place is a formula of time, so that any frame can be drawn by itself.
"""

from collections.abc import Sequence

import numpy as np

from sora_studio.sandbox.film.canvas import Canvas, enlarged
from sora_studio.sandbox.film.colour import Array, mix
from sora_studio.sandbox.film.noise import field, shifted, smoothstep
from sora_studio.sandbox.film.scene import Scene

WHITE = np.ones(3, np.float32)


class Swarm:
    """Soft points that travel, sway and twinkle."""

    def __init__(
        self, canvas: Canvas, scene: Scene, name: str, *, count: int, size: tuple[float, float], colours: Sequence[Array],
        travel: tuple[float, float], sway: float = 0.0, twinkle: float = 0.0, strength: float = 1.0,
        shape: str = "glow", area: tuple[float, float] = (0.0, 1.0),
    ) -> None:  # fmt: skip
        """Scatter them.

        Args:
            canvas: Where they will be painted.
            scene: Seed and pace.
            name: Salt of their dice.
            count: How many in a square frame.
            size: Smallest and largest radius, as shares of the shorter side.
            colours: Taken in turn.
            travel: (x, y) shares of the shorter side per second for the largest; smaller ones are slower.
            sway: Width of their swinging, as a share of the shorter side.
            twinkle: 0 steady .. 1 going out at times.
            strength: Brightness or cover.
            shape: "glow" adds light, "disc" is a soft round leaf that covers and turns, "ring" is a bubble.
            area: Rows that they live in, as shares of the height.
        """
        rng = np.random.default_rng(scene.salted(name))
        total = round(count * (canvas.width * canvas.height) ** 0.5 / canvas.unit)
        depth = np.sort(rng.beta(1.0, 2.2, total))
        self._radius = (size[0] + (size[1] - size[0]) * depth) * canvas.unit
        self._start = rng.random((total, 2))
        self._travel = (
            np.outer(0.35 + 0.65 * depth, np.array(travel) * np.array([scene.drift, 1]))
            * canvas.unit
            * scene.pace
        )
        self._phase, self._rate = rng.uniform(0, 6.3, total), rng.uniform(0.6, 1.6, total) * scene.pace
        self._sway, self._twinkle, self._strength = sway * canvas.unit, twinkle, strength
        self._colours = [colours[index % len(colours)] for index in rng.permutation(total)]
        self._shape, self._area = shape, area
        self._tiny = shape == "glow" and size[1] * canvas.unit < 4
        self._reach = np.arange(-int(size[1] * canvas.unit * 2.2) - 2, int(size[1] * canvas.unit * 2.2) + 3)
        self._paint = np.stack(self._colours, 1).astype(np.float32)

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them all."""
        margin = 2 * self._radius
        tall = (self._area[1] - self._area[0]) * canvas.height
        x = (self._start[:, 0] * (canvas.width + 2 * margin) + self._travel[:, 0] * t) % (
            canvas.width + 2 * margin
        ) - margin
        y = (self._start[:, 1] * (tall + 2 * margin) + self._travel[:, 1] * t) % (tall + 2 * margin) - margin
        x += self._sway * np.sin(self._rate * t + self._phase)
        y += self._area[0] * canvas.height + 0.4 * self._sway * np.sin(1.3 * self._rate * t + 2 * self._phase)
        bright = self._strength * (
            1 - self._twinkle * (0.5 + 0.5 * np.sin(2.1 * self._rate * t + self._phase * 3))
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
        """Draw points of a few pixels, all at once: one by one, a starry sky would take half of the frame's time."""
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
        reach = radius * (2.6 if self._shape == "glow" else 1.0) + 2
        top, left = int(y - reach), int(x - reach)
        ys = np.arange(top, int(y + reach) + 1, dtype=np.float32)[:, None] - y
        xs = np.arange(left, int(x + reach) + 1, dtype=np.float32)[None, :] - x
        if self._shape == "glow":
            canvas.add(
                np.exp(-(ys * ys) / (radius * radius))
                * np.exp(-(xs * xs) / (radius * radius))
                * np.float32(bright),
                colour,
                top,
                left,
            )
        elif self._shape == "ring":
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


class Rain:
    """Two sheets of slanted streaks that race over the frame."""

    def __init__(self, canvas: Canvas, scene: Scene) -> None:
        """Draw the sheets once; they tile."""
        rng = np.random.default_rng(scene.salted("rain"))
        self._sheets = [
            self._sheet(canvas, rng, length, count, scene.drift)
            for length, count in ((0.05, 150), (0.10, 60))
        ]
        self._colour = mix(scene.palette.light, WHITE, 0.3)
        self._speed = (1.25 * canvas.unit, 1.9 * canvas.unit)
        self._drift = scene.drift

    def _sheet(
        self, canvas: Canvas, rng: np.random.Generator, length: float, count: int, drift: int
    ) -> Array:
        sheet = np.zeros((canvas.height, canvas.width), np.float32)
        steps = int(length * canvas.unit)
        along = np.arange(steps)
        fade = smoothstep(0, 0.85, along / steps) * (1 - smoothstep(0.93, 1.0, along / steps))
        for _ in range(round(count * canvas.width * canvas.height / canvas.unit**2)):
            x, y, bright = rng.uniform(0, canvas.width), rng.integers(canvas.height), rng.uniform(0.4, 1)
            at = x - along * 0.16 * drift
            column, share = np.floor(at).astype(int), at - np.floor(at)
            rows = (y + along) % canvas.height
            for offset, weight in ((0, 1 - share), (1, share)):
                sheet[rows, (column + offset) % canvas.width] += (fade * bright * weight).astype(np.float32)
        return np.minimum(sheet, 1)

    def paint(self, canvas: Canvas, t: float) -> None:
        """Let it rain; fast enough for whole pixels."""
        for sheet, speed, strength in zip(self._sheets, self._speed, (0.20, 0.34), strict=True):
            fallen = speed * t
            moved = np.roll(sheet, (int(fallen), int(-0.16 * fallen * self._drift)), (0, 1))
            canvas.add(moved, self._colour * np.float32(strength))

"""Rain."""

import numpy as np

from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.colour import Array, mix
from sora_sandbox.film.noise import smoothstep
from sora_sandbox.film.scene import Scene


class Rain:
    """Two sheets of slanted streaks that race over the frame."""

    def __init__(self, canvas: Canvas, scene: Scene) -> None:
        """Draw the sheets once; they tile."""
        rng = np.random.default_rng(scene.seed_for("rain"))
        self._sheets = [
            self._sheet(canvas, rng, length, count, scene.drift)
            for length, count in ((0.05, 150), (0.10, 60))
        ]
        self._colour = mix(scene.palette.light, np.ones(3, np.float32), 0.3)
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

"""Moving light: northern lights, and shafts of light from above."""

import numpy as np

from sora_sandbox.film.canvas import Canvas, enlarged
from sora_sandbox.film.colour import Array
from sora_sandbox.film.noise import line, smoothstep
from sora_sandbox.film.scene import Scene


class NorthernLights:
    """Curtains of light with fine vertical rays."""

    def __init__(self, canvas: Canvas, scene: Scene, horizon: float) -> None:
        """Hang them above `horizon`."""
        rng = np.random.default_rng(scene.seed_for("lights"))
        self._size = canvas.width, round(canvas.height * horizon)
        self._ys = np.linspace(0, 1, -(-self._size[1] // 5), dtype=np.float32)[:, None]
        self._xs = np.linspace(0, 640, -(-canvas.width // 5), dtype=np.float32)
        self._fold = [line(rng, 2048, 1.6, 2, 24) for _ in range(2)]
        self._rays = [line(rng, 2048, 0.5, 30, 260) for _ in range(2)]
        self._pace = scene.pace * scene.drift
        self._colours = scene.palette.accents[:2]

    def paint(self, canvas: Canvas, t: float) -> None:
        """Let two curtains sway."""
        for index, colour in enumerate(self._colours):
            fold = _read(self._fold[index], self._xs + (30 + 16 * index) * t * self._pace)
            rays = _read(self._rays[index], self._xs * (1.2 + 0.5 * fold) - 14 * t * self._pace)
            foot = 0.42 + 0.42 * fold + 0.10 * index
            above = np.clip((foot - self._ys) / (0.27 + 0.33 * rays), -1, 4)
            curtain = np.exp(np.where(above > 0, -above * 1.4, above * 9)) * (0.22 + 0.46 * rays)
            canvas.add(enlarged(curtain, *self._size), colour)


class Shafts:
    """Shafts of light that fan out from a point above."""

    def __init__(self, canvas: Canvas, scene: Scene, source: tuple[float, float], strength: float) -> None:
        """Start them from `source`, shares of the frame that may be outside it."""
        rng = np.random.default_rng(scene.seed_for("shafts"))
        rows, columns = canvas.grid(5)
        self._lines = [line(rng, 1024, 0.9, 6, 34) for _ in range(2)]
        dx = (np.arange(columns) * 5 - source[0] * canvas.width) / canvas.unit
        dy = (np.arange(rows) * 5 - source[1] * canvas.height) / canvas.unit
        self._angle = (np.arctan2(dx[None, :], np.maximum(dy[:, None], 0.01)) * 200).astype(np.float32)
        self._fall = (strength * np.exp(-np.hypot(dx[None, :], dy[:, None]) / 0.85)).astype(np.float32)
        self._colour = scene.palette.light
        self._pace = scene.pace

    def paint(self, canvas: Canvas, t: float) -> None:
        """Let them shimmer."""
        one = _read(self._lines[0], self._angle + 7 * t * self._pace)
        other = _read(self._lines[1], self._angle * 1.7 - 9 * t * self._pace)
        rays = smoothstep(0.22, 0.85, one * other * 1.6) * self._fall
        canvas.add(enlarged(rays, canvas.width, canvas.height), self._colour)


def _read(table: Array, at: Array) -> Array:
    """Look up a periodic line at fractional places."""
    size = len(table)
    whole = np.floor(at)
    share = (at - whole).astype(np.float32)
    index = whole.astype(np.int32) % size
    return table[index] * (1 - share) + table[(index + 1) % size] * share

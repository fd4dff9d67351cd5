"""Clouds and mist: pale noise that drifts."""

import numpy as np

from sora_sandbox.film.canvas import Canvas, enlarged
from sora_sandbox.film.colour import mix
from sora_sandbox.film.noise import field, shifted, smoothstep
from sora_sandbox.film.scene import Scene


class Clouds:
    """Two soft sheets of cloud that slide over each other."""

    def __init__(self, canvas: Canvas, scene: Scene, horizon: float, amount: float) -> None:
        """Prepare them for the sky above `horizon`; `amount` is 0..1."""
        rng = np.random.default_rng(scene.seed_for("clouds"))
        self._size = canvas.width, round(canvas.height * horizon)
        rows, self._columns = -(-self._size[1] // 6), -(-canvas.width // 6)
        self._high = field(rng, rows, self._columns * 2, 1.9, 2)
        self._low = field(rng, rows, self._columns * 2, 1.6, 3)
        ys = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
        self._where = smoothstep(0.0, 0.35, ys) * (1 - smoothstep(0.75, 1, ys)) * np.float32(0.72)
        self._threshold = 0.62 - 0.16 * amount
        pale = mix(scene.palette.sky[-1], scene.palette.light, 0.55)
        self._colour = pale * (0.55 if scene.is_dark else 1.0)
        self._speed = 0.018 * canvas.unit / 6 * scene.pace * scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them where they have drifted to."""
        high = shifted(self._high, 0, self._speed * t)[:, : self._columns]
        low = shifted(self._low, 0, self._speed * 2.1 * t)[:, : self._columns]
        mask = smoothstep(self._threshold, self._threshold + 0.3, high * 0.62 + low * 0.38) * self._where
        canvas.cover(enlarged(mask, *self._size), self._colour)


class Mist:
    """Banks of pale mist that drift low."""

    def __init__(self, canvas: Canvas, scene: Scene, horizon: float, strength: float) -> None:
        """Lay them around and below the horizon."""
        rng = np.random.default_rng(scene.seed_for("mist"))
        self._rows, self._columns = canvas.grid(8)
        self._tile = field(rng, self._rows, self._columns * 2, 1.9, 1.5)
        ys = np.linspace(0, 1, self._rows, dtype=np.float32)[:, None]
        self._where = (np.exp(-(((ys - horizon - 0.10) / 0.20) ** 2)) * strength).astype(np.float32)
        self._colour = mix(scene.palette.sky[-1], scene.palette.light, 0.3) * np.float32(
            0.8 if scene.is_dark else 1
        )
        self._speed = 0.02 * canvas.unit / 8 * scene.pace * scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them where they have drifted to."""
        tile = shifted(self._tile, 0, self._speed * t)[:, : self._columns]
        mask = smoothstep(0.25, 0.85, tile) * self._where
        canvas.cover(enlarged(mask, canvas.width, canvas.height), self._colour)

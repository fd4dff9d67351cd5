"""The sky behind everything: its gradient, and the sun or the moon."""

import numpy as np

from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.colour import Array, mix, ramp
from sora_sandbox.film.noise import field, smoothstep
from sora_sandbox.film.scene import Scene


class Sky:
    """A still gradient from zenith to horizon with the glow of the sun in it."""

    def __init__(
        self, canvas: Canvas, scene: Scene, horizon: float, sun: tuple[float, float], glow: float
    ) -> None:
        """Paint it once; `horizon` and `sun` (x, y) are shares of the frame, `glow` scales the halo."""
        down = np.clip(canvas.ys / (horizon * canvas.height), 0, 1)
        dx = (canvas.xs - sun[0] * canvas.width) / canvas.unit
        dy = (canvas.ys - sun[1] * canvas.height) / canvas.unit
        far = np.hypot(dx[None, :], dy[:, None] * 1.15)
        halo = glow * (0.36 * np.exp(-far / 0.34) + 0.26 * np.exp(-((far / 0.13) ** 2)))
        base = ramp(scene.palette.sky, down**0.85)[:, :, None]
        self._light: Array = base + scene.palette.light[:, None, None] * (halo * (1.05 - 0.75 * base.mean()))

    def paint(self, canvas: Canvas, t: float) -> None:
        """Fill the whole frame."""
        del t
        np.copyto(canvas.light, self._light)


class Sun:
    """The disc of the sun or the moon, which moves slowly."""

    def __init__(self, canvas: Canvas, scene: Scene, at: tuple[float, float], radius: float) -> None:
        """Place the centre at shares (x, y) of the frame; `radius` is a share of the shorter side."""
        self._x, self._y = at[0] * canvas.width, at[1] * canvas.height
        self._radius = radius * canvas.unit
        self._moon = scene.is_dark
        glow = mix(scene.palette.light, np.ones(3, np.float32), 0.55)
        ember = mix(scene.palette.light, scene.palette.accents[0], 0.22)
        self._climb = (-1 if scene.palette_name != "sunset" else 1) * 0.004 * canvas.unit
        side = int(self._radius * 2.6)
        self._maria = field(np.random.default_rng(7), side, side, 2.1)
        self._paint = ramp([glow, glow, mix(glow, ember, 0.5), ember], np.linspace(0, 1, side))[
            :, :, None
        ] * np.float32(1.0 if self._moon else 1.18)

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw the disc with a soft edge; a moon has seas."""
        y = self._y + self._climb * t
        side = self._maria.shape[0]
        top, left = int(y - side / 2), int(self._x - side / 2)
        span = np.arange(side, dtype=np.float32)
        far = np.hypot(span[None, :] + left - self._x, span[:, None] + top - y)
        disc = np.clip((self._radius - far) / 1.5 + 0.5, 0, 1)
        if self._moon:
            disc = disc * (1 - 0.38 * smoothstep(0.42, 0.72, self._maria))
        canvas.cover(disc, self._paint, top, left)

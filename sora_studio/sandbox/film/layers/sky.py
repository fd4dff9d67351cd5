"""Air and light: the gradient, the sun or moon, clouds, northern lights, shafts of light."""

import numpy as np

from sora_studio.sandbox.film.canvas import Canvas, enlarged
from sora_studio.sandbox.film.colour import Array, mix, ramp
from sora_studio.sandbox.film.noise import field, line, shifted, smoothstep
from sora_studio.sandbox.film.scene import Scene


class Sky:
    """A still gradient from zenith to horizon with the glow of the sun in it."""

    def __init__(
        self, canvas: Canvas, scene: Scene, horizon: float, sun: tuple[float, float], glow: float
    ) -> None:
        """Paint it once; `horizon` and `sun` (x, y) are shares of the frame, `glow` is how much the sun spreads."""
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
    """The disc of the sun or the moon, creeping."""

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


class Clouds:
    """Two soft sheets of cloud that slide over each other."""

    def __init__(self, canvas: Canvas, scene: Scene, horizon: float, amount: float) -> None:
        """Prepare them for the sky above `horizon`; `amount` is 0..1."""
        rng = np.random.default_rng(scene.salted("clouds"))
        self._rows, self._columns = canvas.grid(6)
        self._high = field(rng, self._rows, self._columns * 2, 1.9, 2)
        self._low = field(rng, self._rows, self._columns * 2, 1.6, 3)
        ys = np.linspace(0, 1, self._rows, dtype=np.float32)
        self._where = (smoothstep(0.0, 0.35 * horizon, ys) * (1 - smoothstep(0.75 * horizon, horizon, ys)))[
            :, None
        ]
        self._threshold = 0.62 - 0.16 * amount
        self._colour = mix(scene.palette.sky[-1], scene.palette.light, 0.55) * (
            0.55 if scene.is_dark else 1.0
        )
        self._speed = 0.018 * canvas.unit / 6 * scene.pace * scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them where they have drifted to."""
        high = shifted(self._high, 0, self._speed * t)[:, : self._columns]
        low = shifted(self._low, 0, self._speed * 2.1 * t)[:, : self._columns]
        mask = (
            smoothstep(self._threshold, self._threshold + 0.3, high * 0.62 + low * 0.38) * self._where * 0.72
        )
        rows = round(canvas.height * 1.0)
        canvas.cover(enlarged(mask, canvas.width, rows), self._colour)


class NorthernLights:
    """Curtains of light with fine vertical rays."""

    def __init__(self, canvas: Canvas, scene: Scene, horizon: float) -> None:
        """Hang them above `horizon`."""
        rng = np.random.default_rng(scene.salted("lights"))
        self._rows, self._columns = canvas.grid(5)
        self._fold = [line(rng, 2048, 1.6, 2, 24) for _ in range(2)]
        self._rays = [line(rng, 2048, 0.5, 30, 260) for _ in range(2)]
        self._base = horizon
        self._pace = scene.pace * scene.drift
        self._colours = scene.palette.accents[:2]

    def paint(self, canvas: Canvas, t: float) -> None:
        """Let two curtains sway."""
        ys = np.linspace(0, 1, self._rows, dtype=np.float32)[:, None]
        xs = np.linspace(0, 640, self._columns, dtype=np.float32)
        for index, colour in enumerate(self._colours):
            fold = _read(self._fold[index], xs + (30 + 16 * index) * t * self._pace)
            rays = _read(self._rays[index], xs * (1.2 + 0.5 * fold) - 14 * t * self._pace)
            foot = self._base * (0.42 + 0.42 * fold + 0.10 * index)
            height = 0.16 + 0.20 * rays
            above = np.clip((foot - ys) / height, -1, 4)
            curtain = np.where(above > 0, np.exp(-above * 1.4), np.exp(above * 9)) * (0.35 + 0.75 * rays)
            canvas.add(enlarged((curtain * 0.62).astype(np.float32), canvas.width, canvas.height), colour)


class Shafts:
    """Shafts of light that fan out from a point above."""

    def __init__(self, canvas: Canvas, scene: Scene, source: tuple[float, float], strength: float) -> None:
        """Let them start from `source`, shares of the frame that may lie outside it."""
        rng = np.random.default_rng(scene.salted("shafts"))
        rows, columns = canvas.grid(6)
        self._lines = [line(rng, 1024, 0.9, 6, 60) for _ in range(2)]
        dx = (np.arange(columns) * 6 - source[0] * canvas.width) / canvas.unit
        dy = (np.arange(rows) * 6 - source[1] * canvas.height) / canvas.unit
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


class Mist:
    """Banks of pale mist that drift low."""

    def __init__(self, canvas: Canvas, scene: Scene, horizon: float, strength: float) -> None:
        """Lay them around and below the horizon."""

        rng = np.random.default_rng(scene.salted("mist"))
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


def _read(table: Array, at: Array) -> Array:
    """Look up a periodic line at fractional places."""
    size = len(table)
    whole = np.floor(at)
    share = (at - whole).astype(np.float32)
    index = whole.astype(np.int32) % size
    return table[index] * (1 - share) + table[(index + 1) % size] * share

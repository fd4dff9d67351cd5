"""Space: a nebula, stars at several depths, a planet that turns."""

# ruff: noqa: PLR2004  (a drawing is made of numbers)

import numpy as np

from sora_sandbox.film.canvas import Canvas, enlarged
from sora_sandbox.film.colour import Array, mix, ramp
from sora_sandbox.film.noise import field, smoothstep
from sora_sandbox.film.scene import Scene


class Nebula:
    """Veils of gas that slide over a dark ground."""

    def __init__(self, canvas: Canvas, scene: Scene) -> None:
        rng = np.random.default_rng(scene.seed_for("nebula"))
        palette = scene.palette
        rows, columns = canvas.grid(4)
        shape = field(rng, rows, columns * 2, 1.9)[:, :columns]
        dust = field(rng, rows, columns * 2, 1.5)[:, :columns]
        slope = np.add.outer(np.linspace(-0.5, 0.5, rows), np.linspace(-0.5, 0.5, columns) * scene.drift)
        band = np.exp(-((slope + 0.55 * (shape - 0.5)) ** 2) / 0.06)
        ground = ramp(
            [palette.sky[0] * 0.5, palette.sky[0], palette.sky[1]], np.clip(0.15 + 0.7 * band, 0, 1)
        )
        gas = ramp(
            [palette.sky[1], palette.accents[2], palette.accents[0], palette.light],
            np.clip(shape * 1.1, 0, 1),
        )
        lit = band * smoothstep(0.30, 0.95, dust) * 0.75
        picture = ground + gas * lit
        self._ground: Array = np.stack(
            [enlarged(plane.astype(np.float32), canvas.width, canvas.height) for plane in picture]
        )
        self._rows, self._columns = canvas.grid(8)
        self._veil = field(rng, self._rows, self._columns, 2.0)
        self._where = np.asarray(band[::2, ::2][: self._rows, : self._columns] * 0.26, np.float32)
        self._colour = mix(palette.accents[0], palette.accents[1], 0.3)
        self._pace = scene.pace * scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Fill the frame."""
        np.copyto(canvas.light, self._ground)
        one = np.roll(self._veil, int(self._rows / 3), 0)
        from_left = 1.1 * t * self._pace
        veil = smoothstep(0.35, 0.95, _slid(self._veil, from_left)) * smoothstep(
            0.2, 0.8, _slid(one, -from_left * 0.7)
        )
        rows, columns = self._where.shape
        canvas.add(enlarged(veil[:rows, :columns] * self._where, canvas.width, canvas.height), self._colour)


def _slid(tile: Array, dx: float) -> Array:
    whole, share = int(np.floor(dx)), np.float32(dx - np.floor(dx))
    return np.roll(tile, -whole, 1) * (1 - share) + np.roll(tile, -whole - 1, 1) * share


class Planet:
    """A banded sphere, lit from one side, that turns slowly; some have a ring."""

    def __init__(self, canvas: Canvas, scene: Scene, at: tuple[float, float], radius: float) -> None:
        """Place its centre at shares of the frame; `radius` is a share of the shorter side."""
        rng = np.random.default_rng(scene.seed_for("planet"))
        palette = scene.palette
        self._radius = radius * canvas.unit
        self._at = (at[0] * canvas.width, at[1] * canvas.height)
        side = int(self._radius * 2.5)
        self._side = side
        span = (np.arange(side, dtype=np.float32) - side / 2 + 0.5) / self._radius
        x, y = np.meshgrid(span, span)
        far = np.hypot(x, y)
        z = np.sqrt(np.clip(1 - far**2, 0, 1))
        tilt = rng.uniform(-0.5, 0.5)
        along, across = x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)
        self._latitude = ((np.arcsin(np.clip(across, -1, 1)) / np.pi + 0.5) * 255).astype(np.int32)
        self._longitude = ((np.arctan2(along, z + 1e-3) / np.pi + 1) * 256).astype(np.float32)
        self._skin = _skin(rng, palette.accents[2], palette.accents[1], palette.light)
        lit = np.clip(-0.72 * scene.drift * x - 0.55 * y + 0.42 * z, 0, 1) ** 0.9
        self._shade = (lit * 1.15 + 0.012).astype(np.float32)
        self._disc = np.clip((1 - far) * self._radius + 0.5, 0, 1).astype(np.float32)
        rim = np.exp(-np.maximum(far - 1, 0) / 0.045) * (far > 0.985) + np.clip(far, 0, 1) ** 7 * (far <= 1)
        self._air = (rim * np.clip(-0.72 * scene.drift * x - 0.55 * y + 0.35, 0, 1) * 0.75).astype(np.float32)
        self._air_colour = mix(palette.accents[0], palette.light, 0.35)
        self._turn = 5.5 * scene.pace * scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw it as far as it has turned."""
        at = self._longitude + self._turn * t
        whole = np.floor(at)
        share = at - whole
        column = whole.astype(np.int32)
        skin = (
            self._skin[:, self._latitude, column % 512] * (1 - share)
            + self._skin[:, self._latitude, (column + 1) % 512] * share
        )
        top = int(self._at[1] - self._side / 2)
        left = int(self._at[0] - self._side / 2)
        canvas.cover(self._disc, skin * self._shade, top, left)
        canvas.add(self._air, self._air_colour, top, left)


def _skin(rng: np.random.Generator, dark: Array, middle: Array, light: Array) -> Array:
    """Paint the map of a planet, (3, 256, 512): bands, bent by storms."""
    bend = field(rng, 256, 512, 1.7) - 0.5
    rows = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    bands = field(rng, 256, 8, 1.0)[:, :1]
    level = np.interp(np.clip(rows + 0.14 * bend, 0, 1), rows[:, 0], bands[:, 0])
    fine = field(rng, 256, 512, 1.1)
    return ramp([dark * 0.55, dark, middle, light], np.clip(0.8 * level + 0.25 * fine, 0, 1))

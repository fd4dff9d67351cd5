"""Water: a sea that mirrors its sky, glitters under the sun and rolls towards the viewer."""

import math

import numpy as np

from sora_sandbox.film.canvas import Canvas, enlarged
from sora_sandbox.film.colour import Array, mix, ramp
from sora_sandbox.film.layers.ridge import SAMPLES, Ridge
from sora_sandbox.film.noise import field, line, smoothstep
from sora_sandbox.film.scene import Scene


class Mirror:
    """A surface that reflects what stands above the waterline, broken by ripples."""

    def __init__(
        self,
        canvas: Canvas,
        scene: Scene,
        waterline: float,
        *,
        clarity: float,
        colours: tuple[Array, Array],
        squeeze: float = 1.15,
    ) -> None:
        """Fill the frame below `waterline` (a share of its height).

        `clarity` is how much of the reflection shows, `colours` is the water far away and near, and `squeeze`
        is how many rows of picture one row of water reflects.
        """
        self._line = int(waterline * canvas.height)
        depth = canvas.height - self._line
        self._down = np.arange(depth, dtype=np.float32)
        share = self._down / max(depth, 1)
        self._water = ramp(list(colours), share**0.7)[:, :, None] * (1 - clarity)
        self._clarity = (clarity * (1 - 0.45 * share)).astype(np.float32)[:, None]
        self._squeeze = squeeze
        rng = np.random.default_rng(scene.seed_for("ripples"))
        self._ripple = line(rng, 2048, 0.7, 40, 420)
        self._pace, self._unit = scene.pace, canvas.unit

    def paint(self, canvas: Canvas, t: float) -> None:
        """Mirror the rows above, each displaced by the ripple that passes there."""
        perspective = 2048 * np.sqrt(self._down / self._unit + 0.002)
        at = (perspective - 90 * t * self._pace).astype(np.int32) % 2048
        sway = (self._ripple[at] - 0.5) * (0.012 + 0.075 * self._down / self._unit) * self._unit
        rows = np.clip(self._line - 1 - self._down * self._squeeze + sway, 0, self._line - 1).astype(np.int32)
        below = canvas.light[:, self._line :]
        np.multiply(canvas.light[:, rows], self._clarity, out=below)
        np.add(below, self._water, out=below)


class Glitter:
    """The broken road of light under the sun."""

    def __init__(self, canvas: Canvas, scene: Scene, waterline: float, sun_x: float) -> None:
        """Lay it from the waterline to the viewer, around column share `sun_x`."""
        rng = np.random.default_rng(scene.seed_for("glitter"))
        self._top = int(waterline * canvas.height)
        self._size = (canvas.width, canvas.height - self._top)
        rows, columns = max(self._size[1] // 3, 2), canvas.width // 4
        self._tiles = [field(rng, 256, 256, 0.55, 8) for _ in range(2)]
        down = np.linspace(0.004, 1, rows, dtype=np.float32)[:, None]
        depth = canvas.height - self._top
        self._v = (38 / (down * depth / canvas.unit + 0.16)).astype(np.float32)
        aside = (np.arange(columns, dtype=np.float32) * 4 - sun_x * canvas.width)[None, :] / canvas.unit
        self._u = aside * 44 / (0.25 + down)
        road = 0.05 + 0.30 * down
        self._where = np.exp(-((aside / road) ** 2)) * (1 - 0.55 * down) + 0.06 * (1 - down)
        self._colour = mix(scene.palette.light, np.ones(3, np.float32), 0.25)
        self._pace = scene.pace

    def paint(self, canvas: Canvas, t: float) -> None:
        """Let it sparkle: two ripples that cross, bright where both crest."""
        drift = t * self._pace
        one = self._look(0, self._v * 5 - 16 * drift, self._u + 5 * drift)
        other = self._look(1, self._v * 5.7 - 11 * drift, self._u * 0.8 - 8 * drift)
        sparks = smoothstep(0.30, 0.46, one * other) * self._where
        canvas.add(enlarged(sparks.astype(np.float32), *self._size), self._colour * 0.95, self._top)

    def _look(self, tile: int, v: Array, u: Array) -> Array:
        rows, columns = np.broadcast_arrays(v.astype(np.int32) & 255, u.astype(np.int32) & 255)
        return self._tiles[tile][rows, columns]


def swell(canvas: Canvas, scene: Scene, waterline: float, colours: tuple[Array, Array]) -> list["Wave"]:
    """Roll a few waves towards the viewer, nearer ones larger."""
    waves = []
    for index, near in enumerate((0.10, 0.32, 0.60, 0.92)):
        rng = np.random.default_rng(scene.seed_for(f"wave{index}"))
        outline = 0.8 * line(rng, SAMPLES, 1.6, 4, 16) + 0.2 * line(rng, SAMPLES, 2.0, 12, 40)
        body = mix(colours[0], colours[1], near)
        waves.append(
            Wave(
                canvas,
                outline.astype(np.float32),
                base=waterline + (1.0 - waterline) * (0.30 + 0.76 * near),
                relief=0.018 + 0.085 * near,
                fill=np.stack([mix(body, scene.palette.sky[-1], 0.28), body, mix(body, colours[1], 0.6)]),
                speed=(0.03 + 0.10 * near) * scene.pace * scene.drift * (-1 if index == 1 else 1),
                rim=scene.palette.light * np.float32(0.20 - 0.08 * near),
            ).rolling(0.006 + 0.02 * near, 0.9 + 0.3 * index, index * 2.1, 0.86, scene.pace)
        )
    return waves


class Wave(Ridge):
    """A ridge that heaves, and through which a little of what is behind can be seen."""

    _heave = (0.0, 1.0, 0.0)
    _opacity = 1.0

    def rolling(self, height: float, rate: float, phase: float, opacity: float, pace: float) -> "Wave":
        """Let it heave by `height` (share of the frame) at `rate` radians per second."""
        self._heave = (height, rate * pace, phase)
        self._opacity = opacity
        return self

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw it at its height of this moment."""
        height, rate, phase = self._heave
        crest = self.crest(canvas, t) + height * canvas.height * math.sin(rate * t + phase)
        top = max(int(crest.min()) - 1, 0)
        if top >= canvas.height:
            return
        below = canvas.ys[top:, None] - crest
        mask = np.clip(below + 0.5, 0, 1) * np.float32(self._opacity)
        rows = canvas.height - top
        fill = self._fill[:, :rows]
        if fill.shape[1] < rows:
            fill = np.concatenate([fill, np.repeat(fill[:, -1:], rows - fill.shape[1], 1)], 1)
        canvas.cover(mask, fill, top)
        band = min(rows, int(self._rim_depth * 6 + (crest.max() - crest.min())) + 1)
        np.multiply(mask[:band], np.exp(np.maximum(below[:band], 0) / -self._rim_depth), out=mask[:band])
        canvas.add(mask[:band], self._rim, top)

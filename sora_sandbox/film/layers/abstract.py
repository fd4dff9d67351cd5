"""The abstract scene, for prompts that name no place: folds of satin, light threads, floating spheres."""

import math

import numpy as np

from sora_sandbox.film.canvas import Canvas, enlarged
from sora_sandbox.film.colour import Array, mix, ramp
from sora_sandbox.film.noise import smoothstep
from sora_sandbox.film.scene import Scene


class Satin:
    """A cloth of folded light: a moving height field, lit from one side."""

    def __init__(self, canvas: Canvas, scene: Scene) -> None:
        rng = np.random.default_rng(scene.seed_for("satin"))
        self._rows, self._columns = canvas.grid(4)
        ys = np.arange(self._rows, dtype=np.float32)[:, None] * 4 / canvas.unit
        xs = np.arange(self._columns, dtype=np.float32)[None, :] * 4 / canvas.unit
        angle = rng.uniform(0.35, 0.95) * scene.drift
        self._along = xs * math.cos(angle) + ys * math.sin(angle)
        self._across = (-xs * math.sin(angle) + ys * math.cos(angle)).astype(np.float32)
        self._folds = [
            (
                rng.uniform(1.3, 2.4) * 1.75**index,
                rng.uniform(-0.9, 0.9),
                rng.uniform(0, 6.3),
                rng.uniform(0.25, 0.5),
            )
            for index in range(4)
        ]
        palette = scene.palette
        stops = [palette.sky[0], palette.sky[1], palette.accents[2], palette.accents[0], palette.accents[1]]
        self._table = ramp(stops, np.linspace(0, 1, 1024))
        self._sheen = mix(palette.light, palette.accents[1], 0.3)
        self._pace = scene.pace
        self._offset = rng.uniform(0, 6.3)

    def paint(self, canvas: Canvas, t: float) -> None:
        """Fill the frame with the cloth as it hangs now."""
        move = t * self._pace
        bend = 0.22 * np.sin(self._along * 2.1 + 0.55 * move + self._offset) + 0.10 * np.sin(
            self._along * 4.7 - 0.4 * move
        )
        height = np.zeros_like(self._along)
        slope = np.zeros_like(self._along)
        for index, (rate, lean, phase, speed) in enumerate(self._folds):
            at = (self._across + bend) * rate * 2.6 + lean * self._along + phase + speed * move
            weight = np.float32(0.62**index)
            height += np.sin(at) * weight
            slope += np.cos(at) * weight * rate * 0.42
        hue = np.clip(
            0.46 + 0.19 * height + 0.16 * np.sin(self._along * 1.3 - 0.25 * move + self._offset), 0, 1
        )
        light = 1 / (1 + np.exp(-slope * 1.1)) * 0.72 + 0.38
        shine = np.exp(-((slope - 1.25) ** 2) / 0.16) * 0.34
        index = (hue * 1023).astype(np.int32)
        for plane in range(3):
            colour = self._table[plane][index] * light + self._sheen[plane] * shine
            canvas.light[plane] = enlarged(colour.astype(np.float32), canvas.width, canvas.height)


class Spheres:
    """A few glossy spheres that float, with soft shadows behind them."""

    def __init__(self, canvas: Canvas, scene: Scene, count: int) -> None:
        """Place them by the seed, the smallest behind."""
        rng = np.random.default_rng(scene.seed_for("spheres"))
        radii = np.sort(rng.uniform(0.035, 0.135, count))
        colours = [*scene.palette.accents, scene.palette.sky[-1]]
        golden = rng.uniform(0, 1)
        self._spheres = [
            (
                _sphere(
                    radius * canvas.unit, colours[index % len(colours)], scene.palette.light, scene.drift
                ),
                ((golden + index * 0.618) % 1 * 0.84 + 0.08) * canvas.width,
                rng.uniform(0.16, 0.74) * canvas.height,
                rng.uniform(0, 6.3),
            )
            for index, radius in enumerate(radii)
        ]
        self._pace, self._drift = scene.pace, scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them where they float now."""
        move = t * self._pace
        for (sprite, shadow), x, y, phase in self._spheres:
            side = sprite.shape[1]
            size = side / canvas.unit
            at_x = x + canvas.unit * (0.02 * math.sin(0.7 * move + phase) + 0.10 * size * move * self._drift)
            at_y = y + canvas.unit * 0.035 * math.sin(0.9 * move + 2 * phase)
            at_x = (at_x + side) % (canvas.width + 2 * side) - side
            _lay(canvas, np.zeros(3, np.float32), shadow, at_y + side * 0.16, at_x + side * 0.05)
            _lay(canvas, sprite[:3], sprite[3], at_y, at_x)


def _lay(canvas: Canvas, paint: Array, mask: Array, y: float, x: float) -> None:
    """Cover with a sprite centred between pixels."""
    top, left = y - mask.shape[0] / 2, x - mask.shape[1] / 2
    row, column = int(np.floor(top)), int(np.floor(left))
    fy, fx = np.float32(top - row), np.float32(left - column)
    moved = np.zeros_like(mask)
    moved[1:, 1:] = (
        mask[1:, 1:] * (1 - fy) * (1 - fx)
        + mask[:-1, 1:] * fy * (1 - fx)
        + mask[1:, :-1] * (1 - fy) * fx
        + mask[:-1, :-1] * fy * fx
    )
    canvas.cover(moved, paint, row, column)


def _sphere(radius: float, colour: Array, light: Array, side: int) -> tuple[Array, Array]:
    """Return a sphere as planes (r, g, b, cover) and its shadow's mask."""
    span = (np.arange(int(radius * 2) + 5, dtype=np.float32) - radius - 2) / radius
    x, y = np.meshgrid(span, span)
    far = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - far**2, 0, 1))
    lit = np.clip(-0.5 * side * x - 0.62 * y + 0.6 * z, -1, 1)
    body = ramp(
        [colour * 0.18, colour * 0.55, colour, mix(colour, light, 0.55)], np.clip(0.5 + 0.55 * lit, 0, 1)
    )
    gloss = np.exp(-((x + 0.36 * side) ** 2 + (y + 0.44) ** 2) / 0.022) * 0.85 + np.clip(
        far, 0, 1
    ) ** 6 * 0.30 * smoothstep(-0.5, 0.7, y)
    cover = np.clip((1 - far) * radius + 0.5, 0, 1)
    sprite = np.concatenate([body + light[:, None, None] * gloss, cover[None]]).astype(np.float32)
    wide = np.linspace(-1.7, 1.7, int(radius * 3.4), dtype=np.float32)
    shadow = 0.34 * np.exp(-((np.hypot(*np.meshgrid(wide, wide)) / 0.95) ** 3))
    return sprite, shadow.astype(np.float32)


class Threads:
    """Fine bright threads that follow one another across the picture."""

    def __init__(self, scene: Scene) -> None:
        rng = np.random.default_rng(scene.seed_for("threads"))
        self._phase = rng.uniform(0, 6.3, 3)
        self._y = rng.uniform(0.42, 0.62)
        self._colour = mix(scene.palette.light, scene.palette.accents[1], 0.4)
        self._pace = scene.pace * scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them: one pass per thread over the rows that it touches."""
        xs = canvas.xs / canvas.unit
        move = t * self._pace
        for index in range(18):
            lag = index * 0.055
            y = self._y * canvas.height + canvas.unit * (
                (0.16 + 0.004 * index) * np.sin(1.9 * xs + 0.5 * move + self._phase[0] + lag)
                + 0.07 * np.sin(4.1 * xs - 0.7 * move + self._phase[1] + 2.2 * lag)
                + 0.008 * (index - 9)
            )
            fade = (0.5 + 0.5 * np.sin(2.3 * xs - 0.9 * move + self._phase[2] + 1.7 * lag)) ** 2 * 0.34
            self._stroke(canvas, y.astype(np.float32), fade.astype(np.float32))

    def _stroke(self, canvas: Canvas, y: Array, fade: Array) -> None:
        """Light the few pixels around a curve, column by column."""
        row = np.floor(y).astype(np.int32)
        columns = np.arange(canvas.width)
        for offset in (-1, 0, 1, 2):
            at = row + offset
            inside = (at >= 0) & (at < canvas.height)
            near = np.clip(1.35 - np.abs(at - y), 0, 1) * fade
            canvas.light[:, at[inside], columns[inside]] += self._colour[:, None] * near[inside]

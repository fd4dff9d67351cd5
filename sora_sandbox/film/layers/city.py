"""A city by its river: rows of buildings with lit windows, and lights that move."""

# ruff: noqa: PLR2004  (a drawing is made of numbers)

from dataclasses import dataclass

import numpy as np

from sora_sandbox.film.canvas import Canvas, bands
from sora_sandbox.film.colour import Array, mix, ramp
from sora_sandbox.film.scene import Scene


@dataclass(frozen=True)
class _Row:
    """How one row of buildings is built: pixels, and the share of windows that are lit."""

    width: int
    tallest: int
    unit: int
    near: float
    lamps: float


class Skyline:
    """One row of buildings; it repeats after about three widths of the shorter side."""

    def __init__(self, canvas: Canvas, scene: Scene, near: float, foot: float) -> None:
        """Build it once, as wide planes; `near` is 0..1, `foot` the ground as a share of the height."""
        rng = np.random.default_rng(scene.seed_for(f"skyline{near:.2f}"))
        unit, palette = canvas.unit, scene.palette
        self._foot = int(foot * canvas.height)
        row = _Row(
            width=int((3.2 if canvas.width > canvas.height else 1.9) * unit),
            tallest=int((0.70 - 0.34 * near) * unit * (1.12 if canvas.height > canvas.width else 1.0)),
            unit=unit,
            near=near,
            lamps=0.58 if scene.is_dark else 0.22,
        )
        heights, windows = _build(rng, row)
        rows = np.arange(row.tallest, dtype=np.float32)[:, None]
        mask = np.clip(rows - (row.tallest - heights)[None, :] + 0.5, 0, 1).astype(np.float32)
        haze = mix(palette.sky[-1], palette.light, 0.12)
        body = mix(mix(palette.far, palette.sky[2], 0.45), palette.near, near**0.7)
        foot_colour = mix(body, haze, 0.62 * (1 - near) + 0.10)
        fill = ramp([body, body, foot_colour], rows[:, 0] / row.tallest)[:, :, None]
        lamps = np.stack(
            [mix(palette.accents[1], palette.light, 0.45), palette.accents[0], palette.accents[2]]
        )
        glow = np.einsum("cp,chw->phw", lamps, windows) * np.float32(0.42 + 0.55 * near) * mask
        lowest = int(row.tallest - heights.max()) - 1
        mask, fill, glow = mask[lowest:], fill[:, lowest:], glow[:, lowest:]
        self._period = row.width
        turn = int(rng.uniform(0, row.width))
        self._planes: Array = np.roll(np.concatenate([mask[None], (fill + glow) * mask]), turn, 2)
        self._planes = np.concatenate([self._planes, self._planes[:, :, : canvas.width + 2]], 2).astype(
            np.float32
        )
        self._speed = (0.014 + 0.070 * near) * scene.pace * scene.drift * unit

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw it where it has slid to; between columns too, or slow motion would stutter."""
        at = self._speed * t % self._period
        start, share = int(at), np.float32(at - int(at))
        wide = self._planes[:, :, start : start + canvas.width + 1]
        top = self._foot - wide.shape[1]
        for band in bands(wide.shape[1]):
            moved = wide[:, band, :-1] * (1 - share)
            moved += wide[:, band, 1:] * share
            target = canvas.light[:, top + band.start : top + band.stop]
            target *= 1 - moved[0]
            target += moved[1:]


def _build(rng: np.random.Generator, row: _Row) -> tuple[Array, Array]:
    """Return roof heights per column, and the windows of three kinds of lamp as (3, tallest, width)."""
    heights = np.zeros(row.width, np.float32)
    windows = np.zeros((3, row.tallest, row.width), np.float32)
    x = 0
    while x < row.width:
        wide = min(int(row.unit * rng.uniform(0.045, 0.115) * (0.75 + 0.75 * row.near)), row.width - x)
        tall = int(row.tallest * (0.20 + 0.58 * rng.beta(1.2, 1.9)))
        tower = rng.random()
        if tower < 0.16 and wide > 12:
            tall = int(row.tallest * rng.uniform(0.66, 0.80))
        heights[x : x + wide] = tall
        _crown(rng.random(), heights[x : x + wide], tall, row)
        _light(rng, windows[:, :, x : x + wide], tall, row)
        x += wide + (int(row.unit * rng.uniform(0.004, 0.026)) if rng.random() < 0.5 * row.near else 0)
    return heights, windows


def _crown(style: float, roof: Array, tall: int, row: _Row) -> None:
    """Give a building its top: a set-back, a taper, a mast or nothing."""
    wide = len(roof)
    if wide <= 12:
        return
    if style < 0.30:
        roof[wide // 5 : -(wide // 5)] = tall * 1.09
    elif style < 0.40:
        for step in (6, 4, 3):
            roof[wide // step : -(wide // step)] += tall * 0.05
    if style < 0.10 or 0.40 < style < 0.52:
        middle, mast = wide // 2, max(row.unit // 400, 1)
        roof[middle : middle + mast] = tall * 1.24
    np.minimum(roof, row.tallest - 1, out=roof)


def _light(rng: np.random.Generator, windows: Array, tall: int, row: _Row) -> None:
    """Put windows into one building: some dark, whole storeys too, and some buildings tinted."""
    _, tallest, wide = windows.shape
    pane = max(round(row.unit * (0.0030 + 0.0040 * row.near)), 1)
    busy, tint = row.lamps * rng.uniform(0.3, 1.2), rng.choice([0, 0, 0, 1, 2])
    pitch_x, pitch_y = pane * 2 + round(pane * rng.uniform(-0.4, 0.6)), round(pane * rng.uniform(2.3, 3.2))
    ribbon = rng.random() < 0.25
    for y in range(tallest - tall + pitch_y, tallest - pane, max(pitch_y, 2)):
        lively = busy * rng.choice([0.3, 1.0, 1.35])
        for x in range(max(pane, 2), wide - pane - 1, max(pitch_x, 2)):
            if rng.random() < lively:
                across = pitch_x if ribbon else pane
                kind = tint if rng.random() < 0.85 else 0
                windows[kind, y : y + max(round(pane * 1.4), 1), x : x + across] = (
                    0.25 + 0.75 * rng.random() ** 1.5
                )


class Traffic:
    """Lights that pass along the quay."""

    def __init__(self, canvas: Canvas, scene: Scene, at: float) -> None:
        """Let them pass at a share of the frame's height."""
        rng = np.random.default_rng(scene.seed_for("traffic"))
        self._y = at * canvas.height
        self._cars = [
            (rng.uniform(0, 1), rng.uniform(0.10, 0.26) * scene.pace * (1 if index % 2 else -1), index % 2)
            for index in range(12)
        ]
        bright = 1.0 if scene.is_dark else 0.45
        self._colours = (
            mix(scene.palette.light, scene.palette.accents[1], 0.3) * bright,
            scene.palette.accents[0] * bright,
        )

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw each as a small stretched glow."""
        long, thin = 0.014 * canvas.unit, 0.0026 * canvas.unit
        for start, speed, lane in self._cars:
            x = (start + speed * t * canvas.unit / canvas.width) % 1.1 * canvas.width - 0.05 * canvas.width
            y = self._y + (lane - 0.5) * 3 * thin
            left, top = int(x - 3 * long), int(y - 4 * thin)
            xs = np.arange(int(6 * long)) + left - x
            ys = np.arange(int(8 * thin) + 1) + top - y
            glow = np.exp(-((ys / thin) ** 2))[:, None] * np.exp(-((xs / long) ** 2))[None, :]
            canvas.add((glow * 0.9).astype(np.float32), self._colours[lane], top, left)

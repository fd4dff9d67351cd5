"""Everything that is an outline against the sky: mountains, trees, dunes, hills and waves."""

# ruff: noqa: PLR2004  (a drawing is made of numbers)

from collections.abc import Callable

import numpy as np

from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.colour import Array, mix, ramp
from sora_sandbox.film.noise import line
from sora_sandbox.film.scene import Scene

SAMPLES = 4096
"""Points of one periodic outline; it spans three frame heights or so before it repeats."""

Outline = Callable[[np.random.Generator, float], Array]
"""Maps random numbers and nearness (0 far, 1 near) to heights 0..1 at SAMPLES points."""


class Ridge:
    """One outline, filled with a gradient that fades into mist at its foot, sliding sideways."""

    def __init__(  # noqa: PLR0913  (independent, and named)
        self,
        canvas: Canvas,
        outline: Array,
        *,
        base: float,
        relief: float,
        fill: Array,
        speed: float,
        rim: Array,
        span: float = 3.4,
    ) -> None:
        """Prepare the outline and its gradient.

        Args:
            canvas: Where it will be painted.
            outline: Heights 0..1 over one period.
            base: Foot of the outline, as a share of the frame's height.
            relief: Height of the outline, as a share of the shorter side.
            fill: Gradient stops (n, 3) from the crest to the foot.
            speed: Shares of the shorter side per second.
            rim: Colour added along the crest: light from behind.
            span: Length of a period in shorter sides.
        """
        self._outline = outline
        self._base, self._relief = base * canvas.height, relief * canvas.unit
        self._top = max(int(self._base - self._relief) - 1, 0)
        depth = max(canvas.height - self._top, 1)
        share = np.arange(depth, dtype=np.float32) / max(self._relief * 1.25 + 0.10 * canvas.unit, 1)
        self._fill = ramp(list(fill), np.clip(share, 0, 1))[:, :, None]
        self._speed, self._rim = speed * canvas.unit, rim
        self._step = len(outline) / (span * canvas.unit)
        self._rim_depth = 0.011 * canvas.unit

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw it where it has slid to."""
        crest = self.crest(canvas, t)
        low = min(int(np.ceil(crest.max())) + 1, canvas.height)
        below = canvas.ys[self._top : low, None] - crest
        mask = np.clip(below + 0.5, 0, 1)
        rows = low - self._top
        canvas.cover(mask, self._fill[:, :rows], self._top)
        canvas.light[:, low:] = self._fill[:, rows:]
        if self._rim.any():
            np.multiply(mask, np.exp(np.maximum(below, 0) / -self._rim_depth), out=mask)
            canvas.add(mask, self._rim, self._top)

    def crest(self, canvas: Canvas, t: float) -> Array:
        """Return the row of the outline in every column."""
        at = (canvas.xs + self._speed * t) * self._step % len(self._outline)
        heights = np.interp(at, np.arange(len(self._outline) + 1), np.append(self._outline, self._outline[0]))
        return (self._base - heights * self._relief).astype(np.float32)


def ridges(  # noqa: PLR0913  (independent, and named)
    canvas: Canvas,
    scene: Scene,
    outline: Outline,
    *,
    horizon: float,
    count: int,
    relief: tuple[float, float],
    misty: float,
    lit: float,
) -> list[Ridge]:
    """Stack outlines from the horizon to the viewer: higher contrast, faster and darker as they come nearer.

    Args:
        canvas: Where they will be painted.
        scene: Colours, seed and pace.
        outline: Draws one of them.
        horizon: Foot of the farthest, as a share of the frame's height.
        count: How many.
        relief: Heights of the farthest and the nearest, as shares of the shorter side.
        misty: How much sky colour fills the valleys, 0..1.
        lit: Strength of the light along the crests.
    """
    haze = mix(scene.palette.sky[-1], scene.palette.light, 0.2)
    layers = []
    for index in range(count):
        near = index / max(count - 1, 1)
        rng = np.random.default_rng(scene.seed_for(f"ridge{index}"))
        body = mix(mix(scene.palette.far, haze, 0.35 * misty), scene.palette.near, near**0.85)
        foot = mix(body, haze, misty * (1 - near) ** 0.7 * 0.75)
        layers.append(
            Ridge(
                canvas,
                outline(rng, near),
                base=horizon + (1.02 - horizon) * near**1.25,
                relief=relief[0] + (relief[1] - relief[0]) * near,
                fill=np.stack([body, mix(body, foot, 0.4), foot]),
                speed=(0.008 + 0.105 * near**1.7) * scene.pace * scene.drift,
                rim=scene.palette.light * np.float32(lit * (1 - 0.75 * near)),
            )
        )
    return layers


def peaks(rng: np.random.Generator, near: float) -> Array:
    """Draw sharp mountains, gentler as they come nearer."""
    broad = line(rng, SAMPLES, 1.4, 2, 12)
    folds = 1 - np.abs(2 * line(rng, SAMPLES, 1.5, 3, 60) - 1)
    rough = line(rng, SAMPLES, 1.1, 30, 700)
    share = 0.48 - 0.22 * near
    return ((1 - share) * broad * (0.45 + 0.55 * folds) + share * folds * broad**0.5 + 0.06 * rough).astype(
        np.float32
    ) / 1.06


def dunes(rng: np.random.Generator, near: float) -> Array:
    """Draw long dunes: a slow rise, a quick fall."""
    del near
    phase = np.linspace(0, 2 * np.pi, SAMPLES, endpoint=False)
    lean = 0.9 * np.sin(phase * 5 + 6 * line(rng, SAMPLES, 2, 1, 4))
    wave = 0.5 + 0.5 * np.sin(phase * 5 + lean + rng.uniform(0, 6))
    return (0.62 * wave + 0.38 * line(rng, SAMPLES, 2.0, 1, 6)).astype(np.float32)


def islands(rng: np.random.Generator, near: float) -> Array:
    """Draw islands: hills whose valleys lie under water."""
    return np.maximum(hills(rng, near) - 0.55, 0).astype(np.float32) / np.float32(0.45)


def hills(rng: np.random.Generator, near: float) -> Array:
    """Draw round hills, with grass on the near ones."""
    grass = line(rng, SAMPLES, 0.15, 300, 1400) * 0.05 * near
    return (line(rng, SAMPLES, 2.2, 2, 9) * 0.95 + grass).astype(np.float32)


def trees(rng: np.random.Generator, near: float) -> Array:
    """Draw hills with conifers on them, larger and fewer as they come nearer."""
    ground = line(rng, SAMPLES, 2.0, 2, 8) * (0.55 - 0.25 * near)
    tops = np.zeros(SAMPLES, np.float32)
    at = np.arange(SAMPLES)
    width = 26 + 62 * near
    for centre in np.cumsum(rng.uniform(0.45, 1.3, int(SAMPLES / width * 1.4)) * width):
        tall = rng.uniform(0.5, 1.0) * (0.34 + 0.34 * near)
        wide = width * rng.uniform(0.75, 1.15) * (0.5 + tall)
        aside = np.abs((at - centre + SAMPLES / 2) % SAMPLES - SAMPLES / 2) / wide
        branches = (aside * 7.5 % 1.0) * 0.11 * np.minimum(aside * 6, 1)
        np.maximum(tops, tall * (1 - aside**0.82 + branches * (aside < 0.95)), out=tops)
    return np.clip(ground + tops, 0, 1).astype(np.float32)

"""Subjects: birds, a boat, balloons, fish. Small outlines, drawn larger and scaled down for soft edges."""

# ruff: noqa: PLR2004  (a drawing is made of numbers)

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.colour import Array, mix
from sora_sandbox.film.scene import Scene

Points = Sequence[tuple[float, float]]


def outline(shapes: Sequence[Points], height: float, width: float) -> Array:
    """Return the mask, height x width pixels, of polygons given in shares of a box."""
    rows, columns = max(round(height), 2), max(round(width), 2)
    image = Image.new("L", (columns * 4, rows * 4))
    pen = ImageDraw.Draw(image)
    for shape in shapes:
        pen.polygon([(x * columns * 4, y * rows * 4) for x, y in shape], fill=255)
    return np.asarray(image.resize((columns, rows), Image.Resampling.BOX), np.float32) / 255


class Birds:
    """A loose flock that flaps across the sky."""

    def __init__(self, scene: Scene) -> None:
        rng = np.random.default_rng(scene.seed_for("birds"))
        self._birds = [
            (rng.normal(0, 0.13), rng.normal(0, 0.05), rng.uniform(0, 6.3), rng.uniform(0.022, 0.040))
            for _ in range(11)
        ]
        self._y = rng.uniform(0.22, 0.36)
        self._colour = mix(scene.palette.near, scene.palette.far, 0.25)
        self._pace, self._drift = scene.pace, -scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw each with its wings where they are in the beat."""
        for dx, dy, phase, size in self._birds:
            beat = math.sin(7.5 * self._pace * t + phase) * (0.6 + 0.4 * math.sin(0.9 * t + phase))
            tip = 0.5 - 0.42 * beat
            arm = 0.42 + 0.10 * (tip - 0.5)
            over = [(0.0, tip), (0.26, arm), (0.5, 0.52), (0.74, arm), (1.0, tip)]
            under = [(0.72, 0.56), (0.54, 0.66), (0.5, 0.70), (0.46, 0.66), (0.28, 0.56)]
            mask = outline([over + under], size * canvas.unit * 0.62, size * canvas.unit)
            along = (0.12 + 0.05 * self._pace * t + dx) % 1.2 - 0.1
            x = along * canvas.width if self._drift > 0 else (1 - along) * canvas.width
            y = self._y * canvas.height + (dy + 0.012 * math.sin(1.2 * t + phase)) * canvas.unit
            canvas.cover(mask, self._colour, int(y), int(x))


class Boat:
    """A small sailing boat that rocks on the water."""

    def __init__(self, canvas: Canvas, scene: Scene, waterline: float) -> None:
        """Place it a little below the horizon."""
        rng = np.random.default_rng(scene.seed_for("boat"))
        self._x, self._y = rng.uniform(0.25, 0.42), waterline + 0.045
        if scene.drift < 0:
            self._x = 1 - self._x
        self._size = 0.15 * canvas.unit
        self._hull = mix(scene.palette.near, scene.palette.far, 0.15)
        self._sail = mix(scene.palette.accents[0], scene.palette.light, 0.35)
        self._pace, self._drift = scene.pace, -scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw hull and sails, leaning with the swell."""
        rock = 0.05 * math.sin(1.1 * self._pace * t)
        sails = [[(0.50, 0.04), (0.50, 0.72), (0.90, 0.72)], [(0.46, 0.14), (0.46, 0.72), (0.16, 0.72)]]
        hull = [
            [(0.06, 0.77), (0.96, 0.77), (0.80, 0.93), (0.20, 0.93)],
            [(0.475, 0.02), (0.495, 0.02), (0.495, 0.8), (0.475, 0.8)],
        ]
        x = self._x * canvas.width + 0.018 * canvas.unit * self._pace * self._drift * t - self._size / 2
        y = self._y * canvas.height + 0.006 * canvas.unit * math.sin(0.9 * self._pace * t) - self._size
        for shapes, colour in ((sails, self._sail), (hull, self._hull)):
            leaned = [[(px + rock * (0.8 - py), py) for px, py in shape] for shape in shapes]
            canvas.cover(outline(leaned, self._size, self._size), colour, int(y), int(x))


class Balloons:
    """Hot-air balloons that rise at their leisure."""

    def __init__(self, canvas: Canvas, scene: Scene) -> None:
        rng = np.random.default_rng(scene.seed_for("balloons"))
        colours = scene.palette.accents
        self._balloons = [
            (
                size,
                _balloon(canvas.unit * size, (colours[index % 3], colours[(index + 1) % 3]), scene),
                (index * 0.2 + rng.uniform(0, 0.12), rng.uniform(0.10, 0.46)),
                rng.uniform(0, 6.3),
            )
            for index, size in enumerate(rng.permutation([0.05, 0.075, 0.10, 0.15, 0.21]))
        ]
        self._pace, self._drift = scene.pace, scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw them from the farthest to the nearest."""
        for size, (colours, mask), (x, y), phase in sorted(self._balloons, key=lambda balloon: balloon[0]):
            away = 0.10 * size * self._pace * self._drift * t + 0.006 * math.sin(0.8 * t + phase)
            up = 0.12 * size * self._pace * t
            left, top = x * canvas.width + canvas.unit * away, y * canvas.height - canvas.unit * up
            canvas.cover(mask, colours, int(top), int(left))


def _balloon(size: float, stripes: tuple[Array, Array], scene: Scene) -> tuple[Array, Array]:
    """Return planes and mask of one balloon, gored and shaded round."""
    rows, columns = int(size * 1.35), int(size)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    u, v = (x / columns - 0.5) * 2, y / columns
    half = np.where(
        v < 0.5,
        np.sqrt(np.clip(1 - ((v - 0.5) / 0.5) ** 2, 0, 1)),
        np.clip(1 - (np.maximum(v - 0.5, 0) / 0.62) ** 1.7, 0, 1),
    )
    half = np.where(v > 1.02, 0.0, np.maximum(half, 0.10))
    basket = (np.abs(u) < 0.10) & (v > 1.12) & (v < 1.24)
    ropes = (np.abs(np.abs(u) - 0.09) < 0.014) & (v > 1.0) & (v < 1.14)
    cover = np.maximum(np.clip((half - np.abs(u)) * columns / 2, 0, 1), (basket | ropes).astype(np.float32))
    across = np.clip(u / np.maximum(half, 0.05), -1, 1)
    gore = (np.floor((np.arcsin(across) / np.pi + 0.5) * 7) % 2)[None]
    shade = 0.62 + 0.48 * np.sqrt(np.clip(1 - across**2, 0, 1)) - 0.18 * across * scene.drift
    colours = (stripes[0][:, None, None] * gore + stripes[1][:, None, None] * (1 - gore)) * shade
    colours = np.where((v > 1.02)[None], scene.palette.near[:, None, None], colours)
    return colours.astype(np.float32), cover.astype(np.float32)


class Fish:
    """A school of small fish that turns as one."""

    def __init__(self, scene: Scene) -> None:
        rng = np.random.default_rng(scene.seed_for("fish"))
        self._fish = [
            (rng.normal(0, 0.16), rng.normal(0, 0.085), rng.uniform(0, 6.3), rng.uniform(0.022, 0.05))
            for _ in range(26)
        ]
        self._colours = [mix(colour, scene.palette.light, 0.2) for colour in scene.palette.accents]
        self._y = rng.uniform(0.38, 0.55)
        self._pace, self._drift = scene.pace, -scene.drift

    def paint(self, canvas: Canvas, t: float) -> None:
        """Draw each with its tail where it is in the beat."""
        for index, (dx, dy, phase, size) in enumerate(self._fish):
            beat = 0.16 * math.sin(8 * self._pace * t + phase)
            body = [
                (0.02, 0.5),
                (0.22, 0.22),
                (0.5, 0.14),
                (0.78, 0.44),
                (1.0, 0.16 + beat),
                (0.93, 0.5 + beat),
                (1.0, 0.84 + beat),
                (0.78, 0.56),
                (0.5, 0.86),
                (0.22, 0.78),
            ]
            shape = body if self._drift < 0 else [(1 - x, y) for x, y in body]
            mask = outline([shape], size * canvas.unit * 0.42, size * canvas.unit) * np.float32(
                0.55 + size * 8
            )
            along = (0.30 + 0.07 * self._pace * t + dx) % 1.3 - 0.15
            x = (along if self._drift > 0 else 1 - along) * canvas.width
            y = self._y * canvas.height + canvas.unit * (dy + 0.035 * math.sin(0.8 * t + 5 * along))
            canvas.cover(np.minimum(mask, 1), self._colours[index % 3], int(y), int(x))

"""Compose the layers of a scene into one picture that can be painted at any moment."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sora_sandbox.film.canvas import Canvas, Layer
from sora_sandbox.film.colour import mix
from sora_sandbox.film.layers import ridge
from sora_sandbox.film.layers.abstract import Satin, Spheres, Threads
from sora_sandbox.film.layers.city import Skyline, Traffic
from sora_sandbox.film.layers.clouds import Clouds, Mist
from sora_sandbox.film.layers.cosmos import Nebula, Planet
from sora_sandbox.film.layers.lights import NorthernLights, Shafts
from sora_sandbox.film.layers.particles import PARTICLES, Particles
from sora_sandbox.film.layers.rain import Rain
from sora_sandbox.film.layers.sky import Sky, Sun
from sora_sandbox.film.layers.subjects import Balloons, Birds, Boat, Fish
from sora_sandbox.film.layers.water import Glitter, Mirror, swell
from sora_sandbox.film.scene import Scene


def compose(scene: Scene, canvas: Canvas) -> list[Layer]:
    """Return the layers of a scene, the farthest first."""
    return [*_PLACES[scene.place](scene, canvas), *_weather(scene, canvas)]


def _sun(scene: Scene, low: float, high: float) -> tuple[float, float]:
    """Place the sun by the seed, off centre, between two shares of the height."""
    rng = np.random.default_rng(scene.seed_for("sun"))
    x = rng.choice([rng.uniform(0.22, 0.40), rng.uniform(0.60, 0.78)])
    return float(x), float(rng.uniform(low, high))


def _air(
    scene: Scene, canvas: Canvas, horizon: float, sun: tuple[float, float], clouds: float = 0.5
) -> list[Layer]:
    """Return everything behind the horizon."""
    layers: list[Layer] = [Sky(canvas, scene, horizon, sun, 0.55 if scene.is_dark else 1.0)]
    if scene.is_dark or "stars" in scene.weather:
        layers.append(_stars(scene, canvas, 150, horizon))
    if "aurora" in scene.weather:
        layers.append(NorthernLights(canvas, scene, horizon))
    layers += [
        Sun(canvas, scene, sun, 0.052 if scene.is_dark else 0.070),
        Clouds(canvas, scene, horizon, clouds),
    ]
    if "birds" in scene.subjects:
        layers.append(Birds(scene))
    return layers


def _coast(scene: Scene, canvas: Canvas) -> list[Layer]:
    horizon = 0.55
    sun = _sun(scene, 0.36, 0.47)
    palette = scene.palette
    water = (mix(palette.far, palette.sky[-1], 0.35), mix(palette.near, palette.far, 0.20))
    islands = ridge.ridges(
        canvas, scene, ridge.islands, horizon=horizon, count=2, relief=(0.10, 0.10), misty=0.8, lit=0.06
    )
    layers = [
        *_air(scene, canvas, horizon, sun),
        islands[0],
        Mirror(canvas, scene, horizon, clarity=0.62, colours=water),
        Glitter(canvas, scene, horizon, sun[0]),
    ]
    if "boat" in scene.subjects:
        layers.append(Boat(canvas, scene, horizon))
    if "balloons" in scene.subjects:
        layers.append(Balloons(canvas, scene))
    return [*layers, *swell(canvas, scene, horizon, water)]


def _land(
    outline: ridge.Outline,
    *,
    horizon: float,
    count: int,
    relief: tuple[float, float],
    misty: float,
    sun: tuple[float, float],
    shafts: float = 0.0,
) -> Callable[[Scene, Canvas], list[Layer]]:
    """Return the composer of a landscape made of outlines."""

    def landscape(scene: Scene, canvas: Canvas) -> list[Layer]:
        at = _sun(scene, *sun)
        lines = ridge.ridges(
            canvas, scene, outline, horizon=horizon, count=count, relief=relief, misty=misty, lit=0.16
        )
        layers = [*_air(scene, canvas, horizon, at), *lines[: count // 2]]
        if "balloons" in scene.subjects:
            layers.append(Balloons(canvas, scene))
        layers += lines[count // 2 : -1]
        if shafts:
            layers.append(Shafts(canvas, scene, (at[0], -0.15), shafts * (0.6 if scene.is_dark else 1)))
        layers.append(lines[-1])
        if scene.place == "meadow":
            layers.append(Particles(canvas, scene, PARTICLES["flowers"]))
        return layers

    return landscape


def _city(scene: Scene, canvas: Canvas) -> list[Layer]:
    quay = 0.76
    sun = _sun(scene, 0.18, 0.34)
    layers = _air(scene, canvas, quay, sun, 0.4)
    layers += [Skyline(canvas, scene, near, quay) for near in (0.0, 0.45, 1.0)]
    if "balloons" in scene.subjects:
        layers.append(Balloons(canvas, scene))
    dark = mix(scene.palette.near, scene.palette.sky[1], 0.35)
    water = Mirror(canvas, scene, quay, clarity=0.72, colours=(dark, scene.palette.near), squeeze=1.9)
    return [*layers, Traffic(canvas, scene, quay - 0.007), water]


def _cosmos(scene: Scene, canvas: Canvas) -> list[Layer]:
    x, y = _sun(scene, 0.36, 0.56)
    radius = 0.15 + 0.11 * (scene.seed % 97) / 97
    return [
        Nebula(canvas, scene),
        _stars(scene, canvas, 260, 1.0),
        Planet(canvas, scene, (x, y), radius),
        Particles(canvas, scene, PARTICLES["near stars"]),
    ]


def _deep(scene: Scene, canvas: Canvas) -> list[Layer]:
    sun = _sun(scene, -0.02, 0.0)
    layers: list[Layer] = [
        Sky(canvas, scene, 1.0, sun, 0.75),
        Shafts(canvas, scene, (sun[0], -0.28), 0.75),
        *ridge.ridges(
            canvas, scene, ridge.peaks, horizon=0.86, count=3, relief=(0.20, 0.26), misty=0.2, lit=0.02
        ),
        Particles(canvas, scene, PARTICLES["plankton"]),
        Particles(canvas, scene, PARTICLES["air"]),
    ]
    if "fish" in scene.subjects:
        layers.append(Fish(scene))
    return layers


def _abstract(scene: Scene, canvas: Canvas) -> list[Layer]:
    layers: list[Layer] = [Satin(canvas, scene)]
    kind = scene.seed % 3
    if kind != 0:
        layers.append(Threads(scene))
    if kind != 1:
        layers.append(Spheres(canvas, scene, 4 + scene.seed % 4))
    return [*layers, Particles(canvas, scene, PARTICLES["dust"])]


def _stars(scene: Scene, canvas: Canvas, count: int, low: float) -> Particles:
    return Particles(canvas, scene, replace(PARTICLES["stars"], count=count, area=(0.0, low * 0.92)))


_PLACES: dict[str, Callable[[Scene, Canvas], list[Layer]]] = {
    "coast": _coast,
    "peaks": _land(ridge.peaks, horizon=0.60, count=5, relief=(0.30, 0.26), misty=0.95, sun=(0.20, 0.34)),
    "forest": _land(
        ridge.trees, horizon=0.56, count=5, relief=(0.22, 0.62), misty=1.0, sun=(0.20, 0.32), shafts=0.40
    ),
    "dunes": _land(ridge.dunes, horizon=0.62, count=5, relief=(0.10, 0.22), misty=0.6, sun=(0.26, 0.40)),
    "meadow": _land(ridge.hills, horizon=0.60, count=5, relief=(0.12, 0.22), misty=0.8, sun=(0.22, 0.36)),
    "city": _city,
    "cosmos": _cosmos,
    "deep": _deep,
    "abstract": _abstract,
}


def _weather(scene: Scene, canvas: Canvas) -> list[Layer]:
    """Return what is in the air in front of everything."""
    layers: list[Layer] = []
    for name in scene.weather:
        if name == "rain":
            layers.append(Rain(canvas, scene))
        elif name == "mist":
            layers.append(Mist(canvas, scene, 0.60, 0.75))
        elif name in PARTICLES and name != "stars":
            layers.append(Particles(canvas, scene, PARTICLES[name]))
    return layers

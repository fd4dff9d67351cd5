"""Colours, stored as sRGB, mixed and tinted in OKLab (https://bottosson.github.io/posts/oklab/).

A colour is an array of three sRGB values, 0..1. Arrays of the size of a frame are float32, twice as fast as
float64.
"""

# ruff: noqa: PLR2004  (the constants of sRGB)

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
RgbFrame = npt.NDArray[np.uint8]
"""A finished frame: (3, height, width) bytes, red, green, blue."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LMS = np.linalg.inv(_TO_LMS)
_FROM_LAB = np.linalg.inv(_TO_LAB)


def from_hex(text: str) -> Array:
    """Read "#rrggbb"."""
    return np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)


def to_oklab(rgb: Array) -> Array:
    """Convert sRGB of shape (..., 3) to OKLab."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return (np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T).astype(np.float32)


def from_oklab(lab: Array) -> Array:
    """Convert OKLab of shape (..., 3) to sRGB, clipped to what a screen can show."""
    linear = np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T, 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb.astype(np.float32)


def mix(one: Array, other: Array, share: float) -> Array:
    """Blend two colours as the eye expects; share 0 is `one`, 1 is `other`."""
    return from_oklab(to_oklab(one) * (1 - share) + to_oklab(other) * share)


def ramp(stops: Sequence[Array], where: Array) -> Array:
    """Read a gradient of evenly spaced stops at positions 0..1, as planes: (3, *where.shape)."""
    lab = np.stack([to_oklab(stop) for stop in stops])
    places = np.linspace(0, 1, len(stops))
    mixed = np.stack([np.interp(where, places, lab[:, axis]) for axis in range(3)], axis=-1)
    return np.moveaxis(from_oklab(mixed.astype(np.float32)), -1, 0)


def tinted(rgb: Array, hue: float, strength: float, chroma: float = 1.0) -> Array:
    """Pull a colour's hue (radians in OKLab) towards another, `chroma` scales its colourfulness.

    Reds and blues lose a little lightness on the way: a light red would be pink.
    """
    light, a, b = to_oklab(rgb)
    off = (np.arctan2(b, a) - hue + np.pi) % (2 * np.pi) - np.pi
    light *= 1 - 0.16 * strength * max(np.cos(hue - np.radians(10)), np.cos(hue - np.radians(275)), 0)
    amount = max(float(np.hypot(a, b)) * chroma, 0.15 * strength * min(1.0, 2.4 * (1 - light) + 0.2))
    angle = hue + off * (1 - strength)
    return from_oklab(np.array([light, amount * np.cos(angle), amount * np.sin(angle)], np.float32))


def turned(rgb: Array, angle: float) -> Array:
    """Rotate a colour's hue by an angle in radians, keeping lightness and colourfulness."""
    light, a, b = to_oklab(rgb)
    cos, sin = np.cos(angle), np.sin(angle)
    return from_oklab(np.array([light, a * cos - b * sin, a * sin + b * cos], np.float32))

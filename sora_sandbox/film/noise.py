"""Seeded, periodic noise: the roughness of ridges, the softness of clouds."""

import numpy as np

from sora_sandbox.film.colour import Array


def field(
    rng: np.random.Generator, height: int, width: int, slope: float = 1.8, coarse: float = 1.0
) -> Array:
    """Return smooth noise 0..1 that tiles in both directions: white noise, its frequencies shaped.

    `slope` is how fast detail fades (1 rough, 3 silky); fewer than `coarse` cycles per tile are left out.
    """
    fy = np.fft.fftfreq(height)[:, None] * height
    fx = np.fft.rfftfreq(width)[None, :] * width
    frequency = np.hypot(fy, fx * height / width)
    frequency[0, 0] = np.inf
    spectrum = (
        np.fft.rfft2(rng.standard_normal((height, width)))
        * np.where(frequency >= coarse, frequency, np.inf) ** -slope
    )
    return _stretched(np.fft.irfft2(spectrum, (height, width)))


def line(
    rng: np.random.Generator, length: int, slope: float = 1.3, coarse: int = 1, fine: int = 10_000
) -> Array:
    """Return noise 0..1 along one periodic line, built of `coarse`..`fine` cycles per length."""
    frequency = np.fft.rfftfreq(length) * length
    weight = np.zeros_like(frequency)
    kept = (frequency >= coarse) & (frequency <= fine)
    weight[kept] = frequency[kept] ** -slope
    return _stretched(np.fft.irfft(np.fft.rfft(rng.standard_normal(length)) * weight, length))


def shifted(tile: Array, dy: float, dx: float) -> Array:
    """Slide a periodic field by a fraction of a cell as well as by whole cells."""
    iy, ix = int(np.floor(dy)), int(np.floor(dx))
    fy, fx = np.float32(dy - iy), np.float32(dx - ix)
    rows = np.roll(tile, (-iy, -ix), (0, 1))
    if fy:
        rows = rows * (1 - fy) + np.roll(rows, -1, 0) * fy
    return rows * (1 - fx) + np.roll(rows, -1, 1) * fx if fx else rows


def smoothstep(low: float, high: float, value: Array) -> Array:
    """Rise from 0 at `low` to 1 at `high` with soft ends."""
    share = np.clip((value - low) / (high - low), 0, 1).astype(np.float32)
    return share * share * (3 - 2 * share)


def _stretched(values: np.ndarray) -> Array:
    """Scale to 0..1."""
    low, high = values.min(), values.max()
    return ((values - low) / max(high - low, 1e-9)).astype(np.float32)

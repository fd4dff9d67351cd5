"""Post-processing: bloom, vignette, highlights that roll off, and grain against banding."""

import numpy as np
from PIL import Image, ImageFilter

from sora_sandbox.film.canvas import Canvas, bands
from sora_sandbox.film.colour import Array, RgbFrame

BLOOM = 8
"""The glow around bright things is computed on a grid this many times coarser."""

SHOULDER = 0.7
"""Where highlights begin to roll off, smoothly, to reach white at 2 - SHOULDER."""


class PostProcessing:
    """Turns float light into eight bits a plane, as a camera would."""

    def __init__(self, canvas: Canvas) -> None:
        """Prepare vignette and grain for one size."""
        x = np.linspace(-1, 1, canvas.width, dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, canvas.height, dtype=np.float32)[:, None]
        self._vignette: Array = (1.0 - 0.20 * np.clip((x * x + y * y - 0.35) / 1.65, 0, 1) ** 1.3).astype(
            np.float32
        )
        rng = np.random.default_rng(1)
        self._grain = [
            rng.normal(0.5, 0.9, (canvas.height, canvas.width)).astype(np.float32) for _ in range(3)
        ]
        self._glow: Array | None = None
        self._frames = [np.empty(canvas.light.shape, np.uint8) for _ in range(2)]

    def develop(self, canvas: Canvas, index: int) -> RgbFrame:
        """Return frame number `index`; two buffers take turns."""
        if index % 2 == 0 or self._glow is None:  # soft and slow: every second frame has one of its own
            self._glow = _glow(canvas)
        glow = self._glow
        grain, rgb = self._grain[index % 3], self._frames[index % 2]
        for band in bands(canvas.height):
            light = canvas.light[:, band]
            half = glow[:, band.start // 2 : (band.stop + 1) // 2]
            wide = np.repeat(half, 2, 2)[:, :, : canvas.width]
            light[:, 0::2] += wide
            light[:, 1::2] += wide[:, : light.shape[1] // 2]
            light *= self._vignette[band]
            np.clip(light, 0, 2 - SHOULDER, out=light)
            over = np.maximum(light, SHOULDER)
            over -= SHOULDER
            np.square(over, out=over)
            over *= 0.25 / (1 - SHOULDER)
            light -= over
            light *= 255
            light += grain[band]
            rgb[:, band] = np.clip(light, 0, 255, out=light)
        return rgb


def _glow(canvas: Canvas) -> Array:
    """Return a wide soft glow of everything bright, at half the size of the frame."""
    rows, columns = canvas.height // BLOOM, canvas.width // BLOOM
    size = (-(-canvas.width // 2), -(-canvas.height // 2))
    taps = [canvas.light[:, y : rows * BLOOM : BLOOM, x : columns * BLOOM : BLOOM] for y, x in _TAPS]
    small = np.clip(sum(taps) / len(taps), 0, 1.8)
    bright = np.clip(small - 0.62, 0, 1.2) * 0.5 + small * 0.045
    image = Image.fromarray((np.moveaxis(bright, 0, -1) * 200).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(5)
    )
    planes = [plane.resize(size, Image.Resampling.BICUBIC) for plane in image.split()]
    return np.stack([np.asarray(plane, np.float32) for plane in planes]) * np.float32(1 / 200)


_TAPS = ((0, 1), (1, 5), (3, 3), (4, 7), (5, 0), (7, 4))
"""Where each coarse cell is sampled: spread, so that no fine pattern escapes."""

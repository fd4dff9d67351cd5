"""A reference image as the beginning: it is the first frame, then the scene fades in like mist."""

import math

import numpy as np
from PIL import Image

from sora_sandbox.film.canvas import bands, enlarged
from sora_sandbox.film.colour import Array, RgbFrame, to_oklab
from sora_sandbox.film.noise import field, smoothstep

FADE_START, FADE_END = 0.22, 0.72
"""The shares of the film between which the scene takes over."""


class ReferenceIntro:
    """The reference image, which zooms in slowly and gives way to the scene."""

    def __init__(self, image: Image.Image, width: int, height: int, seed: int) -> None:
        """Prepare an image that already has the size of the film."""
        self._image = image.convert("RGB")
        self._size = (width, height)
        veil = field(np.random.default_rng(seed), -(-height // 8), -(-width // 8), 2.0)
        self._veil: Array = np.clip(enlarged(veil, width, height), 0, 1)

    def hides_scene(self, share: float) -> bool:
        """Tell whether only the image is visible at this share of the film."""
        return share <= FADE_START

    def overlay(self, rgb: RgbFrame, share: float) -> None:
        """Draw the image over a finished frame (3, height, width), in place, at a share 0..1 of the film."""
        if share >= FADE_END:
            return
        picture = np.moveaxis(self._zoomed(share), -1, 0)
        if self.hides_scene(share):
            rgb[:] = picture
            return
        passed = (share - FADE_START) / (FADE_END - FADE_START) * 1.5 - 0.25
        for band in bands(rgb.shape[1]):
            left = 1 - smoothstep(-0.25, 0.25, passed - self._veil[band])
            scene = rgb[:, band].astype(np.float32)
            scene += (picture[:, band] - scene) * left
            scene += 0.5
            rgb[:, band] = scene

    def _zoomed(self, share: float) -> RgbFrame:
        """Return the image, (height, width, 3), zoomed in a little; at share 0 as it is."""
        width, height = self._size
        zoom = 1 + 0.10 * (1 - math.cos(math.pi * share)) / 2
        if share == 0:
            return np.asarray(self._image)
        x, y = width * (1 - 1 / zoom) / 2, height * (1 - 1 / zoom) / 2
        return np.asarray(
            self._image.resize(
                self._size, Image.Resampling.BILINEAR, box=(x, y, width - x, height - y), reducing_gap=None
            )
        )


def leading_hue(image: Image.Image) -> float | None:
    """Return the image's most colourful direction in OKLab, in radians; None when it is grey."""
    small = np.asarray(image.convert("RGB").resize((32, 32), Image.Resampling.BOX), np.float32) / 255
    _, a, b = np.moveaxis(to_oklab(small), -1, 0)
    pull = np.hypot(a, b)
    a, b = float((a * pull).sum()), float((b * pull).sum())
    return math.atan2(b, a) if pull.mean() > 0.02 else None  # noqa: PLR2004  (below, a colour cast is noise)

"""The picture being painted: float light in three planes, with the few strokes that all layers share."""

from typing import Protocol

import numpy as np
from PIL import Image

from sora_sandbox.film.colour import Array

BAND = 48
"""Rows worked on at a time, so that they stay in the processor's cache: twice as fast as whole frames."""


class Layer(Protocol):
    """One thing in a picture."""

    def paint(self, canvas: "Canvas", t: float) -> None:
        """Draw it as it stands at `t` seconds of scene time, over what is there already."""
        ...


class Canvas:
    """The frame that is being painted.

    `light` has shape (3, height, width), float32, 1.0 is white and more is glare. Lengths in scenes are
    shares of `unit`, the shorter side, so that every size shows the same picture.
    """

    def __init__(self, width: int, height: int) -> None:
        """Prepare a black frame; it is reused for every frame of a video."""
        self.width, self.height = width, height
        self.unit = min(width, height)
        self.light: Array = np.zeros((3, height, width), np.float32)
        self.xs: Array = np.arange(width, dtype=np.float32)
        self.ys: Array = np.arange(height, dtype=np.float32)
        self._scratch: Array = np.empty((3, BAND, width), np.float32)

    def grid(self, coarseness: int) -> tuple[int, int]:
        """Return (rows, columns) of a grid that is `coarseness` times coarser than the frame."""
        return -(-self.height // coarseness), -(-self.width // coarseness)

    def add(self, mask: Array, colour: Array, top: int = 0, left: int = 0) -> None:
        """Add light of a colour through a mask whose corner is at (top, left); what is outside is cut off."""
        mask, rows, columns = self._clip(mask, top, left)
        target = self.light[:, rows, columns]
        for band in bands(mask.shape[0]):
            part = self._scratch[:, : band.stop - band.start, : mask.shape[1]]
            np.multiply(mask[band], colour[:, None, None], out=part)
            np.add(target[:, band], part, out=target[:, band])

    def cover(self, mask: Array, paint: Array, top: int = 0, left: int = 0) -> None:
        """Blend `paint`, a colour (3,) or planes that broadcast to the mask, over the frame by the mask."""
        paint = paint[:, None, None] if paint.ndim == 1 else paint
        full = mask.shape
        mask, rows, columns = self._clip(mask, top, left)
        if paint.shape[1] == full[0]:
            paint = paint[:, max(-top, 0) :][:, : mask.shape[0]]
        if paint.shape[2] == full[1]:
            paint = paint[:, :, max(-left, 0) :][:, :, : mask.shape[1]]
        target = self.light[:, rows, columns]
        for band in bands(mask.shape[0]):
            part = self._scratch[:, : band.stop - band.start, : mask.shape[1]]
            np.subtract(paint[:, band] if paint.shape[1] > 1 else paint, target[:, band], out=part)
            np.multiply(part, mask[band], out=part)
            np.add(target[:, band], part, out=target[:, band])

    def _clip(self, mask: Array, top: int, left: int) -> tuple[Array, slice, slice]:
        bottom, right = min(top + mask.shape[0], self.height), min(left + mask.shape[1], self.width)
        mask = mask[max(-top, 0) : max(bottom - top, 0), max(-left, 0) : max(right - left, 0)]
        return mask, slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))


def bands(rows: int) -> list[slice]:
    """Cut rows into bands that fit the cache."""
    return [slice(start, min(start + BAND, rows)) for start in range(0, rows, BAND)]


def enlarged(field: Array, width: int, height: int) -> Array:
    """Scale a small field up smoothly."""
    small = Image.fromarray(field.astype(np.float32, copy=False))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))

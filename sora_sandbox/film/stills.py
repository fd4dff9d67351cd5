"""The stills that go with a video: a thumbnail, and a spritesheet of small frames for scrubbing."""

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile  # loads this format alone; Pillow would load all to look for it

from sora_sandbox.film.colour import RgbFrame

COLUMNS = 8
PER_SECOND = 4
"""A sheet has 8 columns and four frames a second: a row is two seconds, read left to right."""
TILE = 240
"""Pixels of a tile's longer side."""


class Stills:
    """Collects stills while the film is rendered."""

    def __init__(self, width: int, height: int, frames: int, fps: int) -> None:
        """Lay out an empty spritesheet for a film of `frames`."""
        scale = TILE / max(width, height)
        self._tile = (round(width * scale), round(height * scale))
        self._every = fps // PER_SECOND
        tiles = -(-frames // self._every)
        self._sheet = Image.new("RGB", (COLUMNS * self._tile[0], -(-tiles // COLUMNS) * self._tile[1]))
        self._thumbnail_at = min(fps, frames - 1)
        self._thumbnail: Image.Image | None = None

    def add(self, rgb: RgbFrame, index: int) -> None:
        """Keep what is needed of frame number `index`, (3, height, width)."""
        if index % self._every and index != self._thumbnail_at:
            return
        image = Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, -1)))
        if index == self._thumbnail_at:
            self._thumbnail = image
        if index % self._every == 0:
            row, column = divmod(index // self._every, COLUMNS)
            tile = image.resize(self._tile, Image.Resampling.BOX, reducing_gap=2.0)
            self._sheet.paste(tile, (column * self._tile[0], row * self._tile[1]))

    def save(self, thumbnail: Path, spritesheet: Path) -> None:
        """Write the frame one second in as WebP, at the size of the video, and the spritesheet as JPEG."""
        if self._thumbnail is not None:
            self._thumbnail.save(thumbnail, WebPImageFile.format, quality=82, method=3)
        self._sheet.save(spritesheet, "JPEG", quality=80, optimize=True)

"""The stills that go with a video: a poster and a sheet of small frames for scrubbing."""

from pathlib import Path

import numpy as np
from PIL import Image

from sora_sandbox.film.colour import RgbFrame

COLUMNS = 8
PER_SECOND = 4
"""A sheet has 8 columns and four frames a second: a row is two seconds, read left to right."""
TILE = 240
"""Pixels of a tile's longer side."""


class Stills:
    """Collects stills while the frames pass by."""

    def __init__(self, width: int, height: int, frames: int, fps: int) -> None:
        """Lay out an empty sheet for a film of `frames`."""
        scale = TILE / max(width, height)
        self._tile = (round(width * scale), round(height * scale))
        self._every = fps // PER_SECOND
        tiles = -(-frames // self._every)
        self._sheet = Image.new("RGB", (COLUMNS * self._tile[0], -(-tiles // COLUMNS) * self._tile[1]))
        self._poster_at = min(fps, frames - 1)
        self._poster: Image.Image | None = None

    def see(self, rgb: RgbFrame, index: int) -> None:
        """Look at frame number `index`, (3, height, width), and keep what is needed of it."""
        if index % self._every and index != self._poster_at:
            return
        image = Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, -1)))
        if index == self._poster_at:
            self._poster = image
        if index % self._every == 0:
            row, column = divmod(index // self._every, COLUMNS)
            tile = image.resize(self._tile, Image.Resampling.BOX, reducing_gap=2.0)
            self._sheet.paste(tile, (column * self._tile[0], row * self._tile[1]))

    def save(self, thumbnail: Path, spritesheet: Path) -> None:
        """Write the poster as WebP, at the size of the video, one second in, and the sheet as JPEG."""
        if self._poster is not None:
            self._poster.save(thumbnail, "WEBP", quality=82, method=3)
        self._sheet.save(spritesheet, "JPEG", quality=80, optimize=True)

"""A film that exists already: probe it, or continue it."""

import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.video.reformatter import Colorspace
from PIL import Image

from sora_sandbox.film.colour import Array, RgbFrame
from sora_sandbox.film.encode import FPS
from sora_sandbox.film.sound import RATE


@dataclass(frozen=True)
class FilmInfo:
    """What a film looks like: its size in pixels, its length in seconds, its first frame as PNG."""

    width: int
    height: int
    seconds: float
    first_frame: bytes


def probe(path: Path) -> FilmInfo:
    """Open a film and describe it.

    Raises:
        ValueError: It cannot be played.
    """
    try:
        with av.open(str(path)) as file:
            seconds = (file.duration or 0) / av.time_base
            frame = next(file.decode(video=0))
    except (FFmpegError, IndexError, StopIteration) as error:
        message = "The file is not a playable video."
        raise ValueError(message) from error
    picture = io.BytesIO()
    frame.to_image().save(picture, "PNG")
    return FilmInfo(frame.width, frame.height, seconds, picture.getvalue())


class SourceFilm:
    """The frames and the sound of a film, at our own frame rate."""

    def __init__(self, path: Path, seconds: int, width: int, height: int) -> None:
        """Use its first `seconds`, at this size."""
        self._path, self._width, self._height = path, width, height
        self.seconds = seconds

    def frames(self) -> Iterator[RgbFrame]:
        """Yield exactly the frames of its seconds, (3, height, width); a film that ends early freezes."""
        missing = self.seconds * FPS
        rgb: RgbFrame = np.zeros((3, self._height, self._width), np.uint8)
        with av.open(str(self._path)) as file:
            for frame, _ in zip(file.decode(video=0), range(missing), strict=False):
                shown = frame.reformat(self._width, self._height, "rgb24", src_colorspace=Colorspace.ITU709)
                rgb = np.ascontiguousarray(np.moveaxis(shown.to_ndarray(), -1, 0), np.uint8)
                missing -= 1
                yield rgb
        yield from [rgb] * missing

    def last_frame(self) -> Image.Image:
        """Return the frame from which a new film continues."""
        (rgb,) = deque(self.frames(), maxlen=1)
        return Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, -1)))

    def sound(self) -> Array:
        """Return its sound, (2, samples), silence where there is none."""
        sound = np.zeros((2, self.seconds * RATE), np.float32)
        resampler, at = AudioResampler("fltp", "stereo", RATE), 0
        with av.open(str(self._path)) as file:
            for frame in file.decode(audio=0) if file.streams.audio else ():
                for part in resampler.resample(frame):
                    samples = part.to_ndarray()[:, : max(0, sound.shape[1] - at)]
                    sound[:, at : at + samples.shape[1]] = samples
                    at += samples.shape[1]
        return sound

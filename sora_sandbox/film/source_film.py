"""A film that is there already, to be looked at or gone on from."""

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
    """What can be seen of a film: its size in pixels, its length in seconds, its first picture as PNG."""

    width: int
    height: int
    seconds: float
    picture: bytes


def probe(path: Path) -> FilmInfo:
    """Look at a film.

    Raises:
        ValueError: It is none.
    """
    try:
        with av.open(str(path)) as file:
            seconds = (file.duration or 0) / av.time_base
            frame = next(file.decode(video=0))
    except (FFmpegError, IndexError, StopIteration) as error:
        message = "This is not a film that can be played."
        raise ValueError(message) from error
    picture = io.BytesIO()
    frame.to_image().save(picture, "PNG")
    return FilmInfo(frame.width, frame.height, seconds, picture.getvalue())


class SourceFilm:
    """The pictures and the sound of a film, at our own pace."""

    def __init__(self, path: Path, seconds: int, width: int, height: int) -> None:
        """Take the first `seconds` of it, at this size."""
        self._path, self._width, self._height = path, width, height
        self.seconds = seconds

    def pictures(self) -> Iterator[RgbFrame]:
        """Give exactly the frames of its seconds, (3, height, width); a film that ends early stands still."""
        missing = self.seconds * FPS
        rgb: RgbFrame = np.zeros((3, self._height, self._width), np.uint8)
        with av.open(str(self._path)) as file:
            for frame, _ in zip(file.decode(video=0), range(missing), strict=False):
                shown = frame.reformat(self._width, self._height, "rgb24", src_colorspace=Colorspace.ITU709)
                rgb = np.ascontiguousarray(np.moveaxis(shown.to_ndarray(), -1, 0), np.uint8)
                missing -= 1
                yield rgb
        yield from [rgb] * missing

    def last_picture(self) -> Image.Image:
        """Return the picture to go on from."""
        (rgb,) = deque(self.pictures(), maxlen=1)
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

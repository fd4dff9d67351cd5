"""Opening video files that came from outside."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_studio.domain.errors import MediaError
from sora_studio.domain.media import MediaFacts
from sora_studio.services.pictures.boxes import check_boxes
from sora_studio.services.pictures.worker import bounded

_MOST_PIXELS = 8192 * 4352  # 8K
_THREADS = 2
# The format is named, so that no playlist can make FFmpeg open other files or addresses.
_FORMAT = "mp4"
_OPTIONS = {"protocol_whitelist": "file"}
_UNREADABLE = (FFmpegError, ValueError, OverflowError, MemoryError)


@dataclass(frozen=True)
class Film:
    """An open video file."""

    container: InputContainer
    stream: VideoStream
    seconds: float

    def frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """Decode from where the file was sought to, with each picture's time in seconds."""
        for frame in self.container.decode(self.stream):
            yield (frame.time or 0.0) - self._start, frame

    def seek(self, seconds: float) -> None:
        """Go to the key frame before a time."""
        ticks = (seconds + self._start) / float(self.stream.time_base or 1)
        self.container.seek(int(ticks), stream=self.stream)

    @property
    def _start(self) -> float:
        return float((self.stream.start_time or 0) * (self.stream.time_base or 0))


@bounded
def inspect_video(path: Path, check: Callable[[MediaFacts], None] | None = None) -> MediaFacts:
    """Check that a file is a whole MP4 that plays to its end.

    Args:
        path: Of the file.
        check: Refuses what the file says of itself before anything of it is decoded.

    Raises:
        MediaError: It is not: another format, cut short, or damaged.
    """
    check_boxes(path)
    with open_film(path) as film:
        facts = MediaFacts(film.stream.width, film.stream.height, round(film.seconds, 3))
        if check:
            check(facts)
        _check_packets(film)
        _check_end(film)
        return facts


@contextmanager
def open_film(path: Path) -> Generator[Film]:
    """Open an MP4, and turn whatever decoding it raises into a MediaError."""
    try:
        with av.open(str(path), format=_FORMAT, options=_OPTIONS) as container:
            yield _film(container)
    except _UNREADABLE as error:
        why = error.strerror if isinstance(error, FFmpegError) else "it is damaged"  # it names the folder
        message = f"The file cannot be played: {why}."
        raise MediaError(message) from error


def _film(container: InputContainer) -> Film:
    if not container.streams.video:
        message = "The file has no video track."
        raise MediaError(message)
    stream = container.streams.video[0]
    if not stream.codec_context:  # then it has no width either
        message = "The file cannot be played: its format is unknown."
        raise MediaError(message)
    seconds = _seconds(container, stream)
    if not (0 < stream.width * stream.height <= _MOST_PIXELS and seconds > 0):
        message = f"The file cannot be played: {stream.width}x{stream.height}, {seconds:.2f} seconds."
        raise MediaError(message)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = _THREADS
    return Film(container, stream, seconds)


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _check_packets(film: Film) -> None:
    """Read every packet: the index may promise more than the file holds."""
    packets = sum(1 for packet in film.container.demux(film.stream) if packet.size)
    if packets < film.stream.frames or not packets:
        message = f"The file is cut short: {packets} of {film.stream.frames} frames are there."
        raise MediaError(message)


def _check_end(film: Film) -> None:
    """Decode from the last key frame to the end."""
    film.seek(film.seconds)
    last = max((time for time, _ in film.frames()), default=None)
    if last is None or last < film.seconds - max(1.0, film.seconds / 10):
        message = "The file is damaged: its end cannot be played."
        raise MediaError(message)

"""Opening sound files that came from outside."""

from pathlib import Path

import av
from av.error import FFmpegError

from sora_studio.domain.errors import MediaError
from sora_studio.domain.media import SOUND_MAX_SECONDS, MediaFacts
from sora_studio.services.pictures.worker import bounded

FORMATS = {"audio/mpeg": "mp3", "audio/wav": "wav"}
"""What is opened, and by which of FFmpeg's readers: no playlist can make it open other files or addresses."""

_OPTIONS = {"protocol_whitelist": "file"}
_UNREADABLE = (FFmpegError, ValueError, OverflowError, MemoryError)


@bounded
def inspect_sound(path: Path, content_type: str) -> MediaFacts:
    """Check that a file is a sound that plays to its end, by decoding it.

    Raises:
        MediaError: It is not, or it is longer than five minutes.
    """
    seconds = 0.0
    try:
        with av.open(str(path), format=FORMATS[content_type], options=_OPTIONS) as container:
            for stream in container.streams.audio[:1]:
                for frame in container.decode(stream):
                    seconds += frame.samples / frame.sample_rate
                    _check_length(seconds)  # a small file can unpack into hours
    except _UNREADABLE as error:
        message = "The sound cannot be played: it is damaged."
        raise MediaError(message) from error
    if not seconds:
        message = "The file has no sound."
        raise MediaError(message)
    return MediaFacts(0, 0, round(seconds, 3))


def _check_length(seconds: float) -> None:
    if seconds > SOUND_MAX_SECONDS:
        message = f"The sound is too long; the limit is {SOUND_MAX_SECONDS // 60} minutes."
        raise MediaError(message)

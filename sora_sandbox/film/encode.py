"""Encode frames and sound as an MP4 that plays everywhere: H.264 yuv420p, AAC stereo, index at the front."""

from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Colorspace

from sora_sandbox.film.colour import Array, RgbFrame
from sora_sandbox.film.sound import RATE

FPS = 24
_X264 = {
    "preset": "veryfast",
    "crf": "19",
    "subq": "1",  # this and the next three: half the work, with no visible difference
    "refs": "1",
    "weightp": "0",
    "partitions": "i8x8,i4x4",
    "profile": "high",
    "aq-mode": "3",  # more bits for dark gradients, where banding shows first
    "psy-rd": "1.0:0.15",
    "g": str(2 * FPS),  # a key frame every two seconds: seeking is exact enough
    "threads": "2",
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
}


class Mp4Writer:
    """Writes one file: frames in order, with the sound that belongs to them."""

    def __init__(self, path: Path, width: int, height: int, sound: Array, title: str) -> None:
        """Open the file. `sound` is the whole track, (2, samples) at RATE."""
        self._file = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._file.metadata["title"] = title[:200]
        self._file.metadata["comment"] = "Sora Studio sandbox: drawn by a procedure, not by an AI model"
        self._video = self._file.add_stream(
            "libx264", rate=FPS, options=_X264, width=width, height=height, pix_fmt="yuv420p"
        )
        self._audio = self._file.add_stream("aac", rate=RATE, options={"b": "128k"}, layout="stereo")
        self._frames, self._samples = 0, 0
        self._sound = sound
        self._raw = av.VideoFrame(width, height, "gbrp")
        self._frame = self._raw

    def write(self, rgb: RgbFrame) -> None:
        """Encode the next frame, (3, height, width) in the order red, green, blue."""
        for plane, index in zip(self._raw.planes, (1, 2, 0), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[: rgb.shape[1], : rgb.shape[2]] = rgb[index]
        self._frame = self._raw.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        self.repeat()

    def repeat(self) -> None:
        """Encode the last frame once more."""
        self._frame.pts = self._frames
        self._frames += 1
        self._file.mux(self._video.encode(self._frame))
        self._write_sound_until(self._frames * RATE // FPS)

    def close(self) -> None:
        """Flush both encoders and write the index."""
        self._write_sound_until(self._sound.shape[1], last=True)
        self._file.mux(self._video.encode(None))
        self._file.mux(self._audio.encode(None))
        self._file.close()

    def _write_sound_until(self, sample: int, *, last: bool = False) -> None:
        """Encode sound up to a sample, in frames of the encoder's size."""
        size = self._audio.codec_context.frame_size or 1024
        while self._samples + size <= sample or (last and self._samples < sample):
            chunk = self._sound[:, self._samples : self._samples + size]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(chunk), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, self._samples
            self._samples += chunk.shape[1]
            self._file.mux(self._audio.encode(frame))

"""Write pictures and sound as an MP4 that plays everywhere: H.264 yuv420p, AAC stereo, index at the front."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Colorspace

from sora_studio.sandbox.film.colour import Array
from sora_studio.sandbox.film.sound import RATE

FPS = 24
_BT709 = 1
_LIMITED = 1


class Mp4Writer:
    """One file in the making; frames are pushed in order, sound keeps step."""

    def __init__(self, path: Path, width: int, height: int, sound: Array, title: str) -> None:
        """Open the file. `sound` is the whole track, (2, samples) at RATE."""
        self._file = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._file.metadata["title"] = title[:200]
        self._file.metadata["comment"] = "Sora Studio sandbox: drawn by a procedure, not by an AI model"
        video = self._file.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.options = {
            "preset": "veryfast",
            "crf": "18",
            "profile": "high",
            "aq-mode": "3",
            "psy-rd": "1.0:0.15",
        }
        video.gop_size = FPS * 2
        video.codec_context.thread_count = 2
        video.codec_context.colorspace = video.codec_context.color_primaries = (
            video.codec_context.color_trc
        ) = _BT709
        video.codec_context.color_range = _LIMITED
        audio = self._file.add_stream("aac", rate=RATE)
        audio.layout = "stereo"
        audio.bit_rate = 128_000
        self._video, self._audio = video, audio
        self._frames, self._samples = 0, 0
        self._sound = sound
        self._raw = av.VideoFrame(width, height, "gbrp")

    def push(self, bits: npt.NDArray[np.uint8]) -> None:
        """Encode the next frame, (3, height, width) in the order red, green, blue."""
        for plane, index in zip(self._raw.planes, (1, 2, 0), strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            rows[: bits.shape[1], : bits.shape[2]] = bits[index]
        frame = self._raw.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts = self._frames
        self._frames += 1
        self._file.mux(self._video.encode(frame))
        for packet in self._sound_until(self._frames * RATE // FPS):
            self._file.mux(packet)

    def close(self) -> None:
        """Flush both encoders and write the index."""
        for packet in self._sound_until(self._sound.shape[1], last=True):
            self._file.mux(packet)
        self._file.mux(self._video.encode(None))
        self._file.mux(self._audio.encode(None))
        self._file.close()

    def _sound_until(self, sample: int, *, last: bool = False) -> Iterator[list[av.Packet]]:
        """Encode sound up to a sample, in the encoder's own frame size."""
        size = self._audio.codec_context.frame_size or 1024
        while self._samples + size <= sample or (last and self._samples < sample):
            chunk = self._sound[:, self._samples : self._samples + size]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(chunk), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, self._samples
            self._samples += chunk.shape[1]
            yield self._audio.encode(frame)

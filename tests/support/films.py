"""Makes small MP4s to test with."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import cast

import av
from av.video.stream import VideoStream
from PIL import Image

Painter = Callable[[float], Image.Image]
"""Paints the picture of a time, given as a part of the length."""


def slide(size: tuple[int, int]) -> Painter:
    """Paint a bright, structured picture that moves to the right and turns from red to blue."""

    def paint(part: float) -> Image.Image:
        tint = (int(250 * (1 - part)), 90, int(250 * part))
        image = Image.new("RGB", size, tint)
        edge = int(size[0] * part)
        image.paste(
            (240, 240, 240), (edge, size[1] // 3, min(edge + size[0] // 4, size[0]), size[1] * 2 // 3)
        )
        return image

    return paint


def film(
    path: Path,
    *,
    size: tuple[int, int] = (320, 180),
    seconds: float = 1.0,
    fps: int = 24,
    paint: Painter | None = None,
    codec: str = "libx264",
    **muxer: str,
) -> Path:
    """Write an H.264 MP4 of a moving picture; `muxer` takes options such as movflags="faststart"."""
    frames = round(seconds * fps)
    painter = paint or slide(size)
    with av.open(str(path), "w", format="mp4", options=muxer) as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=fps))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_image(painter(index / frames))))
        container.mux(stream.encode())
    return path


def picture(
    size: tuple[int, int], kind: str, color: object = (200, 30, 60), mode: str = "RGB", **saving: object
) -> bytes:
    """Write a plain picture in a format of Pillow's."""
    buffer = BytesIO()
    Image.new(mode, size, color).save(buffer, kind, **saving)  # pyright: ignore[reportArgumentType] -- options of any format
    return buffer.getvalue()

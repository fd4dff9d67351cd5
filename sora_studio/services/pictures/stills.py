"""Stills of a video: its poster, and the spritesheet that players show while one points at the time."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import cast

from av.video.frame import VideoFrame
from PIL import Image, ImageStat
from PIL.WebPImagePlugin import WebPImageFile  # loads this format alone; Pillow would load all to look for it

from sora_studio.domain.errors import MediaError
from sora_studio.domain.media import SPRITE_COLUMNS, SPRITE_ROWS
from sora_studio.domain.video import POSTER_SIDE
from sora_studio.services.pictures.video import Film, open_film
from sora_studio.services.pictures.worker import bounded

CELL_SIDE = 320  # pixels, the longer side of a spritesheet's cell
SHEET_BYTES = 250_000  # at most, as far as JPEG goes

_MOMENTS = (0.1, 0.3, 0.5, 0.7, 0.0)  # parts of the length, the first good one makes the poster
_DARK = 24  # of 255
_FLAT = 8  # standard deviation of the brightness
_QUALITIES = (82, 72, 62, 50, 38, 25, 12)


@bounded
def make_poster(video_path: Path, out_path: Path, smaller: Mapping[int, Path] | None = None) -> None:
    """Write a WebP of a telling moment: not black, not empty.

    Args:
        video_path: The film.
        out_path: Where it goes, at most POSTER_SIDE pixels a side.
        smaller: Where copies of it go, by how many pixels wide they are at most.

    Raises:
        MediaError: The video cannot be decoded.
    """
    with open_film(video_path) as film:
        image = max(_candidates(film), key=_liveliness, default=None)
    if image is None:
        raise _no_pictures()
    image.thumbnail((POSTER_SIDE, POSTER_SIDE), Image.Resampling.LANCZOS)
    for width, path in ((image.width, out_path), *(smaller or {}).items()):
        copy = image.copy()
        copy.thumbnail((width, image.height), Image.Resampling.LANCZOS)
        copy.save(path, WebPImageFile.format, quality=82, method=4)


def _candidates(film: Film) -> Iterator[Image.Image]:
    """Yield pictures of the chosen moments, up to the first that is good enough."""
    for moment in _MOMENTS:
        image = _at(film, film.seconds * moment)
        if image is not None:
            yield image
            if _is_telling(image):
                return


def _at(film: Film, seconds: float) -> Image.Image | None:
    """Return the picture shown at a time."""
    film.seek(seconds)
    for time, frame in film.frames():
        if time >= seconds:
            return _image(frame)
    return None


@bounded
def make_spritesheet(video_path: Path, out_path: Path) -> None:
    """Write a JPEG grid of SPRITE_COLUMNS x SPRITE_ROWS moments, evenly spaced, row by row.

    Raises:
        MediaError: The video cannot be decoded.
    """
    with open_film(video_path) as film:
        cells = [_cell(frame) for frame in _evenly(film, SPRITE_COLUMNS * SPRITE_ROWS)]
    width, height = cells[0].size
    sheet = Image.new("RGB", (width * SPRITE_COLUMNS, height * SPRITE_ROWS))
    for index, cell in enumerate(cells):
        row, column = divmod(index, SPRITE_COLUMNS)
        sheet.paste(cell, (column * width, row * height))
    out_path.write_bytes(_small_jpeg(sheet))


def _evenly(film: Film, count: int) -> list[VideoFrame]:
    """Return the pictures shown in the middle of each of so many equal parts."""
    moments = [(index + 0.5) * film.seconds / count for index in range(count)]
    chosen: list[VideoFrame] = []
    shown: VideoFrame | None = None
    for time, frame in film.frames():
        while shown is not None and len(chosen) < count and moments[len(chosen)] < time:
            chosen.append(shown)
        shown = frame
    if shown is None:
        raise _no_pictures()
    return chosen + [shown] * (count - len(chosen))


def _small_jpeg(sheet: Image.Image) -> bytes:
    data = b""
    for quality in _QUALITIES:
        buffer = BytesIO()
        sheet.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        data = buffer.getvalue()
        if len(data) <= SHEET_BYTES:
            break
    return data


def _cell(frame: VideoFrame) -> Image.Image:
    image = _image(frame)
    image.thumbnail((CELL_SIDE, CELL_SIDE))
    return image


def _image(frame: VideoFrame) -> Image.Image:
    return cast("Image.Image", frame.to_image())


def _no_pictures() -> MediaError:
    return MediaError("The file cannot be played: it has no frames.")


def _brightness(image: Image.Image) -> tuple[float, float]:
    """Return mean and deviation, of a small copy."""
    stat = ImageStat.Stat(image.resize((64, 64)).convert("L"))
    return stat.mean[0], stat.stddev[0]


def _is_telling(image: Image.Image) -> bool:
    mean, deviation = _brightness(image)
    return mean >= _DARK and deviation >= _FLAT


def _liveliness(image: Image.Image) -> tuple[bool, float]:
    return _is_telling(image), _brightness(image)[1]

"""Posters and spritesheets."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from sora_studio.domain.media import SPRITE_COLUMNS, SPRITE_ROWS
from sora_studio.services.pictures import make_poster, make_spritesheet
from tests.support.films import film, slide


def poster(video: Path) -> Image.Image:
    """Make a poster and open it."""
    path = video.with_suffix(".poster")
    make_poster(video, path)
    return Image.open(BytesIO(path.read_bytes()))


def test_smaller_posters_show_the_same(tmp_path: Path):
    """Never larger than the poster itself, whatever width is allowed."""
    paths = {width: tmp_path / f"{width}" for width in (160, 320, 360, 2000)}
    make_poster(film(tmp_path / "clip.mp4", size=(360, 640), seconds=0.3), tmp_path / "poster", paths)
    small, *others = (Image.open(BytesIO(path.read_bytes())) for path in paths.values())
    assert [image.size for image in (small, *others)] == [(160, 284), (320, 569), (360, 640), (360, 640)]
    assert mean(small) == pytest.approx(mean(others[-1]), abs=3)


def sheet(video: Path) -> tuple[Image.Image, int]:
    """Make a spritesheet; return it with its bytes."""
    path = video.with_suffix(".sheet")
    make_spritesheet(video, path)
    return Image.open(BytesIO(path.read_bytes())), path.stat().st_size


def cells(image: Image.Image) -> list[Image.Image]:
    """Cut a spritesheet up, row by row."""
    width, height = image.width // SPRITE_COLUMNS, image.height // SPRITE_ROWS
    corners = [
        (column * width, row * height) for row in range(SPRITE_ROWS) for column in range(SPRITE_COLUMNS)
    ]
    return [image.crop((x, y, x + width, y + height)) for x, y in corners]


def mean(image: Image.Image) -> list[float]:
    """Return the average colour: red, green, blue."""
    return ImageStat.Stat(image.convert("RGB")).mean


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 360), (640, 360)),
        ((360, 640), (360, 640)),
        ((1792, 1024), (1280, 731)),
        ((1080, 1920), (720, 1280)),
    ],
)
def test_a_poster_is_the_whole_frame_up_to_1280(tmp_path, size, expected):
    image = poster(film(tmp_path / "film", size=size, seconds=0.3))
    assert (image.format, image.size) == ("WEBP", expected)


def test_a_poster_is_not_black(tmp_path):
    """A film that fades in from black, and has a black tail."""
    bright = slide((320, 180))

    def paint(part: float) -> Image.Image:
        return bright(part) if 0.45 < part < 0.6 else Image.new("RGB", (320, 180))

    assert sum(mean(poster(film(tmp_path / "film", seconds=2, paint=paint)))) > 150


def test_a_poster_of_nothing_but_black_is_black(tmp_path):
    black = poster(film(tmp_path / "film", paint=lambda _: Image.new("RGB", (320, 180))))
    assert sum(mean(black)) < 20


def test_a_poster_is_from_early_on(tmp_path):
    """The first good moment is taken: what the film begins with."""
    red, _, blue = mean(poster(film(tmp_path / "film", seconds=2)))
    assert red > blue


@pytest.mark.parametrize(
    ("size", "cell"),
    [((1280, 720), (320, 180)), ((720, 1280), (180, 320)), ((512, 512), (320, 320)), ((160, 90), (160, 90))],
)
def test_a_spritesheet_is_five_by_four(tmp_path, size, cell):
    image, length = sheet(film(tmp_path / "film", size=size, seconds=1))
    assert (image.format, image.size) == ("JPEG", (cell[0] * 5, cell[1] * 4))
    assert length <= 250_000


def test_cells_are_evenly_spaced_in_time(tmp_path):
    image, _ = sheet(film(tmp_path / "film", seconds=4))
    blues = [mean(cell)[2] for cell in cells(image)]
    expected = [mean(slide((320, 180))((index + 0.5) / 20))[2] for index in range(20)]
    assert blues == pytest.approx(expected, abs=5)


def test_a_film_of_fewer_frames_fills_the_sheet(tmp_path):
    image, _ = sheet(film(tmp_path / "film", seconds=0.25, fps=12))
    assert len({round(mean(cell)[2], -1) for cell in cells(image)}) >= 3
    assert all(sum(mean(cell)) > 100 for cell in cells(image))


def test_even_noise_makes_a_small_sheet(tmp_path):
    def paint(_: float) -> Image.Image:
        return Image.effect_noise((640, 360), 120).convert("RGB")

    assert sheet(film(tmp_path / "film", size=(640, 360), paint=paint))[1] <= 250_000


def test_a_film_that_does_not_start_at_zero(tmp_path):
    video = film(tmp_path / "film", seconds=2, output_ts_offset="5")
    image, _ = sheet(video)
    assert mean(cells(image)[0])[0] > 180
    assert mean(cells(image)[-1])[2] > 180
    red, _, blue = mean(poster(video))
    assert red > blue

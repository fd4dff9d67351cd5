"""The files are what was asked for, and worth looking at."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image

from sora_sandbox.film import SPRITESHEET, THUMBNAIL
from sora_sandbox.film.render import RenderSpec, render

from .conftest import SIZE, Film, Gallery


@pytest.mark.parametrize("name", ["ocean", "framed"])
def test_the_file_is_exact(gallery: Gallery, name: str):
    film: Film = getattr(gallery, name)
    with av.open(film.path) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.codec.name, video.pix_fmt, video.width, video.height) == ("h264", "yuv420p", *SIZE)
        assert (video.frames, video.average_rate, _seconds(video)) == (96, 24, 4.0)
        assert (audio.codec.name, audio.layout.name, audio.rate) == ("aac", "stereo", 48_000)
        assert _seconds(audio) == 4.0
        assert file.duration == 4_000_000
    assert len(film.frames()) == 96


def test_a_player_can_start_before_the_download_ends(gallery: Gallery):
    """The index stands before the media: +faststart."""
    mp4 = gallery.ocean.path.read_bytes()

    assert 0 < mp4.find(b"moov") < mp4.find(b"mdat")


def test_there_is_sound(gallery: Gallery):
    with av.open(gallery.ocean.path) as file:
        loudest = max(float(np.abs(frame.to_ndarray()).max()) for frame in file.decode(audio=0))
    assert 0.1 < loudest < 1.0


def test_the_picture_moves(gallery: Gallery):
    frames = gallery.ocean.frames()

    assert _difference(frames[10], frames[11]) > 0.05
    assert _difference(frames[10], frames[90]) > 2


def test_other_words_make_another_picture(tmp_path: Path):
    pictures = [
        _middle(tmp_path / f"{index}", prompt)
        for index, prompt in enumerate(("A forest", "A city", "A planet", "A dream", "Another dream"))
    ]
    differences = [_difference(one, other) for one in pictures for other in pictures if one is not other]

    assert min(differences) > 12


def test_the_reference_is_the_first_frame_and_gives_way(gallery: Gallery):
    frames = gallery.framed.frames()
    reference = np.asarray(gallery.reference)

    assert _difference(frames[0], reference) < 3
    assert _difference(frames[12], reference) < 8
    assert _difference(frames[-1], reference) > 25


def test_a_remix_is_related_to_its_parent_and_is_not_the_same(tmp_path: Path):
    """The outlines are the parent's, the colours are not."""
    parent, remix, stranger = (
        _middle(tmp_path / name, *prompts)
        for name, prompts in {
            "parent": ("Mountains at dawn",),
            "remix": ("Mountains at dawn", "make it a green night with snow"),
            "stranger": ("Mountains in a green night with snow",),
        }.items()
    )

    assert _difference(parent, remix) > 20
    assert _likeness(parent, remix) > 0.3
    assert _likeness(parent, remix) > _likeness(parent, stranger) + 0.2


def test_the_thumbnail_and_the_sheet(gallery: Gallery):
    thumbnail, sheet = (Image.open(gallery.ocean.folder / name) for name in (THUMBNAIL, SPRITESHEET))

    assert (thumbnail.format, thumbnail.size) == ("WEBP", SIZE)
    assert _difference(np.asarray(thumbnail.convert("RGB")), gallery.ocean.frames()[24]) < 4
    assert (sheet.format, sheet.size) == ("JPEG", (8 * 240, 2 * 135))
    last = np.asarray(sheet.crop((7 * 240, 135, 8 * 240, 270)))
    assert _difference(last, _small(gallery.ocean.frames()[90], (240, 135))) < 6


@pytest.mark.parametrize(("size", "seconds"), [((1080, 1920), 4), ((1792, 1024), 8), ((720, 1280), 20)])
def test_every_shape_and_length_is_exact(tmp_path: Path, size: tuple[int, int], seconds: int):
    """An eighth of the size, for speed: the code knows no sizes."""
    width, height = size[0] // 8 // 2 * 2, size[1] // 8 // 2 * 2
    progress = list(render(RenderSpec(("A forest, rain",), width, height, seconds), tmp_path))

    assert progress == sorted(progress)
    assert progress[-1] == 99
    with av.open(tmp_path / "video.mp4") as file:
        video = file.streams.video[0]
        assert (video.width, video.height, video.frames) == (width, height, seconds * 24)
        assert file.duration == seconds * 1_000_000
    with Image.open(tmp_path / "spritesheet.jpg") as sheet:
        longer = 240 / max(width, height)
        assert sheet.size == (8 * round(width * longer), seconds // 2 * round(height * longer))


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "夕焼けの海を泳ぐ",
        "Snow, rain, fog, fireflies, petals, leaves, embers, bubbles, confetti and northern lights",
        "A boat, balloons and birds on the coast at sunset",
        "Fish in a reef",
        "A planet",
        "Dunes",
        "A city",
        "Joy",
    ],
)
def test_every_word_can_be_drawn(tmp_path: Path, prompt: str):
    *_, last = render(RenderSpec((prompt,), 128, 72, 1), tmp_path)

    assert last == 99


def test_equal_specs_give_equal_files(tmp_path: Path):
    files = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        for _ in render(RenderSpec(("A calm lake, birds", "in spring"), 128, 72, 1), folder):
            pass
        files.append((folder / "video.mp4").read_bytes())

    assert files[0] == files[1]


def _seconds(stream: VideoStream | AudioStream) -> float:
    assert stream.duration is not None
    assert stream.time_base is not None
    return float(stream.duration * stream.time_base)


def _middle(folder: Path, *prompts: str) -> np.ndarray:
    """Render a small film and return the frame in its middle."""
    folder.mkdir()
    for _ in render(RenderSpec(prompts, 320, 180, 1), folder):
        pass
    with av.open(folder / "video.mp4") as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)][12]


def _small(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean difference of two pictures, 0..255."""
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far the outlines of two pictures lie in the same places, -1..1, whatever the colours."""
    outlines = []
    for picture in (one, other):
        grey = np.asarray(
            Image.fromarray(picture).convert("L").resize((160, 90), Image.Resampling.BOX), float
        )
        edges = np.abs(np.diff(grey, axis=0))
        outlines.append((edges / (edges + 6)).ravel())
    return float(np.corrcoef(outlines[0], outlines[1])[0, 1])

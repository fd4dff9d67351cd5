"""Telling a whole MP4 from everything else."""

import struct
from functools import partial
from pathlib import Path

import av
import pytest

from sora_studio.domain.errors import MediaError
from sora_studio.services.pictures import inspect_video, make_poster, make_spritesheet
from tests.support.films import film, picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def plain(folder):
    """Index behind the data."""
    return film(folder / "plain", size=(640, 360), seconds=2.0)


@pytest.fixture(scope="module")
def faststart(folder):
    """Index before the data."""
    return film(folder / "faststart", seconds=1.5, movflags="faststart")


def cut(path: Path, to: Path, length: int) -> Path:
    """Copy the first bytes."""
    to.write_bytes(path.read_bytes()[:length])
    return to


def test_facts(plain, faststart):
    facts = inspect_video(plain)
    assert (facts.width, facts.height, facts.seconds) == (640, 360, 2.0)
    assert inspect_video(faststart).seconds == 1.5


@pytest.mark.parametrize(
    "flags", ["frag_keyframe+empty_moov", "default_base_moof+frag_every_frame+empty_moov", "dash"]
)
def test_fragmented_files_are_whole_too(folder, flags):
    assert inspect_video(film(folder / "fragmented", movflags=flags)).width == 320


def test_a_film_of_which_only_a_part_is_shown(tmp_path, plain):
    """An edit list leaves out the first second; the pictures are still in the file."""
    data = bytearray(plain.read_bytes())
    second = 12_288  # ticks of its track
    struct.pack_into(">Ii", data, data.index(b"elst") + 12, 1000, second)
    (tmp_path / "part").write_bytes(data)
    assert inspect_video(tmp_path / "part").seconds == 1.0


def test_other_codecs_and_odd_rates(folder):
    assert inspect_video(film(folder / "vp9", codec="libvpx-vp9", seconds=0.5)).height == 180
    assert inspect_video(film(folder / "slow", fps=2, seconds=3)).seconds == 3.0
    assert inspect_video(film(folder / "single", fps=24, seconds=1 / 24)).seconds > 0


@pytest.mark.parametrize("kind", ["plain", "faststart"])
@pytest.mark.parametrize("part", [0.0, 0.001, 0.01, 0.3, 0.5, 0.9, 0.99, 0.999])
def test_a_file_cut_anywhere_is_noticed(request, tmp_path, kind, part):
    whole = request.getfixturevalue(kind)
    with pytest.raises(MediaError):
        inspect_video(cut(whole, tmp_path / "cut", int(whole.stat().st_size * part)))


@pytest.mark.parametrize("kind", ["plain", "faststart"])
def test_a_file_without_its_last_byte_is_noticed(request, tmp_path, kind):
    whole = request.getfixturevalue(kind)
    with pytest.raises(MediaError, match="cut short"):
        inspect_video(cut(whole, tmp_path / "cut", whole.stat().st_size - 1))


def test_a_file_cut_between_boxes_is_noticed(tmp_path, faststart):
    data = faststart.read_bytes()
    with pytest.raises(MediaError, match="no mdat"):
        inspect_video(cut(faststart, tmp_path / "cut", data.index(b"mdat") - 4))


def test_data_that_goes_up_to_the_end_of_the_file_is_checked_against_the_index(tmp_path, faststart):
    """The last box may give no length; only the index tells then that pictures are missing."""
    data = bytearray(faststart.read_bytes())
    start = data.index(b"mdat") - 4
    data[start : start + 4] = struct.pack(">I", 0)
    endless = tmp_path / "endless"
    endless.write_bytes(data)
    assert inspect_video(endless).seconds == 1.5
    with av.open(str(endless)) as container:
        places = sorted(packet.pos or 0 for packet in container.demux(video=0) if packet.size)
    for length in (len(data) - 1, *places[-3:], places[len(places) // 2], start + 8):
        with pytest.raises(MediaError):
            inspect_video(cut(endless, tmp_path / "cut", length))


def test_data_with_a_64_bit_length_is_understood(tmp_path, plain):
    data = plain.read_bytes()
    wide = data + struct.pack(">I4sQ", 1, b"free", 20) + b"1234"
    (tmp_path / "wide").write_bytes(wide)
    assert inspect_video(tmp_path / "wide").seconds == 2.0
    with pytest.raises(MediaError, match="cut short"):
        inspect_video(cut(tmp_path / "wide", tmp_path / "cut", len(wide) - 1))


def test_a_damaged_end_is_noticed(tmp_path, plain):
    """Whole boxes, but the pictures of the second half are zeros."""
    data = bytearray(plain.read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    middle = (start + end) // 2
    data[middle:end] = bytes(end - middle)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(data)
    with pytest.raises(MediaError):
        inspect_video(damaged)


HLS = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
FTYP = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 4096,
        b'{"error": {"message": "later"}}',
        b"<!doctype html><title>502</title>",
        b"\x1aE\xdf\xa3webm" * 100,
        picture((8, 8), "PNG"),
        HLS,
        FTYP,
        FTYP + HLS,
        FTYP + struct.pack(">I4s", 8, b"moov") + struct.pack(">I4s", 8, b"mdat"),
        FTYP + struct.pack(">I4s", 7, b"mdat"),
        FTYP + struct.pack(">I4sQ", 1, b"mdat", 8),
        FTYP + struct.pack(">I4sQ", 1, b"mdat", 0),
        FTYP + struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1),
        FTYP + struct.pack(">I4s", 8, b"free") * 10_000,
    ],
)
def test_what_is_no_video(tmp_path, data):
    path = tmp_path / "upload.mp4"
    path.write_bytes(data)
    with pytest.raises(MediaError):
        inspect_video(path)


def test_a_film_that_does_not_call_itself_mp4(tmp_path, plain):
    (tmp_path / "unnamed").write_bytes(plain.read_bytes().replace(b"ftyp", b"free", 1))
    with pytest.raises(MediaError, match="not an MP4"):
        inspect_video(tmp_path / "unnamed")


def test_a_codec_that_nobody_knows_is_no_video(tmp_path, plain):
    (tmp_path / "unknown").write_bytes(plain.read_bytes().replace(b"avc1", b"zz99"))
    for look in (inspect_video, partial(make_poster, out_path=tmp_path / "out")):
        with pytest.raises(MediaError, match=r"^The file cannot be played: its format is unknown\.$"):
            look(tmp_path / "unknown")


def test_what_is_said_of_a_damaged_file_names_no_folder(tmp_path, plain):
    data = plain.read_bytes()
    start = data.index(b"stsd") + 8
    (tmp_path / "damaged").write_bytes(data[:start] + bytes(range(255, 205, -1)) + data[start + 50 :])
    with pytest.raises(MediaError, match=r"^The file cannot be played: Invalid data [a-z ]*\.$"):
        inspect_video(tmp_path / "damaged")


def test_sound_alone_is_no_video(tmp_path):
    with av.open(str(tmp_path / "sound"), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(MediaError, match="no video track"):
        inspect_video(tmp_path / "sound")


def test_stills_of_what_is_no_video(tmp_path):
    (tmp_path / "page").write_bytes(b"<html>" * 100)
    for make in (make_poster, make_spritesheet):
        with pytest.raises(MediaError):
            make(tmp_path / "page", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_flipped_bytes_never_raise_anything_else(tmp_path, plain):
    """Damage anywhere in the index ends as facts or as a MediaError."""
    data = plain.read_bytes()
    index = data.index(b"moov")
    for place in range(index, len(data), 37):
        (tmp_path / "flipped").write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            inspect_video(tmp_path / "flipped")
        except MediaError:
            continue

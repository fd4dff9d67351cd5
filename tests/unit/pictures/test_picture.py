"""Reference pictures: honest ones fitted, hostile ones refused before they cost anything."""

import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from sora_studio.domain.errors import InvalidInput, TooLarge
from sora_studio.domain.video import Size
from sora_studio.services.pictures import clean_picture, fit_picture, inspect_picture
from tests.support.films import picture

SIZE = Size(128, 72)


def fitted(data: bytes, size: Size = SIZE) -> Image.Image:
    """Fit a picture and open the result."""
    return Image.open(BytesIO(fit_picture(data, size)))


def chance(seed: int) -> random.Random:
    """Return dice that fall the same way each time."""
    return random.Random(seed)  # noqa: S311 - not for secrets


def chunk(name: bytes, data: bytes) -> bytes:
    """Write one chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes, pixels: bytes = b"") -> bytes:
    """Write a grey PNG that says it has this many pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_png_of_exactly_the_size(kind):
    image = fitted(picture((300, 200), kind))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (128, 72))
    assert image.convert("RGB").getpixel((64, 36)) == pytest.approx((200, 30, 60), abs=3)


@pytest.mark.parametrize(
    "size", [Size(720, 1280), Size(1280, 720), Size(512, 512), Size(1920, 1080), Size(16, 16)]
)
@pytest.mark.parametrize("given", [(1, 1), (3000, 20), (20, 3000), (400, 300)])
def test_any_shape_fits_any_size(size, given):
    assert fitted(picture(given, "PNG"), size).size == (size.width, size.height)


def test_the_middle_is_kept_without_distortion():
    """A wide picture, red at the sides: only the green middle stays."""
    wide = Image.new("RGB", (400, 100), "red")
    wide.paste("lime", (150, 0, 250, 100))
    buffer = BytesIO()
    wide.save(buffer, "PNG")
    colors = fitted(buffer.getvalue(), Size(100, 100)).getcolors()
    assert colors == [(10_000, (0, 255, 0))]


@pytest.mark.parametrize(
    ("mode", "color"),
    [("L", 200), ("LA", (200, 255)), ("RGBA", (200, 30, 60, 255)), ("P", 7), ("1", 1), ("I;16", 40_000)],
)
def test_every_mode_of_a_png(mode, color):
    assert fitted(picture((64, 36), "PNG", color, mode)).mode == "RGB"


def test_sixteen_bits_of_grey_keep_their_grey():
    assert fitted(picture((64, 36), "PNG", 128 * 256, "I;16")).getpixel((5, 5)) == (128, 128, 128)


def test_a_cmyk_jpeg():
    assert fitted(picture((64, 36), "JPEG", (0, 0, 0, 0), "CMYK")).getpixel((5, 5)) == (255, 255, 255)


def test_transparency_shows_white():
    assert fitted(picture((64, 36), "PNG", (0, 0, 0, 0), "RGBA")).getpixel((5, 5)) == (255, 255, 255)
    assert fitted(picture((64, 36), "PNG", 0, "P", transparency=0)).getpixel((5, 5)) == (255, 255, 255)


def sideways() -> bytes:
    """Return a photo from a turned camera: 60x40 stored, 40x60 shown, red on top, and where it was taken."""
    photo = Image.new("RGB", (60, 40), "blue")
    photo.paste("red", (0, 0, 30, 40))  # left as stored
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to show
    exif[0x010F] = "Spy Camera"
    buffer = BytesIO()
    photo.save(
        buffer, "JPEG", exif=exif, quality=95, comment=b"taken at home", icc_profile=b"profile of a monitor"
    )
    return buffer.getvalue()


def test_a_photo_is_turned_upright():
    assert inspect_picture(sideways()) == (40, 60)
    image = fitted(sideways(), Size(40, 60))
    assert image.getpixel((20, 5)) == pytest.approx((255, 0, 0), abs=12)
    assert image.getpixel((20, 55)) == pytest.approx((0, 0, 255), abs=12)


def test_nothing_but_pixels_is_left():
    for data in (fit_picture(sideways(), Size(40, 60)), clean_picture(sideways())[0]):
        assert not any(
            word in data for word in (b"Spy", b"home", b"profile", b"eXIf", b"iCCP", b"tEXt", b"pHYs")
        )
        assert Image.open(BytesIO(data)).info.keys() <= {"loop", "background"}, "Pillow's own, of any WebP"


def test_a_tail_behind_the_picture_is_dropped():
    """A file that is a picture and a page at once stays a picture only."""
    for kind in ("PNG", "JPEG"):
        data = fit_picture(picture((64, 36), kind) + b"<script>alert(1)</script>PK\x03\x04", SIZE)
        assert b"script" not in data
        assert data.endswith(b"IEND\xaeB`\x82")


def test_an_animation_gives_its_first_picture():
    frames = [Image.new("RGB", (64, 36), color) for color in ("red", "blue", "blue")]
    for kind in ("PNG", "WEBP"):
        buffer = BytesIO()
        frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], lossless=True)
        assert fitted(buffer.getvalue()).getpixel((5, 5)) == (255, 0, 0)


def test_an_upload_is_cleaned_and_can_be_fitted_later():
    """Even noise, which no PNG can shrink, stays within what may be read again."""
    noise = Image.frombytes("RGB", (3000, 2900), chance(1).randbytes(3000 * 2900 * 3))
    buffer = BytesIO()
    noise.save(buffer, "JPEG", quality=90)
    data, width, height = clean_picture(buffer.getvalue())
    assert (width, height) == (2560, 2475)
    assert inspect_picture(data) == (width, height)
    assert fitted(data).size == (128, 72)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_upload_is_kept_no_larger_than_it_came(kind: str):
    """A photo that is written out as a PNG takes ten times its space."""
    small = Image.frombytes("RGB", (60, 40), chance(2).randbytes(60 * 40 * 3))
    buffer = BytesIO()
    small.resize((1200, 800), Image.Resampling.BICUBIC).save(buffer, kind, quality=80)
    data, width, height = clean_picture(buffer.getvalue())
    assert (width, height) == (1200, 800)
    assert len(data) <= len(buffer.getvalue())
    kept = Image.open(BytesIO(data)).convert("RGB").resize((60, 40))
    came = Image.open(BytesIO(buffer.getvalue())).convert("RGB").resize((60, 40))
    assert max(ImageStat.Stat(ImageChops.difference(kept, came)).mean) < 3


def test_a_small_upload_keeps_its_size():
    assert clean_picture(picture((64, 36), "WEBP"))[1:] == (64, 36)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"RIFF\0\0\0\0WEBP",
            b"RIFF\0\0\0\0WAVE",
            b"%PDF-1.7",
            b"GIF89a",
        ),
        *(picture((8, 8), kind) for kind in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PDF")),
        *(SVG, b"\x89PNG\r\n\x1a\n" + SVG, b"\xff\xd8\xff" + SVG, b"%!PS-Adobe-3.0 EPSF-3.0\n"),
        *(picture((300, 200), kind)[:-40] for kind in ("PNG", "WEBP")),
        picture((300, 200), "JPEG")[:-500],
        png(0, 0),
        png(10, 10),  # no pixels in it
        png(10, 10, pixels=b"\0" * 5),  # too few
        png(10, 10, chunk(b"IHDR", b"\0")),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31 - 1, b"IHDR"),
    ],
)
def test_what_is_no_picture(data):
    for read in (inspect_picture, clean_picture, lambda data: fit_picture(data, SIZE)):
        with pytest.raises(InvalidInput) as caught:
            read(data)
        assert caught.value.param == "input_reference"
        assert not isinstance(caught.value, TooLarge)


@pytest.mark.parametrize(
    "data",
    [
        png(7072, 7072),  # 50.01 megapixels in some hundred bytes
        png(60_000, 60_000),
        png(2**31 - 1, 2**31 - 1),
        picture((16_383, 3_100), "WEBP", quality=1, method=0),
    ],
)
def test_a_bomb_is_refused_before_it_unpacks(data):
    with pytest.raises(TooLarge):
        inspect_picture(data)


def test_a_bomb_of_text_is_refused():
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 200_000_000, 9))
    with pytest.raises(InvalidInput):
        inspect_picture(png(10, 10, text, pixels=b"\0" * 110))


def test_twenty_megabytes_are_the_most():
    small = picture((8, 8), "PNG")
    assert inspect_picture(small + bytes(20 * 2**20 - len(small))) == (8, 8)
    with pytest.raises(TooLarge):
        inspect_picture(small + bytes(20 * 2**20 - len(small) + 1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_flipped_bytes_never_raise_anything_else(kind):
    """Damage anywhere ends as a picture or as an InvalidInput."""
    data, dice = sideways() if kind == "JPEG" else picture((60, 40), kind), chance(7)
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(3, len(damaged))] = dice.randrange(256)
        try:
            fit_picture(bytes(damaged), SIZE)
        except InvalidInput:
            continue


def display_p3() -> bytes:
    """Write a colour profile with the primaries of Display P3 and the tone curve of sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = {  # of the profile's matrix, adapted to D50
        b"rXYZ": (0.51512, 0.2412, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.1571, 0.06657, 0.78407),
    }
    for name, column in columns.items():
        at = profile.index(name)
        offset = struct.unpack_from(">I", profile, at + 4)[0] + 8
        struct.pack_into(">3i", profile, offset, *(round(part * 2**16) for part in column))
    return bytes(profile)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("WEBP", "RGB")]
)
def test_colours_are_what_their_profile_says(kind, mode):
    """The red of sRGB in a picture of a telephone's, whose profile is gone afterwards."""
    photo = Image.new("RGB", (64, 36), (234, 51, 35))
    photo = photo.quantize() if mode == "P" else photo.convert(mode)
    buffer = BytesIO()
    photo.save(buffer, kind, icc_profile=display_p3(), quality=100)
    for data in (clean_picture(buffer.getvalue())[0], fit_picture(buffer.getvalue(), SIZE)):
        shown = Image.open(BytesIO(data))
        assert shown.getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=6)
        assert not {"icc_profile", "exif", "xmp"} & shown.info.keys()


def png_that_says(colour: tuple[int, int, int], **chunks: bytes) -> bytes:
    """Write a PNG of one colour with chunks before its pixels, as programs that manage colours do."""
    plain = picture((64, 36), "PNG", colour)
    said = b"".join(chunk(name.encode(), data) for name, data in chunks.items())
    return plain[:33] + said + plain[33:]  # behind the header


GAMMA = {"gAMA": struct.pack(">I", 45455)}
P3_POINTS = {"cHRM": struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)}


@pytest.mark.parametrize(
    ("colour", "chunks", "shown"),
    [
        ((234, 51, 35), {"cICP": bytes((12, 13, 0, 1))}, (255, 0, 0)),
        ((234, 51, 35), {**GAMMA, **P3_POINTS}, (255, 0, 0)),
        ((55, 55, 55), {"gAMA": struct.pack(">I", 100_000)}, (128, 128, 128)),
        ((234, 51, 35), {"sRGB": b"\0", **GAMMA, **P3_POINTS}, (234, 51, 35)),
        ((234, 51, 35), GAMMA, (234, 51, 35)),
        ((234, 51, 35), {"cICP": bytes((1, 13, 0, 1))}, (234, 51, 35)),
        ((234, 51, 35), {"cICP": b"\xff\xff"}, (234, 51, 35)),
        ((234, 51, 35), {"gAMA": bytes(4)}, (234, 51, 35)),
        ((234, 51, 35), {"gAMA": struct.pack(">I", 1), "cHRM": bytes(32)}, (234, 51, 35)),
    ],
)
def test_colours_are_what_a_png_says_without_a_profile(colour, chunks, shown):
    """Display P3 by number or by its points, light that grows evenly; and nonsense says nothing."""
    image = Image.open(BytesIO(clean_picture(png_that_says(colour, **chunks))[0]))
    assert image.getpixel((5, 5)) == pytest.approx(shown, abs=2)


def test_an_hdr_picture_is_refused_in_words():
    with pytest.raises(InvalidInput, match=r"HDR \(PQ\). Save it in sRGB"):
        clean_picture(png_that_says((9, 9, 9), cICP=bytes((9, 16, 0, 1))))


def test_grey_and_print_colours_have_profiles_too():
    """A profile for another kind of colours, or a broken one, changes nothing."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    white = picture((64, 36), "JPEG", (0, 0, 0, 0), "CMYK", icc_profile=srgb)
    assert fitted(white).getpixel((5, 5)) == (255, 255, 255)
    grey = picture((64, 36), "PNG", 128, "L", icc_profile=srgb)
    assert fitted(grey).getpixel((5, 5)) == (128, 128, 128)
    broken = picture((64, 36), "PNG", icc_profile=b"profile of a monitor")
    assert fitted(broken).getpixel((5, 5)) == (200, 30, 60)


def test_transparency_stays_where_colours_are_converted():
    seen_through = picture((64, 36), "PNG", (234, 51, 35, 0), "RGBA", icc_profile=display_p3())
    assert fitted(seen_through).getpixel((5, 5)) == (255, 255, 255)


def noisy(**saving: object) -> bytes:
    """Write a JPEG whose lines take about the same number of bytes."""
    buffer = BytesIO()
    noise = Image.frombytes("RGB", (320, 320), chance(3).randbytes(320 * 320 * 3))
    noise.save(buffer, "JPEG", **saving)  # pyright: ignore[reportArgumentType] -- options of any format
    return buffer.getvalue()


@pytest.mark.parametrize("saving", [{}, {"progressive": True}])
@pytest.mark.parametrize("kept", [-2, 0.97])
def test_a_jpeg_that_lacks_its_last_bytes_is_shown(saving, kept):
    data = noisy(**saving)
    cut = data[: kept if kept < 0 else int(kept * len(data))]
    assert inspect_picture(cut) == (320, 320)


@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_a_jpeg_that_lacks_more_is_damaged(kept):
    data = noisy()
    with pytest.raises(InvalidInput):
        inspect_picture(data[: int(kept * len(data))])


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_turned_as_cameras_say(turn):
    photo = Image.new("RGB", (60, 40), "blue")
    photo.paste("red", (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = turn
    buffer = BytesIO()
    photo.save(buffer, "PNG", exif=exif)
    shown = Image.open(BytesIO(clean_picture(buffer.getvalue())[0]))
    right, below = (turn in {2, 3, 6, 7}), (turn in {3, 4, 7, 8})
    corner = shown.getpixel((right * (shown.width - 1), below * (shown.height - 1)))
    assert (shown.size, corner) == ((60, 40) if turn < 5 else (40, 60), (255, 0, 0))


def test_what_only_xmp_or_a_broken_exif_says_turns_nothing():
    """As in browsers."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    assert inspect_picture(picture((60, 40), "JPEG", xmp=xmp)) == (60, 40)
    assert inspect_picture(picture((60, 40), "WEBP", xmp=xmp)) == (60, 40)
    assert inspect_picture(picture((60, 40), "JPEG", exif=b"Exif\0\0nonsense")) == (60, 40)

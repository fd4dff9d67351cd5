"""Reference pictures: whatever a person uploads, made into a plain PNG of the right size."""

import struct
from contextlib import suppress
from io import BytesIO

from PIL import ExifTags, Image, ImageChops, ImageCms, ImageOps
from PIL.WebPImagePlugin import WebPImageFile  # loads this format alone; Pillow would load all to look for it

from sora_studio.domain.errors import InvalidInput, TooLarge
from sora_studio.domain.media import PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS
from sora_studio.domain.video import Size
from sora_studio.services.pictures.colour import hdr_of, profile_of
from sora_studio.services.pictures.worker import bounded

UPLOAD_SIDE = 2560  # pixels: as a PNG, even noise of this size stays below PICTURE_MAX_BYTES

_QUALITIES = (None, 95, 88, 75, 60, 40, 20)  # of WebP; None: a PNG, for pictures that came without a loss
_PARAM = "input_reference"
_CUT_MOST = 0.1  # of a JPEG's lines that may be missing at its end: browsers show such a picture, too
_END_OF_JPEG = b"\xff\xd9"
_UNKNOWN = (128, 128, 128)  # what the decoder paints where the data has ended
_TURNS = {  # how a picture is shown, by its EXIF orientation; 1 is upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.createProfile("sRGB")
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # of a colour profile, as a mode of Pillow's


@bounded
def inspect_picture(data: bytes) -> tuple[int, int]:
    """Return a picture's width and height as it is shown.

    Raises:
        InvalidInput: Not a whole PNG, JPEG or WebP picture.
        TooLarge: More than 20 MB or 50 megapixels.
    """
    return _decode(data).size


@bounded
def clean_picture(data: bytes) -> tuple[bytes, int, int]:
    """Make an upload into a plain picture of at most UPLOAD_SIDE pixels a side, no larger than it came.

    Returns:
        A PNG or, where that would be larger, a WebP; its width and height.

    Raises:
        InvalidInput: Not a whole PNG, JPEG or WebP picture.
        TooLarge: More than 20 MB or 50 megapixels.
    """
    image = _decode(data)
    image.thumbnail((UPLOAD_SIDE, UPLOAD_SIDE), Image.Resampling.LANCZOS)
    return _no_larger(image, len(data), is_photo=_kind(data) == "JPEG"), *image.size


@bounded
def fit_picture(data: bytes, size: Size) -> bytes:
    """Make a picture into a PNG of exactly this size: scaled to cover it, cut evenly at the sides.

    Raises:
        InvalidInput: Not a whole PNG, JPEG or WebP picture.
        TooLarge: More than 20 MB or 50 megapixels.
    """
    return _png(ImageOps.fit(_decode(data), (size.width, size.height), Image.Resampling.LANCZOS))


def _decode(data: bytes) -> Image.Image:
    """Decode the first picture, upright, in sRGB, without transparency."""
    if len(data) > PICTURE_MAX_BYTES:
        message = f"The image has {len(data) / 2**20:.0f} MB; the limit is {PICTURE_MAX_BYTES // 2**20} MB."
        raise TooLarge(message, _PARAM, "file_too_large")
    kind = _kind(data)
    if kind == "PNG" and (hdr := hdr_of(data)):
        message = f"The image is in HDR ({hdr}). Save it in sRGB or Display P3, then try again."
        raise InvalidInput(message, _PARAM, "invalid_image")
    try:
        image = _loaded(data, kind)
        said = profile_of(data, image.info) if kind == "PNG" else None
        return _opaque(_in_srgb(_upright(image), said or image.info.get("icc_profile")))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except TooLarge:
        raise
    except Exception as error:
        message = "The image is damaged and cannot be read."
        raise InvalidInput(message, _PARAM, "invalid_image") from error


def _kind(data: bytes) -> str:
    """Name the format by the first bytes: no other decoder is ever asked."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    message = "The reference must be a PNG, JPEG or WebP image."
    raise InvalidInput(message, _PARAM, "invalid_image")


def _loaded(data: bytes, kind: str) -> Image.Image:
    """Unpack a picture; a JPEG that lacks a little of its end is whole enough.

    Raises:
        OSError: More is missing.
        TooLarge: More than 50 megapixels.
    """
    try:
        return _unpacked(data, kind)
    except OSError:
        if kind != "JPEG":
            raise
    image = _unpacked(data + _END_OF_JPEG, kind)
    shown = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, _UNKNOWN)).getbbox()
    if shown is None or shown[3] < (1 - _CUT_MOST) * image.height:
        message = "Too much of it is missing."
        raise OSError(message)
    return image


def _unpacked(data: bytes, kind: str) -> Image.Image:
    with Image.open(BytesIO(data), formats=[kind]) as image:
        _check_pixels(*image.size)
        image.load()
        return image


def _upright(image: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF says; what only XMP says no browser heeds, nor what cannot be read."""
    exif = Image.Exif()
    with suppress(SyntaxError, ValueError, struct.error):
        exif.load(image.info.get("exif", b""))
    turn = _TURNS.get(exif.get(ExifTags.Base.Orientation, 1))
    return image if turn is None else image.transpose(turn)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert colours from the profile that gives them their meaning; one that is broken says nothing."""
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        space = source.profile.xcolor_space  # pyright: ignore[reportAttributeAccessIssue] -- typed as a file
        mode = _SPACES[space.strip()]
        if (mode == "CMYK") != (image.mode == "CMYK"):
            return image
        plain = ImageCms.profileToProfile(_plain(image).convert(mode), source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, KeyError):
        return image
    if plain is not None and image.has_transparency_data:
        plain.putalpha(image.convert("RGBA").getchannel("A"))
    return plain or image


def _check_pixels(width: int, height: int) -> None:
    """Refuse before decoding: a small file can unpack into any number of pixels."""
    if width * height > PICTURE_MAX_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> TooLarge:
    message = f"The image has too many pixels; the limit is {PICTURE_MAX_PIXELS // 1_000_000} megapixels."
    return TooLarge(message, _PARAM, "file_too_large")


def _opaque(image: Image.Image) -> Image.Image:
    """Return plain colours, transparency on white."""
    image = _plain(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _plain(image: Image.Image) -> Image.Image:
    """Return 8 bits for each colour."""
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.point(lambda value: value / 256).convert("L")
    return image


def _no_larger(image: Image.Image, most: int, *, is_photo: bool) -> bytes:
    """Write a picture within so many bytes, as well as they allow; without a loss where it came so."""
    smallest = b""
    for quality in _QUALITIES[is_photo:]:
        data = _png(image) if quality is None else _webp(image, quality)
        if len(data) <= most:
            return data
        smallest = min(smallest or data, data, key=len)
    return smallest  # of a few pixels: headers are larger than they are


def _webp(image: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, WebPImageFile.format, quality=quality, method=2, exif=b"", icc_profile=b"", xmp=b"")
    return buffer.getvalue()


def _png(image: Image.Image) -> bytes:
    """Write the pixels and nothing else: no place, no camera, no profile."""
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    buffer = BytesIO()
    plain.save(buffer, "PNG")
    return buffer.getvalue()

"""Reference pictures: whatever a person uploads, made into a plain PNG of the right size."""

from io import BytesIO

from PIL import Image, ImageOps

from sora_studio.domain.errors import InvalidInput, TooLarge
from sora_studio.domain.media import REFERENCE_MAX_BYTES, REFERENCE_MAX_PIXELS
from sora_studio.domain.video import Size
from sora_studio.services.pictures.worker import bounded

UPLOAD_SIDE = 2560  # pixels: as a PNG, even noise of this size stays below REFERENCE_MAX_BYTES

_PARAM = "input_reference"


@bounded
def inspect_reference(data: bytes) -> tuple[int, int]:
    """Return a picture's width and height as it is shown.

    Raises:
        InvalidInput: Not a whole PNG, JPEG or WebP picture.
        TooLarge: More than 20 MB or 50 megapixels.
    """
    return _decode(data).size


@bounded
def clean_reference(data: bytes) -> tuple[bytes, int, int]:
    """Make an upload into a plain PNG of at most UPLOAD_SIDE pixels a side; return it, its width and height.

    Raises:
        InvalidInput: Not a whole PNG, JPEG or WebP picture.
        TooLarge: More than 20 MB or 50 megapixels.
    """
    image = _decode(data)
    image.thumbnail((UPLOAD_SIDE, UPLOAD_SIDE), Image.Resampling.LANCZOS)
    return _png(image), *image.size


@bounded
def fit_reference(data: bytes, size: Size) -> bytes:
    """Make a picture into a PNG of exactly this size: scaled to cover it, cut evenly at the sides.

    Raises:
        InvalidInput: Not a whole PNG, JPEG or WebP picture.
        TooLarge: More than 20 MB or 50 megapixels.
    """
    return _png(ImageOps.fit(_decode(data), (size.width, size.height), Image.Resampling.LANCZOS))


def _decode(data: bytes) -> Image.Image:
    """Decode the first picture, upright, without transparency."""
    if len(data) > REFERENCE_MAX_BYTES:
        message = f"The image has {len(data) / 2**20:.0f} MB; the limit is {REFERENCE_MAX_BYTES // 2**20} MB."
        raise TooLarge(message, _PARAM, "file_too_large")
    kind = _kind(data)
    try:
        with Image.open(BytesIO(data), formats=[kind]) as image:
            _check_pixels(*image.size)
            return _opaque(ImageOps.exif_transpose(image))
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


def _check_pixels(width: int, height: int) -> None:
    """Refuse before decoding: a small file can unpack into any number of pixels."""
    if width * height > REFERENCE_MAX_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> TooLarge:
    message = f"The image has too many pixels; the limit is {REFERENCE_MAX_PIXELS // 1_000_000} megapixels."
    return TooLarge(message, _PARAM, "file_too_large")


def _opaque(image: Image.Image) -> Image.Image:
    """Return plain colours, transparency on white."""
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _png(image: Image.Image) -> bytes:
    """Write the pixels and nothing else: no place, no camera, no profile."""
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    buffer = BytesIO()
    plain.save(buffer, "PNG")
    return buffer.getvalue()

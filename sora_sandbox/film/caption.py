"""The prompt as a small caption, and the watermark that says where the picture comes from."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.colour import Array, RgbFrame

WATERMARK = "SANDBOX"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Caption:
    """Up to two lines at the lower left, the watermark at the upper right; both fade in after frame 0."""

    def __init__(self, canvas: Canvas, prompt: str) -> None:
        """Typeset both, once for all frames."""
        size = max(round(canvas.unit * 0.0265), 9)
        margin = round(canvas.unit * 0.05)
        font = ImageFont.load_default(size)
        image = Image.new("L", (canvas.width, canvas.height))
        pen = ImageDraw.Draw(image)
        lines = wrapped(printable(prompt, font), font, min(canvas.width - 3 * margin, 34 * size))
        leading = round(size * 1.38)
        y = canvas.height - margin - leading * len(lines)
        if lines:
            pen.line(
                (margin, y - size // 2, margin + size * 2, y - size // 2), fill=190, width=max(size // 10, 1)
            )
        for line in lines:
            pen.text((margin, y), line, 240, font=font)
            y += leading
        self._top = max(canvas.height - margin - leading * 3, 0)
        self._text = self._masks(image.crop((0, self._top, canvas.width, canvas.height)), size)
        self._mark, self._mark_at = self._watermark(canvas, margin, size)

    @staticmethod
    def _masks(image: Image.Image, size: int) -> tuple[Array, Array]:
        """Return the masks of the letters and of the soft shade behind them."""
        shade = image.filter(ImageFilter.GaussianBlur(size * 0.38))
        return np.asarray(image, np.float32) / 255, np.minimum(
            np.asarray(shade, np.float32) / 255 * 1.5, 0.62
        )

    def _watermark(
        self, canvas: Canvas, margin: int, size: int
    ) -> tuple[tuple[Array, Array], tuple[int, int]]:
        """Typeset the watermark, letter by letter for wide spacing."""
        small = max(round(size * 0.58), 7)
        font = ImageFont.load_default(small)
        widths = [font.getlength(letter) + small * 0.32 for letter in WATERMARK]
        pad = small
        image = Image.new("L", (round(sum(widths)) + 2 * pad, small * 2 + 2 * pad))
        x = float(pad)
        for letter, width in zip(WATERMARK, widths, strict=True):
            ImageDraw.Draw(image).text((x, pad), letter, 175, font=font)
            x += width
        inset = max(margin - pad, 0)
        return self._masks(image, small), (inset, canvas.width - inset - image.width)

    def draw_on(self, rgb: RgbFrame, t: float) -> None:
        """Draw both on a finished frame (3, height, width), `t` seconds after the beginning."""
        shown = 0.5 - 0.5 * math.cos(math.pi * min(max((t - 0.1) / 0.7, 0), 1))
        if shown > 0:
            _blend(rgb, self._text, (self._top, 0), shown)
            _blend(rgb, self._mark, self._mark_at, shown)


def _blend(rgb: RgbFrame, masks: tuple[Array, Array], at: tuple[int, int], shown: float) -> None:
    letters, shade = masks
    part = rgb[:, at[0] : at[0] + letters.shape[0], at[1] : at[1] + letters.shape[1]]
    light = part.astype(np.float32)
    light *= 1 - shade * np.float32(shown)
    light += (255 - light) * (letters * np.float32(shown))
    part[:] = light


def printable(text: str, font: Font) -> str:
    """Return the text as one line without what the font lacks; empty if that is more than a tenth."""
    line = " ".join(text.split())
    box = _glyph(font, "\uffff")
    missing = [letter for letter in set(line) if letter != " " and _glyph(font, letter) == box]
    lost = sum(line.count(letter) for letter in missing)
    if lost * 10 > len(line):
        return ""
    return " ".join("".join(letter for letter in line if letter not in missing).split())


def _glyph(font: Font, letter: str) -> bytes:
    """Return the picture of a letter."""
    image = Image.new("L", (48, 48))
    ImageDraw.Draw(image).text((8, 8), letter, 255, font=font)
    return image.tobytes()


def wrapped(text: str, font: Font, width: float, most: int = 2) -> list[str]:
    """Break text into at most `most` lines of `width` pixels; the rest becomes an ellipsis."""
    lines: list[str] = []
    words = text[:400].split()
    while words and len(lines) < most:
        count = 1
        while count < len(words) and font.getlength(" ".join(words[: count + 1])) <= width:
            count += 1
        lines.append(" ".join(words[:count]))
        words = words[count:]
    return [
        _cut(line, font, width, ends=not (words and index == most - 1)) for index, line in enumerate(lines)
    ]


def _cut(line: str, font: Font, width: float, *, ends: bool) -> str:
    """Shorten a line that is too long, or that does not end the text, to end in an ellipsis."""
    if ends and font.getlength(line) <= width:
        return line
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip(" ,.;:") + "…"

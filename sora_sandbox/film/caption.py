"""The prompt as a small caption, and the mark that says where the picture comes from."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sora_sandbox.film.canvas import Canvas
from sora_sandbox.film.colour import Array, RgbFrame

MARK = "SANDBOX"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Caption:
    """Two lines at most at the lower left, the mark at the upper right; both fade in: frame 0 is clean."""

    def __init__(self, canvas: Canvas, prompt: str) -> None:
        """Set the type once."""
        size = max(round(canvas.unit * 0.0265), 9)
        margin = round(canvas.unit * 0.05)
        font = ImageFont.load_default(size)
        image = Image.new("L", (canvas.width, canvas.height))
        pen = ImageDraw.Draw(image)
        lines = wrapped(legible(prompt, font), font, min(canvas.width - 3 * margin, 34 * size))
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
        self._text = self._inked(image.crop((0, self._top, canvas.width, canvas.height)), size)
        self._mark, self._mark_at = self._sign(canvas, margin, size)

    @staticmethod
    def _inked(image: Image.Image, size: int) -> tuple[Array, Array]:
        """Return the masks of the letters and of the soft shade behind them."""
        shade = image.filter(ImageFilter.GaussianBlur(size * 0.38))
        return np.asarray(image, np.float32) / 255, np.minimum(
            np.asarray(shade, np.float32) / 255 * 1.5, 0.62
        )

    def _sign(self, canvas: Canvas, margin: int, size: int) -> tuple[tuple[Array, Array], tuple[int, int]]:
        """Set the mark, letter by letter for wide spacing."""
        small = max(round(size * 0.58), 7)
        font = ImageFont.load_default(small)
        widths = [font.getlength(letter) + small * 0.32 for letter in MARK]
        pad = small
        image = Image.new("L", (round(sum(widths)) + 2 * pad, small * 2 + 2 * pad))
        x = float(pad)
        for letter, width in zip(MARK, widths, strict=True):
            ImageDraw.Draw(image).text((x, pad), letter, 175, font=font)
            x += width
        inset = max(margin - pad, 0)
        return self._inked(image, small), (inset, canvas.width - inset - image.width)

    def print_on(self, rgb: RgbFrame, t: float) -> None:
        """Print caption and mark on a finished frame (3, height, width), `t` seconds after the beginning."""
        shown = 0.5 - 0.5 * math.cos(math.pi * min(max((t - 0.1) / 0.7, 0), 1))
        if shown > 0:
            _print(rgb, self._text, (self._top, 0), shown)
            _print(rgb, self._mark, self._mark_at, shown)


def _print(rgb: RgbFrame, masks: tuple[Array, Array], at: tuple[int, int], shown: float) -> None:
    letters, shade = masks
    part = rgb[:, at[0] : at[0] + letters.shape[0], at[1] : at[1] + letters.shape[1]]
    light = part.astype(np.float32)
    light *= 1 - shade * np.float32(shown)
    light += (255 - light) * (letters * np.float32(shown))
    part[:] = light


def legible(text: str, font: Font) -> str:
    """Return the text as one line; nothing if the font lacks more than a tenth of it."""
    line = " ".join(text.split())
    box = _drawn(font, "\uffff")
    missing = [letter for letter in set(line) if letter != " " and _drawn(font, letter) == box]
    lost = sum(line.count(letter) for letter in missing)
    if lost * 10 > len(line):
        return ""
    return " ".join("".join(letter for letter in line if letter not in missing).split())


def _drawn(font: Font, letter: str) -> bytes:
    """Return what a letter looks like."""
    image = Image.new("L", (48, 48))
    ImageDraw.Draw(image).text((8, 8), letter, 255, font=font)
    return image.tobytes()


def wrapped(text: str, font: Font, width: float, most: int = 2) -> list[str]:
    """Break text into at most `most` lines of `width` pixels; what is left over becomes an ellipsis."""
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

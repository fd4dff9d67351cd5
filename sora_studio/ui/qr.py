"""QR codes, as the path of an SVG: nothing is loaded, and no policy has to allow it."""

from dataclasses import dataclass, field

import segno

_BORDER = 4  # modules of white that a reader needs around a code


@dataclass(frozen=True)
class QrCode:
    """What an SVG draws."""

    path: str = ""
    view_box: str = "0 0 1 1"


@dataclass(frozen=True)
class FreshLink:
    """A link that is known this once, and may be read from the screen by a phone."""

    url: str = ""
    code: QrCode = field(default_factory=QrCode)
    about: str = ""

    @classmethod
    def of(cls, url: str, about: str) -> "FreshLink":
        """Draw its code."""
        return cls(url, qr_code(url), about)


def qr_code(content: str) -> QrCode:
    """Draw a QR code: a square for each dark module."""
    rows = [*segno.make(content, micro=False).matrix_iter(border=_BORDER)]
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return QrCode("".join(squares), f"0 0 {len(rows)} {len(rows)}")

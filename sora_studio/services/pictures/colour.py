"""Colours of a PNG that has no profile but says how its numbers are meant: `cICP`, or `gAMA` and `cHRM`.

What it says becomes a colour profile (ICC.1:2022, a matrix and a curve), so that one way leads to sRGB.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_CHUNK = struct.Struct(">I4s")
_SIGNATURE, _CHECKSUM = 8, 4  # bytes
_CODES = 4  # of a cICP: primaries, curve, matrix, range
_Matrix = Sequence[Sequence[float]]

_D50, _D65 = (0.34567, 0.3585), (0.3127, 0.329)
_SRGB = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # x and y of red, green and blue
_PRIMARIES = {  # by their number in ITU-T H.273
    1: _SRGB,
    9: (0.708, 0.292, 0.17, 0.797, 0.131, 0.046),  # BT.2020
    12: (0.68, 0.32, 0.265, 0.69, 0.15, 0.06),  # Display P3
}
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_TV_CURVE = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CURVES = {
    1: _TV_CURVE,
    4: (2.2,),
    5: (2.8,),
    6: _TV_CURVE,
    8: (1.0,),
    13: _SRGB_CURVE,
    14: _TV_CURVE,
    15: _TV_CURVE,
}
_HDR = {16: "PQ", 18: "HLG"}
_CLOSE = 0.005  # nobody sees the difference
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def hdr_of(data: bytes) -> str | None:
    """Name the HDR curve of a PNG, of which sRGB shows a part only; None: it has none."""
    code = _chunk(data, b"cICP")
    return _HDR.get(code[1]) if len(code) == _CODES else None


def profile_of(data: bytes, info: Mapping[Any, Any]) -> bytes | None:
    """Make a profile of what a PNG says of its colours; None where that is sRGB, or nothing, or nonsense.

    Args:
        data: The file.
        info: What Pillow has read of it.
    """
    code = _chunk(data, b"cICP")
    try:
        if len(code) == _CODES:
            primaries, curve, white = _PRIMARIES[code[0]], _CURVES[code[1]], _D65
        elif "icc_profile" in info or "srgb" in info:
            return None
        else:
            points = info.get("chromaticity", (*_D65, *_SRGB))
            white, primaries = (points[0], points[1]), points[2:]
            curve = (1 / info["gamma"],) if "gamma" in info else _SRGB_CURVE
        if _is_srgb(white, primaries, curve):
            return None
        return _profile(_to_d50(white, primaries), curve)
    except (KeyError, ZeroDivisionError, struct.error):
        return None


def _is_srgb(white: Sequence[float], primaries: Sequence[float], curve: Sequence[float]) -> bool:
    """Tell whether the numbers mean what they mean in sRGB; 1/2.2 is how old programs spell its curve."""
    same = zip((*white, *primaries), (*_D65, *_SRGB), strict=True)
    like_its_curve = curve == _SRGB_CURVE or (len(curve) == 1 and abs(1 / curve[0] - 1 / 2.2) < _CLOSE)
    return like_its_curve and all(abs(one - other) < _CLOSE for one, other in same)


def _chunk(data: bytes, wanted: bytes) -> bytes:
    return next((content for name, content in _chunks(data) if name == wanted), b"")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield what stands before the pixels."""
    start = _SIGNATURE
    while start + _CHUNK.size <= len(data):
        length, name = _CHUNK.unpack_from(data, start)
        start += _CHUNK.size
        if name == b"IDAT":
            return
        yield name, data[start : start + length]
        start += length + _CHECKSUM


def _to_d50(white: Sequence[float], primaries: Sequence[float]) -> _Matrix:
    """Return the colours of red, green and blue as columns of XYZ, seen under the white of all profiles."""
    columns = _columns(*(_xyz(*primaries[at : at + 2]) for at in (0, 2, 4)))
    shares = _times(_inverse(columns), _columns(_xyz(*white)))
    scaled = [[value * shares[at][0] for at, value in enumerate(row)] for row in columns]
    here, there = (_times(_BRADFORD, _columns(_xyz(*point))) for point in (white, _D50))
    cones = [[there[row][0] / here[row][0] if row == at else 0.0 for at in range(3)] for row in range(3)]
    return _times(_times(_inverse(_BRADFORD), _times(cones, _BRADFORD)), scaled)


def _xyz(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _columns(*columns: Sequence[float]) -> _Matrix:
    return [[*row] for row in zip(*columns, strict=True)]


def _times(left: _Matrix, right: _Matrix) -> _Matrix:
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*right, strict=True)]
        for row in left
    ]


def _inverse(matrix: _Matrix) -> _Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    minors = ((e * i - f * h, c * h - b * i, b * f - c * e), (f * g - d * i, a * i - c * g, c * d - a * f))
    minors = (*minors, (d * h - e * g, b * g - a * h, a * e - b * d))
    size = a * minors[0][0] + b * minors[1][0] + c * minors[2][0]
    return [[value / size for value in row] for row in minors]


def _profile(colours: _Matrix, curve: Sequence[float]) -> bytes:
    """Write a display profile of version 4."""
    kind = {1: 0, 5: 3}[len(curve)]
    tags = {b"wtpt": b"XYZ \0\0\0\0" + _fixed(*_xyz_of_d50())}
    for name, column in zip((b"r", b"g", b"b"), zip(*colours, strict=True), strict=True):
        tags[name + b"XYZ"] = b"XYZ \0\0\0\0" + _fixed(*column)
        tags[name + b"TRC"] = struct.pack(">4sIHH", b"para", 0, kind, 0) + _fixed(*curve)
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    head = struct.pack(
        ">I4s4s4s4s4s12s4s", start + len(body), b"", b"\x04\x30", b"mntr", b"RGB ", b"XYZ ", b"", b"acsp"
    )
    head += bytes(28) + _fixed(*_xyz_of_d50()) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + body


def _xyz_of_d50() -> tuple[float, float, float]:
    return 0.9642, 1.0, 0.8249  # as the format spells it


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

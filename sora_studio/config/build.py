"""Which version and build of the studio this is."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

VERSION = version("sora-studio")

_ROOT = Path(__file__).resolve().parents[2]
_SHOWN = 12  # characters of a commit


@cache
def commit() -> str:
    """Return the commit that runs: as a file `BUILD` beside the code says, or the checkout."""
    for read in (_of_file, _of_checkout):
        try:
            if found := read(_ROOT):
                return found[:_SHOWN]
        except (OSError, ValueError):
            continue
    return "unknown"


def _of_file(root: Path) -> str:
    return (root / "BUILD").read_text(encoding="ascii").strip()


def _of_checkout(root: Path) -> str:
    """Read what git has checked out; git itself need not be there, nor own the files."""
    folder = root / ".git"
    head = (folder / "HEAD").read_text(encoding="ascii").strip()
    name = head.removeprefix("ref: ")
    if name == head:
        return head
    if (folder / name).exists():
        return (folder / name).read_text(encoding="ascii").strip()
    packed = (folder / "packed-refs").read_text(encoding="ascii").splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")

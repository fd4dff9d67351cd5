"""Write the table of THIRD_PARTY.md: what the studio is installed with, and under which licences."""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"(?m)^([\w.-]+)==([^\s;\\]+)")
_TABLE = "| Package | Version | Licence |\n|---|---|---|\n"


def main() -> None:
    """Write it anew; what only another platform needs is left out."""
    page, lock = _ROOT / "THIRD_PARTY.md", (_ROOT / "requirements.lock").read_text()
    named = ((name, version, _licence(name, version)) for name, version in _PIN.findall(lock))
    rows = "".join(f"| {' | '.join(row)} |\n" for row in named if all(row))
    page.write_text(page.read_text().partition(_TABLE)[0] + _TABLE + rows)


def _licence(name: str, version: str) -> str:
    """Return the licence of what is installed; nothing for another version, or none."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return ""
    return _said(about) if about["Version"] == version else ""


def _said(about: PackageMetadata) -> str:
    """Return what a package says of its licence, in a line."""
    classifiers = (each for each in about.get_all("Classifier") or () if each.startswith("License ::"))
    told = ", ".join(each.rpartition(" :: ")[2] for each in classifiers)
    for said in (about.get("License-Expression"), about.get("License"), told):
        if said and "\n" not in said:
            return said
    return "see the package"


if __name__ == "__main__":
    main()

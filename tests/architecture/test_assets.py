"""Stylesheets and scripts are in step with the pages that they are for."""

import re

from sora_studio.ui import site
from tests.support.source import ROOT, python_files

_CSS = ROOT / "assets" / "css"
_SCRIPT = (ROOT / "assets" / "studio.js").read_text()
_PAGES = "\n".join(path.read_text() for path in python_files("sora_studio/ui"))


def test_every_stylesheet_has_its_place_in_the_cascade():
    """None is forgotten, none comes twice: the order is written down in one place."""
    assert sorted(f"{name}.css" for name in site._STYLESHEETS) == sorted(path.name for path in _CSS.iterdir())


def test_stylesheets_use_tokens_that_exist():
    """A custom property without a value falls back to nothing, in silence."""
    sheets = "\n".join(path.read_text() for path in sorted(_CSS.glob("*.css")))
    defined = set(re.findall(r"(--[\w-]+)(?::| \{)", sheets))
    defined |= set(re.findall(r'"(--[\w-]+)"', _SCRIPT + _PAGES))
    without_fallback = set(re.findall(r"var\((--[\w-]+)\)", sheets))

    assert without_fallback - defined == set()

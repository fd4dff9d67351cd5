"""Stylesheets and scripts are in step with the pages that they are for."""

import re

from sora_studio.ui import app
from tests.support.source import ROOT, python_files

_CSS = ROOT / "assets" / "css"
_SCRIPTS = "\n".join(path.read_text() for path in sorted((ROOT / "assets" / "js").glob("*.js")))
_PAGES = "\n".join(path.read_text() for path in python_files("sora_studio/ui"))


def test_every_stylesheet_has_its_place_in_the_cascade():
    """None is forgotten, none comes twice: the order is written down in one place."""
    assert sorted(f"{name}.css" for name in app._STYLESHEETS) == sorted(path.name for path in _CSS.iterdir())


def test_stylesheets_use_tokens_that_exist():
    """A custom property without a value falls back to nothing, in silence."""
    sheets = "\n".join(path.read_text() for path in sorted(_CSS.glob("*.css")))
    defined = set(re.findall(r"(--[\w-]+)(?::| \{)", sheets))
    defined |= set(re.findall(r'"(--[\w-]+)"', _SCRIPTS + _PAGES))
    without_fallback = set(re.findall(r"var\((--[\w-]+)\)", sheets))

    assert without_fallback - defined == set()


def test_scripts_look_for_attributes_that_pages_have():
    """A data-* attribute that is renamed in Python is renamed in JavaScript."""
    looked_for = set(re.findall(r"\[(data-[a-z-]+)", _SCRIPTS))
    drawn = {name.replace("_", "-") for name in re.findall(r"\b(data_[a-z_]+)=", _PAGES)}

    assert len(looked_for) > 20
    assert looked_for - drawn - _set_by_scripts() == set()


def test_keys_are_heard_in_one_place():
    """It knows the keys that belong to an input method, which a listener elsewhere would act on."""
    listening = [
        path.name
        for path in (ROOT / "assets" / "js").glob("*.js")
        if re.search(r"\"key(down|up|press)\"", path.read_text())
    ]

    assert listening == ["dom.js"]


def test_scripts_look_for_fields_that_forms_have():
    """So is the name of a field."""
    named = r"elements\.(\w+)|const \{ ([\w: ,]+) \} = form\.elements"
    lists = (dotted or listed for dotted, listed in re.findall(named, _SCRIPTS))
    looked_for = {name.split(":")[0].strip() for names in lists for name in names.split(",")}

    assert looked_for >= {"prompt", "email"}
    assert {name for name in looked_for if f'"{name}"' not in _PAGES} == set()


def _set_by_scripts() -> set[str]:
    """Return the attributes that scripts set themselves, as `element.dataset.fullName`."""
    set_there = re.findall(r"dataset\.(\w+) = ", _SCRIPTS)
    return {"data-" + re.sub(r"[A-Z]", lambda upper: f"-{upper[0].lower()}", name) for name in set_there}

"""One file scheme for every page: `page.py` and `state.py`, `<section>.py` and `<section>_state.py`."""

import ast
from pathlib import Path

import pytest

from tests.support.source import ROOT, parsed, python_files, shown

_PAGES = ROOT / "sora_studio/ui/pages"
_FILES = [path for path in python_files("sora_studio/ui/pages") if path.name != "__init__.py"]

_LINES_MAX = 250
_VARS_MAX = 12


def test_every_page_is_a_folder_that_draws_a_page():
    """The page at an address is found in `<page>/page.py`."""
    folders = [path for path in _PAGES.iterdir() if path.is_dir() and path.name != "__pycache__"]
    drawing = {path.parent for path in _FILES if path.name == "page.py" and "page" in _drawing(path)}

    assert [shown(path) for path in _FILES if path.parent == _PAGES] == []
    assert set(folders) == drawing


@pytest.mark.parametrize("path", _FILES, ids=shown)
def test_a_file_draws_or_holds_a_state_or_knows_no_reflex(path: Path):
    """A file named for a State holds one and draws nothing; no other file holds one."""
    states = _states(path)

    if path.stem == "state" or path.stem.endswith("_state"):
        assert (len(states), _drawing(path)) == (1, [])
    else:
        assert states == []
        assert bool(_drawing(path)) == _knows_reflex(path)


@pytest.mark.parametrize("path", [path for path in _FILES if path.stem.endswith("_state")], ids=shown)
def test_the_state_of_a_section_stands_beside_its_drawing(path: Path):
    """They are found together."""
    section = path.with_name(path.name.replace("_state", ""))

    assert section in _FILES


@pytest.mark.parametrize("path", _FILES, ids=shown)
def test_files_and_states_of_pages_are_short(path: Path):
    """What grows beyond this is a section of its own."""
    sizes = [sum(map(_is_var, state.body)) for state in _states(path)]

    assert len(path.read_text().splitlines()) <= _LINES_MAX
    assert max(sizes, default=0) <= _VARS_MAX


def _states(path: Path) -> list[ast.ClassDef]:
    """Return the States that a file defines."""
    return [
        node
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef) and "rx.State" in map(ast.unparse, node.bases)
    ]


def _is_var(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) or (
        isinstance(node, ast.FunctionDef) and "rx.var" in map(ast.unparse, node.decorator_list)
    )


def _drawing(path: Path) -> list[str]:
    """Return the names of the functions of a file that return components."""
    return [
        node.name
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) == "rx.Component"
    ]


def _knows_reflex(path: Path) -> bool:
    imported = (node for node in parsed(path).body if isinstance(node, ast.Import))
    return any(alias.name == "reflex" for node in imported for alias in node.names)

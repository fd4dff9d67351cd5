"""Plain English in code, tests and papers: no words that a reader stumbles over, no idle docstrings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.source import ROOT, parsed, python_files, shown

_CODE = python_files("sora_studio", "sora_sandbox", "tests", "bench", "alembic")
_PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")])
_TEXTS = [path for path in (*_CODE, *_PAPERS) if path != Path(__file__)]

_INSTEAD = {
    r"any more|anymore": "no longer",
    r"(is|are|was) no more(?! than)": "has ended, is gone, is retired",
    r"whoever": "the one that, the person who",
    r"so many at most": "the limit",
    r"go(es|ne|ing)? on with": "resume, keep",
    r"told of": "reported, shown",
    r"say whether": "tell whether",
}
_RESTATES = re.compile(
    r"Take the (parts|profile|provider|limits)\b|Start nothing yet|Return (True|whether)\b"
)


def test_no_word_sounds_translated():
    """Each has a plainer one."""
    found = [place for path in _TEXTS for place in _translated(path)]

    assert found == []


def test_no_docstring_restates_its_signature():
    """Predicates tell whether; a constructor whose names say everything has no docstring."""
    idle = [
        shown(path, node.lineno)
        for path in _CODE
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _RESTATES.match(ast.get_docstring(node) or "")
    ]

    assert idle == []


def _translated(path: Path) -> Iterator[str]:
    """Yield each place of such a word, with what to write instead."""
    text = re.sub(r"(\n\s*)#", r"\1 ", path.read_text(encoding="utf-8"))  # a comment goes on in its next line
    for word, instead in _INSTEAD.items():
        for match in re.finditer(r"\b" + word.replace(" ", r"\s+"), text, re.IGNORECASE):
            line = 1 + text.count("\n", 0, match.start())
            yield f"{shown(path, line)} {match[0]!r}; write: {instead}"

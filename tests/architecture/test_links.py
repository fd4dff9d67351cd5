"""Links between the papers lead somewhere: to a file that exists, and to a heading that it has."""

import re
from pathlib import Path

import pytest

from tests.support.source import ROOT, shown

_PAPERS = sorted(
    path
    for pattern in ("*.md", ".github/*.md", "docs/**/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
_FENCED = re.compile(r"(?ms)^ *```.*?^ *```$")
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")


def _anchors(path: Path) -> set[str]:
    """Return the headings of a paper as GitHub makes addresses of them."""
    headings = re.findall(r"(?m)^#+ (.+)$", _FENCED.sub("", path.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _leads_nowhere(paper: Path, target: str, anchor: str) -> bool:
    """Tell whether a file or its heading is missing."""
    path = (paper.parent / target).resolve() if target else paper
    return not path.exists() or bool(anchor and anchor not in _anchors(path))


@pytest.mark.parametrize("paper", _PAPERS, ids=shown)
def test_every_link_leads_somewhere(paper: Path):
    """A renamed page takes its links along."""
    links = _LINK.findall(_FENCED.sub("", paper.read_text()))

    assert [link for link in links if _leads_nowhere(paper, *link)] == []


def test_papers_have_links():
    """Were the pattern wrong, all of them would be fine."""
    assert len([link for paper in _PAPERS for link in _LINK.findall(paper.read_text())]) > len(_PAPERS)

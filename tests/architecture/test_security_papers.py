"""The security papers are true: each claim of the map has its proof, and figures are those of the code."""

import ast
import csv
import json
import logging
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sora_studio import log
from sora_studio.config import SECRETS
from sora_studio.db.models import UserRow
from sora_studio.domain import account, character, derivations, media, video, webhooks
from sora_studio.domain.audit import Act
from sora_studio.services.people.studio_settings import SessionPolicy
from sora_studio.services.throttle import LIMITS
from tests.support.source import ROOT, parsed

_FOLDER = ROOT / "docs/security"
_README, _THREATS, _KEYS, _LOGGING, _SESSIONS, _RETENTION = (
    (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    for name in ("README", "threat-model", "keys", "logging", "sessions", "retention")
)
with (_FOLDER / "asvs.csv").open(encoding="utf-8", newline="") as file:
    _ROWS = list(csv.DictReader(file))

_VERDICTS = ("held", "document", "not applicable", "open")
_LATER = ("until people and budgets", "until operating on many machines")
_SECTIONS = {
    section: int(most)
    for section, most in re.findall(
        r"(\S+):(\d+)",
        "V1.1:2 V1.2:9 V1.3:11 V1.4:3 V1.5:2 V2.1:3 V2.2:3 V2.3:4 V2.4:1 V3.2:2 V3.3:4 V3.4:6 V3.5:5 V3.7:2 "
        "V4.1:3 V4.2:1 V4.3:2 V4.4:4 V5.1:1 V5.2:3 V5.3:2 V5.4:3 V6.1:3 V6.2:12 V6.3:4 V6.4:4 V6.5:5 V6.6:3 "
        "V6.8:4 V7.1:3 V7.2:4 V7.3:2 V7.4:5 V7.5:2 V7.6:2 V8.1:2 V8.2:3 V8.3:1 V8.4:1 V9.1:3 V9.2:4 V10.1:2 "
        "V10.2:2 V10.3:4 V10.4:11 V10.5:5 V10.6:2 V10.7:3 V11.1:2 V11.2:3 V11.3:3 V11.4:4 V11.5:1 V11.6:1 "
        "V12.1:3 V12.2:2 V12.3:4 V13.1:1 V13.2:5 V13.3:2 V13.4:5 V14.1:2 V14.2:4 V14.3:3 V15.1:3 V15.2:3 "
        "V15.3:7 V16.1:1 V16.2:5 V16.3:4 V16.4:3 V16.5:3 V17.1:1 V17.2:4 V17.3:2 ",
    )
}
"""Of the standard, with how many requirements of levels 1 and 2 each has."""

_BOUNDS = {
    "e-mail address": account.EMAIL_MAX,
    "password": account.PASSWORD_MAX,
    "display name": account.NAME_MAX,
    "prompt": video.PROMPT_MAX,
    "title": video.TITLE_MAX,
    "size, seconds, model": video.SIDE_MAX,
    "character's name": character.NAME_MAX,
    "characters in a video": character.MOST,
    "extensions": derivations.EXTENDED_MAX,
    "webhook": webhooks.BODY_MAX // 1024,
    "picture": media.PICTURE_MAX_BYTES // 2**20,
    "film": media.FILM_MAX_BYTES // 2**20,
    "sound": media.SOUND_MAX_BYTES // 2**20,
}


def test_every_requirement_is_judged_once():
    """Levels 1 and 2 of the OWASP ASVS 5.0 have 253."""
    ids = [row["id"] for row in _ROWS]
    wanted = {f"{section}.{number}" for section, most in _SECTIONS.items() for number in range(1, most + 1)}

    assert len(ids) == len(set(ids)) == sum(_SECTIONS.values())
    assert set(ids) == wanted
    assert {row["level"] for row in _ROWS} == {"1", "2"}
    assert [row["id"] for row in _ROWS if not row["requirement"].strip()] == []


def test_every_verdict_has_its_proof():
    """A test and its file, a document and its heading, a reason, or what it waits for."""
    assert [row for row in _ROWS if not _is_proven(row["verdict"], row["evidence"])] == []


def test_counts_are_those_of_the_readme():
    """The paper and the map say the same."""
    counts = Counter(row["verdict"] for row in _ROWS)
    stated = dict(re.findall(r"(?m)^\| (held|document|not applicable|open) \|.*\| (\d+) \|$", _README))
    applicable = len(_ROWS) - counts["not applicable"]
    share = f"{counts['held']} of {applicable} ({100 * counts['held'] / applicable:.1f} %)"

    assert {verdict: str(counts[verdict]) for verdict in _VERDICTS} == stated
    assert share in _README
    assert counts["held"] >= 0.85 * applicable


def test_what_is_open_is_listed():
    """Nobody has to read the map for it."""
    section = _README.split("## What is open")[1].split("\n## ")[0]

    assert set(re.findall(r"V[\d.]+\d", section)) == {row["id"] for row in _ROWS if row["verdict"] == "open"}


def test_every_limit_is_written_down():
    """Names and figures of the throttle stand in the papers as they stand in the code."""
    section = _SESSIONS.split("## How often")[1].split("\n## ")[0]

    assert dict(re.findall(r"(?m)^\| `([^`]+)` \| (\d+ per [\w ]+) \|", section)) == LIMITS


def test_the_lifetimes_of_sessions_are_written_down():
    """Idle, absolute, and how many a person may have."""
    policy = SessionPolicy()
    stated = [f"| {policy.idle.days} days |", f"| {policy.lifetime.days} days |", f"| {policy.most} |"]

    assert [each for each in stated if each not in _SESSIONS] == []


@pytest.mark.parametrize("name", _BOUNDS)
def test_every_bound_of_an_input_is_written_down(name: str):
    """With the figure of the code."""
    [row] = re.findall(rf"(?m)^\| {re.escape(name)} \|.*$", _THREATS)

    assert re.search(rf"(?<![\d,]){_BOUNDS[name]:,}(?!,?\d)", row)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_every_secret_is_written_down(name: str):
    """Who makes it, where it lies, what its loss means."""
    inventory = _KEYS.split("## Inventory")[1].split("\n## ")[0]

    assert f"`{name}`" in inventory


@pytest.mark.parametrize("act", Act)
def test_every_act_on_the_trail_is_written_down(act: Act):
    """An operator knows what to look for."""
    assert re.search(rf"(?m)^\|.*`{act}`", _LOGGING.split("## Security events")[1])


def test_every_table_is_classified():
    """With how long its rows are kept."""
    section = _RETENTION.split("## How long")[1].split("\n## ")[0]
    rows = re.findall(r"(?m)^\| `(\w+)` \| (secret|personal|operational) \| .+ \|$", section)

    assert {name for name, _ in rows} == UserRow.metadata.tables.keys()


def test_times_in_the_log_are_utc(capsys: pytest.CaptureFixture[str]):
    """For programs, as one object per line."""
    log.configure("json")
    logging.getLogger("sora_studio.test").error("said")
    line = json.loads(capsys.readouterr().err.strip().splitlines()[-1])

    assert datetime.fromisoformat(line["ts"]).utcoffset() == timedelta(0)


def _is_proven(verdict: str, evidence: str) -> bool:
    """Tell whether a verdict has the kind of evidence that it needs."""
    if verdict == "open":
        return any(later in evidence for later in _LATER)
    if verdict == "not applicable":
        return evidence.endswith(".") and "::" not in evidence
    places = evidence.split("; ")
    has_test = any("::" in place for place in places)
    return verdict in _VERDICTS and has_test == (verdict == "held") and all(map(_exists, places))


def _exists(evidence: str) -> bool:
    """Tell whether a test (`file::name`) or a heading (`file § heading`) is there."""
    path, is_test, name = evidence.partition("::")
    if is_test:
        return path.startswith("tests/") and name in _functions(ROOT / path)
    path, _, heading = evidence.partition(" § ")
    paper = ROOT / path
    return paper.is_file() and bool(
        re.search(rf"(?m)^#+ {re.escape(heading)}$", paper.read_text(encoding="utf-8"))
    )


def _functions(path: Path) -> set[str]:
    """Return the names of the tests in a file."""
    if not path.is_file():
        return set()
    return {
        node.name
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }

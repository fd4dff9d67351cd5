"""Refuse a commit message that does not help a reader of the history: message.py FILE."""

import re
import subprocess
import sys
from pathlib import Path

_LONGEST = 72  # characters of a subject that every tool shows in full
_SMALL = 10  # lines; a smaller change may explain itself
_SCISSORS = re.compile(
    r"^. -+ >8 -+$.*", re.MULTILINE | re.DOTALL
)  # `git commit --verbose` puts the diff below
_TRAILER = re.compile(r"[A-Z][\w-]*: \S")  # such as Signed-off-by


def main() -> str | None:
    """Return what is wrong with the message, or None."""
    written = _SCISSORS.sub("", Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines = _git("stripspace", "--strip-comments", given=written).splitlines()
    if not lines or lines[0].startswith(("fixup! ", "squash! ", "amend! ")) or _is_merge():
        return None  # git itself refuses the empty one; the others are git's own or will not stay
    problems = [problem for problem in (_subject(lines[0]), _gap(lines), _body(lines)) if problem]
    return (
        "\n".join(["The commit message was refused; see CONTRIBUTING.md.", *problems]) if problems else None
    )


def _subject(subject: str) -> str | None:
    if len(subject) > _LONGEST:
        return f"The subject has {len(subject)} characters; the limit is {_LONGEST}."
    return "The subject ends with a period." if subject.endswith(".") else None


def _gap(lines: list[str]) -> str | None:
    return "The second line is not blank." if len(lines) > 1 and lines[1] else None


def _body(lines: list[str]) -> str | None:
    said = any(line and not _TRAILER.match(line) for line in lines[1:])
    return None if said or _changed_lines() < _SMALL else "The body is missing: say why."


def _changed_lines() -> int:
    """Return how many lines the commit adds and removes; a binary file counts as a large change."""
    rows = (line.split("\t")[:2] for line in _git("diff", "--cached", "--numstat").splitlines())
    return sum(int(count) if count.isdecimal() else _SMALL for row in rows for count in row)


def _is_merge() -> bool:
    return bool(_git("rev-parse", "--quiet", "--verify", "MERGE_HEAD"))


def _git(*command: str, given: str = "") -> str:
    done = subprocess.run(["git", *command], input=given, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

"""`make hooks` has git refuse commits that the house would send back."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.source import ROOT

_NEEDED = (
    ".ci",
    ".githooks",
    "assets",
    "deploy",
    "setup",
    "Makefile",
    "biome.jsonc",
    "package.json",
    "pyproject.toml",
)
_LARGE = "".join(f"line {number}\n" for number in range(10))
_SMALL = "one line\n"
_MODULE = '"""A film."""\n\n'
_SUBJECT = "Add a film"
_SIGNED = "Signed-off-by: Ada <ada@example.test>"
_BODY = f"{_SUBJECT}\n\nPeople asked for one."


class Repository:
    """A git repository with our hooks switched on."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "PIP_INDEX_URL": "https://ada:secret@packages.example.test/simple",
        }

    def write(self, text: str, path: str = "film.txt") -> None:
        (self.folder / path).write_text(text)

    def git(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        name = ("-c", "user.name=Ada", "-c", "user.email=ada@example.test")
        return self._run("git", *name, *command, **environment)

    def make(self, target: str) -> subprocess.CompletedProcess[str]:
        """Make a target, and nothing that it needs: the installation is the checkout's."""
        return self._run("make", "--assume-old=.venv/dev", target)

    def commit(self, message: str = _BODY) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all")
        return self.git("commit", f"--message={message}")

    def _run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Make a repository that the checks pass in."""
    repository = Repository(tmp_path / "checkout", tmp_path / "home")
    for folder in (repository.folder, tmp_path / "home"):
        folder.mkdir()
    for name in _NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, repository.folder / name)
    for tools in (".venv", "node_modules"):
        (repository.folder / tools).symlink_to(ROOT / tools)
    (repository.folder / ".gitignore").write_text(".venv\nnode_modules\n__pycache__\n")
    repository.git("init", "--initial-branch=main")
    repository.commit()
    return repository


@pytest.fixture
def hooked(repository: Repository) -> Repository:
    """Make a repository with all of the hooks."""
    repository.make("hooks")
    return repository


@pytest.fixture
def listening(repository: Repository) -> Repository:
    """Make a repository with the hook for messages alone, which is fast."""
    only = repository.folder / ".git/only"
    only.mkdir()
    shutil.copy2(repository.folder / ".githooks/commit-msg", only)
    repository.git("config", "core.hooksPath", str(only))
    return repository


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_LARGE, _BODY),
        (_LARGE, f"{_BODY}\n\n{_SIGNED}"),
        (_LARGE, f"fixup! {_SUBJECT}"),
        (_SMALL, _SUBJECT),
        (_SMALL, "é" * 72),
    ],
    ids=["reason", "reason-and-trailer", "fixup", "small", "characters-not-bytes"],
)
def test_a_message_that_helps_is_accepted(listening: Repository, text: str, message: str):
    """A small change may explain itself, and what will be squashed does not stay."""
    listening.write(text)

    done = listening.commit(message)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "message", "reason"),
    [
        (_SMALL, "A" * 73, "The subject has 73 characters; the limit is 72."),
        (_SMALL, f"{_SUBJECT}.", "The subject ends with a period."),
        (_SMALL, f"{_SUBJECT}\nPeople asked for one.", "The second line is not blank."),
        (_LARGE, _SUBJECT, "The body is missing: say why."),
        (_LARGE, f"{_SUBJECT}\n\n{_SIGNED}", "The body is missing: say why."),
        ("\0\n", _SUBJECT, "The body is missing: say why."),
    ],
    ids=["long", "period", "no-gap", "no-reason", "trailer-only", "binary"],
)
def test_a_message_that_does_not_help_is_refused(listening: Repository, text: str, message: str, reason: str):
    """With a sentence that says what is wrong."""
    listening.write(text)

    refused = listening.commit(message)

    assert refused.returncode == 1
    assert reason in refused.stderr


def test_the_diff_below_a_message_is_not_its_body(listening: Repository):
    """`git commit --verbose` shows it below the message, and cuts it off afterwards."""
    listening.write(_LARGE)
    listening.git("add", "--all")

    refused = listening.git("commit", "--verbose", GIT_EDITOR=f"sed -i '1i {_SUBJECT}'")

    assert "The body is missing: say why." in refused.stderr


def test_a_merge_keeps_the_message_that_git_gives_it(listening: Repository):
    """Why something was changed stands in what is merged."""
    listening.git("switch", "--create", "other")
    listening.write(_LARGE)
    listening.commit()
    listening.git("switch", "main")
    listening.write(_LARGE, "another.txt")
    listening.commit()

    merged = listening.git("merge", "--no-edit", "other")

    assert merged.returncode == 0, merged.stderr


def test_what_is_checked_is_what_will_be_committed(hooked: Repository):
    """Not what lies in the folder: half of that may be meant for another commit."""
    hooked.write(f"{_MODULE}FILM = 1\n", "film.py")
    hooked.git("add", "film.py")
    hooked.write(f"{_MODULE}FILM=1\n", "film.py")
    staged = hooked.git("commit", "--message=Add a film")
    everything = hooked.git("commit", "--all", "--message=Squeeze it")

    assert staged.returncode == 0, staged.stderr
    assert everything.returncode == 1
    assert "make format" in everything.stderr


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("film.py", f"{_MODULE}FILM = unknown\n", "F821"),
        ("setup/film.sh", "#!/bin/sh\nrm $1\n", "SC2086"),
    ],
    ids=["python", "shell"],
)
def test_what_a_linter_refuses_is_not_committed(hooked: Repository, path: str, text: str, said: str):
    """Python and shell; what is wrong is shown."""
    hooked.write(text, path)

    refused = hooked.commit()

    assert refused.returncode == 1
    assert said in refused.stdout + refused.stderr


@pytest.mark.parametrize("word", ["packages.example.test", "{home}/films", "{checkout}"])
def test_what_only_this_machine_knows_is_not_committed(hooked: Repository, word: str):
    """A private package index, a home, a checkout: they help nobody, and say where somebody works."""
    hooked.write(word.format(home=hooked.environment["HOME"], checkout=hooked.folder))

    refused = hooked.commit()

    assert refused.returncode == 1
    assert "The commit names this machine; leave out:\nfilm.txt: " in refused.stderr
    assert "secret" not in refused.stderr


def test_what_nobody_should_know_may_be_removed(hooked: Repository):
    """Only added lines count."""
    hooked.write("packages.example.test\n")
    hooked.git("add", "--all")
    hooked.git("commit", "--no-verify", "--message=Name an index")
    hooked.write("somewhere else\n")

    done = hooked.commit()

    assert done.returncode == 0, done.stderr

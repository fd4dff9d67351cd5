"""Refuse a commit that is badly formatted, does not pass the linters, or names this machine.

What is checked is the index, in a folder of its own: what will be committed, not what lies in the checkout.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

_HERE = {"localhost", "127.0.0.1", ""}
_URL = re.compile(r"\w+://[^\s'\"]+")
_INDEX_FILES = (
    "/etc/pip.conf",
    "~/.pip/pip.conf",
    "~/.config/pip/pip.conf",
    "~/Library/Application Support/pip/pip.conf",
    "/etc/uv/uv.toml",
    "~/.config/uv/uv.toml",
    "~/.npmrc",
    "~/.bunfig.toml",
)
_INDEX_VARIABLE = re.compile(r"(?i)(pip|uv|npm_config|bun_config)_")


def main() -> str | None:
    """Return why the commit is refused, or None."""
    if named := sorted(_places_that_name(_words_of_this_machine())):
        return "\n".join(["The commit names this machine; leave out:", *named])
    with TemporaryDirectory() as folder:
        _git("checkout-index", "--all", f"--prefix={folder}/")
        for tools in (".venv", "node_modules"):
            Path(folder, tools).symlink_to(Path(tools).resolve())
        checked = subprocess.run(["make", "--no-print-directory", "-C", folder, "check-style"], check=False)
    return "`make format` mends most of this; then `git add`." if checked.returncode else None


def _words_of_this_machine() -> set[str]:
    """Return the folders and the package indexes that only this machine knows."""
    home = Path.home()
    folders = {str(Path.cwd())} | ({f"{home}/"} if home != Path(home.anchor) else set())
    urls = (urlsplit(url) for text in _index_settings() for url in _URL.findall(text))
    hosts = {url.netloc.rpartition("@")[2] or url.path for url in urls}
    return folders | (hosts - _HERE)


def _index_settings() -> Iterator[str]:
    """Yield what the package managers are told about where packages come from."""
    yield from (value for name, value in os.environ.items() if _INDEX_VARIABLE.match(name))
    files = (Path(name).expanduser() for name in _INDEX_FILES)
    yield from (file.read_text(encoding="utf-8") for file in files if file.is_file())


def _places_that_name(words: set[str]) -> Iterator[str]:
    """Yield the added lines that hold one of the words."""
    path = ""
    for line in _git("diff", "--cached", "--unified=0", "--no-color", "--no-ext-diff").splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ ").removeprefix("b/")
        elif line.startswith("+"):
            yield from (f"{path}: {word}" for word in words if word in line)


def _git(*command: str) -> str:
    return subprocess.run(
        ["git", *command], stdout=subprocess.PIPE, text=True, errors="replace", check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main())

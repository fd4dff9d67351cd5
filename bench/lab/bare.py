"""A bare Reflex app: one heading, built once and kept between runs, to compare the studio with."""

import os
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path

from sora_studio.web.frontend import REFLEX_ENVIRONMENT

_FILES = {
    "rxconfig.py": """
import reflex as rx

config = rx.Config(
    app_name="bare",
    disable_plugins=[rx.plugins.SitemapPlugin],
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
)
""",
    "bare/__init__.py": "",
    "bare/bare.py": """
import reflex as rx


class BareState(rx.State):
    clicks: int = 0


app = rx.App()
app.add_page(lambda: rx.el.h1(BareState.clicks), route="/", title="Bare")
""",
    "asgi.py": """
def create():
    from bare.bare import app
    return app()
""",
}
_PRODUCTION = {
    **REFLEX_ENVIRONMENT,
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
}


def build() -> Path:
    """Return the folder of the app, built by the same Reflex that the studio runs on."""
    folder = Path(tempfile.gettempdir()) / f"sora-studio-bare-reflex-{version('reflex')}"
    built = folder / "built"
    if not built.exists():
        for name, text in _FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        path = f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', os.defpath)}"  # Bun is there
        subprocess.run(
            [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
            cwd=folder,
            env={**os.environ, **REFLEX_ENVIRONMENT, "PATH": path},
            check=True,
            stdout=sys.stderr,
        )
        built.touch()
    return folder


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start it as the studio is started, under uvicorn, and do not wait for it."""
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "asgi:create",
        f"--port={port}",
        "--log-level=error",
    ]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **_PRODUCTION},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )

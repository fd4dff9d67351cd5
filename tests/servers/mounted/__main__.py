"""Serve a real server over an engine that copies a film: `python -m mounted sglang 8000 film.mp4 folder`."""

import importlib
import sys
from pathlib import Path

import uvicorn

from .stubs import stub

stub("av", "PIL")  # of the sandbox, whose faults are used and whose films are not

from sora_sandbox.connection import BreakableConnection  # noqa: E402 -- after the stubs

from .front import Engine, Front  # noqa: E402 -- after the stubs

name, port, film, folder = sys.argv[1:]
engine = Engine(Path(film))
app = importlib.import_module(f".{name}", __package__).create_app(engine, Path(folder))
uvicorn.run(Front(app, engine), host="127.0.0.1", port=int(port), http=BreakableConnection, loop="asyncio")

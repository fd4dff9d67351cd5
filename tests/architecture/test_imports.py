"""Importing our code does nothing: no file is written, no program started, nobody called."""

import json
import subprocess
import sys

from tests.support.source import ROOT, python_files

_WATCHED_IMPORT = """
import importlib, json, sys

sys.path_importer_cache.clear()
done = []

def watch(event, arguments):
    if event in {"socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove", "os.rename"}:
        done.append(f"{event} {arguments[:1]}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        done.append(f"open {arguments[:2]}")

for name in ("reflex", "fastapi", "sqlmodel", "openai", "av", "PIL.Image", "alembic.command", "socketio"):
    importlib.import_module(name)  # what others do is not ours to judge
sys.addaudithook(watch)
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(done))
"""

_FIRST_CALL = """
import asyncio, sys, threading
import sora_studio.bootstrap
from sora_studio.config import ProviderSettings
from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.providers.factory import provider_of

def watch(event, arguments):
    if event == "import" and arguments[0] in {"httpx2", "openai"}:
        on_the_loop = threading.current_thread() is threading.main_thread()
        print(arguments[0], "on the loop" if on_the_loop else "beside it")

async def call():
    table = {"name": "nobody", "preset": "videos-api", "base_url": "http://127.0.0.1:9/v1"}
    provider = provider_of(ProviderSettings.model_validate(table))
    print(*sorted({"httpx2", "openai"} & sys.modules.keys()))
    try:
        await provider.fetch("video_1")
    except ProviderUnavailable:
        await provider.close()

sys.addaudithook(watch)
asyncio.run(call())
"""


def test_importing_a_module_does_nothing_else():
    """Everything is opened by bootstrap, in order, and closed in reverse; an import opens nothing."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in python_files("sora_studio", "sora_sandbox")
    ]

    watched = subprocess.run(
        [sys.executable, "-B", "-c", _WATCHED_IMPORT, json.dumps(modules)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert json.loads(watched.stdout.splitlines()[-1]) == []


def test_the_sdk_is_loaded_at_the_first_call_and_in_a_thread():
    """It takes a quarter of the start, and on the loop it would stop everybody for as long."""
    first_call = subprocess.run(
        [sys.executable, "-c", _FIRST_CALL], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert first_call.stdout.splitlines() == ["", "httpx2 beside it", "openai beside it"]

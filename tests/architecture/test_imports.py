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

for name in ("reflex", "fastapi", "sqlmodel", "openai", "av", "PIL.Image", "alembic.command"):
    importlib.import_module(name)  # what others do is not ours to judge
sys.addaudithook(watch)
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(done))
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

"""A worker process: reads a spec from standard input, renders it, writes its progress to standard output.

It ends by itself when its standard input closes, which happens however its server ends.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from sora_sandbox.film.render import RenderSpec, render

# Unbuffered: a thread that waits in a buffered read holds a lock which the interpreter wants at its end.
_standard_input = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 -- open for as long as we live


def main() -> None:
    """Render one film; the input is {"folder": …, and the fields of a RenderSpec}."""
    fields: dict[str, Any] = json.loads(_standard_input.readline())
    threading.Thread(target=_end_with_server, daemon=True).start()
    folder = Path(fields.pop("folder"))
    spec = RenderSpec(prompts=tuple(fields.pop("prompts")), **fields)
    for percent in render(spec, folder):
        sys.stdout.write(f"{percent}\n")
        sys.stdout.flush()


def _end_with_server() -> None:
    """Wait for the end of standard input, then exit at once, whatever is going on."""
    _standard_input.read()
    os._exit(1)


if __name__ == "__main__":
    main()

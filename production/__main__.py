"""Run it until Ctrl-C: `make production` (ARGS="--port 8443 --web 2 --work 1")."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from production.stack import Plan, production
from sora_studio import log
from sora_studio.config import PRIVATE, ConfigError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _run(plan: Plan) -> None:
    ended = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    _say(f"Starting in {plan.folder}")
    opening = asyncio.create_task(_serve(plan))
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait({opening, waiting}, return_when=asyncio.FIRST_COMPLETED)
    opening.cancel()
    waiting.cancel()
    (problem, _) = await asyncio.gather(opening, waiting, return_exceptions=True)
    if isinstance(problem, Exception):
        raise problem


async def _serve(plan: Plan) -> None:
    failed = asyncio.Event()
    async with production(plan, failed.set) as running:
        _say(f"Open {running.url}; its authority is {running.certificate}")
        for name, port in running.ports.items():
            _say(f"  {name:8} http://127.0.0.1:{port}  {plan.folder / name}.log")
        _say("Ctrl-C ends it all; `make load` drives it.")
        await failed.wait()


def main() -> None:
    """Read the command line and run it."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="production", description=__doc__)
    parser.add_argument("--folder", type=Path, default=usual.folder)
    for name in ("port", "web", "work"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    os.umask(PRIVATE)
    log.configure()
    try:
        asyncio.run(_run(Plan(**vars(parser.parse_args()))))
    except (ConfigError, TimeoutError) as error:
        sys.exit(f"It cannot be started: {error or 'it takes too long'}")


if __name__ == "__main__":
    main()

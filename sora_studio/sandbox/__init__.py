"""A Videos API server of our own: it keeps real jobs and draws real videos, by a procedure (no AI model).

`create_app` and `run` import what they need when they are called, so that worker processes, which live in
this package too, start without a web framework.
"""

from typing import TYPE_CHECKING

from sora_studio.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["SandboxSettings", "create_app", "run"]


def create_app(settings: SandboxSettings) -> "FastAPI":
    """Build the server; its lifespan opens the store and ends every worker process."""
    from sora_studio.sandbox import app  # noqa: PLC0415 -- settings without the server

    return app.create_app(settings)


def run(host: str, port: int, settings: SandboxSettings) -> None:
    """Serve until SIGTERM, SIGINT, or the end of `settings.parent_pid`; port 0 takes a free one."""
    from sora_studio.sandbox import server  # noqa: PLC0415 -- as above

    server.run(host, port, settings)

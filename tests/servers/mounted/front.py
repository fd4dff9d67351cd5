"""What the sandbox adds around its own routes, around a real server's: faults on request, and the ledger."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_sandbox.fault_middleware import FaultMiddleware
from sora_sandbox.faults import Faults
from sora_sandbox.operations import operation_of


@dataclass
class Engine:
    """Makes the same film for everybody, and writes down what somebody would have to pay for."""

    film: Path
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def make(self, job_id: str, path: str | None = None, **asked: Any) -> bytes:
        """Make a video, at a path where one is given.

        Args:
            job_id: The server's name of it; one that is made twice is paid for twice.
            path: Where the server wants its file.
            asked: What the engine was asked for, as the server has understood it.
        """
        name = job_id if job_id not in self.jobs else f"{job_id}-again"
        row = {"id": name, "idempotency_key": None, "status": "completed", "deleted_at": None}
        self.jobs[name] = row | {"model": "", "size": "", "seconds": "0"} | asked
        data = self.film.read_bytes()
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(data)
        return data


@dataclass
class _Counted:
    """How many requests came in."""

    seen: dict[str, int] = field(default_factory=dict[str, int])
    keys: dict[str, int] = field(default_factory=dict[str, int])

    def count_request(self, operation: str, key: str) -> None:
        """Count one."""
        self.seen[operation] = self.seen.get(operation, 0) + 1
        if key:
            self.keys[key] = self.keys.get(key, 0) + 1


class Front:
    """ASGI application: a real server's, with `/ledger` and `/faults` beside it."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        """Stand in front of a server.

        Args:
            app: The server's own application.
            engine: What it renders by.
        """
        self._app, self._engine = FaultMiddleware(app), engine
        self._counted, self._faults = _Counted(), Faults()
        sandbox = SimpleNamespace(store=self._counted, faults=self._faults)
        self._shared = SimpleNamespace(state=SimpleNamespace(sandbox=sandbox))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["path"] in {"/ledger", "/faults", "/healthz"}:
            await (await self._control(Request(scope, receive)))(scope, receive, send)
            return
        scope["app"] = self._shared
        await self._app(scope, receive, self._noting_deletion(scope, send))

    async def _control(self, request: Request) -> Response:
        if request.url.path == "/ledger":
            ledger = {"data": [*self._engine.jobs.values()]}
            return JSONResponse(ledger | {"seen": self._counted.seen, "keys": self._counted.keys})
        if request.method == "POST":
            self._faults.add(await request.json())
        elif request.method == "DELETE":
            self._faults.clear(request.query_params.get("at"))
        return JSONResponse(self._faults.json())

    def _noting_deletion(self, scope: Scope, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                job = self._engine.jobs.get(scope["path"].rpartition("/")[2])
                if job:
                    job["deleted_at"] = 0
            await send(message)

        deletes = scope["type"] == "http" and operation_of(scope["method"], scope["path"]) == "delete"
        return sending if deletes else send

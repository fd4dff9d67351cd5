"""Stands between a test suite that was written for a mock and a studio: puts what exists for what is made up.

The suite of the official SDK asks for `video_123`, sends `Example data` for a film, and signs in with words.
A mock takes all of it, and a server has none of it. The rest of a request stays as it is, as do all answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self

import httpx

from tests.support.waiting import PATIENCE

_HOP = {"connection", "transfer-encoding", "content-encoding", "content-length", "host", "authorization"}
"""What is said of one connection, or of how something is sent on it."""


@dataclass(frozen=True)
class Asked:
    """A request as the suite sends it."""

    method: str
    path: str  # with its query, behind the address of the API
    body: bytes


class StandIn:
    """Passes requests on in the name of an API key."""

    def __init__(self, api: str, authorization: str, mend: Callable[[Asked], Asked]) -> None:
        """Listen on a port.

        Args:
            api: The address of the studio's API.
            authorization: With which the requests arrive there.
            mend: Puts what exists for what is made up.
        """
        http = httpx.Client(timeout=PATIENCE, trust_env=False)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                asked = mend(Asked(self.command, self.path, body))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
                answer = http.request(
                    asked.method,
                    f"{api}{asked.path}",
                    content=asked.body,
                    headers=headers | {"Authorization": authorization},
                )
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name not in _HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_DELETE = _pass_on  # noqa: N815 -- the base's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
                """Say nothing."""

        self._server, self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler), http
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Answer for the block."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._http.close()

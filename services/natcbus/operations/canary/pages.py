"""Two pages on loopback: ``/ready`` says why not, ``/metrics`` is for Prometheus."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from natcbus.operations.canary.figures import CONTENT_TYPE
from natcbus.operations.reachable import LOOPBACK


class CanaryPages:
    """Serves from a thread of its own; use it as a context manager.

    Parameters
    ----------
    look
        Returns what is not well; asked for each page, so that the figures are those of now.
    figures
        Prometheus' text format.
    port
        On 127.0.0.1; 0 takes a free one.
    """

    def __init__(
        self, look: Callable[[], Sequence[str]], figures: Callable[[], bytes], port: int
    ) -> None:
        self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(look, figures))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(
    look: Callable[[], Sequence[str]], figures: Callable[[], bytes]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            obstacles = list(look())
            match self.path:
                case "/ready":
                    status = HTTPStatus.SERVICE_UNAVAILABLE if obstacles else HTTPStatus.OK
                    body = {"ok": not obstacles, "obstacles": obstacles}
                    self._answer(status, "application/json", json.dumps(body).encode())
                case "/metrics":
                    self._answer(HTTPStatus.OK, CONTENT_TYPE, figures())
                case _:
                    body = {"pages": ["/metrics", "/ready"]}
                    missing = json.dumps(body).encode()
                    self._answer(HTTPStatus.NOT_FOUND, "application/json", missing)

        def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
            pass

    return Handler

"""Three pages on loopback: ``/live``, ``/ready`` and ``/metrics``."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, TypeAlias

from natcbus.hub.metrics import CONTENT_TYPE, Metrics
from natcbus.hub.progress import Progress

LOOPBACK: Final = "127.0.0.1"
JSON: Final = "application/json"

Page: TypeAlias = tuple[HTTPStatus, str, bytes]


class HealthServer:
    """Serves a worker's health from a thread of its own, so that a hung event loop shows.

    Parameters
    ----------
    port
        On 127.0.0.1; 0 takes a free one, which :attr:`port` then names.
    """

    def __init__(self, progress: Progress, metrics: Metrics, port: int) -> None:
        pages: dict[str, Callable[[], Page]] = {
            "/live": lambda: _state(progress.live(), []),
            "/ready": lambda: _readiness(progress),
            "/metrics": lambda: (HTTPStatus.OK, CONTENT_TYPE, metrics.text()),
        }
        self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(pages))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def _handler(pages: dict[str, Callable[[], Page]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            status, kind, body = _missing(pages) if page is None else page()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
            pass

    return Handler


def _readiness(progress: Progress) -> Page:
    obstacles = progress.obstacles()
    return _state(not obstacles, obstacles)


def _state(good: bool, obstacles: list[str]) -> Page:  # noqa: FBT001 - it is the answer
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    body = {"ok": good, "obstacles": obstacles}
    return status, JSON, json.dumps(body).encode()


def _missing(pages: dict[str, Callable[[], Page]]) -> Page:
    return HTTPStatus.NOT_FOUND, JSON, json.dumps({"pages": sorted(pages)}).encode()

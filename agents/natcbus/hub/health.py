"""Three pages on loopback: ``/live``, ``/ready`` and ``/metrics``."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Protocol, TypeAlias

from natcbus.hub.metrics import CONTENT_TYPE

LOOPBACK: Final = "127.0.0.1"
JSON: Final = "application/json"

Page: TypeAlias = tuple[HTTPStatus, str, bytes]


class Judged(Protocol):
    """What is asked whether it lives and whether it is ready: a worker, or all of them."""

    def live(self) -> bool:
        """Whether it runs at all."""
        ...

    def obstacles(self) -> list[str]:
        """Return why it is not ready, or nothing."""
        ...

    def facts(self) -> Mapping[str, object]:
        """Return what ``/ready`` shows besides, as JSON."""
        ...


class Exposed(Protocol):
    """Figures in Prometheus' text format."""

    def text(self) -> bytes:
        """Return everything."""
        ...


class HealthServer:
    """Serves health from a thread of its own, so that a hung event loop shows.

    Parameters
    ----------
    port
        On 127.0.0.1; 0 takes a free one, which :attr:`port` then names.
    """

    def __init__(self, judged: Judged, metrics: Exposed, port: int) -> None:
        pages: dict[str, Callable[[], Page]] = {
            "/live": lambda: _state({"ok": judged.live(), "obstacles": []}),
            "/ready": lambda: _readiness(judged),
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


def _readiness(judged: Judged) -> Page:
    obstacles = judged.obstacles()
    return _state({"ok": not obstacles, "obstacles": obstacles, **judged.facts()})


def _state(body: Mapping[str, object]) -> Page:
    status = HTTPStatus.OK if body["ok"] else HTTPStatus.SERVICE_UNAVAILABLE
    return status, JSON, json.dumps(body).encode()


def _missing(pages: dict[str, Callable[[], Page]]) -> Page:
    return HTTPStatus.NOT_FOUND, JSON, json.dumps({"pages": sorted(pages)}).encode()

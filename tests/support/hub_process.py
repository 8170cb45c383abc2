"""A hub worker in a process of its own, that a test can watch, stop, kill and start again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from natcbus.operations.leash import leashed

REPOSITORY: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ("schemas", "agents", "services", ".")
HEALTH_AT: Final = re.compile(r"health and metrics on (http://\S+)")
LOOK_EVERY_S: Final = 0.02


class HubProcess:
    """One worker: ``module`` with its arguments, and its settings as environment variables.

    Attributes
    ----------
    log
        Everything the workers of this object wrote, one after the other.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], settings: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        self._command = [sys.executable, "-W", "error::SyntaxWarning", "-m", module, *arguments]
        self._environment = environment_of(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._written = 0
        self._health = ""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the hub was not started"
        return self._process

    @property
    def written(self) -> str:
        """What the present worker wrote so far."""
        return self.log.read_text("utf-8")[self._written :] if self.log.exists() else ""

    def start(self) -> Self:
        """Start a worker; return at once."""
        self._health = ""
        self._written = len(self.log.read_text("utf-8")) if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(self._command),
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait_ready(self, within_s: float = 40.0) -> Self:
        """Return when ``/ready`` says yes."""
        self.wait_serving()
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            assert self.process.poll() is None, self.written
            if self.get("/ready")[0] == HTTPStatus.OK:
                return self
            time.sleep(LOOK_EVERY_S)
        raise AssertionError(f"the hub did not become ready:\n{self.written}")

    def wait_serving(self, within_s: float = 20.0) -> Self:
        """Return when the health pages answer, which is before anything is read."""
        give_up = time.monotonic() + within_s
        while self._health_url() is None:
            assert self.process.poll() is None, self.written
            assert time.monotonic() < give_up, self.written
            time.sleep(LOOK_EVERY_S)
        return self

    def get(self, page: str) -> tuple[int, str]:
        """Return status and text of a health page."""
        url = self._health_url()
        assert url is not None, "the hub has not said where its health is"
        try:
            with urllib.request.urlopen(f"{url}{page}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def obstacles(self) -> list[str]:
        """Return why the hub is not ready."""
        found: list[str] = json.loads(self.get("/ready")[1])["obstacles"]
        return found

    def kill(self) -> None:
        """End the worker with SIGKILL."""
        self._signal(signal.SIGKILL)
        self.ended()

    def terminate(self, within_s: float = 40.0) -> int:
        """End the worker as a supervisor would; return its exit code."""
        self._signal(signal.SIGTERM)
        return self.ended(within_s)

    def ended(self, within_s: float = 60.0) -> int:
        """Wait for the worker's own end; return its exit code."""
        code = self.process.wait(within_s)
        assert self.process.stdin is not None
        self.process.stdin.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.kill()
        self.ended()

    def _signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def _health_url(self) -> str | None:
        # Looked for once: after hours of faults the log is long.
        if not self._health and (found := HEALTH_AT.search(self.written)):
            self._health = found[1]
        return self._health or None


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    path = os.pathsep.join(str(REPOSITORY / source) for source in SOURCES)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **settings}

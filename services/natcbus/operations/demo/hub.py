"""The demo's hub: one worker in a process of its own, watched until it is ready."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from natcbus.operations.ending import end
from natcbus.operations.errors import HubStartError
from natcbus.operations.leash import leashed
from natcbus.operations.reachable import LOOPBACK, free_port

_READY_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.1
_ASK_WITHIN_S: Final = 2.0
_STOP_WITHIN_S: Final = 10.0
_LOG_TAIL: Final = 1500
_STARTING: Final = "the hub is starting"


class DemoHub:
    """A hub worker as a child process; use it as a context manager.

    Parameters
    ----------
    command
        The command line that runs a hub worker.
    settings
        Its environment variables; the health port is added.
    log
        Where it writes.
    """

    def __init__(self, command: Sequence[str], settings: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._port = free_port()
        self._settings = {**settings, "NATCBUS_HUB_HEALTH_PORT": str(self._port)}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process id while it lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the worker and return at once."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(self._command),
                env={**os.environ, **self._settings},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self, tell: Callable[[str], None]) -> None:
        """Return when the hub routes; ``tell`` hears what it is waiting for, when that changes.

        Raises
        ------
        HubStartError
            It ended, or was not ready in time; what it wrote last is in the error.
        """
        give_up = time.monotonic() + _READY_WITHIN_S
        told = ""
        while time.monotonic() < give_up:
            if self.pid is None:
                raise self._failure("it ended")
            obstacle = self._obstacle()
            if obstacle is None:
                return
            if obstacle != told:
                tell(obstacle)
                told = obstacle
            time.sleep(_LOOK_EVERY_S)
        raise self._failure(f"it was not ready within {_READY_WITHIN_S:.0f} s")

    def stop(self) -> None:
        """Stop the worker; after some seconds by force."""
        process, self._process = self._process, None
        if process is not None:
            end(process, _STOP_WITHIN_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _obstacle(self) -> str | None:
        """What it is waiting for, in words; None when it is ready."""
        try:
            with urllib.request.urlopen(
                f"http://{LOOPBACK}:{self._port}/ready", timeout=_ASK_WITHIN_S
            ):
                return None
        except urllib.error.HTTPError as refusal:
            with refusal:
                return _in_words(refusal.read())
        except OSError:
            return _STARTING

    def _failure(self, why: str) -> HubStartError:
        log = self._log.read_text("utf-8", "replace") if self._log.exists() else ""
        return HubStartError(why, log[-_LOG_TAIL:].strip())


def _in_words(body: bytes) -> str:
    try:
        obstacles = json.loads(body)["obstacles"]
    except (ValueError, KeyError, TypeError):
        return _STARTING
    if any("group" in each for each in obstacles):
        return "the hub is joining its group"
    return f"the hub waits: {', '.join(obstacles)}" if obstacles else _STARTING

"""One place for a worker: a process that is started, watched, and started again after any end."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from natcbus.hub.errors import Exit
from natcbus.hub.settings import PREFIX, Settings
from natcbus.hub.whereabouts import whereabouts, withdraw

LOOK_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 2.0
FAST_SECONDS: Final = 10.0
"""A life so short is a failed start: after the second in a row the next one waits."""
PAUSES: Final = (0.0, 1.0, 2.0)
GRACE_SECONDS: Final = 5.0
"""For a worker beyond its own time to stop, or to show that it lives, before it is killed."""

Told: TypeAlias = Callable[[int, str], None]
"""Hears of each end of a worker: its slot, and the exit code or the name of a signal."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a worker said of itself when it was last asked."""

    obstacles: tuple[str, ...]
    live: bool = False
    reads: Mapping[str, int] = field(default_factory=dict)
    network: int | None = None


STARTING: Final = Condition(("it is starting",))


class WorkerSlot(threading.Thread):
    """Keeps one worker running until it is stopped.

    Parameters
    ----------
    command
        The command line of a worker. What is special to this one comes by its environment.
    state
        The directory of the supervisor's state.
    told
        Called from this thread.
    """

    def __init__(
        self, settings: Settings, state: Path, number: int, command: Sequence[str], told: Told
    ) -> None:
        super().__init__(name=f"slot-{number}")
        self.number = number
        self.condition = STARTING
        self._state = state
        self._command = list(command)
        self._member = f"{settings.group_instance_id or 'slot'}-{number}"
        self._environment = {**os.environ, **self._special(settings)}
        self._told = told
        self._silence = max(settings.stuck_after, settings.ready_within) + GRACE_SECONDS
        self._stop_within = settings.stop_within + GRACE_SECONDS
        self._stopping = threading.Event()
        self._failures = 0
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start a worker, and another one when it has ended, until stopped."""
        while not self._stopping.is_set():
            began = time.monotonic()
            how = self._live_once()
            if self._stopping.is_set():
                return
            fast = time.monotonic() - began < FAST_SECONDS and how != str(Exit.NEW_TOPICS.value)
            self._failures = self._failures + 1 if fast else 0
            pause = PAUSES[min(max(self._failures - 1, 0), len(PAUSES) - 1)]
            logger.warning("worker %d ended with %s; next in %.0f s", self.number, how, pause)
            self._stopping.wait(pause)

    def stop(self) -> None:
        """Ask the worker to stop, and start no other; ``join`` waits for it."""
        self._stopping.set()

    def is_named(self, holder: str | None) -> bool:
        """Whether that is the name of this slot's worker in its group."""
        return holder is not None and holder.rpartition(".")[0] == self._member

    def kill(self, why: str) -> None:
        """End this slot's worker at once; another takes its place."""
        process = self.process
        if process is not None and process.poll() is None:
            logger.critical("worker %d %s: killed", self.number, why)
            process.kill()

    def _live_once(self) -> str:
        """Run one process to its end; return how it ended."""
        self.condition = STARTING
        withdraw(self._state, self.number)
        try:
            # Our end of its standard input is its leash: see `leash`.
            process = subprocess.Popen(self._command, env=self._environment, stdin=subprocess.PIPE)
        except OSError as error:
            logger.error("worker %d cannot be started: %s", self.number, error.strerror)  # noqa: TRY400 - the system's word says it all
            return "no start"
        self.process = process
        try:
            code = self._watch(process)
        finally:
            self.condition = STARTING
            if process.stdin is not None:
                process.stdin.close()
        how = signal.Signals(-code).name if code < 0 else str(code)
        self._told(self.number, how)
        return how

    def _watch(self, process: subprocess.Popen[bytes]) -> int:
        alive = time.monotonic()
        while True:
            try:
                return process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            if self._stopping.is_set():
                return self._end(process)
            self.condition = self._look()
            now = time.monotonic()
            if self.condition.live:
                alive = now
            elif now - alive > self._silence:
                self.kill("shows no life")

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        process.terminate()
        try:
            return process.wait(self._stop_within)
        except subprocess.TimeoutExpired:
            logger.critical("worker %d did not stop: killed", self.number)
            process.kill()
            return process.wait()

    def _special(self, settings: Settings) -> dict[str, str]:
        """What is this worker's own among the settings of all."""
        port = settings.health_port + 1 + self.number if settings.health_port else 0
        own = {
            "SLOT": self.number,
            "GROUP_INSTANCE_ID": self._member,
            "HEALTH_PORT": port,
            "LEASHED": 1,
        }
        return {f"{PREFIX}{name}": str(value) for name, value in own.items()}

    def _look(self) -> Condition:
        url = whereabouts(self._state, self.number)
        if url is None:
            return STARTING
        try:
            return _condition(_asked(url))
        except (OSError, ValueError, http.client.HTTPException):
            return Condition(("it does not answer",))


def _asked(url: str) -> object:
    connection = http.client.HTTPConnection(
        urllib.parse.urlsplit(url).netloc, timeout=ANSWER_SECONDS
    )
    try:
        connection.request("GET", "/ready")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _condition(said: object) -> Condition:
    if not isinstance(said, dict):
        raise TypeError
    reads, network = said.get("reads"), said.get("network")
    return Condition(
        obstacles=tuple(map(str, said.get("obstacles", ()))),
        live=said.get("live") is True,
        reads={str(topic): int(number) for topic, number in reads.items()} if reads else {},
        network=network if isinstance(network, int) else None,
    )

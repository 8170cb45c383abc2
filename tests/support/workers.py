"""The workers of a supervised hub, seen and treated from outside as a machine treats processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import Final

from tests.support.hub_process import HubProcess

_LOOK_EVERY_S: Final = 0.02
_THERE_WITHIN_S: Final = 20.0
_WORKER: Final = "natcbus.cli.main"


def worker_pids(hub: HubProcess) -> list[int]:
    """The processes of the supervisor's workers, the oldest first; empty while none runs."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,args="],  # noqa: S607 - wherever the system keeps it
        check=True,
        capture_output=True,
        text=True,
    )
    rows = (line.split(maxsplit=3) for line in listed.stdout.splitlines())
    return sorted(
        int(pid)
        for pid, parent, state, command in rows
        if int(parent) == hub.process.pid and _WORKER in command and not state.startswith("Z")
    )


def a_worker(hub: HubProcess, number: int) -> int:
    """One of the workers; waits while there is none."""
    give_up = time.monotonic() + _THERE_WITHIN_S
    while not (pids := worker_pids(hub)):
        assert time.monotonic() < give_up, f"no worker runs\n{hub.written[-4000:]}"
        time.sleep(_LOOK_EVERY_S)
    return pids[number % len(pids)]


def send_signal(pid: int, number: signal.Signals) -> None:
    """To a process that may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def is_gone(hub: HubProcess, pid: int) -> bool:
    """Whether it is no worker any more."""
    return pid not in worker_pids(hub)

"""Which processes descend from one, and whether they are gone."""

from __future__ import annotations

import os
import subprocess
import time

_LOOK_EVERY_S = 0.05


def descendants(pid: int) -> set[int]:
    """Children of ``pid``, their children, and so on."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],  # noqa: S607 - wherever the system keeps it
        check=True,
        capture_output=True,
        text=True,
    )
    parents = {
        int(child): int(parent) for child, parent in map(str.split, listed.stdout.splitlines())
    }
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def left_after(pids: set[int], within_s: float) -> set[int]:
    """Those of ``pids`` that still run when the time is over."""
    give_up = time.monotonic() + within_s
    while (left := {pid for pid in pids if _runs(pid)}) and time.monotonic() < give_up:
        time.sleep(_LOOK_EVERY_S)
    return left


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

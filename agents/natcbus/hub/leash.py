"""A worker does not outlive its supervisor.

The supervisor holds the other end of the worker's standard input and never writes to it. When the
supervisor is gone, even by SIGKILL, the input ends, and so does the worker: without a commit, as a
second worker of its name may be starting already.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import NoReturn

from natcbus.hub.departure import Departure, Leave
from natcbus.hub.errors import OrphanedError


def end_with_supervisor(leave: Leave, descriptor: int | None = None) -> None:
    """Leave the process when ``descriptor`` (standard input) ends."""
    source = sys.stdin.fileno() if descriptor is None else descriptor
    threading.Thread(target=_watch, args=(source, leave), name="leash", daemon=True).start()


def _watch(descriptor: int, leave: Leave) -> NoReturn:
    while os.read(descriptor, 1):
        pass
    leave(Departure(OrphanedError()))

"""``reconcile`` in a process of its own, on another core while the desks are read here."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from natcbus.operations.reconciling import Report, reconcile
from natcbus.operations.reconciling.rules import rules_in
from tests.support.bus import Bus

_ONE_CLOCK: Final = timedelta(seconds=1)
"""One machine stamps everything here: no answer lies minutes before its message.

With the five minutes of an operator every run would read the runs before it once more.
"""


@contextmanager
def another_process() -> Iterator[Executor]:
    """A process that lives as long as the block, or its owner."""
    # Not a fork: this one has threads that hold locks.
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_leash) as process:
        yield process


def begin_to_reconcile(process: Executor, bus: Bus, since: datetime) -> Future[Report]:
    """Let it compare everything that was sent since then; the bus is at rest."""
    public = bus.folder / "public"
    return process.submit(_reconciled, bus.bootstrap, bus.network_folder, public, since)


def _reconciled(bootstrap: str, network: Path, public: Path, since: datetime) -> Report:
    rules = rules_in(network, public)
    return reconcile(bootstrap, [rules], grace=timedelta(0), since=since, earlier=_ONE_CLOCK)


def _leash() -> None:
    """Leave it to the owner when to end, and end with it, whatever happens to it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    owner = parent_process()
    assert owner is not None
    threading.Thread(target=_end_with, args=(owner,), daemon=True).start()


def _end_with(owner: BaseProcess) -> None:
    owner.join()
    os._exit(1)

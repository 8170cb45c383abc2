"""``make soak``: seeded runs, one after the other, until SOAK_RUNS are done.

SOAK_RUNS     how many, 200 by default; 1 is played even if it was before
SOAK_SEED     of the first run, 1 by default; each run adds one
SOAK_NODES    1 by default, or 3

What is done is kept in docs/soak/, a line for each run with the commit that it ran on: started
again, anywhere, it goes on behind it. At the end, or when it is interrupted, the table of
everything that was done is printed and put into docs/guarantees.md.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, TypeVar

from tests.faults.breaking import FAULTS, Ground
from tests.faults.breaking_nodes import NODE_FAULTS, three_nodes
from tests.faults.scenario import Theatre, draw, play, theatre
from tests.faults.soaking import Kept, Run, put_into
from tests.support.deployment import REPOSITORY

MESSAGES: Final = 2_400
FAULTS_EACH: Final = 2
GUARANTEES: Final = REPOSITORY / "docs" / "guarantees.md"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what a desk was shown, quick to write

G = TypeVar("G", bound=Ground)


def main() -> int:
    """Play what is left to play; 0 if every run so far was faultless."""
    runs, seed, nodes = (
        int(os.environ.get(name, default))
        for name, default in (("SOAK_RUNS", "200"), ("SOAK_SEED", "1"), ("SOAK_NODES", "1"))
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kept = Kept(REPOSITORY / "docs" / "soak" / f"{nodes}-nodes.jsonl", _commit())
    seeds = range(seed, seed + runs)
    left = list(seeds) if runs == 1 else kept.left(seeds)
    try:
        if nodes == 1:
            _soak(kept, left, lambda: theatre(MEMORY if MEMORY.is_dir() else None), FAULTS)
        else:
            _soak(kept, left, three_nodes, NODE_FAULTS)
    except KeyboardInterrupt:
        print("interrupted", flush=True)  # noqa: T201 - see the docstring
    if kept.runs:
        table = kept.table(f"SOAK_NODES={nodes} make soak")
        print(table)  # noqa: T201 - the result
        put_into(GUARANTEES, f"soak-{nodes}", table)
    return 0 if kept.faultless else 1


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - whichever git is there
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def _soak(
    kept: Kept,
    left: list[int],
    opened: Callable[[], AbstractContextManager[Theatre[G]]],
    faults: Mapping[str, Callable[[G, random.Random], None]],
) -> None:
    """Play each seed; behind a run that was not faultless go on with brokers that are new."""
    while left:
        with opened() as stage:
            while left:
                run = _played(stage, left.pop(0), faults)
                kept.add(run)
                print(run.told(), flush=True)  # noqa: T201 - whoever waits wants to see it
                if not run.faultless:
                    print(stage.bus.hub.log.read_text("utf-8")[-6000:])  # noqa: T201 - the cause
                    break


def _played(
    stage: Theatre[G], seed: int, faults: Mapping[str, Callable[[G, random.Random], None]]
) -> Run:
    plan = draw(seed, MESSAGES, FAULTS_EACH, faults)
    try:
        return Run.of(play(stage, plan))
    except Exception as error:  # noqa: BLE001 - whatever it is, the run did not come to its end
        return Run.failed(plan, error)


if __name__ == "__main__":
    sys.exit(main())

"""The job that everybody does: what our router makes of a record, at least once.

Each contender is a process that reads the same topic from its start, under a group of its own, and
writes all that follows from each record: a decision, three deliveries, a receipt. None keeps more
of Faust's or the hub's machinery than ``HubRouter.route``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from natcbus.hub.records import Inbound, Outbound
from natcbus.hub.router import HubRouter
from natcbus.hub.world import World, load_world

BATCH: Final = 64
"""Records that are in flight at once, where a contender goes by batches: as many as the hub's."""
COMMIT_SECONDS: Final = 0.5
"""Between commits, where a contender commits by the clock: as the hub does."""
BATCH_BYTES: Final = 262_144
"""Of a produce request: as the hub's."""


@dataclass(frozen=True, slots=True)
class Read:
    """A record as a client hands it over; ``timestamp`` is milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


Job: TypeAlias = Callable[[Read], tuple[Outbound, ...]]


@dataclass(frozen=True, slots=True)
class Task:
    """Where to read and write, and under which Network."""

    bootstrap: str
    group: str
    source: str
    world: World

    def job(self) -> Job:
        """A router with an empty memory."""
        router = HubRouter(self.world)

        def do(read: Read) -> tuple[Outbound, ...]:
            stored_at = datetime.fromtimestamp(read.timestamp / 1000, UTC)
            record = Inbound(
                read.topic, read.partition, read.offset, stored_at, read.key, read.value
            )
            routed = router.route(record, datetime.now(UTC))
            # The others' way has no hook for "durable": this one costs them nothing.
            router.acknowledged(record, routed)
            return routed.outbound

        return do


def given_task() -> Task:
    """The task that the command line names."""
    arguments = argparse.ArgumentParser()
    for name in ("bootstrap", "group", "source"):
        arguments.add_argument(f"--{name}", required=True)
    for name in ("network", "public", "signing-key"):
        arguments.add_argument(f"--{name}", required=True, type=Path)
    chosen = arguments.parse_args()
    world = load_world(chosen.network, chosen.public, chosen.signing_key)
    return Task(chosen.bootstrap, chosen.group, chosen.source, world)

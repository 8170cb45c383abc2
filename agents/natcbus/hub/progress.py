"""Whether the hub lives and whether it gets on, judged by what it has acknowledged.

Faust says "Worker ready" to a group that never formed and to a topic that nobody may read; so
readiness is measured here by offsets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from natcbus.hub.departure import Partition
from natcbus.hub.records import NetworkInUse, no_network

SILENT_SECONDS: Final = 15.0
"""An event loop that has not run for so long is hung."""


@dataclass(slots=True)
class Progress:
    """What is known of this worker; written by the event loop, read by the health server.

    Parameters
    ----------
    stalled_after
        Seconds for which a partition may be behind without an acknowledgement.
    """

    stalled_after: float
    clock: Callable[[], float] = time.monotonic
    joined: bool = False
    partitions: int = 0
    complete: bool = False
    """Every topic to read and to write was seen."""
    lag: Mapping[Partition, int] = field(default_factory=dict)
    reached: Mapping[Partition, int] = field(default_factory=dict)
    """First offset not acknowledged, per assigned partition."""
    stopping: bool = False
    reads: Mapping[str, int] = field(default_factory=dict)
    """Every topic to read, with the number of its partitions."""
    network: Callable[[], NetworkInUse | None] = no_network
    """What is decided under."""
    paused: Callable[[], Mapping[str, float]] = dict
    """The topics that are left alone for now, with the seconds that are left."""
    _beat: float | None = None
    _behind_since: dict[Partition, float] = field(default_factory=dict)

    def join(self, partitions: int) -> None:
        """Learn that this worker is a member of its group, with so many partitions."""
        self.joined = True
        self.partitions = partitions

    def leave(self) -> None:
        """Learn that the partitions were taken back: the group is about to share them anew."""
        self.joined = False
        self.partitions = 0
        self._behind_since = {}
        self.lag = {}
        self.reached = {}

    def observe(self, positions: Mapping[Partition, int], ends: Mapping[Partition, int]) -> None:
        """Take in the next offsets to acknowledge, and the ends, of the assigned partitions."""
        now = self._beat = self.clock()
        self.lag = {
            partition: max(0, end - positions[partition])
            for partition, end in ends.items()
            if partition in positions
        }
        paused = self.paused()
        behind: dict[Partition, float] = {}
        for partition, lag in self.lag.items():
            moved = self.reached.get(partition) != positions[partition]
            if lag > 0:
                waits = moved or partition[0] in paused
                behind[partition] = now if waits else self._behind_since.get(partition, now)
        self.reached = dict(positions)
        self._behind_since = behind

    def beat(self) -> None:
        """Show that the event loop runs."""
        self._beat = self.clock()

    def live(self) -> bool:
        """Whether the event loop has run lately."""
        return self._beat is None or self.clock() - self._beat <= SILENT_SECONDS

    def obstacles(self) -> list[str]:
        """Return why the hub is not ready, or nothing."""
        if self.stopping:
            return ["stopping"]
        obstacles = []
        if not self.joined:
            obstacles.append("the consumer group is not joined")
        if not self.complete:
            obstacles.append("not every topic was seen")
        if not self.live():
            obstacles.append("the event loop is silent")
        in_use = self.network()
        if in_use is not None and in_use.expired(datetime.now(UTC)):
            obstacles.append(f"version {in_use.version} of the network has expired")
        return obstacles + self._stalled()

    def facts(self) -> Mapping[str, object]:
        """Return what a supervisor wants to know besides."""
        in_use = self.network()
        return {
            "live": self.live(),
            "reads": dict(self.reads),
            "network": None if in_use is None else in_use.version,
            "paused": {topic: round(left, 1) for topic, left in self.paused().items()},
        }

    def _stalled(self) -> list[str]:
        now = self.clock()
        return [
            f"{topic}-{number} is behind and nothing was acknowledged for {now - since:.0f} s"
            for (topic, number), since in sorted(self._behind_since.items())
            if now - since > self.stalled_after
        ]

"""Partitions that hold records and whose group does not get on, judged by what the brokers say.

A worker sees the end of a partition in what it fetches. One whose fetching has died sees no end
that moves, finds itself at the end, and calls itself ready. The brokers know better.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from natcbus.hub.departure import Partition


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a partition goes, and how far its group has come.

    Attributes
    ----------
    committed
        Where the group would go on; None before its first commit.
    first, end
        The oldest record that is still there, and behind the newest.
    """

    committed: int | None
    first: int
    end: int

    @property
    def is_behind(self) -> bool:
        """Whether there is something to read."""
        return self.end > max(self.committed or 0, self.first)


class Standstills:
    """Remembers since when each partition has been behind without a commit.

    Parameters
    ----------
    limit
        Seconds for which that may last.
    """

    def __init__(self, limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._since: dict[Partition, tuple[int | None, float]] = {}

    def found(self, reaches: Mapping[Partition, Reach]) -> list[Partition]:
        """Return the partitions that stand still for longer, after one more look at all of them."""
        now = self._clock()
        before, self._since = self._since, {}
        for partition, reach in reaches.items():
            if reach.is_behind:
                committed, since = before.get(partition, (reach.committed, now))
                moved = committed != reach.committed
                self._since[partition] = (reach.committed, now if moved else since)
        return sorted(
            partition for partition, (_, since) in self._since.items() if now - since > self._limit
        )

    def forget(self) -> None:
        """Begin anew: nobody was looking, or the partitions change hands."""
        self._since = {}

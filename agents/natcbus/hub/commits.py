"""What is committed never goes back: asserted at every commit, for good.

The window acknowledges in order, and Faust commits nothing lower than before. Should either change,
a commit that goes back would hide records that were passed over: the process is left instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from natcbus.hub.departure import Partition
from natcbus.hub.errors import OrderError


class Commits:
    """The last commit of each partition, for as long as this process holds it."""

    def __init__(self) -> None:
        self._last: dict[Partition, int] = {}

    def advance(self, offsets: Mapping[Partition, int]) -> None:
        """Note what is about to be committed.

        Raises
        ------
        OrderError
            It is lower than what was committed before.
        """
        for partition, offset in offsets.items():
            before = self._last.get(partition, offset)
            if offset < before:
                raise OrderError(offset, before)
        self._last.update(offsets)

    def forget(self) -> None:
        """Partitions were taken away: others may have gone on, or an operator back."""
        self._last.clear()

"""Floods: so many records of one member put aside so fast that something there must be broken.

A flood ends nothing. It pauses the reading of that member's topic for a while, and everybody who
can do something about it is told. Refusals do not count: they come from a member that is who it
says, and a mistake of the hub's own, such as a network that has expired, refuses everybody.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from natcbus.contract.problems import Problem

FLOOD_RECORDS: Final = 500
FLOOD_TIME: Final = timedelta(seconds=10)

PAUSED: Final = Problem(
    "",
    "MEMBER_PAUSED",
    f"{FLOOD_RECORDS} records of this topic were put aside within"
    f" {FLOOD_TIME.seconds} s: the hub leaves the topic alone for some seconds, then reads on;"
    " stop what writes them",
)
"""What the receipt of the record says that completed a flood."""


class Floods:
    """Counts what is put aside, per topic. Not thread-safe."""

    def __init__(self, records: int = FLOOD_RECORDS, time: timedelta = FLOOD_TIME) -> None:
        self._records = records
        self._time = time
        self._of: dict[str, deque[datetime]] = {}

    def completed_by(self, topic: str, now: datetime) -> bool:
        """Count a record of ``topic`` that is put aside; whether it completes a flood.

        The count begins anew after each flood.
        """
        times = self._of.setdefault(topic, deque(maxlen=self._records))
        times.append(now)
        if len(times) < self._records or now - times[0] > self._time:
            return False
        times.clear()
        return True

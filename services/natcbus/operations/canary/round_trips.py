"""Which messages are on their way, since when, and whether all is well; it knows no bus."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from natcbus.operations.canary.figures import CanaryFigures

GIVEN_UP_SECONDS: Final = 3600.0
"""A message that is away for so long has raised its alarm, and is not waited for any more."""


@dataclass(slots=True)
class _Trip:
    since: float
    late: bool = False


@dataclass
class RoundTrips:
    """Messages of one canary, told of by two threads and asked about by a third.

    Parameters
    ----------
    within
        Seconds that a round trip may take.
    """

    within: float
    figures: CanaryFigures
    clock: Callable[[], float] = time.monotonic
    _away: dict[str, _Trip] = field(default_factory=dict)
    _returned: int = 0
    _last: float | None = None
    _trouble: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def leaves(self, message_id: str) -> None:
        """Learn that a message is about to be published: its time runs."""
        with self._lock:
            self._away[message_id] = _Trip(self.clock())
            self.figures.sent.inc()

    def never_left(self, message_id: str) -> None:
        """Learn that a message was not accepted for sending."""
        with self._lock:
            self._away.pop(message_id, None)

    def comes_back(self, message_id: str) -> None:
        """Learn that a message was read and opened; what an earlier process sent is passed over."""
        with self._lock:
            trip = self._away.pop(message_id, None)
            if trip is None:
                return
            self._last = self.clock() - trip.since
            self._returned += 1
            self.figures.came_back(self._last, time.time())

    def trouble(self, where: str, what: str) -> None:
        """Learn what keeps the sender or the reader from its work; nothing: it works again."""
        with self._lock:
            if what:
                self._trouble[where] = what
            else:
                self._trouble.pop(where, None)

    def look(self) -> list[str]:
        """Return what is not well, or nothing, and count what has become late."""
        with self._lock:
            now = self.clock()
            self._away = {
                name: trip
                for name, trip in self._away.items()
                if now - trip.since < GIVEN_UP_SECONDS
            }
            late = [trip for trip in self._away.values() if now - trip.since > self.within]
            for trip in late:
                if not trip.late:
                    trip.late = True
                    self.figures.late.inc()
            found = [f"{where}: {what}" for where, what in sorted(self._trouble.items())]
            if late:
                oldest = max(now - trip.since for trip in late)
                found.append(
                    f"{len(late)} not back; the first left {oldest:.0f} s ago, "
                    f"{self.within:.0f} s are allowed"
                )
            elif not self._returned:
                found.append("none has come back yet")
            self.figures.well.set(0 if found else 1)
            return found

    @property
    def last(self) -> float | None:
        """How long the last one that came back was away, in seconds."""
        with self._lock:
            return self._last

    @property
    def away(self) -> int:
        """How many are on their way."""
        with self._lock:
            return len(self._away)

"""The topics that are not read for a while. Each is read again by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


class Pauses:
    """Pauses of topics, each ``seconds`` long; begun by the event loop, safe to read anywhere."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until: Mapping[str, float] = {}

    def begin(self, topic: str) -> None:
        """Leave ``topic`` alone from now on."""
        now = self._clock()
        going_on = {name: until for name, until in self._until.items() if until > now}
        self._until = {**going_on, topic: now + self.seconds}

    def left(self) -> Mapping[str, float]:
        """Return the topics that are paused now, with the seconds that are left."""
        now = self._clock()
        return {topic: until - now for topic, until in self._until.items() if until > now}

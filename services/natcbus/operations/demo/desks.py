"""The desks that are watched: each reads its own feed and opens what comes with its own key."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from natcbus.client import Context, Delivery, NatcbusError, Refused, Start, Subscriber
from natcbus.client.world import World

_LISTENING_WITHIN_S: Final = 20.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that a desk opened; ``at`` is on the monotonic clock."""

    delivery: Delivery
    at: float


class WatchedDesks:
    """Subscribers in threads of their own, which end with the process.

    Parameters
    ----------
    sides
        Each desk with the context of its member.
    since
        What was stored before is not shown.
    """

    def __init__(self, sides: Iterable[tuple[str, Context]], world: World, since: datetime) -> None:
        self._sides = dict(sides)
        self._world = world
        self._since = since
        self._arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._closing = threading.Event()

    @property
    def desks(self) -> frozenset[str]:
        """The desks that are watched."""
        return frozenset(self._sides)

    def start(self) -> None:
        """Read from now on."""
        for desk in self._sides:
            threading.Thread(target=self._read, args=(desk,), name=desk, daemon=True).start()

    def stop(self) -> None:
        """Let the threads fall silent: the broker that they read from is about to go."""
        self._closing.set()

    def arrivals(self, seconds: float) -> Iterator[Arrival]:
        """What the desks opened, as it comes; ends when nothing comes for ``seconds``."""
        while True:
            try:
                yield self._arrivals.get(timeout=seconds)
            except queue.Empty:
                return

    def _read(self, desk: str) -> None:
        subscriber = Subscriber(
            self._sides[desk],
            desk=desk,
            start=Start(since=self._since),
            world=self._world,
            on_refused=_not_ours,
        )
        try:
            for delivery in subscriber:
                self._arrivals.put(Arrival(delivery, time.monotonic()))
        except NatcbusError:
            if not self._closing.is_set():
                logger.exception("%s stopped reading", desk)


def _not_ours(refused: Refused) -> None:
    """A Kafka that is used for the second time still holds what was sealed for earlier keys."""
    del refused

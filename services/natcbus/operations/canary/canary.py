"""Sends a message each minute by the SDK, and waits for it at a desk by the SDK.

It is what a member does: journal, decision, seal, signature, topic, hub, feed, verification and
opening. So when it comes back, alerts do.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from natcbus.client import Context, NatcbusError, Publisher, State, Subscriber
from natcbus.client.subscriber import Refused
from natcbus.envelope.ids import ENTROPY_BYTES, new_message_id
from natcbus.operations.canary.feed_ends import FeedEnds
from natcbus.operations.canary.figures import CanaryFigures
from natcbus.operations.canary.message import canary_event
from natcbus.operations.canary.round_trips import RoundTrips

LOOK_SECONDS: Final = 0.2
_AGAIN_SECONDS: Final = 1.0
_SENDER: Final = "it cannot be sent"
_READER: Final = "its feed cannot be read"

logger = logging.getLogger(__name__)


class Canary:
    """One canary; use it as a context manager.

    Parameters
    ----------
    context
        Of the member whose desk ``sends``; its keystore also holds the key of the desk ``reads``.
    within
        Seconds that a round trip may take.

    Raises
    ------
    NatcbusError
        The context, the Network, the keys or the state cannot be used.
    """

    def __init__(self, context: Context, sends: str, reads: str, within: float) -> None:
        self.figures = CanaryFigures()
        self.trips = RoundTrips(within, self.figures)
        self._sends = sends
        self._reads = reads
        self._publisher = Publisher(context)
        try:
            self._subscriber = Subscriber(context, desk=reads, on_refused=self._refused)
        except BaseException:
            self._publisher.close()
            raise
        self._ends = FeedEnds(context)
        self._stopping = threading.Event()
        self._reader = threading.Thread(target=self._read, name="reader")
        self._last_id = ""

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self._subscriber.stop()
        self._reader.join()
        self._subscriber.close()
        self._ends.close()
        self._publisher.close()

    def stop(self) -> None:
        """End ``run`` soon; safe from a signal handler."""
        self._stopping.set()

    def look(self) -> list[str]:
        """Return what is not well, or nothing."""
        return self.trips.look()

    def run(self, every: float) -> None:
        """Send one now and then one ``every`` so many seconds, until stopped."""
        due = time.monotonic()
        said: Sequence[str] | None = None
        while not self._stopping.wait(LOOK_SECONDS):
            if time.monotonic() >= due:
                due = time.monotonic() + every
                self.send()
                self.figures.ends(self._ends.look(self._publisher.world.network.desks))
            said = _tell(self.look(), said)

    def once(self) -> float | None:
        """Send one and wait for it; return the seconds of its round trip, or None."""
        self.send()
        give_up = time.monotonic() + self.trips.within
        while self.trips.last is None and time.monotonic() < give_up:
            self._stopping.wait(LOOK_SECONDS / 10)
        return self.trips.last

    def send(self) -> None:
        """Publish one, unless the one before still waits in the journal: it will be sent."""
        if self._last_id and self._publisher.state(self._last_id) is State.QUEUED:
            return
        message_id = new_message_id(datetime.now(UTC), os.urandom(ENTROPY_BYTES))
        self.trips.leaves(message_id)
        try:
            self._publisher.publish(canary_event(message_id, self._sends, self._reads))
        except NatcbusError as error:
            self.trips.never_left(message_id)
            self.trips.trouble(_SENDER, f"{error.code}: {error.text}")
        else:
            self._last_id = message_id
            self.trips.trouble(_SENDER, "")

    def _read(self) -> None:
        while not self._stopping.is_set():
            try:
                for delivery in self._subscriber:
                    self.trips.trouble(_READER, "")
                    if delivery.sealed and not delivery.problems:
                        self.trips.comes_back(delivery.header.message_id)
            except NatcbusError as error:
                self.trips.trouble(_READER, f"{error.code}: {error.text}")
                self._stopping.wait(_AGAIN_SECONDS)

    def _refused(self, refused: Refused) -> None:
        self.trips.trouble(_READER, f"{refused.code}: {refused.text}")


def _tell(found: Sequence[str], said: Sequence[str] | None) -> Sequence[str]:
    """Log when it becomes well, or not well; not each second of it."""
    if said is None or bool(found) != bool(said):
        if found:
            logger.error("not well: %s", "; ".join(found))
        else:
            logger.info("well: the canary comes back")
    return found

"""The agent on all members' topics: one record in, into the window, and the next."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, cast

from faust.streams import Stream
from faust.types import Message, StreamT

from natcbus.hub.deaths import Past
from natcbus.hub.metrics import Metrics
from natcbus.hub.pauses import Pauses
from natcbus.hub.records import Inbound, Outcome, Routed, Router
from natcbus.hub.transport import App
from natcbus.hub.window import Derived, State, Window

Now = Callable[[], datetime]

_FINISHED_AS: Final = {
    Outcome.ROUTED: State.DELIVERED,
    Outcome.REPEATED: State.DELIVERED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.QUARANTINED: State.QUARANTINED,
}

logger = logging.getLogger(__name__)


class Routing:
    """Puts a router behind the window: what follows from a message, and what to count."""

    def __init__(
        self, router: Router, metrics: Metrics, now: Now, past: Past, pauses: Pauses
    ) -> None:
        self._router = router
        self._metrics = metrics
        self._now = now
        self._pauses = pauses
        self._mark = past.mark
        self._lethal = past.lethal

    def derive(self, message: Message) -> Derived:
        """Decide what follows from ``message``."""
        now = self._now()
        record = inbound(message, now)
        started = time.perf_counter()
        routed = self._decide(record, now)
        self._metrics.routed(time.perf_counter() - started)
        if routed.flood:
            self._pause(record.topic)
        return Derived(
            routed.outbound,
            lambda: self._acknowledged(record, routed),
            _FINISHED_AS[routed.outcome],
        )

    def _decide(self, record: Inbound, now: datetime) -> Routed:
        if self._lethal and (record.topic, record.partition, record.offset) in self._lethal:
            return self._router.set_aside(record, now)
        self._mark.set(record.topic, record.partition, record.offset)
        routed = self._router.route(record, now)
        # Not after an exception: the mark says that this record is what the process died of.
        self._mark.clear()
        return routed

    def _pause(self, topic: str) -> None:
        seconds = self._pauses.seconds
        logger.error("%s: a flood of records that are put aside, not read for %g s", topic, seconds)
        self._metrics.flooded(topic)
        self._pauses.begin(topic)

    def _acknowledged(self, record: Inbound, routed: Routed) -> None:
        self._router.acknowledged(record, routed)
        self._metrics.done(record, routed, self._now())


def inbound(message: Message, now: datetime) -> Inbound:
    """Return ``message`` without what its sender could have put into Kafka's headers."""
    return Inbound(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        stored_at=_instant(message.timestamp, now),
        key=message.key,
        value=message.value,
    )


def install_agent(app: App, window: Window[Message], topics: Sequence[str]) -> None:
    """Subscribe the route agent to ``topics``, as raw bytes.

    Faust acknowledges what it cannot decode, so it decodes nothing. It acknowledges what an agent
    leaves by an exception, so nothing leaves: the window ends the process first. The list of
    topics never changes while the worker runs: that, too, has lost events.
    """
    source = app.topic(
        *topics,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,
    )

    async def route(stream: StreamT[bytes]) -> None:
        async for event in cast(Stream[bytes], stream).noack().events():
            await window.submit(event.message)

    app.agent(source, name="route")(route)


def utc_now() -> datetime:
    """Return the hub's own time."""
    return datetime.now(UTC)


def _instant(timestamp: float | None, now: datetime) -> datetime:
    # A producer sets it to whatever it likes: what is no time at all must not stop the hub.
    if timestamp is None or timestamp < 0:
        return now
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        return now

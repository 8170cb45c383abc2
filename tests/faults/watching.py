"""When each delivery can be read by its desk, looked at while things break."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from natcbus.routing.topics import feed_topic

_POLL_MS: Final = 100
_CATCHES_UP_WITHIN_S: Final = 20.0
_LOOK_EVERY_S: Final = 0.05


class Watcher(threading.Thread):
    """Notes the arrival of every delivery in the feeds, from their present ends on.

    Parameters
    ----------
    bootstrap
        The brokers, not behind what breaks connections.
    ends
        By desk: where its feed ends.

    Attributes
    ----------
    arrived
        By message and desk: seconds of the epoch.
    """

    def __init__(self, bootstrap: str, ends: Mapping[str, int]) -> None:
        super().__init__(name="watcher")
        self.arrived: dict[tuple[str, str], float] = {}
        self._stopped = threading.Event()
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap.split(","),
            enable_auto_commit=False,
            request_timeout_ms=5_000,
            # It is to see what can be read as soon as it can: half a minute by default.
            reconnect_backoff_max_ms=500,
            metadata_max_age_ms=2_000,
            # Slow in Python, in the process of the senders; those who judge check what they read.
            check_crcs=False,
        )
        places = {TopicPartition(feed_topic(desk), 0): end for desk, end in ends.items()}
        self._consumer.assign(list(places))
        for partition, end in places.items():
            self._consumer.seek(partition, end)

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                batches = self._consumer.poll(timeout_ms=_POLL_MS)
            except KafkaError:
                continue
            now = time.time()
            for batch in batches.values():
                for record in batch:
                    self._note(dict(record.headers)["ce_id"].decode(), now)
        self._consumer.close()

    def finish(self, owed: Iterable[tuple[str, str]]) -> None:
        """Stop when everything that is owed has arrived, or after a while: the judge knows."""
        left = set(owed)
        give_up = time.monotonic() + _CATCHES_UP_WITHIN_S
        while not left <= self.arrived.keys() and time.monotonic() < give_up:
            time.sleep(_LOOK_EVERY_S)
        self._stopped.set()
        self.join()

    def _note(self, delivery_id: str, now: float) -> None:
        _, message_id, desk = delivery_id.split("/")
        self.arrived.setdefault((message_id, desk), now)

"""``hub.network`` from its beginning on, with a client of its own that no message waits for."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from natcbus.hub.clients import ANSWER_MS, connection
from natcbus.hub.errors import NoNetworkError
from natcbus.hub.settings import Settings
from natcbus.routing.topics import NETWORK

_PARTITION: Final = TopicPartition(NETWORK, 0)
_LOOK_MS: Final = 500
# A version is one record, and none is larger than this.
_MOST_BYTES: Final = 8_388_608


class NetworkTopic:
    """One reader of the topic.

    Raises
    ------
    NoNetworkError
        Nobody answers.
    """

    def __init__(self, settings: Settings) -> None:
        try:
            self._consumer = KafkaConsumer(
                **connection(settings),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                fetch_max_wait_ms=settings.fetch_wait_ms,
                max_partition_fetch_bytes=_MOST_BYTES,
            )
        except KafkaError as error:
            raise NoNetworkError(f"the brokers do not answer ({type(error).__name__})") from error
        self._consumer.assign([_PARTITION])
        self._consumer.seek_to_beginning(_PARTITION)

    def published(self) -> Iterator[bytes]:
        """Yield every record that is there already.

        Raises
        ------
        NoNetworkError
            There is no such topic, or no answer to the end.
        """
        give_up = time.monotonic() + ANSWER_MS / 1000
        while not self._at_end():
            records = self.new()
            yield from records
            if records:
                give_up = time.monotonic() + ANSWER_MS / 1000
            elif time.monotonic() > give_up:
                raise NoNetworkError(f"{NETWORK} cannot be read to its end")

    def new(self) -> list[bytes]:
        """Return what has come since it was last asked; waits half a second for something."""
        found = self._consumer.poll(timeout_ms=_LOOK_MS)
        return [record.value or b"" for records in found.values() for record in records]

    def topics(self) -> Collection[str]:
        """Return the names of all topics that the brokers show to the hub."""
        names: set[str] = self._consumer.topics()
        return names

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()

    def _at_end(self) -> bool:
        # By what a fetch answers: the embedded broker's ListOffsets is wrong.
        end = self._consumer.highwater(_PARTITION)
        return end is not None and self._consumer.position(_PARTITION) >= end

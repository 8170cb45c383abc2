"""Where each desk's feed ends: it only rises, and whoever sees it fall has lost deliveries."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from kafka import TopicPartition
from kafka.errors import KafkaError

from natcbus.client.connection import ANSWER_MS, open_consumer
from natcbus.client.contexts import Context
from natcbus.routing.topics import feed_topic

_ONLY_PARTITION: Final = 0

logger = logging.getLogger(__name__)


class FeedEnds:
    """Asks for the ends of those feeds that the context's user may see; reads no record."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._consumer: Any = None

    def look(self, desks: Iterable[str]) -> Mapping[str, int]:
        """Return the end of each feed, by topic; nothing while the bus does not answer."""
        try:
            if self._consumer is None:
                self._consumer = open_consumer(self._context)
            visible = {feed_topic(desk) for desk in desks} & self._consumer.topics()
            asked = [TopicPartition(topic, _ONLY_PARTITION) for topic in sorted(visible)]
            ends = self._consumer.end_offsets(asked, timeout_ms=ANSWER_MS)
        except KafkaError as error:
            logger.warning("the ends of the feeds are not known now (%s)", type(error).__name__)
            self.close()
            return {}
        return {partition.topic: int(end) for partition, end in ends.items()}

    def close(self) -> None:
        """Close the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError):
                consumer.close()

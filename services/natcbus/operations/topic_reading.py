"""Reads whole topics: from their beginning, or from an offset, to the end as it is now."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from natcbus.operations.errors import BrokerUnreachableError, TopicMissingError
from natcbus.operations.header_names import tolerate_header_names

ANSWER_WITHIN_S: Final = 5.0
FETCH_WAIT_MS: Final = 100
_MOST_BYTES: Final = 8_388_608
_NO_SECURITY: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as the broker holds it; ``at`` is aware, ``value`` empty where it has none."""

    topic: str
    partition: int
    offset: int
    at: datetime
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes | None]]


def stored_records(
    bootstrap: str,
    topics: Sequence[str],
    security: Mapping[str, object] = _NO_SECURITY,
    start: int | None = None,
    *,
    checked: bool = True,
) -> Generator[Stored, None, None]:
    """Every record of ``topics``; in order within a partition.

    ``security`` holds kafka-python's connection arguments; ``start`` is the first offset to read,
    in every partition. Without ``checked`` no checksum is computed, which in Python costs a
    microsecond per byte: for lists, from which nothing is passed on.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered, or not to the end.
    TopicMissingError
        The brokers do not have one of the topics.
    """
    try:
        with closing(open_consumer(bootstrap, security, check_crcs=checked)) as consumer:
            assigned = partitions_of(consumer, topics)
            consumer.assign(assigned)
            if start is None:
                consumer.seek_to_beginning(*assigned)
            for partition in assigned if start is not None else ():
                consumer.seek(partition, start)
            yield from _to_the_end(consumer, assigned, bootstrap)
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, ANSWER_WITHIN_S) from error


def partitions_of(consumer: KafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    """The partitions of these topics, in the order of the topics.

    Raises
    ------
    TopicMissingError
        The brokers do not have one of them.
    """
    found = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise TopicMissingError(topic)
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


def open_consumer(
    bootstrap: str, security: Mapping[str, object], **settings: object
) -> KafkaConsumer:
    """A consumer that belongs to no group and remembers no position; ``settings`` come last.

    Raises
    ------
    KafkaError
        Nobody answered.
    """
    tolerate_header_names()
    return KafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        bootstrap_timeout_ms=int(ANSWER_WITHIN_S * 1000),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        **{"max_partition_fetch_bytes": _MOST_BYTES, **security, **settings},
    )


def _to_the_end(
    consumer: KafkaConsumer, assigned: Sequence[TopicPartition], bootstrap: str
) -> Iterator[Stored]:
    give_up = time.monotonic() + ANSWER_WITHIN_S
    while True:
        for records in consumer.poll(timeout_ms=FETCH_WAIT_MS * 2).values():
            yield from map(stored, records)
            give_up = time.monotonic() + ANSWER_WITHIN_S
        if all(_read_whole(consumer, partition) for partition in assigned):
            return
        if time.monotonic() > give_up:
            raise BrokerUnreachableError(bootstrap, ANSWER_WITHIN_S)


def _read_whole(consumer: KafkaConsumer, partition: TopicPartition) -> bool:
    # The end that a fetch answers with: ListOffsets says too little on the embedded broker.
    end = consumer.highwater(partition)
    return end is not None and consumer.position(partition) >= end


def stored(record: Any) -> Stored:  # noqa: ANN401 - kafka-python's record has no type
    """A record as kafka-python hands it over."""
    return Stored(
        topic=record.topic,
        partition=int(record.partition),
        offset=int(record.offset),
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        key=record.key,
        value=record.value or b"",
        headers=tuple(record.headers),
    )

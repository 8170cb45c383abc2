"""Topics of a test's own on any broker: made, written to, and read to their end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

LOOK_EVERY_MS: Final = 100
READ_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as a reader finds it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def make_topics(bootstrap: str, partitions: Mapping[str, int]) -> None:
    """Create topics with so many partitions each."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics(
            [
                NewTopic(name, num_partitions=number, replication_factor=1)
                for name, number in partitions.items()
            ]
        )
    finally:
        admin.close()


@contextmanager
def producing(
    bootstrap: str, stored_within_s: float = 30.0, **options: object
) -> Iterator[KafkaProducer]:
    """Give a producer whose records are all stored when the block ends."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, **options)
    try:
        yield producer
        producer.flush(timeout=stored_within_s)
    finally:
        producer.close(timeout=5)


def read_to_end(bootstrap: str, topic: str) -> list[Stored]:
    """Return what a topic holds, in the order of each partition.

    The end comes from fetch answers: the embedded broker's ListOffsets is wrong.
    """
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=LOOK_EVERY_MS
    )
    try:
        numbers = consumer.partitions_for_topic(topic) or set()
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        return list(_until_end(consumer, partitions))
    finally:
        consumer.close()


def _until_end(consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> Iterator[Stored]:
    give_up = time.monotonic() + READ_WITHIN_S
    open_ends = set(partitions)
    while open_ends:
        assert time.monotonic() < give_up, f"could not read to the end of {open_ends}"
        for records in consumer.poll(timeout_ms=LOOK_EVERY_MS).values():
            for record in records:
                yield Stored(
                    record.topic,
                    record.partition,
                    record.offset,
                    record.key,
                    record.value,
                    tuple(record.headers),
                )
        open_ends = {end for end in open_ends if not _reached(consumer, end)}


def _reached(consumer: KafkaConsumer, partition: TopicPartition) -> bool:
    end = consumer.highwater(partition)
    return end is not None and consumer.position(partition) >= end

"""Reads whole topics: from their beginning, or from an offset, to the end as it is now.

``extents`` fixes the ends of many topics at once, for whoever compares them with each other;
``records_within`` then reads no further.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from natcbus.operations.errors import BrokerUnreachableError, TopicMissingError

_ANSWER_WITHIN_S: Final = 5.0
_FETCH_WAIT_MS: Final = 100
_MOST_BYTES: Final = 8_388_608
_PROBED_BYTES: Final = 4_096
_FETCHED_BYTES: Final = 16_777_216
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
) -> Generator[Stored, None, None]:
    """Every record of ``topics``; in order within a partition.

    ``security`` holds kafka-python's connection arguments; ``start`` is the first offset to read,
    in every partition.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered, or not to the end.
    TopicMissingError
        The brokers do not have one of the topics.
    """
    try:
        with closing(_consumer(bootstrap, security)) as consumer:
            assigned = _partitions(consumer, topics)
            consumer.assign(assigned)
            if start is None:
                consumer.seek_to_beginning(*assigned)
            for partition in assigned if start is not None else ():
                consumer.seek(partition, start)
            yield from _to_the_end(consumer, assigned, bootstrap)
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S) from error


@dataclass(frozen=True, slots=True)
class Extent:
    """What a partition held at one moment: offsets from ``start`` to before ``end``.

    Attributes
    ----------
    first
        The first offset that the broker still has; before ``start`` where only the newer records
        were asked for.
    """

    topic: str
    partition: int
    first: int
    start: int
    end: int

    @property
    def records(self) -> int:
        """How many there are at most: offsets may have holes."""
        return max(self.end - self.start, 0)


def extents(
    bootstrap: str,
    wanted: Callable[[str], bool],
    security: Mapping[str, object] = _NO_SECURITY,
    since: datetime | None = None,
) -> tuple[Extent, ...]:
    """What every partition of the wanted topics holds now, sorted.

    ``since`` leaves out records that are older by their own time, as far as the broker can tell.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    """
    try:
        with closing(_consumer(bootstrap, security, _PROBED_BYTES)) as consumer:
            names = sorted(filter(wanted, consumer.topics()))
            assigned = _partitions(consumer, names)
            consumer.assign(assigned)
            consumer.seek_to_beginning(*assigned)
            first = {partition: int(consumer.position(partition)) for partition in assigned}
            starts = _starts(consumer, first, since)
            ends = _ends(consumer, assigned, bootstrap)
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S) from error
    return tuple(
        Extent(each.topic, each.partition, first[each], starts.get(each, ends[each]), ends[each])
        for each in assigned
    )


def records_within(
    bootstrap: str, within: Sequence[Extent], security: Mapping[str, object] = _NO_SECURITY
) -> Generator[Stored, None, None]:
    """Every record of these extents that is still there; in order within a partition.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered, or not to the end.
    """
    ends = {TopicPartition(each.topic, each.partition): each for each in within if each.records}
    if not ends:
        return
    try:
        with closing(_consumer(bootstrap, security)) as consumer:
            consumer.assign(list(ends))
            for partition, extent in ends.items():
                consumer.seek(partition, extent.start)
            yield from _up_to(
                consumer, {partition: each.end for partition, each in ends.items()}, bootstrap
            )
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S) from error


def _starts(
    consumer: KafkaConsumer, first: Mapping[TopicPartition, int], since: datetime | None
) -> dict[TopicPartition, int]:
    """Where to begin; a partition that has nothing so young is left out."""
    if since is None:
        return dict(first)
    at = int(since.timestamp() * 1000)
    found = consumer.offsets_for_times(dict.fromkeys(first, at))
    return {partition: int(each.offset) for partition, each in found.items() if each is not None}


def _ends(
    consumer: KafkaConsumer, assigned: Sequence[TopicPartition], bootstrap: str
) -> dict[TopicPartition, int]:
    ends: dict[TopicPartition, int] = {}
    give_up = time.monotonic() + _ANSWER_WITHIN_S
    while len(ends) < len(assigned):
        consumer.poll(timeout_ms=_FETCH_WAIT_MS * 2)
        for partition in [each for each in assigned if each not in ends]:
            # As below: what a fetch answers with.
            end = consumer.highwater(partition)
            if end is not None:
                ends[partition] = int(end)
                consumer.pause(partition)
                give_up = time.monotonic() + _ANSWER_WITHIN_S
        if time.monotonic() > give_up:
            raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S)
    return ends


def _up_to(
    consumer: KafkaConsumer, ends: Mapping[TopicPartition, int], bootstrap: str
) -> Iterator[Stored]:
    reading = dict(ends)
    give_up = time.monotonic() + _ANSWER_WITHIN_S
    while reading:
        for partition, records in consumer.poll(timeout_ms=_FETCH_WAIT_MS * 2).items():
            end = ends[partition]
            yield from (_stored(record) for record in records if record.offset < end)
            give_up = time.monotonic() + _ANSWER_WITHIN_S
        for partition in [each for each, end in reading.items() if consumer.position(each) >= end]:
            consumer.pause(partition)
            del reading[partition]
        if time.monotonic() > give_up:
            raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S)


def _partitions(consumer: KafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    found = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise TopicMissingError(topic)
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


def _consumer(
    bootstrap: str, security: Mapping[str, object], most_bytes: int = _MOST_BYTES
) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        bootstrap_timeout_ms=int(_ANSWER_WITHIN_S * 1000),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        max_partition_fetch_bytes=most_bytes,
        fetch_max_bytes=_FETCHED_BYTES,
        **security,
    )


def _to_the_end(
    consumer: KafkaConsumer, assigned: Sequence[TopicPartition], bootstrap: str
) -> Iterator[Stored]:
    give_up = time.monotonic() + _ANSWER_WITHIN_S
    while True:
        for records in consumer.poll(timeout_ms=_FETCH_WAIT_MS * 2).values():
            yield from map(_stored, records)
            give_up = time.monotonic() + _ANSWER_WITHIN_S
        if all(_read_whole(consumer, partition) for partition in assigned):
            return
        if time.monotonic() > give_up:
            raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S)


def _read_whole(consumer: KafkaConsumer, partition: TopicPartition) -> bool:
    # The end that a fetch answers with: ListOffsets says too little on the embedded broker.
    end = consumer.highwater(partition)
    return end is not None and consumer.position(partition) >= end


def _stored(record: Any) -> Stored:  # noqa: ANN401 - kafka-python's record has no type
    return Stored(
        topic=record.topic,
        partition=int(record.partition),
        offset=int(record.offset),
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        key=record.key,
        value=record.value or b"",
        headers=tuple(record.headers),
    )

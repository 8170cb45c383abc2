"""Reads many topics up to ends that were fixed at one moment, to compare them with each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from natcbus.operations.errors import BrokerUnreachableError
from natcbus.operations.topic_reading import (
    ANSWER_WITHIN_S,
    FETCH_WAIT_MS,
    Stored,
    open_consumer,
    partitions_of,
    stored,
)

_NO_SECURITY: Final[Mapping[str, object]] = {}
_SETTINGS: Final[Mapping[str, object]] = {
    # All partitions together; what one partition gives is a part of it.
    "fetch_max_bytes": 8_388_608,
    "max_partition_fetch_bytes": 1_048_576,
    # In Python it takes a quarter of the time; whoever compares, compares digests and signatures.
    "check_crcs": False,
}
_PROBING: Final[Mapping[str, object]] = {"max_partition_fetch_bytes": 4_096, "check_crcs": False}


@dataclass(frozen=True, slots=True)
class Extent:
    """What a partition held at one moment: offsets from ``start`` to before ``end``.

    ``first`` is the first offset that the broker still has: before ``start`` where only newer
    records were asked for.
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


class BoundedReading:
    """One connection for the whole comparison; ``security`` holds kafka-python's arguments.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered, as by every method.
    """

    def __init__(self, bootstrap: str, security: Mapping[str, object] = _NO_SECURITY) -> None:
        self._bootstrap = bootstrap
        self._security = security
        with self._reachable():
            self._consumer = open_consumer(bootstrap, security, **_SETTINGS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._consumer.close()

    def extents(
        self,
        wanted: Callable[[str], bool],
        since: Callable[[str], datetime | None],
    ) -> tuple[Extent, ...]:
        """What every partition of the wanted topics holds now, sorted.

        ``since`` says from when on a topic is to be read, by the time of its records; None for all
        of it.
        """
        # A connection of its own: what this one was given to find the ends would be in the way.
        with (
            self._reachable(),
            closing(open_consumer(self._bootstrap, self._security, **_PROBING)) as consumer,
        ):
            names = sorted(filter(wanted, consumer.topics()))
            assigned = partitions_of(consumer, names)
            consumer.assign(assigned)
            first = consumer.beginning_offsets(assigned)
            for partition, offset in first.items():
                consumer.seek(partition, offset)
            ends = self._ends(consumer, assigned)
            starts = first | _starts(consumer, {each: since(each.topic) for each in assigned}, ends)
        return tuple(
            Extent(each.topic, each.partition, first[each], starts[each], ends[each])
            for each in assigned
        )

    def records(self, within: Sequence[Extent]) -> Generator[Stored, None, None]:
        """Every record of these extents that is still there; in order within a partition."""
        unread = {
            TopicPartition(each.topic, each.partition): each for each in within if each.records
        }
        if not unread:
            return
        with self._reachable():
            # A partition that was assigned before would still be paused at its end.
            self._consumer.unsubscribe()
            self._consumer.assign(list(unread))
            for partition, extent in unread.items():
                self._consumer.seek(partition, extent.start)
            yield from self._up_to({each: extent.end for each, extent in unread.items()})

    def _ends(
        self, consumer: KafkaConsumer, assigned: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = {}
        give_up = time.monotonic() + ANSWER_WITHIN_S
        while len(ends) < len(assigned):
            consumer.poll(timeout_ms=FETCH_WAIT_MS * 2)
            for partition in [each for each in assigned if each not in ends]:
                # As in ``topic_reading``: what a fetch answers with.
                end = consumer.highwater(partition)
                if end is not None:
                    ends[partition] = int(end)
                    consumer.pause(partition)
                    give_up = time.monotonic() + ANSWER_WITHIN_S
            self._check_in_time(give_up)
        return ends

    def _up_to(self, ends: Mapping[TopicPartition, int]) -> Iterator[Stored]:
        reading = dict(ends)
        give_up = time.monotonic() + ANSWER_WITHIN_S
        while reading:
            for partition, records in self._consumer.poll(timeout_ms=FETCH_WAIT_MS * 2).items():
                yield from (stored(each) for each in records if each.offset < ends[partition])
                give_up = time.monotonic() + ANSWER_WITHIN_S
            for partition in self._read_whole(reading):
                self._consumer.pause(partition)
                del reading[partition]
            self._check_in_time(give_up)

    def _read_whole(self, reading: Mapping[TopicPartition, int]) -> list[TopicPartition]:
        return [each for each, end in reading.items() if self._consumer.position(each) >= end]

    def _check_in_time(self, give_up: float) -> None:
        if time.monotonic() > give_up:
            raise BrokerUnreachableError(self._bootstrap, ANSWER_WITHIN_S)

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise BrokerUnreachableError(self._bootstrap, ANSWER_WITHIN_S) from error


def _starts(
    consumer: KafkaConsumer,
    since: Mapping[TopicPartition, datetime | None],
    ends: Mapping[TopicPartition, int],
) -> dict[TopicPartition, int]:
    """Where to begin, of those that are not read from their beginning."""
    asked = {each: int(at.timestamp() * 1000) for each, at in since.items() if at is not None}
    found = consumer.offsets_for_times(asked) if asked else {}
    return {
        each: ends[each] if _is_none(answer) else int(answer.offset)
        for each, answer in found.items()
    }


def _is_none(answer: Any) -> bool:  # noqa: ANN401 - kafka-python's answer has no type
    """Whether a partition has nothing so young: the embedded broker says so by another sign."""
    return answer is None or answer.timestamp < 0

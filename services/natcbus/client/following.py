"""Reading a topic without a consumer group: from somewhere on, to the end as it was or for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final

from kafka import TopicPartition
from kafka.errors import KafkaError

from natcbus.client.connection import ANSWER_MS, REFUSALS, Record, open_consumer, why
from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError, UnavailableError

_POLL_MS: Final = 200
_QUIET_SECONDS: Final = 5.0
"""After so long without a record the bus is asked whether it is still there.

A consumer of this library polls a broker that is away for ever, and says nothing.
"""


class Follower:
    """All partitions of one topic. Say where to begin, once or again; then take ``records``.

    Raises
    ------
    UnavailableError
        The bus does not answer; also by every method.
    IncompatibleError
        TOPIC_REFUSED: it is not there, or not ours. STATE_AHEAD: it ends before what was read.
    """

    def __init__(self, context: Context, topic: str) -> None:
        self._context = context
        self._topic = topic
        self._state = ""
        self._stopped = False
        self._ends: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        with self._answering():
            self._consumer = open_consumer(context)
        try:
            self._partitions = self._assigned()
        except BaseException:
            self.close()
            raise

    def _assigned(self) -> list[TopicPartition]:
        with self._answering():
            numbers = self._consumer.partitions_for_topic(self._topic)
            if not numbers:
                raise IncompatibleError.not_permitted(self._topic)
            partitions = [TopicPartition(self._topic, number) for number in sorted(numbers)]
            self._consumer.assign(partitions)
            return partitions

    def close(self) -> None:
        """Closes the connection."""
        with suppress(KafkaError):
            self._consumer.close()

    def stop(self) -> None:
        """Ends ``records`` within moments, after what it has read; safe from another thread."""
        self._stopped = True

    def begin(self) -> None:
        """From the oldest records that the bus still holds."""
        with self._answering():
            self._consumer.seek_to_beginning(*self._partitions)

    def begin_at(self, offset: int, state: str = "") -> None:
        """From ``offset`` on, in every partition; ``state`` is the file that says so, if any."""
        self._state = state
        self._seek(dict.fromkeys(self._partitions, offset))

    def begin_since(self, instant: datetime) -> None:
        """Close before the first records that were stored at or after ``instant``.

        The embedded broker goes by its own clock: whoever cares looks at the time of each record.
        """
        self.begin()
        # The ends first: what comes between the two questions must not lie before the second's.
        ends = self._present_ends()
        stamp = max(0, int(instant.timestamp() * 1000))
        with self._answering():
            asked = dict.fromkeys(self._partitions, stamp)
            found = self._consumer.offsets_for_times(asked, timeout_ms=ANSWER_MS)
        later = {each: at.offset for each, at in found.items() if at is not None}
        self._seek({each: later.get(each, end) for each, end in ends.items()})

    def begin_before_end(self, count: int) -> None:
        """From the newest ``count`` records of every partition on."""
        self.begin()
        self._seek({each: max(end - count, 0) for each, end in self._present_ends().items()})

    def records(self, *, until_end: bool, seconds: float | None = None) -> Iterator[Record]:
        """The records in the order of their partition.

        Parameters
        ----------
        until_end
            Ends with what was there when the bus first answered; otherwise it never ends.
        seconds
            Ends after so long in any case.
        """
        heard = begun = time.monotonic()
        while True:
            with self._answering():
                batches = self._consumer.poll(timeout_ms=_POLL_MS)
            self._check_place(batches)
            ended = self._at_end()
            for batch in batches.values():
                yield from batch
            now = time.monotonic()
            late = seconds is not None and now - begun > seconds
            if self._stopped or (ended and until_end) or late:
                return
            if batches:
                heard = now
            elif now - heard > _QUIET_SECONDS:
                self._ask()
                heard = time.monotonic()

    def _at_end(self) -> bool:
        """Whether everything is read that was there at the first answer.

        By the high watermark of the fetch: the embedded broker answers ListOffsets wrong.
        """
        for partition in self._partitions:
            end = self._consumer.highwater(partition)
            if end is not None:
                self._ends.setdefault(partition, end)
        return all(
            partition in self._ends and (self._place(partition) or 0) >= self._ends[partition]
            for partition in self._partitions
        )

    def _ask(self) -> dict[TopicPartition, int]:
        """Where the partitions end, asked for: what matters is that somebody answers.

        The embedded broker says too little.
        """
        with self._answering():
            ends = self._consumer.end_offsets(self._partitions, timeout_ms=ANSWER_MS)
        if any(self._consumer.highwater(each) is None for each in self._partitions):
            # It may be described and not be read: then fetching brings nothing and raises nothing.
            raise IncompatibleError.not_permitted(self._topic)
        return {each: int(ends[each]) for each in self._partitions}

    def _check_place(self, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        """Refuses a topic that ends before what was read of it: its offsets mean other records."""
        for partition, expected in self._next.items():
            if self._is_behind(partition, expected, batches.get(partition, ())):
                end = self._consumer.highwater(partition) or 0
                raise IncompatibleError.state_ahead(self._topic, expected, end, self._state)
        for partition, batch in batches.items():
            self._next[partition] = batch[-1].offset + 1

    def _is_behind(self, partition: TopicPartition, expected: int, batch: Sequence[Record]) -> bool:
        if batch:
            return batch[0].offset < expected
        place, end = self._place(partition), self._consumer.highwater(partition)
        # Kafka sends such a reader back to the oldest record. The embedded broker does not; and a
        # new leader may show an end that is too low for a moment, so it is asked once more.
        return (place is not None and place < expected) or (
            end is not None and end < expected and self._ask()[partition] < expected
        )

    def _place(self, partition: TopicPartition) -> int | None:
        """The offset of what is read next; None while the broker is being asked for it."""
        with self._answering():
            place = self._consumer.position(partition, timeout_ms=ANSWER_MS)
        return None if place is None else int(place)

    def _present_ends(self) -> dict[TopicPartition, int]:
        # An end is known from a fetch alone; what that brings is read again.
        begun = time.monotonic()
        while any(self._consumer.highwater(each) is None for each in self._partitions):
            with self._answering():
                self._consumer.poll(timeout_ms=_POLL_MS, max_records=1)
            if time.monotonic() - begun > _QUIET_SECONDS:
                self._ask()
        return {each: int(self._consumer.highwater(each)) for each in self._partitions}

    def _seek(self, places: Mapping[TopicPartition, int]) -> None:
        with self._answering():
            for partition, offset in places.items():
                self._consumer.seek(partition, offset)
        self._next = dict(places)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except REFUSALS as error:
            raise IncompatibleError.not_permitted(self._topic) from error
        except KafkaError as error:
            cause = why(error, self._context)
            raise UnavailableError.no_answer(self._context.bootstrap, cause) from error

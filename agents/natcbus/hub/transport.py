"""Faust's driver for Kafka, changed where its defaults lose or delay events.

Everything here leans on attributes that Faust does not promise; `tests/path` shows on a real
broker that they still mean what this module takes them to mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

import faust
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from faust.types.tuples import ConsumerMessage

from natcbus.hub.commits import Commits
from natcbus.hub.departure import Departure, Leave, Partition
from natcbus.hub.errors import OrderError, ReadingError
from natcbus.hub.librdkafka import ClientSettings
from natcbus.hub.producing import Producer
from natcbus.hub.reading import LOOK_AGAIN_SECONDS, Reading, Record
from natcbus.hub.records import Outbound

LAST_COMMIT_SECONDS: Final = 5.0
"""How long a rebalance waits for the commit of what is acknowledged already."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The member of the group: joins, keeps its place, commits, and fetches nothing."""

    async def on_start(self) -> None:
        """Join without a fetcher; librdkafka is the one (:mod:`natcbus.hub.reading`)."""
        await super().on_start()
        self._ensure_consumer()._fetcher._fetch_task.cancel()  # noqa: SLF001

    def count_as_reading(self) -> None:
        """Tell aiokafka that this member reads: it leaves the group for one that has stopped."""
        with self._ensure_consumer()._subscription.fetch_context():  # noqa: SLF001
            pass

    async def on_thread_stop(self) -> None:
        """Say good-bye to the group if the worker comes back under another name.

        aiokafka never does that for a member with a stable id, and so nobody would read its
        partitions until its session ends.
        """
        if self._consumer is not None and cast(App, self.app).departing:
            self._consumer._coordinator._group_instance_id = None  # noqa: SLF001
        await super().on_thread_stop()

    def refused(self) -> set[str]:
        """Return the topics that the brokers do not show to this user."""
        refused: set[str] = self._ensure_consumer()._client.cluster.unauthorized_topics  # noqa: SLF001
        return refused

    def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """Return the number of partitions of those topics that the broker shows to this user."""
        consumer = self._consumer
        if consumer is None:
            return {}
        found = {topic: len(consumer.partitions_for_topic(topic) or ()) for topic in topics}
        return {topic: number for topic, number in found.items() if number}


class Consumer(driver.Consumer):
    """Commits what was acknowledged in order, and nothing by arithmetic over gaps."""

    _thread: ConsumerThread
    _reading: Reading | None = None

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Read from what is committed, or from the oldest record where nothing is."""
        try:
            committed = await super().seek_to_committed()
        except KafkaError as error:
            self._leave_if_refused(error)
            raise
        found = cast(Mapping[TP, int | None], committed)
        new = [tp for tp, offset in found.items() if offset is None]
        oldest = await self.earliest_offsets(*new) if new else {}
        starts = {TP(*tp): offset or oldest.get(tp, 0) for tp, offset in found.items()}
        self._read_nothing()
        self._reading = Reading(cast(App, self.app).to_read, starts)
        return committed

    def _leave_if_refused(self, error: KafkaError) -> None:
        """Name the topics: the error does not, and Faust would ask whether the brokers are up."""
        refused = ", ".join(sorted(self._thread.refused()))
        if refused:
            failure = ReadingError(refused, "TOPIC_AUTHORIZATION_FAILED")
            failure.__cause__ = error
            cast(App, self.app).leave(Departure(failure))

    def _read_nothing(self) -> None:
        if self._reading is not None:
            self._reading.stop()

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - its parent's
    ) -> Any:  # noqa: ANN401 - what Faust passes on to _to_message
        """Take what has arrived, but nothing of those that are paused: Faust would drop it."""
        del timeout
        reading, app = self._reading, cast(App, self.app)
        if reading is None:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            return {}
        self._thread.count_as_reading()
        paused, active = app.paused(), active_partitions or set()
        try:
            return await reading.collect(lambda tp: tp in active and tp.topic not in paused)
        except ReadingError as error:
            app.leave(Departure(error))

    def _to_message(self, tp: TP, record: Record) -> ConsumerMessage:
        """Return Faust's message of a record: without its headers, which anybody may have set."""
        timestamp_type, timestamp_ms = record.timestamp()
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            cast(int, record.offset()),
            timestamp_ms / 1000,
            timestamp_type,
            None,
            record.key(),
            record.value(),
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    def on_buffer_drop(self, tp: TP) -> None:
        """Go on with a partition whose events Faust has room for again."""
        super().on_buffer_drop(tp)
        if self._reading is not None:
            self._reading.look_again()

    def highwater(self, tp: TP) -> int | None:  # type: ignore[override]  # as aiokafka's does
        """Return the end of the partition as the last fetch saw it."""
        return None if self._reading is None else self._reading.end_of(tp)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Look at nothing: aiokafka fetches nothing, and the supervisor looks for progress."""

    async def on_stop(self) -> None:
        """Commit what is finished, then close the connections."""
        await super().on_stop()
        if self._reading is not None:
            self._reading.stop()
            await self._reading.ended()

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Faust counts offsets that it never saw as done. The window looks at them instead.
        del tp, offset_from, offset_to

    def _new_offset(self, tp: TP) -> int | None:
        # Acknowledgements arrive in offset order, so the last one says it all.
        acknowledged = self._acked[tp]
        if not acknowledged:
            return None
        last = acknowledged[-1]
        acknowledged.clear()
        self._acked_index[tp].clear()
        return last + 1

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit before Faust forgets what was acknowledged: fewer events are read twice."""
        cast(App, self.app).on_left()
        if not self.app.should_stop:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.commit(), LAST_COMMIT_SECONDS)
        await super().on_partitions_revoked(revoked)
        self._read_nothing()
        cast(App, self.app).commits.forget()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Tell the application that this worker is a member of its group."""
        await super().on_partitions_assigned(assigned, generation_id)
        cast(App, self.app).on_joined(len(assigned))

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        app = cast(App, self.app)
        try:
            app.commits.advance({(tp.topic, tp.partition): at for tp, at in offsets.items()})
        except OrderError as error:  # Faust would only log it, and go on
            app.leave(Departure(error))
        committed = await super()._commit(offsets)
        if committed:
            app.on_committed()
        return committed

    async def start_of(self, partition: Partition) -> int:
        """Return where this assignment begins: at the commit, else at the oldest record."""
        return self._committed_offset[TP(*partition)] or await self.earliest(partition)

    async def earliest(self, partition: Partition) -> int:
        """Return the first offset that the broker still holds."""
        tp = TP(*partition)
        return (await self.earliest_offsets(tp))[tp]

    def acknowledge(self, message: Message) -> None:
        """Let ``message`` and all before it be committed."""
        message.ack(self)

    def ends(self) -> dict[Partition, int]:
        """Return the end of each assigned partition, as the last fetch saw it."""
        ends: dict[Partition, int] = {}
        for tp in self.assignment():
            with suppress(AssertionError):  # revoked meanwhile, in the consumer's thread
                end = self.highwater(tp)
                if end is not None:
                    ends[tp.topic, tp.partition] = end
        return ends

    def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """Return the number of partitions of those topics that the broker shows to this user."""
        return self._thread.partitions(topics)


class Transport(driver.Transport):
    """The driver with the consumer and the producer of this module."""

    Consumer = Consumer
    Producer = Producer


class App(faust.App):
    """A Faust application that uses this transport and keeps nothing on disk.

    Attributes
    ----------
    departing
        Set before a stop after which this member of the group does not come back.
    """

    def __init__(  # noqa: PLR0913 - all by name, and each told something else
        self,
        name: str,
        *,
        to_read: ClientSettings,
        to_write: ClientSettings,
        on_joined: Callable[[int], None],
        on_left: Callable[[], None],
        on_committed: Callable[[], None],
        paused: Callable[[], Container[str]],
        leave: Leave,
        **options: Any,  # noqa: ANN401 - Faust's own settings, by their names
    ) -> None:
        self.to_read = to_read
        self.to_write = to_write
        self.on_joined = on_joined
        self.on_left = on_left
        self.on_committed = on_committed
        self.paused = paused
        self.leave = leave
        self.commits = Commits()
        self.departing = False
        super().__init__(name, **options)

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Transport:
        return Transport(self.conf.broker_producer, self)

    def _create_directories(self) -> None:
        # Tables live in memory, so a read-only container is enough.
        return

    async def produce(self, record: Outbound) -> asyncio.Future[object]:
        """Queue ``record`` and return the future of its delivery.

        By the driver, not by ``topic.send``: whose future says nothing of the broker's answer.
        """
        return await cast(Producer, self.producer).produce(record)

    async def unwritable(self, topics: Iterable[str]) -> set[str]:
        """Return those of ``topics`` that the producer cannot write to, or cannot see."""
        return await cast(Producer, self.producer).unwritable(topics)

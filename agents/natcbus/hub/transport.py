"""Faust's driver for Kafka, changed where its defaults lose or delay events.

Everything here leans on attributes that Faust does not promise; `tests/path` shows on a real
broker that they still mean what this module takes them to mean.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

import faust
from aiokafka.consumer.fetcher import FetchResult
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message

from natcbus.hub.commits import Commits
from natcbus.hub.departure import Departure, Leave, Partition
from natcbus.hub.errors import OrderError
from natcbus.hub.producing import ClientSettings, Producer
from natcbus.hub.records import Outbound

LAST_COMMIT_SECONDS: Final = 5.0
"""How long a rebalance waits for the commit of what is acknowledged already."""

TAKEN_AT_ONCE: Final = 256
"""Records that are shared out among the partitions: those of one flood keep no other waiting."""
PAUSED_SECONDS: Final = 0.1
"""With nothing to read: how long until somebody looks again."""
PRESSED_SECONDS: Final = 0.05
"""How long to wait for others while Faust's buffers are too full to take what has arrived.

Faust lets a partition go on once its buffer is down to two fifths, and tells nobody who waits: it
would run dry long before Faust's own second has passed.
"""

logger = logging.getLogger(__name__)


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Sets the wait of a fetch, which Faust fixes at 1.5 s.

    Kafka wakes a waiting fetch when data comes. The embedded broker does not: there the wait
    is what a message pays.
    """

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:  # noqa: ANN401
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = cast(App, self.app).fetch_wait_ms  # noqa: SLF001
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,  # noqa: ANN401 - aiokafka is not typed
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - its parent's
        max_records: int | None = None,
    ) -> Any:  # noqa: ANN401
        """Take a share of what was fetched of each partition, and nothing of those that are paused.

        aiokafka hands out whole fetches of a partition before it looks at the next, and Faust goes
        on only when all is handed on: a megabyte of tiny records would keep everybody waiting. And
        what Faust's own pause finds fetched, it throws away; here it stays in the fetcher.
        """
        del max_records
        paused = cast(App, self.app).paused()
        wanted = {tp for tp in active_partitions if tp.topic not in paused}
        if not wanted:
            await asyncio.sleep(PAUSED_SECONDS)
            return {}
        fetch = super()._fetch_records
        taken: dict[Any, Any] = {}
        fetched = fetched_partitions(consumer, wanted)
        share = max(1, TAKEN_AT_ONCE // max(1, len(fetched)))
        for tp in fetched:
            taken.update(await fetch(consumer, {tp}, timeout=0, max_records=share))
        if taken:
            return taken
        if self._pressed(consumer, paused):
            timeout = PRESSED_SECONDS
        return await fetch(consumer, wanted, timeout=timeout, max_records=TAKEN_AT_ONCE)

    def _pressed(self, consumer: Any, paused: Container[str]) -> bool:  # noqa: ANN401
        """Whether records have arrived for which there was no room in Faust's buffers just now."""
        return any(tp.topic not in paused for tp in consumer._fetcher._records)  # noqa: SLF001

    async def on_thread_stop(self) -> None:
        """Say good-bye to the group if the worker comes back under another name.

        aiokafka never does that for a member with a stable id, and so nobody would read its
        partitions until its session ends.
        """
        if self._consumer is not None and cast(App, self.app).departing:
            self._consumer._coordinator._group_instance_id = None  # noqa: SLF001
        await super().on_thread_stop()

    def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """Return the number of partitions of those topics that the broker shows to this user."""
        consumer = self._consumer
        if consumer is None:
            return {}
        found = {topic: len(consumer.partitions_for_topic(topic) or ()) for topic in topics}
        return {topic: number for topic, number in found.items() if number}


def fetched_partitions(
    consumer: Any,  # noqa: ANN401 - aiokafka is not typed
    wanted: set[TP],
) -> list[TP]:
    """Return those of ``wanted`` of which records, or an error, have arrived; errors first.

    Taking an error raises it, which must not happen with records of others in hand. None in a
    rebalance, as taking would then wait.
    """
    fetcher = consumer._fetcher  # noqa: SLF001
    if fetcher._subscriptions.reassignment_in_progress:  # noqa: SLF001
        return []
    arrived = fetcher._records  # noqa: SLF001
    found = [tp for tp in arrived if tp in wanted]
    return sorted(found, key=lambda tp: isinstance(arrived[tp], FetchResult))


class Consumer(driver.Consumer):
    """Commits what was acknowledged in order, and nothing by arithmetic over gaps."""

    _thread: ConsumerThread

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

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
        """Return the end of each assigned partition, as the last fetch saw it.

        Not by ListOffsets: the embedded broker answers that one wrong.
        """
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
        fetch_wait_ms: int,
        client_settings: ClientSettings,
        on_joined: Callable[[int], None],
        on_left: Callable[[], None],
        on_committed: Callable[[], None],
        paused: Callable[[], Container[str]],
        leave: Leave,
        **options: Any,  # noqa: ANN401 - Faust's own settings, by their names
    ) -> None:
        self.fetch_wait_ms = fetch_wait_ms
        self.client_settings = client_settings
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

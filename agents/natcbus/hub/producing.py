"""The hub's producer: librdkafka behind Faust's seam.

aiokafka makes each request in Python, in the very loop that decides, and five records follow from
each message. librdkafka does it in threads of C (``docs/decisions/014``). Its reports are fetched
in the event loop, so that no other thread of Python ever touches the window.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial
from typing import Final, Protocol, cast

import confluent_kafka
from faust.transport.base import Producer as FaustProducer

from natcbus.hub.errors import DeliveryError
from natcbus.hub.librdkafka import ClientSettings
from natcbus.hub.logs import LIBRDKAFKA
from natcbus.hub.records import Outbound

REPORTS_SECONDS: Final = 0.002
"""How long a record may be durable before the hub takes note of it."""
IDLE_SECONDS: Final = 0.25
"""The same with nothing on its way, when there may still be something to log."""
METADATA_SECONDS: Final = 5.0

_BY_KEY: Final = -1
"""librdkafka's word for a partition that the key chooses."""


class App(Protocol):
    """What the producer asks its application."""

    @property
    def to_write(self) -> ClientSettings:
        """What librdkafka is told."""
        ...


class Producer(FaustProducer):
    """Takes records one after the other and says of each whether it is durable.

    Faust's own ways of sending are not there: what an agent sends by them is committed over.
    """

    _client: confluent_kafka.Producer | None = None
    _looking: asyncio.TimerHandle | None = None
    _on_their_way = 0

    def __post_init__(self) -> None:
        """Begin with nothing on its way."""
        self._all_told = asyncio.Event()
        self._all_told.set()

    async def on_start(self) -> None:
        """Connect, and begin to look for reports."""
        await super().on_start()
        told = cast(App, self.app).to_write
        self._client = confluent_kafka.Producer(dict(told), logger=logging.getLogger(LIBRDKAFKA))
        self._look()

    async def on_stop(self) -> None:
        """Stop looking for reports; whatever is still on its way is read again."""
        await super().on_stop()
        if self._looking is not None:
            self._looking.cancel()
        self._client = None

    async def flush(self) -> None:
        """Return when every record is durable, or has failed."""
        await self.buffer.flush()
        await self._all_told.wait()

    async def produce(self, record: Outbound) -> asyncio.Future[object]:
        """Queue ``record``, waiting for room, and return the future of its delivery.

        The order of the calls is the order within a partition. The future fails with a
        :class:`~natcbus.hub.errors.DeliveryError`.

        Raises
        ------
        DeliveryError
            If the record cannot even be queued: too large, or the client has failed for good.
        """
        while True:
            try:
                return self._queue(record)
            except BufferError:
                await asyncio.sleep(REPORTS_SECONDS)
            except confluent_kafka.KafkaException as error:
                raise DeliveryError(record.topic, error.args[0].name()) from error

    async def unwritable(self, topics: Iterable[str]) -> set[str]:
        """Return those of ``topics`` that the brokers do not show to this user.

        Raises
        ------
        TimeoutError
            If they show nothing at all.
        """
        try:
            shown = await asyncio.to_thread(self._connected.list_topics, timeout=METADATA_SECONDS)
        except confluent_kafka.KafkaException as error:
            raise TimeoutError(str(error)) from error
        usable = {name for name, topic in shown.topics.items() if topic.error is None}
        return set(topics) - usable

    @property
    def _connected(self) -> confluent_kafka.Producer:
        if self._client is None:
            raise DeliveryError("any topic", "before the start or after the stop")
        return self._client

    def _queue(self, record: Outbound) -> asyncio.Future[object]:
        delivery: asyncio.Future[object] = self.loop.create_future()
        self._connected.produce(
            record.topic,
            record.value,
            record.key,
            _BY_KEY if record.partition is None else record.partition,
            partial(self._reported, delivery, record.topic),
            headers=list(record.headers),
        )
        self._on_their_way += 1
        if self._all_told.is_set():
            self._all_told.clear()
            self._look_within(REPORTS_SECONDS)
        return delivery

    def _reported(
        self,
        delivery: asyncio.Future[object],
        topic: str,
        error: confluent_kafka.KafkaError | None,
        message: object,
    ) -> None:
        del message
        self._on_their_way -= 1
        if not self._on_their_way:
            self._all_told.set()
        if delivery.done():  # cancelled
            return
        if error is None:
            delivery.set_result(None)
        else:
            delivery.set_exception(DeliveryError(topic, error.name()))

    def _look(self) -> None:
        self._connected.poll(0)
        self._look_within(REPORTS_SECONDS if self._on_their_way else IDLE_SECONDS)

    def _look_within(self, seconds: float) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._looking = self.loop.call_later(seconds, self._look)

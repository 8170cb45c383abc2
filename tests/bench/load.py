"""Sends at a steady rate and measures when each copy arrives, all by one clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

ARRIVE_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Sendable:
    """A record ready to send."""

    topic: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Latency:
    """From handing a record to the producer until a reader of the feed has it, in milliseconds."""

    p50: float
    p99: float
    worst: float
    last_tenth: float
    """Median over the last tenth of the arrivals: as low as ``p50`` where the backlog is flat."""


async def latency(
    bootstrap: str, records: Sequence[Sendable], rate: float, feeds: Sequence[str], copies: int
) -> Latency:
    """Sends ``records`` at ``rate`` per second; each must arrive ``copies`` times on ``feeds``.

    Arrivals are matched to sendings by key, so every record needs a key of its own.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await consumer.start()
    await producer.start()
    try:
        partitions = [TopicPartition(feed, 0) for feed in feeds]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        sent: dict[bytes, float] = {}
        reading = asyncio.create_task(_arrivals(consumer, sent, len(records) * copies))
        await _send(producer, records, rate, sent)
        return _summary(await asyncio.wait_for(reading, ARRIVE_WITHIN_S))
    finally:
        await producer.stop()
        await consumer.stop()


async def _send(
    producer: AIOKafkaProducer,
    records: Sequence[Sendable],
    rate: float,
    sent: dict[bytes, float],
) -> None:
    begun = time.perf_counter()
    futures = []
    for number, record in enumerate(records):
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        sent[record.key] = time.perf_counter()
        futures.append(await producer.send(record.topic, value=record.value, key=record.key))
    await asyncio.gather(*futures)


async def _arrivals(
    consumer: AIOKafkaConsumer, sent: dict[bytes, float], expected: int
) -> list[float]:
    took: list[float] = []
    while len(took) < expected:
        batches = await consumer.getmany(timeout_ms=200)
        now = time.perf_counter()
        took += [
            (now - sent[record.key]) * 1000
            for records in batches.values()
            for record in records
            if record.key in sent
        ]
    return took


def _summary(took: list[float]) -> Latency:
    last = took[-max(1, len(took) // 10) :]
    cuts = quantiles(took, n=100, method="inclusive")
    return Latency(median(took), cuts[98], max(took), median(last))

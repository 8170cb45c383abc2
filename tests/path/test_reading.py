"""What the hub reads of its partitions, from the brokers that it reads from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from faust.types import TP
from kafka import KafkaAdminClient, TopicPartition

from natcbus.hub.errors import ReadingError
from natcbus.hub.librdkafka import FETCHED_BYTES, to_read
from natcbus.hub.reading import KEPT_BYTES, TAKEN_AT_ONCE, Reading, Record
from natcbus.hub.settings import Settings
from tests.support.hub_settings import settings_of
from tests.support.kafka import Kafka, running_kafka
from tests.support.streams import make_topics, producing

T = TypeVar("T")
Taken = dict[TP, list[Record]]


def with_reading(
    settings: Settings,
    starts: Mapping[TP, int],
    work: Callable[[Reading], Coroutine[None, None, T]],
) -> T:
    """What ``work`` returns."""

    async def run() -> T:
        reading = Reading(to_read(settings), starts)
        try:
            return await asyncio.wait_for(work(reading), 30)
        finally:
            reading.stop()
            await reading.ended()

    return asyncio.run(run())


async def take_until(
    reading: Reading, enough: Callable[[Taken], bool], wanted: Callable[[TP], bool] = lambda _: True
) -> Taken:
    taken: Taken = {}
    while not enough(taken):
        for tp, records in (await reading.collect(wanted)).items():
            taken.setdefault(tp, []).extend(records)
    return taken


def so_many(number: int) -> Callable[[Taken], bool]:
    return lambda taken: sum(map(len, taken.values())) >= number


def kept(reading: Reading, tp: TP) -> int:
    """Bytes of a partition that have arrived and that nobody has taken."""
    return reading._lanes[tp.topic, tp.partition].kept_bytes  # noqa: SLF001 - nobody else has to know


async def until_kept(reading: Reading, *of: TP) -> None:
    while not all(kept(reading, tp) for tp in of):
        await reading.collect(lambda _: False)


def offsets(records: list[Record]) -> list[int | None]:
    return [record.offset() for record in records]


def filled(bootstrap: str, sizes: Mapping[int, int], value: bytes = b"x" * 50) -> dict[int, TP]:
    """A new topic with so many records in each of its partitions."""
    topic = f"read.{uuid4().hex}"
    make_topics(bootstrap, {topic: len(sizes)})
    with producing(bootstrap, max_request_size=2_000_000) as producer:
        for partition, size in sizes.items():
            for number in range(size):
                producer.send(topic, value, str(number).encode(), partition=partition)
    return {partition: TP(topic, partition) for partition in sizes}


def test_each_partition_is_read_once_in_its_order_from_where_it_was_told(
    settings: Settings,
) -> None:
    at = filled(settings.bootstrap, {0: 2_000, 1: 500, 2: 0})
    starts = {at[0]: 700, at[1]: 0, at[2]: 0}

    async def read(reading: Reading) -> Taken:
        taken = await take_until(reading, so_many(1_800))
        assert not await reading.collect(lambda _: True)
        return taken

    taken = with_reading(settings, starts, read)
    assert {tp: offsets(records) for tp, records in taken.items()} == {
        at[0]: list(range(700, 2_000)),
        at[1]: list(range(500)),
    }
    assert [record.key() for record in taken[at[1]]] == [
        f"{number}".encode() for number in range(500)
    ]


def test_what_arrives_later_is_taken_at_once_and_the_ends_are_known(settings: Settings) -> None:
    at = filled(settings.bootstrap, {0: 3})

    async def read(reading: Reading) -> Taken:
        await take_until(reading, so_many(3))
        with producing(settings.bootstrap) as producer:
            producer.send(at[0].topic, b"later")
        taken = await take_until(reading, so_many(1))
        assert reading.end_of(at[0]) == 4
        assert reading.end_of(TP("another", 0)) is None
        return taken

    (later,) = with_reading(settings, {at[0]: 0}, read)[at[0]]
    assert (later.offset(), later.value()) == (3, b"later")


def test_what_nobody_wants_now_is_there_when_it_is_wanted(settings: Settings) -> None:
    at = filled(settings.bootstrap, {0: 300, 1: 300})

    async def read(reading: Reading) -> Taken:
        others = await take_until(reading, so_many(300), lambda tp: tp == at[1])
        assert others.keys() == {at[1]}
        return await take_until(reading, so_many(300))

    later = with_reading(settings, {at[0]: 0, at[1]: 0}, read)
    assert {tp: offsets(records) for tp, records in later.items()} == {at[0]: list(range(300))}


def test_a_flood_of_one_partition_keeps_no_other_waiting(kafka: Kafka, tmp_path: Path) -> None:
    at = filled(kafka.bootstrap, {0: 20_000, 1: 20, 2: 20})
    starts = dict.fromkeys(at.values(), 0)

    async def read(reading: Reading) -> Taken:
        await until_kept(reading, *at.values())
        return await take_until(
            reading, lambda taken: len(taken.get(at[1], [])) == len(taken.get(at[2], [])) == 20
        )

    taken = with_reading(settings_of(kafka.bootstrap, tmp_path), starts, read)
    assert len(taken[at[0]]) <= 2 * TAKEN_AT_ONCE


def test_what_is_taken_too_slowly_is_fetched_no_further_and_nothing_of_it_is_lost(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One record after the other, so that it stops and goes on again and again.
    monkeypatch.setattr("natcbus.hub.reading.TAKEN_AT_ONCE", 1)
    at = filled(settings.bootstrap, {0: 200}, b"x" * 30_000)
    most = KEPT_BYTES + 3 * FETCHED_BYTES

    async def read(reading: Reading) -> list[int | None]:
        while kept(reading, at[0]) <= KEPT_BYTES:
            await reading.collect(lambda _: False)
        seen: list[int | None] = []
        while len(seen) < 200:
            assert kept(reading, at[0]) <= most
            for records in (await reading.collect(lambda _: True)).values():
                seen.extend(offsets(records))
        return seen

    assert with_reading(settings, {at[0]: 0}, read) == list(range(200))


def test_a_stopped_reading_hands_out_nothing(settings: Settings) -> None:
    at = filled(settings.bootstrap, {0: 100})

    async def read(reading: Reading) -> Taken:
        await until_kept(reading, at[0])
        reading.stop()
        return await reading.collect(lambda _: True)

    assert not with_reading(settings, {at[0]: 0}, read)


def test_after_what_retention_removed_it_goes_on_with_the_oldest(
    kafka: Kafka, tmp_path: Path
) -> None:
    at = filled(kafka.bootstrap, {0: 100})
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(*at[0]): 60})
    admin.close()
    taken = with_reading(
        settings_of(kafka.bootstrap, tmp_path),
        {at[0]: 10},
        lambda reading: take_until(reading, so_many(40)),
    )
    assert offsets(taken[at[0]]) == list(range(60, 100))


def test_a_broker_that_was_away_costs_no_record(tmp_path: Path) -> None:
    with running_kafka() as kafka:
        at = filled(kafka.bootstrap, {0: 50})

        async def read(reading: Reading) -> Taken:
            await take_until(reading, so_many(50))
            await asyncio.to_thread(kafka.restart)
            await asyncio.to_thread(write_more)
            return await take_until(reading, so_many(50))

        def write_more() -> None:
            with producing(kafka.bootstrap) as producer:
                for _ in range(50):
                    producer.send(at[0].topic, b"later")

        taken = with_reading(settings_of(kafka.bootstrap, tmp_path), {at[0]: 0}, read)
        assert offsets(taken[at[0]]) == list(range(50, 100))


def test_a_record_that_the_disk_has_changed_is_not_taken_for_what_was_sent(tmp_path: Path) -> None:
    with running_kafka() as kafka:
        at = filled(kafka.bootstrap, {0: 5}, b"one victim, and no other")
        kafka.stop()
        (segment,) = (kafka.data / f"{at[0].topic}-0").glob("*.log")
        segment.write_bytes(segment.read_bytes().replace(b"one victim", b"two victim", 1))
        kafka.start()
        with pytest.raises(ReadingError, match=f"Cannot read {at[0].topic}, partition 0 "):
            with_reading(
                settings_of(kafka.bootstrap, tmp_path),
                {at[0]: 0},
                lambda reading: take_until(reading, so_many(1)),
            )

"""What the hub's producer promises, on the brokers that it writes to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar, cast
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from natcbus.hub import librdkafka
from natcbus.hub.app import create_app
from natcbus.hub.errors import DeliveryError
from natcbus.hub.librdkafka import REQUEST_BYTES
from natcbus.hub.producing import Producer
from natcbus.hub.records import Outbound
from natcbus.hub.settings import Settings
from tests.support.hub_settings import settings_of
from tests.support.kafka import Kafka, running_kafka
from tests.support.pass_through import PassThrough
from tests.support.streams import make_topics, read_to_end

T = TypeVar("T")


def with_producer(settings: Settings, work: Callable[[Producer], Coroutine[None, None, T]]) -> T:
    """What ``work`` returns; nothing else of Faust runs."""

    async def run() -> T:
        hub = create_app(settings, PassThrough([], "q"), ["member.aa.out"])
        producer = cast(Producer, hub.app.producer)
        await producer.start()
        try:
            return await asyncio.wait_for(work(producer), 30)
        finally:
            await producer.stop()

    return asyncio.run(run())


def a_topic(bootstrap: str, partitions: int = 1) -> str:
    topic = f"produced.{uuid4().hex}"
    make_topics(bootstrap, {topic: partitions})
    return topic


def test_a_record_whose_future_is_done_is_stored_as_it_was_in_its_order(settings: Settings) -> None:
    topic = a_topic(settings.bootstrap)
    sent = [
        Outbound(topic, b"thread", f"{number}".encode(), (("ce_id", b"\xc4\x8d"),))
        for number in range(500)
    ]

    async def send(producer: Producer) -> None:
        deliveries = [await producer.produce(each) for each in sent]
        assert not any(each.done() for each in deliveries[-1:])
        await asyncio.gather(*deliveries)

    with_producer(settings, send)
    stored = read_to_end(settings.bootstrap, topic)
    assert [Outbound(each.topic, each.key, each.value or b"", each.headers) for each in stored] == (
        sent
    )


def test_a_flush_waits_for_everything_on_its_way(settings: Settings) -> None:
    topic = a_topic(settings.bootstrap)

    async def send(producer: Producer) -> list[bool]:
        deliveries = [await producer.produce(Outbound(topic, None, b"x")) for _ in range(100)]
        await producer.flush()
        await producer.flush()
        return [each.done() for each in deliveries]

    assert all(with_producer(settings, send))
    assert len(read_to_end(settings.bootstrap, topic)) == 100


def test_a_key_goes_where_every_other_client_of_kafka_puts_it(kafka: Kafka, tmp_path: Path) -> None:
    # Or the messages of one thread would overtake each other when a hub changes its client.
    topic = a_topic(kafka.bootstrap, 7)
    keys = [f"rs.{uuid4()}".encode() for _ in range(200)]
    theirs = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    for key in keys:
        theirs.send(topic, b"theirs", key)
    theirs.close(timeout=10)

    async def send(producer: Producer) -> None:
        await asyncio.gather(
            *[await producer.produce(Outbound(topic, key, b"ours")) for key in keys]
        )

    with_producer(settings_of(kafka.bootstrap, tmp_path), send)
    places: dict[bytes | None, set[tuple[bytes | None, int]]] = {}
    for each in read_to_end(kafka.bootstrap, topic):
        places.setdefault(each.key, set()).add((each.value, each.partition))
    assert len(places) == 200
    assert len({place for each in places.values() for _, place in each}) == 7
    assert all(len({place for _, place in each}) == 1 for each in places.values())


def test_a_record_that_cannot_be_stored_fails_and_says_why(kafka: Kafka, tmp_path: Path) -> None:
    topic = a_topic(kafka.bootstrap)

    async def too_large(producer: Producer) -> None:
        await (await producer.produce(Outbound(topic, None, b"x" * (REQUEST_BYTES + 1))))

    async def no_such_partition(producer: Producer) -> None:
        delivery = await producer.produce(Outbound(topic, None, b"x", partition=5))
        await delivery

    settings = settings_of(kafka.bootstrap, tmp_path)
    with pytest.raises(DeliveryError, match="MSG_SIZE_TOO_LARGE"):
        with_producer(settings, too_large)
    with pytest.raises(DeliveryError, match=f"{topic} was not stored .*PARTITION"):
        with_producer(settings, no_such_partition)


def test_producing_waits_while_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(librdkafka, "QUEUED_KBYTES", 2_048)
    with running_kafka() as kafka:
        topic = a_topic(kafka.bootstrap)
        large = Outbound(topic, None, b"x" * 900_000)

        async def send(producer: Producer) -> list[int]:
            kafka.freeze()
            asyncio.get_running_loop().call_later(1.0, kafka.thaw)
            deliveries, queued = [], []
            for _ in range(6):
                deliveries.append(await producer.produce(large))
                queued.append(sum(not each.done() for each in deliveries))
            await asyncio.gather(*deliveries)
            return queued

        try:
            assert max(with_producer(settings_of(kafka.bootstrap, tmp_path), send)) == 2
        finally:
            kafka.thaw()
        assert len(read_to_end(kafka.bootstrap, topic)) == 6


def test_fausts_own_ways_of_sending_are_not_there(kafka: Kafka, tmp_path: Path) -> None:
    async def send(producer: Producer) -> None:
        with pytest.raises(NotImplementedError):
            await (await producer.send("desk.nobody.feed", None, b"x", None, None, None))
        with pytest.raises(NotImplementedError):
            await producer.send_and_wait("desk.nobody.feed", None, b"x", None, None, None)

    with_producer(settings_of(kafka.bootstrap, tmp_path), send)


def test_the_topics_that_nobody_made_are_named(kafka: Kafka, tmp_path: Path) -> None:
    topic = a_topic(kafka.bootstrap)

    async def ask(producer: Producer) -> set[str]:
        return await producer.unwritable([topic, "desk.nobody.feed"])

    assert with_producer(settings_of(kafka.bootstrap, tmp_path), ask) == {"desk.nobody.feed"}


def test_without_brokers_the_question_what_can_be_written_has_no_answer(tmp_path: Path) -> None:
    async def ask(producer: Producer) -> set[str]:
        return await producer.unwritable(["desk.nobody.feed"])

    with pytest.raises(TimeoutError):
        with_producer(settings_of("127.0.0.1:1", tmp_path), ask)

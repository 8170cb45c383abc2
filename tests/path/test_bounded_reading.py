"""Many topics are read up to ends that were fixed at one moment, on both brokers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition

from natcbus.operations.bounded_reading import BoundedReading, Extent
from natcbus.operations.errors import BrokerUnreachableError
from tests.support.kafka import Kafka
from tests.support.streams import make_topics, producing

FIRST = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["kafka", "embedded_broker"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    """Of each broker."""
    found: str = request.getfixturevalue(request.param).bootstrap
    return found


def filled(bootstrap: str, numbers: range, topic: str = "") -> str:
    """A topic of two partitions, with a record each hour in turn."""
    if not topic:
        topic = f"bounded.{uuid4().hex}"
        make_topics(bootstrap, {topic: 2})
    with producing(bootstrap) as producer:
        for number in numbers:
            at = FIRST + timedelta(hours=number)
            producer.send(
                topic,
                str(number).encode(),
                partition=number % 2,
                timestamp_ms=int(at.timestamp() * 1000),
            )
    return topic


def values(reading: BoundedReading, extents: tuple[Extent, ...]) -> list[int]:
    return sorted(int(each.value) for each in reading.records(extents))


def test_what_is_written_after_the_ends_were_fixed_is_not_read(bootstrap: str) -> None:
    topic = filled(bootstrap, range(10))
    with BoundedReading(bootstrap) as reading:
        extents = reading.extents(topic.__eq__, lambda _: None)
        filled(bootstrap, range(10, 20), topic)
        assert [(each.partition, each.start, each.end) for each in extents] == [
            (0, 0, 5),
            (1, 0, 5),
        ]
        assert values(reading, extents) == list(range(10))
        # And the same connection reads another part afterwards.
        assert values(reading, extents[1:]) == [1, 3, 5, 7, 9]


def test_records_that_are_older_than_asked_for_are_left_out(kafka: Kafka) -> None:
    topic = filled(kafka.bootstrap, range(10))
    with BoundedReading(kafka.bootstrap) as reading:
        late = reading.extents(topic.__eq__, lambda _: FIRST + timedelta(hours=7))
        assert values(reading, late) == [7, 8, 9]
        assert [each.first for each in late] == [0, 0]
        nothing = reading.extents(topic.__eq__, lambda _: FIRST + timedelta(hours=100))
        assert values(reading, nothing) == []


def test_an_extent_says_what_the_broker_forgot(kafka: Kafka) -> None:
    topic = filled(kafka.bootstrap, range(10))
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(topic, 0): 3})
    admin.close()
    with BoundedReading(kafka.bootstrap) as reading:
        extents = reading.extents(topic.__eq__, lambda _: None)
        assert [(each.first, each.start, each.end) for each in extents] == [(3, 3, 5), (0, 0, 5)]
        assert values(reading, extents) == [1, 3, 5, 6, 7, 8, 9]


def test_nobody_to_read_from_is_said() -> None:
    with pytest.raises(BrokerUnreachableError), BoundedReading("127.0.0.1:1"):
        pass

"""Whoever checks a bus reads whatever a member wrote to it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from natcbus.operations.bounded_reading import BoundedReading
from natcbus.operations.topic_reading import Stored, stored_records
from tests.support.kafka import Kafka
from tests.support.poison import NotUtf8
from tests.support.streams import make_topics, producing

PLAIN = ("name", b"value")
HOSTILE = (NotUtf8("x"), b"value")


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_header_name_that_is_not_utf_8_costs_the_headers_of_its_record_and_nothing_else(
    kafka: Kafka, compression: str | None
) -> None:
    topic = f"member.aa{uuid4().hex[:8]}.out"
    make_topics(kafka.bootstrap, {topic: 1})
    values = [b"first", None, b"", b"?" * 3000, b"last"]
    with producing(kafka.bootstrap, compression_type=compression) as producer:
        for number, value in enumerate(values):
            headers = [HOSTILE, PLAIN] if number in {1, 2, 3} else [PLAIN]
            producer.send(topic, value, key=b"key", headers=headers, timestamp_ms=1000 + number)
    with BoundedReading(kafka.bootstrap, {}) as reading:
        within = reading.extents(lambda name: name == topic, lambda _: None)
        for found in (list(stored_records(kafka.bootstrap, [topic])), [*reading.records(within)]):
            agrees(found, values)


def agrees(found: list[Stored], values: list[bytes | None]) -> None:
    assert [each.offset for each in found] == list(range(len(values)))
    assert [each.value for each in found] == [value or b"" for value in values]
    assert {each.key for each in found} == {b"key"}
    assert [each.at.timestamp() for each in found] == [1 + n / 1000 for n in range(len(values))]
    assert [list(each.headers) for each in found] == [[PLAIN], [], [], [], [PLAIN]]

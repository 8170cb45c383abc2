"""Looks at the records that the hub put aside, and at why; nothing here changes or moves one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from natcbus.operations.errors import (
    BrokerUnreachableError,
    HeldRecordMissingError,
    TopicMissingError,
)
from natcbus.routing.topics import QUARANTINE

_ANSWER_WITHIN_S: Final = 5.0
_FETCH_WAIT_MS: Final = 100
_PREFIX: Final = "natcbus_"
_NO_SECURITY: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True)
class Held:
    """A quarantined record.

    Attributes
    ----------
    number
        Its offset in ``hub.quarantine``: the name to ask for it by.
    at
        When it was put aside.
    code, text
        Why.
    topic, partition, offset
        Where it stood; the topic names the member that wrote it.
    key, value
        As they came.
    """

    number: int
    at: datetime
    code: str
    text: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes


def held_records(bootstrap: str, security: Mapping[str, object] = _NO_SECURITY) -> Iterator[Held]:
    """Every record that is held now, oldest first.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    TopicMissingError
        The brokers have no quarantine.
    """
    yield from _read(bootstrap, security, None)


def held_record(bootstrap: str, number: int, security: Mapping[str, object] = _NO_SECURITY) -> Held:
    """The record of this number.

    Raises
    ------
    BrokerUnreachableError, TopicMissingError
        As for ``held_records``.
    HeldRecordMissingError
        There is none.
    """
    for held in _read(bootstrap, security, number):
        if held.number == number:
            return held
        break
    raise HeldRecordMissingError(number)


def _read(bootstrap: str, security: Mapping[str, object], start: int | None) -> Iterator[Held]:
    try:
        with closing(_consumer(bootstrap, security)) as consumer:
            partition = TopicPartition(QUARANTINE, 0)
            if not consumer.partitions_for_topic(QUARANTINE):
                raise TopicMissingError(QUARANTINE)
            consumer.assign([partition])
            if start is None:
                consumer.seek_to_beginning(partition)
            else:
                consumer.seek(partition, start)
            yield from _to_the_end(consumer, partition, bootstrap)
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S) from error


def _consumer(bootstrap: str, security: Mapping[str, object]) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        bootstrap_timeout_ms=int(_ANSWER_WITHIN_S * 1000),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        **security,
    )


def _to_the_end(
    consumer: KafkaConsumer, partition: TopicPartition, bootstrap: str
) -> Iterator[Held]:
    give_up = time.monotonic() + _ANSWER_WITHIN_S
    while True:
        for record in consumer.poll(timeout_ms=_FETCH_WAIT_MS * 2).get(partition, ()):
            yield _held(record)
            give_up = time.monotonic() + _ANSWER_WITHIN_S
        # The end that a fetch answers with: ListOffsets says too little on the embedded broker.
        end = consumer.highwater(partition)
        if end is not None and consumer.position(partition) >= end:
            return
        if time.monotonic() > give_up:
            raise BrokerUnreachableError(bootstrap, _ANSWER_WITHIN_S)


def _held(record: Any) -> Held:  # noqa: ANN401 - kafka-python's record has no type
    headers = {
        name.removeprefix(_PREFIX): value.decode("utf-8", "replace")
        for name, value in record.headers
        if name.startswith(_PREFIX) and value is not None
    }
    return Held(
        number=int(record.offset),
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        code=headers.get("code", "UNKNOWN"),
        text=headers.get("text", ""),
        topic=headers.get("topic", ""),
        partition=_number(headers.get("partition")),
        offset=_number(headers.get("offset")),
        key=record.key,
        value=record.value or b"",
    )


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else -1

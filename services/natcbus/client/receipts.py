"""What became of a member's own messages: its receipts, each with the hub's whole decision."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from natcbus.client.connection import CONSUMER
from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError, UnavailableError
from natcbus.contract.codec import decode_record, schema_id_of, unframe
from natcbus.contract.errors import DecodingError
from natcbus.contract.types.hub import Receipt
from natcbus.routing.topics import receipts_topic

_POLL_MS: Final = 200


def receipts(context: Context, *, until_end: bool = True) -> Iterator[Receipt]:
    """The member's receipts from the oldest on; to the end as it is now, or for ever.

    Raises
    ------
    UnavailableError
        The bus does not answer.
    IncompatibleError
        TOPIC_REFUSED.
    """
    topic = receipts_topic(context.member)
    consumer = connect(context)
    try:
        partitions = consumer.partitions_for_topic(topic)
        if not partitions:
            raise IncompatibleError.not_permitted(topic)
        assigned = [TopicPartition(topic, number) for number in sorted(partitions)]
        consumer.assign(assigned)
        consumer.seek_to_beginning(*assigned)
        yield from _decoded(consumer, assigned, until_end=until_end)
    except KafkaError as error:
        raise UnavailableError(context.bootstrap, type(error).__name__) from error
    finally:
        with suppress(KafkaError):
            consumer.close()


def trace(context: Context, message_id: str) -> list[Receipt]:
    """Every receipt of a message, the oldest first; none if the hub has not decided it yet."""
    return [each for each in receipts(context) if each.decision.message_id == message_id]


def wait_for_receipt(context: Context, message_id: str, seconds: float) -> Receipt | None:
    """The first receipt of a message, or None if none comes in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = trace(context, message_id)
        if found:
            return found[0]
    return None


def connect(context: Context) -> Any:  # noqa: ANN401 - kafka-python publishes no types
    """A consumer of this context, assigned to nothing yet.

    Raises
    ------
    UnavailableError
        The bus does not answer.
    """
    try:
        return KafkaConsumer(
            bootstrap_servers=context.bootstrap.split(","), **CONSUMER, **context.security()
        )
    except KafkaError as error:
        raise UnavailableError(context.bootstrap, type(error).__name__) from error


def at_end(consumer: Any, partition: TopicPartition) -> bool:  # noqa: ANN401
    """Whether everything that was there at the last poll has been read.

    By the high watermark of the fetch: the embedded broker answers ListOffsets wrong.
    """
    end = consumer.highwater(partition)
    return end is not None and consumer.position(partition) >= end


def _decoded(
    consumer: Any,  # noqa: ANN401 - kafka-python publishes no types
    assigned: list[TopicPartition],
    *,
    until_end: bool,
) -> Iterator[Receipt]:
    while True:
        for records in consumer.poll(timeout_ms=_POLL_MS).values():
            for record in records:
                receipt = _receipt(record.value)
                if receipt is not None:
                    yield receipt
        if until_end and all(at_end(consumer, partition) for partition in assigned):
            return


def _receipt(value: bytes | None) -> Receipt | None:
    """A receipt, or None for a record that is none: only the hub may write here."""
    with suppress(DecodingError):
        schema_id, body = unframe(value or b"")
        if schema_id == schema_id_of(Receipt):
            return decode_record(Receipt, body)
    return None

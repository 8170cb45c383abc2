"""No framework: confluent-kafka's consumer and producer, flushed before each commit."""

from __future__ import annotations

import time
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer

from tests.bench.frameworks.job import BATCH, BATCH_BYTES, COMMIT_SECONDS, Read, Task, given_task


def work(task: Task) -> None:
    """Works until the process is ended."""
    consumer = Consumer(
        {
            "bootstrap.servers": task.bootstrap,
            "group.id": task.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": task.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "batch.size": BATCH_BYTES,
        }
    )
    consumer.subscribe([task.source])
    do, committed = task.job(), time.monotonic()
    while True:
        for message in consumer.consume(BATCH, timeout=0.1):
            for out in do(_read(message)):
                producer.produce(
                    out.topic, out.value, out.key, headers=list(out.headers), on_delivery=_durable
                )
            producer.poll(0)
        if time.monotonic() - committed >= COMMIT_SECONDS:
            producer.flush()
            _commit(consumer)
            committed = time.monotonic()


def _read(message: Any) -> Read:  # noqa: ANN401 - the client is not typed
    if message.error() is not None:
        raise KafkaException(message.error())
    return Read(
        message.topic(),
        message.partition(),
        message.offset(),
        message.timestamp()[1],
        message.key(),
        message.value(),
    )


def _durable(error: object, message: object) -> None:
    del message
    if error is not None:
        raise KafkaException(error)


def _commit(consumer: Any) -> None:  # noqa: ANN401 - the client is not typed
    try:
        consumer.commit(asynchronous=False)
    except KafkaException as error:
        if error.args[0].name() != "_NO_OFFSET":  # nothing was read meanwhile
            raise


if __name__ == "__main__":
    work(given_task())

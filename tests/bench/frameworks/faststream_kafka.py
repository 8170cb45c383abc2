"""FastStream on aiokafka, in batches: what follows from a batch is durable before its commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker

from tests.bench.frameworks.job import BATCH, BATCH_BYTES, Read, Task, given_task


async def work(task: Task) -> None:
    """Works until the process is ended."""
    broker = KafkaBroker(
        task.bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        apply_types=False,
        logger=None,
    )
    do = task.job()

    async def route(records: Sequence[Any]) -> None:
        futures = []
        for each in records:
            read = Read(
                each.topic, each.partition, each.offset, each.timestamp, each.key, each.value
            )
            for out in do(read):
                headers = {name: value.decode() for name, value in out.headers}
                futures.append(
                    await broker.publish(
                        out.value, out.topic, key=out.key, headers=headers, no_confirm=True
                    )
                )
        await asyncio.gather(*futures)

    broker.subscriber(
        task.source,
        batch=True,
        max_records=BATCH,
        group_id=task.group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        decoder=_as_read,
    )(route)
    await FastStream(broker, logger=None).run()


async def _as_read(message: Any) -> Any:  # noqa: ANN401 - the framework is not typed here
    """The records themselves: by default it would try to read each value as JSON."""
    return message.raw_message


if __name__ == "__main__":
    asyncio.run(work(given_task()))

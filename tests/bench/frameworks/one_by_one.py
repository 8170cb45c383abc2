"""One record after the other with bare aiokafka: consume, route, send, wait, commit."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.bench.frameworks.job import BATCH_BYTES, Read, Task, given_task


async def work(task: Task) -> None:
    """Works until the process is ended."""
    consumer = AIOKafkaConsumer(
        task.source,
        bootstrap_servers=task.bootstrap,
        group_id=task.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=task.bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
    )
    await consumer.start()
    await producer.start()
    do = task.job()
    async for each in consumer:
        read = Read(each.topic, each.partition, each.offset, each.timestamp, each.key, each.value)
        futures = [
            await producer.send(out.topic, out.value, out.key, headers=list(out.headers))
            for out in do(read)
        ]
        await asyncio.gather(*futures)
        await consumer.commit()


if __name__ == "__main__":
    asyncio.run(work(given_task()))

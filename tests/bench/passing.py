"""The job without the job: consume, produce three copies, commit.

Bare aiokafka with a bounded number of records in flight, at least once, acknowledged by all
replicas: what is left when nothing is verified, decided or signed.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

IN_FLIGHT = 64


async def pass_on(bootstrap: str, source: str, targets: list[str]) -> None:
    """Copies every record of ``source`` to each of ``targets`` until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    consumer = AIOKafkaConsumer(
        source,
        bootstrap_servers=bootstrap,
        group_id="bench.passing",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=262_144
    )
    await consumer.start()
    await producer.start()
    try:
        while not stop.is_set():
            batches = await consumer.getmany(timeout_ms=100, max_records=IN_FLIGHT)
            futures: list[Any] = [
                await producer.send(target, value=record.value, key=record.key)
                for records in batches.values()
                for record in records
                for target in targets
            ]
            if futures:
                await asyncio.gather(*futures)
                await consumer.commit()
    finally:
        await consumer.stop()
        await producer.stop()


def main() -> None:
    """Runs as a process of its own, as the hub does."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bootstrap", required=True)
    arguments.add_argument("source")
    arguments.add_argument("targets", nargs="+")
    chosen = arguments.parse_args()
    asyncio.run(pass_on(chosen.bootstrap, chosen.source, chosen.targets))


if __name__ == "__main__":
    main()

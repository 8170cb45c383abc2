"""Measures the hub on real Kafka, on this machine, in one run: ``make bench``.

Latency from publishing to a desk's feed at two rates, messages per second of one worker out of a
backlog, and microseconds per stage; beside them the same records passed through by a bare consumer
and producer. Messages are signed, sealed and decided, and go to three desks each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from rich.console import Console
from rich.table import Table

from natcbus.client import Publisher
from natcbus.client.composing import compose
from natcbus.client.keystore import Keystore
from natcbus.hub.world import load_world
from natcbus.operations.leash import leashed
from natcbus.routing.topics import DECISIONS, feed_topic, out_topic
from tests.bench.deciding import deciding_at_size
from tests.bench.load import Latency, Sendable, latency
from tests.bench.stages import stages
from tests.support.bus import Bus, running_bus
from tests.support.kafka import running_kafka
from tests.support.mutations import example
from tests.support.streams import make_topics, producing

DESKS = ("hu.spoc", "hr.spoc", "bg.spoc")
RATES = (50, 250)
SECONDS = 12
BACKLOG = 3_000
BOUND_MS = 100.0
PASSED = "bench.in"
COPIES = ("bench.a", "bench.b", "bench.c")


def compose_many(bus: Bus, count: int) -> list[Sendable]:
    """Missing-person alerts for three named desks, each on a thread of its own."""
    signer = Keystore(bus.folder / "private" / "rs").signing_key("rs")
    event = example("missing_person")
    event["header"]["addressing"] = {"desks": list(DESKS)}
    made = []
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        for _ in range(count):
            composed = compose(publisher.preview(event), bus.world, signer)
            made.append(Sendable(out_topic("rs"), composed.thread_id.encode(), composed.value))
    return made


def routed_per_second(bus: Bus, records: Sequence[Sendable]) -> float:
    """How fast one worker works off a backlog, by the broker's record of its decisions."""
    bus.hub.terminate()
    begin = end_of(bus.bootstrap, DECISIONS)
    write(bus.bootstrap, records)
    bus.hub.start()
    return rate_of(bus.bootstrap, DECISIONS, begin, len(records))


def passed_per_second(bootstrap: str, records: Sequence[Sendable]) -> float:
    """The same for the bare pass-through."""
    begin = end_of(bootstrap, COPIES[0])
    write(bootstrap, [Sendable(PASSED, each.key, each.value) for each in records])
    with passing(bootstrap):
        return rate_of(bootstrap, COPIES[0], begin, len(records))


def write(bootstrap: str, records: Sequence[Sendable]) -> None:
    """Stores the records, as fast as they go."""
    with producing(bootstrap, max_request_size=524_288) as producer:
        for record in records:
            producer.send(record.topic, key=record.key, value=record.value)


def end_of(bootstrap: str, topic: str) -> int:
    """The offset after the last record of a topic with one partition."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partition = TopicPartition(topic, 0)
        return int(consumer.end_offsets([partition])[partition])
    finally:
        consumer.close()


def rate_of(bootstrap: str, topic: str, begin: int, count: int) -> float:
    """Records per second between the first and the last of ``count`` on a topic."""
    partition = TopicPartition(topic, 0)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    stamps: list[int] = []
    try:
        consumer.assign([partition])
        consumer.seek(partition, begin)
        give_up = time.monotonic() + 180
        while len(stamps) < count:
            batch = consumer.poll(timeout_ms=200).get(partition, [])
            stamps += [record.timestamp for record in batch]
            if time.monotonic() > give_up:
                raise TimeoutError(f"{len(stamps)} of {count} on {topic}")
    finally:
        consumer.close()
    return (count - 1) / max((max(stamps) - min(stamps)) / 1000, 1e-3)


@contextmanager
def passing(bootstrap: str) -> Iterator[None]:
    """The bare pass-through as a process, for as long as the block lasts."""
    command = [sys.executable, "-m", "tests.bench.passing", "--bootstrap", bootstrap, PASSED]
    process = subprocess.Popen(leashed([*command, *COPIES]), stdin=subprocess.PIPE)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)
        if process.stdin is not None:
            process.stdin.close()


def latencies(bootstrap: str, records: Sequence[Sendable], feeds: Sequence[str]) -> list[Latency]:
    """One measurement for each rate."""
    found, rest = [], list(records)
    for rate in RATES:
        count = rate * SECONDS
        part, rest = rest[:count], rest[count:]
        found.append(asyncio.run(latency(bootstrap, part, rate, feeds, len(feeds))))
    return found


def measure(console: Console) -> dict[str, Any]:
    """Everything, in one run."""
    with (
        tempfile.TemporaryDirectory(prefix="natcbus-bench-") as folder,
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, Path(folder)) as bus,
    ):
        count = sum(RATES) * SECONDS
        console.print(f"composing {2 * count + 2 * BACKLOG} messages", style="dim")
        records = compose_many(bus, count + BACKLOG)
        feeds = [feed_topic(desk) for desk in DESKS]
        make_topics(kafka.bootstrap, {PASSED: 4, **dict.fromkeys(COPIES, 1)})

        console.print("latency through the hub, then bare", style="dim")
        hub = latencies(kafka.bootstrap, records[:count], feeds)
        with passing(kafka.bootstrap):
            again = [Sendable(PASSED, each.key, each.value) for each in records[:count]]
            warm = [Sendable(PASSED, f"warm{n}".encode(), b"") for n in range(50)]
            asyncio.run(latency(kafka.bootstrap, warm, 50, COPIES, len(COPIES)))
            bare = latencies(kafka.bootstrap, again, COPIES)

        console.print("a backlog through the hub, then bare", style="dim")
        routed = routed_per_second(bus, records[count:])
        passed = passed_per_second(kafka.bootstrap, records[count:])
        world = load_world(
            bus.network_folder, bus.folder / "public", bus.folder / "private/hub/hub.sign.pem"
        )
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "message_bytes": len(records[0].value),
            "latency_ms": {
                name: {
                    str(rate): {
                        "p50": each.p50,
                        "p99": each.p99,
                        "max": each.worst,
                        "p50_of_last_tenth": each.last_tenth,
                    }
                    for rate, each in zip(RATES, found, strict=True)
                }
                for name, found in (("hub", hub), ("bare", bare))
            },
            "messages_per_second": {"hub": routed, "bare": passed},
            "microseconds": dict(stages(world, out_topic("rs"), records[0].value)),
            "network": deciding_at_size(),
        }


def show(console: Console, found: dict[str, Any]) -> None:
    """The figures as tables."""
    times = Table(title=f"publish to feed, ms ({found['message_bytes']} bytes, three desks)")
    for column in ("", "messages/s", "p50", "p99", "max", "p50 of the last tenth"):
        times.add_column(column, justify="right" if column else "left")
    for name, rates in found["latency_ms"].items():
        for rate, row in rates.items():
            times.add_row(name, rate, *(f"{value:.1f}" for value in row.values()))
    console.print(times)
    speed = Table(title="one worker out of a backlog")
    speed.add_column("")
    speed.add_column("messages/s", justify="right")
    for name, value in found["messages_per_second"].items():
        speed.add_row(name, f"{value:.0f}")
    console.print(speed)
    parts = Table(title="microseconds per message in the hub, without Kafka (median)")
    parts.add_column("stage")
    parts.add_column("µs", justify="right")
    for name, value in found["microseconds"].items():
        parts.add_row(name, f"{value:.0f}")
    console.print(parts)
    size = Table(title="a decision as the Network grows (µs; compiling in s)")
    size.add_column("the example Network and")
    size.add_column("", justify="right")
    for name, value in found["network"].items():
        size.add_row(name, f"{value:.1f}")
    console.print(size)


def broken(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each bound in words with its figure, and whether it is broken."""
    p99 = found["latency_ms"]["hub"][str(RATES[-1])]["p99"]
    yield f"p99 at {RATES[-1]}/s {p99:.1f} ms, bound {BOUND_MS:.0f}", p99 >= BOUND_MS
    size = found["network"]
    few, thousand, many, seconds = size.values()
    yield f"decide among 1,000 desks {thousand:.0f} µs, bound 2,000", thousand >= 2_000
    yield f"10,000 desks cost {many / few:.2f} times 100, bound 1.5", many / few > 1.5
    yield f"compile 10,000 desks {seconds:.1f} s, bound 5", seconds >= 5


def main() -> int:
    """Prints the figures; 1 when a bound is broken."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print the figures as JSON")
    as_json = arguments.parse_args().json
    console = Console(stderr=as_json)
    found = measure(console)
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        show(console, found)
    bounds = list(broken(found))
    for text, is_broken in bounds:
        console.print(f"{text}: {'BROKEN' if is_broken else 'kept'}")
    return int(any(is_broken for _, is_broken in bounds))


if __name__ == "__main__":
    sys.exit(main())

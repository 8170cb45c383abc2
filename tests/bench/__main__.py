"""Measures the hub on real Kafka, on this machine, in one run: ``make bench``.

The same job by the hub, one record after the other, and by three other ways out of one backlog;
latency from publishing to a desk's feed at two rates, beside a bare consumer and producer; a day of
all European police; memory with a long backlog; microseconds per stage. Messages are signed, sealed
and decided, and go to three desks each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from rich.console import Console
from rich.table import Table

from natcbus.client import Publisher
from natcbus.client.composing import compose
from natcbus.client.keystore import Keystore
from natcbus.hub.world import load_world
from natcbus.routing.topics import DECISIONS, feed_topic, out_topic
from tests.bench.contenders import (
    DONE_WITHIN_S,
    FRAMEWORKS,
    HUB,
    LOOK_EVERY_S,
    ONE_BY_ONE,
    ROUNDS,
    in_turn,
    medians,
)
from tests.bench.deciding import deciding_at_size
from tests.bench.hops import RATES, SECONDS, WINDOWS, hops
from tests.bench.load import Sendable
from tests.bench.memory import full_memory_mb, peak_mb
from tests.bench.stages import stages
from tests.support.bus import Bus, running_bus
from tests.support.kafka import AS_KAFKA_DOES, running_kafka
from tests.support.mutations import example
from tests.support.streams import producing

DESKS = ("hu.spoc", "hr.spoc", "bg.spoc")
DAY = 4_900
"""Messages that SIENA, of all European police, carries in a day."""
BACKLOG = 1_000
"""Of them, what each contender works off."""
LONG_BACKLOG = 100_000
WORKED_OFF = 10_000
BOUND_MS = 100.0


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


def day_seconds(bus: Bus, count: int) -> float:
    """Seconds from the start of a stopped hub until it has decided the backlog before it."""
    begin, started = end_of(bus.bootstrap, DECISIONS), time.monotonic()
    bus.hub.start()
    wait_for(bus.bootstrap, begin + count)
    return time.monotonic() - started


def backlog_mb(bus: Bus, records: Sequence[Sendable]) -> float:
    """The peak of a stopped hub, started with ``LONG_BACKLOG`` to do, when it has done a part.

    The records are those of a day, again and again, so that most are repetitions; what it would
    remember of as many different messages is added.
    """
    write(bus.bootstrap, islice(cycle(records), LONG_BACKLOG))
    begin = end_of(bus.bootstrap, DECISIONS)
    bus.hub.start()
    wait_for(bus.bootstrap, begin + WORKED_OFF)
    return peak_mb(bus.hub.process.pid) + full_memory_mb()


def write(bootstrap: str, records: Iterable[Sendable]) -> None:
    """Stores the records, as fast as they go."""
    with producing(bootstrap, DONE_WITHIN_S, max_request_size=524_288) as producer:
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


def wait_for(bootstrap: str, end: int) -> None:
    """Returns when so many decisions are stored."""
    give_up = time.monotonic() + DONE_WITHIN_S
    while (found := end_of(bootstrap, DECISIONS)) < end:
        if time.monotonic() > give_up:
            raise TimeoutError(f"{found} of {end} decisions")
        time.sleep(LOOK_EVERY_S)


def measure(console: Console) -> dict[str, Any]:
    """Everything, in one run."""
    with (
        tempfile.TemporaryDirectory(prefix="natcbus-bench-") as folder,
        running_kafka(jvm=AS_KAFKA_DOES) as kafka,
        running_bus(kafka.bootstrap, Path(folder)) as bus,
    ):
        bus.hub.terminate()
        count = WINDOWS * SECONDS * sum(RATES)
        console.print(f"composing {DAY + count} messages", style="dim")
        records = compose_many(bus, DAY + count)
        day, rest = records[:DAY], records[DAY:]
        feeds = [feed_topic(desk) for desk in DESKS]
        write(kafka.bootstrap, day)

        console.print("a day of all European police", style="dim")
        seconds = day_seconds(bus, DAY)

        console.print(f"the backlog by each contender, {ROUNDS} rounds", style="dim")
        bus.hub.terminate()
        paces = in_turn(bus, out_topic("rs"), feeds, BACKLOG)

        bus.hub.start().wait_ready()

        console.print(f"latency through the hub and bare, {WINDOWS} times in turn", style="dim")
        lags = hops(kafka.bootstrap, rest, feeds)
        bus.hub.terminate()

        console.print(f"memory with {LONG_BACKLOG} messages to do", style="dim")
        memory = backlog_mb(bus, day)
        world = load_world(
            bus.network_folder, bus.folder / "public", bus.folder / "private/hub/hub.sign.pem"
        )
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "message_bytes": len(records[0].value),
            "latency_ms": lags,
            "day_seconds": seconds,
            "memory_mb": memory,
            "messages_per_second": {
                name: {
                    "median": middle.per_second,
                    "runs": [each.per_second for each in paces[name]],
                    "cpu_us": middle.cpu_us,
                }
                for name, middle in medians(paces).items()
            },
            "microseconds": dict(stages(world, out_topic("rs"), records[0].value)),
            "network": deciding_at_size(),
        }


def show(console: Console, found: dict[str, Any]) -> None:
    """The figures as tables."""
    times = Table(
        title=f"publish to feed, ms ({found['message_bytes']} bytes, three desks; medians)"
    )
    for column in ("", "messages/s", "p50", "p99", "max", "p50 of the last tenth", "p99 in turn"):
        times.add_column(column, justify="right" if column else "left")
    for name, rates in found["latency_ms"].items():
        for rate, row in rates.items():
            *middles, each = row.values()
            in_turn = ", ".join(f"{value:.1f}" for value in each)
            times.add_row(name, rate, *(f"{value:.1f}" for value in middles), in_turn)
    console.print(times)
    console.print(contest(found["messages_per_second"]))
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


def contest(paces: Mapping[str, Mapping[str, Any]]) -> Table:
    """Who works off the backlog how fast, one process each."""
    table = Table(title="one process out of a backlog, the same job, interleaved rounds")
    for column in ("", "messages/s (median)", "of the hub's", "CPU µs/message", "rounds"):
        table.add_column(column, justify="right" if column else "left")
    hub = paces[HUB]["median"]
    for name, each in paces.items():
        rounds = ", ".join(f"{rate:.0f}" for rate in each["runs"])
        ratio = f"{each['median'] / hub:.2f}"
        table.add_row(name, f"{each['median']:.0f}", ratio, f"{each['cpu_us']:.0f}", rounds)
    return table


def broken(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each bound in words with its figure, and whether it is broken."""
    rate = str(RATES[-1])
    p99 = found["latency_ms"]["hub"][rate]["p99"]
    bare = found["latency_ms"]["bare"][rate]["p99"]
    yield f"p99 at {rate}/s {p99:.1f} ms, bound {BOUND_MS:.0f}", p99 >= BOUND_MS
    yield f"p99 at {rate}/s {p99 / bare:.1f} times the bare way's, bound 4", p99 >= 4 * bare
    rates = {name: each["median"] for name, each in found["messages_per_second"].items()}
    single = rates[HUB] / rates[ONE_BY_ONE]
    yield f"the hub routes {single:.1f} times as fast as one by one, bound 2", single < 2
    best = max(FRAMEWORKS, key=lambda name: rates[name])
    share = rates[HUB] / rates[best]
    yield f"the hub routes {share:.2f} times as fast as {best}, bound 1", share < 1
    day, memory = found["day_seconds"], found["memory_mb"]
    yield f"{DAY} messages in {day:.1f} s from the start of the process, bound 15", day >= 15
    yield f"{memory:.0f} MB with {LONG_BACKLOG} messages to do, bound 300", memory >= 300
    few, thousand, many, seconds = found["network"].values()
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

"""The same job by others: each as a process, timed by what the broker stored of its work.

All read one backlog, in turn, several rounds; a group of its own makes each begin at the start. The
broker stamps what it appends, so that nobody's clock and no reader takes part while they work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, TypeAlias

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from natcbus.operations.leash import leashed
from natcbus.routing.topics import DECISIONS
from tests.support.bus import Bus
from tests.support.hub_process import REPOSITORY, SOURCES, HubProcess

ROUNDS: Final = 3
DONE_WITHIN_S: Final = 300.0
LOOK_EVERY_S: Final = 0.05
OTHERS_PYTHON: Final = REPOSITORY / ".venv-bench" / "bin" / "python"

HUB: Final = "our hub"
ONE_BY_ONE: Final = "one by one (aiokafka)"
FRAMEWORKS: Final[Mapping[str, tuple[Path | str, str]]] = {
    "Quix Streams": (OTHERS_PYTHON, "quix"),
    "FastStream (aiokafka)": (OTHERS_PYTHON, "faststream_kafka"),
    "bare confluent-kafka": (OTHERS_PYTHON, "bare_confluent"),
}
MODULES: Final = {ONE_BY_ONE: (sys.executable, "one_by_one"), **FRAMEWORKS}

Working: TypeAlias = Callable[[str], AbstractContextManager[int]]
"""Makes a worker that reads under the group of this name for as long as the block lasts: its id."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a contender worked off the backlog.

    ``cpu_us`` is what its process used for one message, in microseconds: on a machine that others
    use too, it says more than the rate.
    """

    per_second: float
    cpu_us: float


def stamped_by_broker(bootstrap: str, topics: Sequence[str]) -> None:
    """Lets the broker's own clock say when a record was appended to these topics."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.alter_configs(
            [
                ConfigResource(
                    ConfigResourceType.TOPIC, topic, {"message.timestamp.type": "LogAppendTime"}
                )
                for topic in topics
            ]
        )
    finally:
        admin.close()


def in_turn(bus: Bus, source: str, feeds: Sequence[str], count: int) -> dict[str, list[Pace]]:
    """How each contender worked off ``count`` messages, once for each round."""
    stamped_by_broker(bus.bootstrap, [DECISIONS, *feeds])
    workers = {HUB: _hub(bus), **{name: _other(bus, source, *MODULES[name]) for name in MODULES}}
    paces: dict[str, list[Pace]] = {name: [] for name in workers}
    for turn in range(ROUNDS):
        names = list(workers)
        for name in (*names[turn % len(names) :], *names[: turn % len(names)]):
            group = f"bench.{turn}.{names.index(name)}"
            paces[name].append(
                _pace(bus.bootstrap, [DECISIONS, *feeds], count, workers[name], group)
            )
    return paces


def medians(paces: Mapping[str, Sequence[Pace]]) -> dict[str, Pace]:
    """The medians of each contender."""
    return {
        name: Pace(median(each.per_second for each in runs), median(each.cpu_us for each in runs))
        for name, runs in paces.items()
    }


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pace(bootstrap: str, topics: Sequence[str], count: int, working: Working, group: str) -> Pace:
    partitions = [TopicPartition(topic, 0) for topic in topics]
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        consumer.assign(partitions)
        begin = consumer.end_offsets(partitions)

        def stored() -> int:
            ends = consumer.end_offsets(partitions)
            return min(int(ends[each] - begin[each]) for each in partitions)

        with working(group) as pid:
            before = _await(stored, 1), cpu_seconds(pid)
            after = _await(stored, count), cpu_seconds(pid)
        used = (after[1] - before[1]) / (after[0] - before[0]) * 1e6
        first = min(_stamp(consumer, each, begin[each]) for each in partitions)
        last = max(_stamp(consumer, each, begin[each] + count - 1) for each in partitions)
        return Pace((count - 1) / max((last - first) / 1000, 1e-3), used)
    finally:
        consumer.close()


def _await(stored: Callable[[], int], count: int) -> int:
    give_up = time.monotonic() + DONE_WITHIN_S
    while (found := stored()) < count:
        if time.monotonic() > give_up:
            raise TimeoutError(f"{found} of {count} within {DONE_WITHIN_S:.0f} s")
        time.sleep(LOOK_EVERY_S)
    return found


def _stamp(consumer: KafkaConsumer, partition: TopicPartition, offset: int) -> int:
    """When the broker appended this record, in milliseconds."""
    consumer.seek(partition, offset)
    while True:
        for record in consumer.poll(timeout_ms=200, max_records=1).get(partition, []):
            if record.offset == offset:
                return int(record.timestamp)


def _hub(bus: Bus) -> Working:
    @contextmanager
    def working(group: str) -> Iterator[int]:
        settings = {**bus.settings, "NATCBUS_HUB_GROUP": group}
        hub = HubProcess("natcbus.cli.main", ["hub"], settings, bus.folder / f"{group}.log")
        with hub:
            yield hub.start().process.pid
            hub.terminate()

    return working


def _other(bus: Bus, source: str, python: Path | str, module: str) -> Working:
    @contextmanager
    def working(group: str) -> Iterator[int]:
        command = [str(python), "-m", f"tests.bench.frameworks.{module}", "--group", group]
        command += ["--bootstrap", bus.bootstrap, "--source", source]
        command += ["--network", str(bus.network_folder), "--public", str(bus.folder / "public")]
        command += ["--signing-key", str(bus.folder / "private/hub/hub.sign.pem")]
        with (bus.folder / f"{group}.log").open("ab") as log:
            process = subprocess.Popen(
                leashed(command),
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process.pid
        finally:
            # At least once: none of them loses by it, and none is asked to be graceful.
            process.kill()
            process.wait(30)
            if process.stdin is not None:
                process.stdin.close()

    return working

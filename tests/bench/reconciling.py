"""How fast ``natcbus reconcile`` reads a bus, and how much memory it takes.

``python -m tests.bench.reconciling``: real Kafka, the real router's records, everything verified
and decided again. The judge runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from natcbus.operations.reconciling import reconcile
from natcbus.operations.reconciling.rules import rules_in
from natcbus.routing.signed import OpenedNetwork
from tests.support.bus import running_bus
from tests.support.faulty_hub import FaultyHub
from tests.support.kafka import running_kafka
from tests.support.mutations import example

_AT_ONCE: Final = 200
_KILOBYTES: Final = 1024


def fill(hub: FaultyHub, messages: int) -> int:
    """Write what follows from so many messages; how many records that is."""
    written = 0
    event = example("missing_person")
    numbers = iter(range(messages))
    while batch := list(islice(numbers, _AT_ONCE)):
        sent = [hub.send(event=event) for _ in batch]
        records = [record for each in sent for record in hub.route(each).records]
        hub.write(records)
        written += len(sent) + len(records)
        sys.stderr.write(f"\r{written} records written")
    sys.stderr.write("\n")
    return written


def judge(bootstrap: str, network: Path, public: Path) -> None:
    """Reconcile, and print what it took as JSON."""
    rules: OpenedNetwork = rules_in(network, public)
    begun, busy = time.perf_counter(), time.process_time()
    report = reconcile(bootstrap, [rules], grace=timedelta(0), now=datetime.now(UTC))
    took = {
        "records": sum(report.read.values()),
        "deliveries": report.deliveries,
        "kept": report.kept,
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": time.process_time() - busy,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTES,
    }
    print(json.dumps(took))  # noqa: T201 - for the process that started this one


def measured(messages: int) -> Iterator[str]:
    """Lines for people: a tenth of the messages first, to show that memory does not grow along."""
    with (
        running_kafka() as kafka,
        tempfile.TemporaryDirectory() as folder,
        running_bus(kafka.bootstrap, Path(folder)) as bus,
    ):
        bus.hub.terminate()
        with FaultyHub(bus) as hub:
            for count in (messages // 10, messages - messages // 10):
                fill(hub, count)
                words = [bus.bootstrap, str(bus.network_folder), str(bus.folder / "public")]
                command = [sys.executable, "-m", "tests.bench.reconciling", "--judge", *words]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                took = json.loads(done.stdout)
                yield (
                    f"{took['records']:>8,} records ({took['deliveries']:,} deliveries) in "
                    f"{took['seconds']:.1f} s, {took['records'] / took['seconds']:,.0f} records/s; "
                    f"{took['cpu_seconds'] / took['records'] * 1e6:.0f} us CPU per record, "
                    f"peak {took['peak_rss_mb']:.0f} MB; kept: {took['kept']}"
                )


def main() -> None:
    """Measure, or be the process that is measured."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=4_500)
    arguments.add_argument("--judge", nargs=3)
    chosen = arguments.parse_args()
    if chosen.judge is not None:
        bootstrap, network, public = chosen.judge
        judge(bootstrap, Path(network), Path(public))
        return
    for line in measured(chosen.messages):
        print(line)  # noqa: T201 - the measurement


if __name__ == "__main__":
    main()

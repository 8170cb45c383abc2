"""From publishing to a desk's feed through the hub, and by two bare hops, in turn.

A machine that others use too has bad moments. So the two ways take turns, and the median of the
turns is the figure.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from natcbus.operations.ending import end
from natcbus.operations.leash import leashed
from tests.bench.load import Latency, Sendable, latency
from tests.support.streams import make_topics

RATES = (50, 250)
SECONDS = 6
WINDOWS = 5
_PASSED = "bench.in"
_COPIES = ("bench.a", "bench.b", "bench.c")


def hops(
    bootstrap: str, records: Sequence[Sendable], feeds: Sequence[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """For each way and rate the medians of its turns, in ms, and the p99 of each turn.

    ``records`` are enough for each turn at each rate; none is sent through the hub twice.
    """
    make_topics(bootstrap, {_PASSED: 4, **dict.fromkeys(_COPIES, 1)})
    turns: dict[str, dict[str, list[Latency]]] = {
        "hub": defaultdict(list),
        "bare": defaultdict(list),
    }
    rest = list(records)
    with _passing(bootstrap):
        warm = [Sendable(_PASSED, f"warm{number}".encode(), b"") for number in range(50)]
        asyncio.run(latency(bootstrap, warm, 50, _COPIES, len(_COPIES)))
        for rate in RATES * WINDOWS:
            part, rest = rest[: rate * SECONDS], rest[rate * SECONDS :]
            again = [Sendable(_PASSED, each.key, each.value) for each in part]
            for way, sent, copies in (("hub", part, feeds), ("bare", again, _COPIES)):
                found = asyncio.run(latency(bootstrap, sent, rate, copies, len(copies)))
                turns[way][str(rate)].append(found)
    return {
        way: {rate: _medians(found) for rate, found in rates.items()}
        for way, rates in turns.items()
    }


def _medians(turns: Sequence[Latency]) -> dict[str, Any]:
    return {
        "p50": median(each.p50 for each in turns),
        "p99": median(each.p99 for each in turns),
        "max": max(each.worst for each in turns),
        "p50_of_last_tenth": median(each.last_tenth for each in turns),
        "p99_of_each": [each.p99 for each in turns],
    }


@contextmanager
def _passing(bootstrap: str) -> Iterator[None]:
    """The bare pass-through as a process, for as long as the block lasts."""
    command = [sys.executable, "-m", "tests.bench.passing", "--bootstrap", bootstrap, _PASSED]
    process = subprocess.Popen(leashed([*command, *_COPIES]), stdin=subprocess.PIPE)
    try:
        yield
    finally:
        end(process, 30)

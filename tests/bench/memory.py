"""How much memory a worker takes, with a long backlog before it and all that it may remember."""

from __future__ import annotations

import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from natcbus.hub.replays import DEFAULT_LIMIT, SeenSet, Sighting

_PEAK: Final = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_SAMPLE: Final = 10_000


def peak_mb(pid: int) -> float:
    """The most memory that a process has had resident so far, in MB."""
    found = _PEAK.search(Path(f"/proc/{pid}/status").read_text("utf-8"))
    assert found is not None
    return int(found[1]) / 1024


def full_memory_mb() -> float:
    """What the hub's memory of routed messages takes when it is full, in MB."""
    expires_at = datetime.now(UTC) + timedelta(days=1)
    seen = SeenSet()
    tracemalloc.start()
    try:
        for number in range(_SAMPLE):
            seen.remember(_sighting(number, expires_at))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return size / len(seen) * DEFAULT_LIMIT / 1024**2


def _sighting(number: int, expires_at: datetime) -> Sighting:
    return Sighting(
        expires_at + timedelta(milliseconds=number),
        "rs",
        f"019ab3c4-5d6e-7f80-9123-{number:012x}",
        number.to_bytes(32, "big"),
        f"rs.019ab3c4-5d6e-7f80-9124-{number:012x}",
        "missing_person",
        "ACTUAL",
    )

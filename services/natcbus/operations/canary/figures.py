"""What the canary shows to Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
BUCKETS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 300, 3600)


class CanaryFigures:
    """Counts, times and ends of feeds, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        prefix = "natcbus_canary"
        self.well = Gauge(
            f"{prefix}_well",
            "1 while each message came back within its limit, else 0.",
            registry=self._registry,
        )
        self.sent = Counter(
            f"{prefix}_sent", "Messages that were accepted for sending.", registry=self._registry
        )
        self.returned = Counter(
            f"{prefix}_returned", "Messages that came back, late ones too.", registry=self._registry
        )
        self.late = Counter(
            f"{prefix}_late",
            "Messages that were not back within their limit.",
            registry=self._registry,
        )
        self.round_trip = Histogram(
            f"{prefix}_round_trip_seconds",
            "From the call that publishes to the delivery, opened.",
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._last_return = Gauge(
            f"{prefix}_last_return_timestamp_seconds",
            "When the last message came back; 0 for never.",
            registry=self._registry,
        )
        self._ends = Gauge(
            f"{prefix}_feed_end_offset",
            "Where each feed ends that this user may see: it only rises.",
            ("topic",),
            registry=self._registry,
        )

    def came_back(self, seconds: float, at: float) -> None:
        """Count a message that came back after ``seconds``; ``at`` is Unix time."""
        self.returned.inc()
        self.round_trip.observe(seconds)
        self._last_return.set(at)

    def ends(self, ends: Mapping[str, int]) -> None:
        """Show where feeds end."""
        for topic, end in ends.items():
            self._ends.labels(topic).set(end)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

"""What the hub counts, for Prometheus. No label ever holds anything of a person.

Labels are names of topics, event types, outcomes and reason codes: all from closed vocabularies,
and whatever does not look like one of their words is counted as ``other``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from natcbus.hub.departure import Partition
from natcbus.hub.records import Inbound, NetworkInUse, Outcome, Routed
from natcbus.hub.window import State

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
LATENCY_BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
ROUTE_BUCKETS: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1)


@dataclass(frozen=True, slots=True)
class Live:
    """The figures of this moment, per partition where they are mappings."""

    in_flight: Mapping[Partition, int]
    lag: Mapping[Partition, int]
    oldest_seconds: float
    network: NetworkInUse | None = None
    paused: Mapping[str, float] = field(default_factory=dict)
    states: Mapping[Partition, Mapping[State, int]] = field(default_factory=dict)
    ready: bool = False


class Metrics:
    """The hub's counters and histograms, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        prefix = "natcbus_hub"
        self._events = Counter(
            f"{prefix}_events",
            "Events of members, by what became of them, once that is durable.",
            ("topic", "outcome"),
            registry=self.registry,
        )
        self._deliveries = Counter(
            f"{prefix}_deliveries",
            "Deliveries to desks, by event type and outcome.",
            ("type", "outcome"),
            registry=self.registry,
        )
        self._denials = Counter(
            f"{prefix}_denials",
            "Candidate desks that were denied, by reason code.",
            ("code",),
            registry=self.registry,
        )
        self._quarantined = Counter(
            f"{prefix}_quarantined",
            "Records that could not be read, by member topic.",
            ("topic",),
            registry=self.registry,
        )
        self._floods = Counter(
            f"{prefix}_floods",
            "Floods of records that were put aside; each paused the reading of its topic.",
            ("topic",),
            registry=self.registry,
        )
        self._expired = Counter(
            f"{prefix}_expired_unread",
            "Records that retention removed before they were read: lost.",
            ("topic",),
            registry=self.registry,
        )
        self._refused_networks = Counter(
            f"{prefix}_network_refused",
            "New versions of the network that are not used, by reason code.",
            ("code",),
            registry=self.registry,
        )
        self._stalls = Counter(
            f"{prefix}_loop_stalls",
            "Times in which the event loop did not turn, whose stacks were logged.",
            registry=self.registry,
        )
        self._commits = Counter(f"{prefix}_commits", "Commits of offsets.", registry=self.registry)
        self._latency = Histogram(
            f"{prefix}_publish_to_feed_seconds",
            "From the record's own time to the durability of all that follows from it.",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._route = Histogram(
            f"{prefix}_route_seconds",
            "Time to admit and decide one event.",
            buckets=ROUTE_BUCKETS,
            registry=self.registry,
        )

    def expect(self, topics: Iterable[str]) -> None:
        """Show zeroes for these topics: an alert on a rise does not see a counter's first value."""
        for topic in topics:
            self._quarantined.labels(topic)
            self._floods.labels(topic)
            self._expired.labels(topic)
            for outcome in Outcome:
                self._events.labels(topic, outcome.value)

    def done(self, record: Inbound, routed: Routed, now: datetime) -> None:
        """Count an event whose records are all durable at ``now`` (aware)."""
        self._events.labels(record.topic, routed.outcome.value).inc()
        for outcome, number in routed.deliveries.items():
            self._deliveries.labels(word(routed.message_type), word(outcome)).inc(number)
        for code, number in routed.denials.items():
            self._denials.labels(word(code)).inc(number)
        if routed.outcome is Outcome.QUARANTINED:
            self._quarantined.labels(record.topic).inc()
        self._latency.observe(max(0.0, (now - record.stored_at).total_seconds()))

    def routed(self, seconds: float) -> None:
        """Note how long one decision took."""
        self._route.observe(seconds)

    def committed(self) -> None:
        """Count a commit."""
        self._commits.inc()

    def network_refused(self, code: str) -> None:
        """Count a version of the network that was published and is not used."""
        self._refused_networks.labels(word(code)).inc()

    def stalled(self) -> None:
        """Count a stall of the event loop."""
        self._stalls.inc()

    def flooded(self, topic: str) -> None:
        """Count a flood, after which a topic is left alone for a while."""
        self._floods.labels(topic).inc()

    def expired(self, partition: Partition, records: int) -> None:
        """Count records that retention removed unread."""
        self._expired.labels(partition[0]).inc(records)

    def watch(self, live: Callable[[], Live]) -> None:
        """Show the figures of the moment in which somebody asks."""
        self.registry.register(_LiveFigures(live))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _LiveFigures(Collector):
    def __init__(self, live: Callable[[], Live]) -> None:
        self._live = live

    def collect(self) -> Iterator[GaugeMetricFamily]:
        live = self._live()
        yield GaugeMetricFamily(
            "natcbus_hub_ready", "1 while /ready says yes, else 0.", value=int(live.ready)
        )
        yield _per_partition("natcbus_hub_lag_records", "Records not acknowledged yet.", live.lag)
        yield _per_partition("natcbus_hub_in_flight_events", "Events in flight.", live.in_flight)
        window = GaugeMetricFamily(
            "natcbus_hub_window_events",
            "Events in the window by state: what is finished there waits for an earlier one.",
            labels=("topic", "partition", "state"),
        )
        for (topic, partition), states in sorted(live.states.items()):
            for state, number in sorted(states.items()):
                window.add_metric((topic, str(partition), state), number)
        yield window
        yield GaugeMetricFamily(
            "natcbus_hub_oldest_event_seconds",
            "Age of the oldest event in flight.",
            value=live.oldest_seconds,
        )
        paused = GaugeMetricFamily(
            "natcbus_hub_paused_seconds",
            "Seconds until a topic is read again that flooded the quarantine.",
            labels=("topic",),
        )
        for topic, left in sorted(live.paused.items()):
            paused.add_metric((topic,), left)
        yield paused
        if live.network is not None:
            yield from _network(live.network)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())


def word(value: str) -> str:
    """Return ``value`` where it may be a label, ``other`` where it may not."""
    return value if WORD.fullmatch(value) else "other"


def _network(in_use: NetworkInUse) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily(
        "natcbus_hub_network_version",
        "Version of the network that decides now.",
        value=in_use.version,
    )
    if in_use.expires_at is not None:
        yield GaugeMetricFamily(
            "natcbus_hub_network_expires_timestamp_seconds",
            "When that version expires: from then on messages are refused.",
            value=in_use.expires_at.timestamp(),
        )


def _per_partition(name: str, text: str, values: Mapping[Partition, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=("topic", "partition"))
    for (topic, partition), value in sorted(values.items()):
        family.add_metric((topic, str(partition)), value)
    return family

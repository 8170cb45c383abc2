"""Which topics a network needs, and how those of a broker differ. Pure; `provision` acts.

Topics are created only here (design section 9), never by a broker and never by a client.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from natcbus.envelope.network_document import MAX_DOCUMENT_BYTES
from natcbus.operations.errors import TopicNameError
from natcbus.routing.network import Network
from natcbus.routing.topics import (
    DECISIONS,
    NETWORK,
    QUARANTINE,
    SCHEMAS,
    feed_topic,
    out_topic,
    receipts_topic,
)

HEADS: Final = "hub.heads"

OUT_MAX_BYTES: Final = 524_288
"""Twice the contract's limit: the hub refuses with a reason, the broker only protects itself."""
NETWORK_MAX_BYTES: Final = MAX_DOCUMENT_BYTES + 65_536
"""A version of the Network is one record, with all its files."""

_DAY_MS: Final = 86_400_000
_FOREVER: Final = "-1"
_OURS: Final = re.compile(r"(member|desk|hub)\..+")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


class Profile(StrEnum):
    """Where the topics live."""

    EMBEDDED = "embedded"
    """The demo's broker: it ignores every configuration, so none is asked for."""
    SINGLE = "single"
    """One Kafka node: nothing is replicated."""
    PRODUCTION = "production"
    """A cluster: three copies, two of them written before a message counts as sent."""


class Kind(StrEnum):
    """What a topic is for."""

    OUT = "out"
    RECEIPTS = "receipts"
    FEED = "feed"
    DECISIONS = "decisions"
    QUARANTINE = "quarantine"
    NETWORK = "network"
    SCHEMAS = "schemas"
    HEADS = "heads"


PARTITIONS: Final[Mapping[Kind, int]] = {
    # As many hub workers can share the work. Equal for all members: Faust assigns them together.
    Kind.OUT: 4,
    Kind.RECEIPTS: 1,
    # Human order: one desk reads one sequence.
    Kind.FEED: 1,
    # One order of everything that was decided: what the notary's heads are made over.
    Kind.DECISIONS: 1,
    Kind.QUARANTINE: 1,
    Kind.NETWORK: 1,
    Kind.SCHEMAS: 1,
    Kind.HEADS: 1,
}

_EVERY: Final = {
    # Whatever a client compresses lies uncompressed on disk: a search of it is conclusive.
    "compression.type": "uncompressed",
}
_THIRTY_DAYS: Final = {
    "cleanup.policy": "delete",
    "retention.ms": str(30 * _DAY_MS),
    # Kafka deletes whole segments: without daily ones a quiet topic keeps data far longer.
    "segment.ms": str(_DAY_MS),
}
_FOR_GOOD: Final = {"cleanup.policy": "delete", "retention.ms": _FOREVER}

CONFIGS: Final[Mapping[Kind, Mapping[str, str]]] = {
    # Never compacted: the hub takes a missing offset for a loss and leaves. The broker's own clock
    # stamps what arrives: legal time limits run from receipt, and no sender may move them.
    Kind.OUT: _EVERY
    | _THIRTY_DAYS
    | {"max.message.bytes": str(OUT_MAX_BYTES), "message.timestamp.type": "LogAppendTime"},
    Kind.RECEIPTS: _EVERY | _THIRTY_DAYS,
    Kind.FEED: _EVERY | _THIRTY_DAYS,
    Kind.DECISIONS: _EVERY | _FOR_GOOD,
    Kind.QUARANTINE: _EVERY | _THIRTY_DAYS,
    Kind.NETWORK: _EVERY | _FOR_GOOD | {"max.message.bytes": str(NETWORK_MAX_BYTES)},
    Kind.SCHEMAS: _EVERY | {"cleanup.policy": "compact"},
    Kind.HEADS: _EVERY | _FOR_GOOD,
}

_REPLICATION: Final[Mapping[Profile, int]] = {
    Profile.EMBEDDED: 1,
    Profile.SINGLE: 1,
    Profile.PRODUCTION: 3,
}
_IN_SYNC: Final[Mapping[Profile, int]] = {Profile.SINGLE: 1, Profile.PRODUCTION: 2}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be; ``configs`` are Kafka's topic settings by name."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExistingTopic:
    """A topic as a broker has it; ``configs`` holds at least what differs from Kafka's defaults."""

    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One setting of a topic that is not as it should be; None: the broker has no own value."""

    topic: str
    setting: str
    wanted: str
    found: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What separates the brokers' topics from those of a network.

    Attributes
    ----------
    create
        Topics that are not there yet, by name.
    unchanged
        Names of topics that are as they should be.
    different
        What is there but not as it should be: for people to judge, never changed by itself.
    unknown
        Names that look like ours and belong to no member or desk of this network: never deleted.
    """

    create: tuple[Topic, ...]
    unchanged: tuple[str, ...]
    different: tuple[Difference, ...]
    unknown: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether there is nothing to create and nothing to judge."""
        return not self.create and not self.different


def topics(network: Network, profile: Profile) -> tuple[Topic, ...]:
    """Return every topic that a network needs, by name.

    Raises
    ------
    TopicNameError
        An id of the network makes a name that Kafka does not take.
    """
    return tuple(
        _topic(name, kind, profile)
        for name, kind in sorted(_named(network), key=lambda pair: pair[0])
    )


def plan(network: Network, existing: Mapping[str, ExistingTopic], profile: Profile) -> Plan:
    """Compare the topics that a network needs with those that exist, by name.

    Raises
    ------
    TopicNameError
        An id of the network makes a name that Kafka does not take.
    """
    wanted = topics(network, profile)
    different = tuple(
        difference
        for topic in wanted
        if topic.name in existing
        for difference in _differences(topic, existing[topic.name])
    )
    wrong = {difference.topic for difference in different}
    names = {topic.name for topic in wanted}
    return Plan(
        create=tuple(topic for topic in wanted if topic.name not in existing),
        unchanged=tuple(sorted(names & existing.keys() - wrong)),
        different=different,
        unknown=tuple(sorted(name for name in existing.keys() - names if _OURS.fullmatch(name))),
    )


def _named(network: Network) -> Iterator[tuple[str, Kind]]:
    yield DECISIONS, Kind.DECISIONS
    yield QUARANTINE, Kind.QUARANTINE
    yield NETWORK, Kind.NETWORK
    yield SCHEMAS, Kind.SCHEMAS
    yield HEADS, Kind.HEADS
    for member in network.members:
        yield out_topic(member), Kind.OUT
        yield receipts_topic(member), Kind.RECEIPTS
    for desk in network.desks:
        yield feed_topic(desk), Kind.FEED


def _topic(name: str, kind: Kind, profile: Profile) -> Topic:
    if not _NAME.fullmatch(name):
        raise TopicNameError(name)
    return Topic(name, PARTITIONS[kind], _REPLICATION[profile], _configs(kind, profile))


def _configs(kind: Kind, profile: Profile) -> Mapping[str, str]:
    if profile is Profile.EMBEDDED:
        return {}
    return {**CONFIGS[kind], "min.insync.replicas": str(_IN_SYNC[profile])}


def _differences(topic: Topic, found: ExistingTopic) -> Iterator[Difference]:
    if found.partitions != topic.partitions:
        yield Difference(topic.name, "partitions", str(topic.partitions), str(found.partitions))
    if found.replication != topic.replication:
        yield Difference(topic.name, "replication", str(topic.replication), str(found.replication))
    for setting, wanted in sorted(topic.configs.items()):
        value = found.configs.get(setting)
        if value != wanted:
            yield Difference(topic.name, setting, wanted, value)

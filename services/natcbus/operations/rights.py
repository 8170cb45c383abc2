"""Who may do what at the brokers, and how what was granted differs. Pure; `granting` acts.

Everybody has what their part needs and nothing else (design section 7), derived from the Network:
a member says things on its own topic, and reads what became of them, its own desks' feeds, and what
everybody has to know. A broker user is named as the member is; the hub's is ``hub``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from natcbus.operations.topology import HEADS
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

HUB_USER: Final = "hub"
HUB_GROUP: Final = "hub.route"
CLUSTER: Final = "kafka-cluster"
"""Kafka's own name of the one cluster that a broker knows."""

_EVERYBODY: Final = (NETWORK, SCHEMAS, HEADS)
_OURS: Final = re.compile(r"(member|desk|hub)\..*")


class Operation(StrEnum):
    """What may be done, as Kafka calls it; READ and WRITE include DESCRIBE."""

    READ = "READ"
    WRITE = "WRITE"
    DESCRIBE = "DESCRIBE"
    DESCRIBE_CONFIGS = "DESCRIBE_CONFIGS"


class On(StrEnum):
    """What it is done to."""

    TOPIC = "TOPIC"
    GROUP = "GROUP"
    CLUSTER = "CLUSTER"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """``user`` may do ``operation`` to what has that name, or to all whose name begins so."""

    user: str
    operation: str
    on: On
    name: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class RightsPlan:
    """What separates the rights at the brokers from those of a network; each in order.

    Attributes
    ----------
    missing
        Wanted, and not granted.
    granted
        Wanted, and granted.
    beyond
        Granted on what is ours, and wanted by nobody: for people to judge, never taken by itself.
    """

    missing: tuple[Right, ...]
    granted: tuple[Right, ...]
    beyond: tuple[Right, ...]

    @property
    def done(self) -> bool:
        """Whether everybody has what they need, and nothing else."""
        return not self.missing and not self.beyond


def rights(network: Network) -> tuple[Right, ...]:
    """Return every right that the network's members and its hub need, in order."""
    return tuple(sorted([*_of_members(network), *_of_the_hub(network)]))


def compare(network: Network, found: Iterable[Right]) -> RightsPlan:
    """Compare the rights that the network asks for with those that were granted."""
    wanted, there = frozenset(rights(network)), frozenset(found)
    return RightsPlan(
        missing=tuple(sorted(wanted - there)),
        granted=tuple(sorted(wanted & there)),
        beyond=tuple(sorted(right for right in there - wanted if _is_ours(right))),
    )


def _of_members(network: Network) -> Iterator[Right]:
    for member in network.members:
        yield Right(member, Operation.WRITE, On.TOPIC, out_topic(member))
        for topic in (receipts_topic(member), *_EVERYBODY):
            yield Right(member, Operation.READ, On.TOPIC, topic)
    for name, desk in network.desks.items():
        yield Right(desk.member, Operation.READ, On.TOPIC, feed_topic(name))


def _of_the_hub(network: Network) -> Iterator[Right]:
    reads = [*map(out_topic, network.members), NETWORK, SCHEMAS]
    writes = [*map(receipts_topic, network.members), *map(feed_topic, network.desks)]
    for topic in reads:
        yield Right(HUB_USER, Operation.READ, On.TOPIC, topic)
    for topic in (*writes, DECISIONS, QUARANTINE):
        yield Right(HUB_USER, Operation.WRITE, On.TOPIC, topic)
    # In production it asks the brokers whether acknowledged means kept, before it begins.
    for topic in (*reads, *writes, DECISIONS, QUARANTINE):
        yield Right(HUB_USER, Operation.DESCRIBE_CONFIGS, On.TOPIC, topic)
    for operation in (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS):
        yield Right(HUB_USER, operation, On.CLUSTER, CLUSTER)
    yield Right(HUB_USER, Operation.READ, On.GROUP, HUB_GROUP)


def _is_ours(right: Right) -> bool:
    """Whether it reaches a topic of ours: by its name, or by a beginning that such names share."""
    if right.on is not On.TOPIC:
        return False
    begins = ("member.", "desk.", "hub.")
    reaches = right.prefix and any(each.startswith(right.name) for each in begins)
    return right.name == "*" or reaches or _OURS.fullmatch(right.name) is not None

"""The seam between the half that moves records and the half that decides about them.

The router is pure: bytes in, records out. It never sees Kafka headers of others, never sends,
and never raises for bad input: what it cannot read goes to quarantine as one more record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Inbound:
    """One record of a member's topic, as stored.

    ``stored_at`` is the record's own timestamp (aware, UTC), which its producer may have set:
    good enough to measure with, never to decide with.
    """

    topic: str
    partition: int
    offset: int
    stored_at: datetime
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Outbound:
    """One record to be made durable before its source is acknowledged.

    Without a ``partition`` the key chooses it, as Kafka's own clients do.
    """

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


class Outcome(StrEnum):
    """What became of an inbound record."""

    ROUTED = "routed"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Routed:
    """What follows from one inbound record.

    ``outbound`` is sent in this order. ``message_type`` is empty where it could not be read.
    ``deliveries`` counts by outcome of delivery (``full``, ``reduced``, ``notice``, or the code
    of why not), ``denials`` by reason code: both for metrics alone. ``memory`` is the router's
    own note for :meth:`Router.acknowledged`.
    """

    outbound: tuple[Outbound, ...]
    outcome: Outcome
    message_type: str = ""
    deliveries: Mapping[str, int] = field(default_factory=dict)
    denials: Mapping[str, int] = field(default_factory=dict)
    memory: object = None


class Router(Protocol):
    """Decides, for one record at a time, in the order of its partition."""

    def route(self, record: Inbound, now: datetime) -> Routed:
        """Decide what follows from ``record``; ``now`` is aware, UTC.

        Never raises for bad input: an exception is a bug, and the hub leaves without a commit.
        """
        ...

    def acknowledged(self, record: Inbound, routed: Routed) -> None:
        """Learn that all that followed from ``record`` is durable.

        Only now may it count as seen: after a crash it is read again, and must not be taken for
        a replay.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """A router with the topics it needs.

    ``reads`` are the members' topics. ``writes`` are all topics that may get a record; the hub
    does not start while one of them is missing.
    """

    router: Router
    reads: tuple[str, ...]
    writes: tuple[str, ...]

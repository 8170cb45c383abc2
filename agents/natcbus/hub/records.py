"""The seam between the half that moves records and the half that decides about them.

The router is pure: bytes in, records out. It never sees Kafka headers of others, never sends,
and never raises for bad input: what it cannot read goes to quarantine as one more record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    own note for :meth:`Router.acknowledged`. ``flood`` asks to leave the record's topic alone for
    a while.
    """

    outbound: tuple[Outbound, ...]
    outcome: Outcome
    message_type: str = ""
    deliveries: Mapping[str, int] = field(default_factory=dict)
    denials: Mapping[str, int] = field(default_factory=dict)
    memory: object = None
    flood: bool = False


class Router(Protocol):
    """Decides, for one record at a time, in the order of its partition."""

    def route(self, record: Inbound, now: datetime) -> Routed:
        """Decide what follows from ``record``; ``now`` is aware, UTC.

        Never raises for bad input: an exception is a bug, and the hub leaves without a commit.
        """
        ...

    def set_aside(self, record: Inbound, now: datetime) -> Routed:
        """Put ``record`` aside without looking into it: that has ended one worker after another."""
        ...

    def acknowledged(self, record: Inbound, routed: Routed) -> None:
        """Learn that all that followed from ``record`` is durable.

        Only now may it count as seen: after a crash it is read again, and must not be taken for
        a replay.
        """
        ...


@dataclass(frozen=True, slots=True)
class NetworkInUse:
    """The version of the network that a router decides under; ``expires_at`` is aware."""

    version: int
    expires_at: datetime | None

    def expired(self, now: datetime) -> bool:
        """Whether it holds no longer, so that messages are refused."""
        return self.expires_at is not None and self.expires_at <= now


def no_network() -> NetworkInUse | None:
    """What a router says that knows no network."""
    return None


class Steered(Protocol):
    """A running worker, in the hands of what follows the network. Safe from every thread."""

    def between_messages(self, change: Callable[[], None]) -> None:
        """Call ``change`` soon, while no record is being decided."""
        ...

    def start_again(self) -> None:
        """Stop cleanly and ask whoever watches this process to start another one."""
        ...

    def network_refused(self, code: str) -> None:
        """Count a version of the network that is not used."""
        ...

    def abandon(self, error: Exception) -> None:
        """Leave at once without acknowledging anything more: nobody steers any longer."""
        ...


class Companion(Protocol):
    """What runs beside a worker and steers it."""

    def accompany(self, worker: Steered) -> None:
        """Begin, in a thread of its own."""
        ...

    def stop(self) -> None:
        """End soon."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """A router with the topics it needs.

    ``reads`` are the members' topics. ``writes`` are all topics that may get a record; the hub
    does not start while one of them is missing. ``network`` says what the router decides under,
    and ``companion`` may change that.
    """

    router: Router
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    network: Callable[[], NetworkInUse | None] = no_network
    companion: Companion | None = None

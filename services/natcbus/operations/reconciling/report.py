"""What a reconciliation found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from natcbus.operations.reconciling.codes import TO_DO, Code


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record stands: ``topic-partition@offset``, as Kafka's own tools write it."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """The form that people and logs read."""
        return f"{self.topic}-{self.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as promised, or that should be known.

    Attributes
    ----------
    code
        Stable.
    place
        The record that shows it; for what is not there, the record that says it should be.
    sender, message_id
        The member and its message; empty where they are not known.
    desk
        Whom it concerns; empty where it is no single desk.
    what
        What is so, in words. Never content of a message.
    """

    code: Code
    place: Place
    what: str
    sender: str = ""
    message_id: str = ""
    desk: str = ""

    @property
    def text(self) -> str:
        """What is so, and what to do about it."""
        return f"{self.what}: {TO_DO[self.code]}"


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run found.

    Attributes
    ----------
    as_of
        The moment up to which the topics were read.
    read
        Kind of topic -> records that were read.
    messages
        How many messages were routed and judged, each counted once.
    deliveries
        How many deliveries arrived as they should, each counted once.
    unjudged
        Messages that no rules were at hand for. They count as no success.
    findings
        The faults; of each code the first ``most`` only.
    notes
        What should be known, likewise.
    counts
        How many of each code there are in all.
    """

    as_of: datetime
    read: Mapping[str, int]
    messages: int
    deliveries: int
    unjudged: int
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    counts: Counter[Code]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept, as far as the topics can show."""
        return not any(count for code, count in self.counts.items() if code.is_fault)

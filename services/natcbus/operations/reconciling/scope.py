"""What was read of which topic, and what that can show.

A topic that forgot its first records cannot show what stood there; a record that is younger than
the grace may still be waiting for what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from natcbus.operations.bounded_reading import Extent
from natcbus.operations.reconciling.report import Place
from natcbus.operations.topic_reading import Stored

KEPT_FOR: Final = timedelta(days=30)
"""How long topics with messages are kept (``topology``): what goes sooner was removed."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The extents of one run.

    Attributes
    ----------
    as_of
        When the ends were fixed.
    grace
        How long something may take to follow from something else.
    since
        What is older than this is not judged.
    """

    extents: Mapping[tuple[str, int], Extent]
    as_of: datetime
    grace: timedelta
    since: datetime | None = None
    _began: dict[tuple[str, int], datetime] = field(default_factory=dict)

    @classmethod
    def of(
        cls, extents: Iterable[Extent], as_of: datetime, grace: timedelta, since: datetime | None
    ) -> Scope:
        """The scope of these extents."""
        return cls({(each.topic, each.partition): each for each in extents}, as_of, grace, since)

    def note(self, record: Stored) -> None:
        """Remember when the first record of a partition was stored that is still there."""
        self._began.setdefault((record.topic, record.partition), record.at)

    def may_wait(self, since: datetime) -> bool:
        """Whether what should follow from something of this moment may still come.

        A time that lies ahead was set by somebody whose clock is wrong, or who wants to hide it.
        """
        return self.as_of - self.grace < since <= self.as_of + self.grace

    def is_past(self, moment: datetime) -> bool:
        """Whether something is older than what was asked for."""
        return self.since is not None and moment < self.since

    def not_read(self, place: Place) -> bool:
        """Whether a record is older than what was asked for."""
        extent = self.extents.get((place.topic, place.partition))
        return (
            self.since is not None and extent is not None and extent.first <= place.offset
        ) and place.offset < extent.start

    def forgotten(self, place: Place) -> bool:
        """Whether the topic does not go back so far any more."""
        extent = self.extents.get((place.topic, place.partition))
        return extent is not None and place.offset < extent.first

    def forgotten_at(self, topic: str, partition: int, moment: datetime) -> bool:
        """Whether what was written then may have gone with the topic's first records."""
        extent = self.extents.get((topic, partition))
        if extent is None or extent.first == 0:
            return False
        began = self._began.get((topic, partition))
        return began is None or moment < began


def instant(milliseconds: int) -> datetime:
    """An aware instant of Kafka's or Avro's milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

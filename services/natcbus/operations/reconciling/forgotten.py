"""Counts, per partition, what was gone before it could be compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from natcbus.operations.reconciling.codes import Code
from natcbus.operations.reconciling.report import Finding, Place
from natcbus.operations.reconciling.scope import KEPT_FOR, Scope


class Forgotten:
    """What could not be compared: how many records of each partition, and the newest of them."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}
        self._newest: dict[tuple[str, int], datetime] = {}

    def add(self, topic: str, partition: int, moment: datetime) -> None:
        """Count one; ``moment`` is when it was written, or what it followed from."""
        key = (topic, partition)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._newest[key] = max(moment, self._newest.get(key, moment))

    def findings(self, scope: Scope) -> Iterator[Finding]:
        """One for each partition: a fault where the records should still be there."""
        for (topic, partition), count in sorted(self._counts.items()):
            first = scope.extents[topic, partition].first
            young = self._newest[topic, partition] > scope.as_of - KEPT_FOR
            what = (
                f"{count} records before offset {first} are gone and were not compared; the newest "
                f"is of {self._newest[topic, partition]:%Y-%m-%d %H:%M} UTC"
            )
            code = Code.REMOVED if young else Code.RETAINED_OUT
            desk = topic.removeprefix("desk.").removesuffix(".feed")
            place = Place(topic, partition, first)
            yield Finding(code, place, what, desk="" if desk == topic else desk)

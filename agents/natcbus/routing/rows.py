"""Which row of a policy table applies: the first that lists the urgency, or that lists none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class _ByUrgency(Protocol):
    @property
    def urgencies(self) -> frozenset[str] | None: ...


Row = TypeVar("Row", bound=_ByUrgency)


def row_for(rows: Iterable[Row], urgency: str) -> Row | None:
    """The first of ``rows`` that applies to ``urgency``; None if there is none."""
    for row in rows:
        if row.urgencies is None or urgency in row.urgencies:
            return row
    return None

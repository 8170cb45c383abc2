"""The open field that says how small the smallest sealed count of persons is.

Routing reads it to keep small counts from desks that were not named, so it must be true: the hub
sees whether there can be a count at all, sender and recipient see the counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from natcbus.contract.assembly import fields_of
from natcbus.contract.catalogue import EventType
from natcbus.contract.minimum import found
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Native


class Counts(NamedTuple):
    """Where an event type counts persons, and the open field about the smallest count."""

    compartment: str
    pointer: str
    field: str


COUNTS: Final[Mapping[str, Counts]] = {
    "joint_action_day": Counts("results", "/potential_victims/*/count", "smallest_cell"),
}
"""By event type."""


def open_problems(
    event_type: EventType, open_part: Native, present: Collection[str]
) -> Iterator[Problem]:
    """SMALLEST_CELL_WRONG when a smallest count is stated and no counts are sealed."""
    counts = _counts(event_type)
    if counts is None or counts.compartment in present:
        return
    yield from _judge(counts, open_part, 0)


def sealed_problems(
    event_type: EventType, open_part: Native, sealed: Mapping[str, Native]
) -> Iterator[Problem]:
    """SMALLEST_CELL_WRONG when the open part says another smallest count than is sealed."""
    counts = _counts(event_type)
    if counts is None or counts.compartment not in sealed:
        return
    stated = found(sealed[counts.compartment], counts.pointer)
    each = [count for count in stated if isinstance(count, int) and count > 0]
    yield from _judge(counts, open_part, min(each, default=0))


def _counts(event_type: EventType) -> Counts | None:
    """None also for a version of the event type that has no such field."""
    counts = COUNTS.get(event_type.name)
    if counts is None:
        return None
    written = {str(field["name"]) for field in fields_of(event_type.open.definition)}
    return counts if counts.field in written else None


def _judge(counts: Counts, open_part: Native, smallest: int) -> Iterator[Problem]:
    if open_part.get(counts.field, 0) != smallest:
        text = (
            f"write {smallest}: the smallest count in {counts.compartment}"
            if smallest
            else f"write 0, or leave it out: {counts.compartment} counts nobody"
        )
        yield Problem(f"/open/{counts.field}", "SMALLEST_CELL_WRONG", text)

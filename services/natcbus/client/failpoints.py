"""Where a publisher may die: the steps of publishing, in their order.

Tests set ``hook`` and end the process inside it. In production it is None, and passing a point
costs one look at it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """A step of publishing; each is passed when what its name says has just happened."""

    OWNED = "OWNED"
    """The journal is locked and open."""
    CALLED = "CALLED"
    """``publish`` was called; nothing is done."""
    COMPOSED = "COMPOSED"
    """Sealed and signed, in memory alone."""
    ENTERED = "ENTERED"
    """Written to the journal, not committed."""
    ACCEPTED = "ACCEPTED"
    """Committed: from here on it is sent, whatever happens."""
    TAKEN = "TAKEN"
    """Read from the journal to be sent."""
    CONNECTED = "CONNECTED"
    HANDED_OVER = "HANDED_OVER"
    """In the buffer of the Kafka client."""
    DURABLE = "DURABLE"
    """The broker has said so, and nobody else knows."""
    NOTED = "NOTED"
    """Written to the journal that it is durable, not committed."""
    SETTLED = "SETTLED"
    """Committed that it is durable; the caller does not know."""
    ANSWERED = "ANSWERED"
    """``publish`` returns."""
    CLOSING = "CLOSING"
    """Everything is sent, and the journal is still held."""


hook: Callable[[Point], None] | None = None


def passing(point: Point) -> None:
    """Says that a step is done."""
    if hook is not None:
        hook(point)

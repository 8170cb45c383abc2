"""What a desk may open of a message.

Three tables narrow one another: the audience table of the event type, the widest reach among the
reasons for which the desk was chosen, and the reach of the purpose. What a reach stands for is the
same in the last two: F everything, R the reduced set of the event type, N nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Final

from natcbus.contract.audience import Audience
from natcbus.routing.candidates import Candidate
from natcbus.routing.decision import View
from natcbus.routing.network import Reach

_NOTHING: Final[frozenset[str]] = frozenset()


def openable(
    candidate: Candidate, present: AbstractSet[str], audience: Audience, purpose: Reach
) -> tuple[str, ...]:
    """The compartments that the candidate may open, sorted.

    A compartment that is for named desks only (it holds a field of class P5) needs the name, even
    where an earlier message of the thread was opened with it.
    """
    row = audience.compartments.get(candidate.desk.organisation, _NOTHING) & present
    allowed = _within(row, candidate.reach, audience) | (row & candidate.had)
    if not candidate.named:
        allowed -= audience.named_only
    return tuple(sorted(_within(allowed, purpose, audience)))


def view_of(compartments: Collection[str], present: Collection[str]) -> View:
    """FULL if every present compartment can be opened, NOTICE if none can, else REDUCED.

    A message without sealed compartments is a NOTICE to everybody: there is nothing to open.
    """
    if not compartments:
        return View.NOTICE
    return View.FULL if len(compartments) == len(present) else View.REDUCED


def _within(compartments: frozenset[str], reach: Reach, audience: Audience) -> frozenset[str]:
    if reach is Reach.FULL:
        return compartments
    return compartments & audience.reduced if reach is Reach.REDUCED else _NOTHING

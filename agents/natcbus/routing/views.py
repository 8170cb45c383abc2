"""What a desk may open of a message, and why it opens no more.

Three tables narrow one another: the audience table of the event type, the widest reach among the
reasons for which the desk was chosen, and the reach of the purpose. What a reach stands for is the
same in the last two: F everything, R the reduced set of the event type, N nothing. Two compartments
need the desk's name besides: one that holds a field of class P5, and counts so small that they may
point at a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from natcbus.contract.audience import Audience
from natcbus.routing.candidates import Candidate
from natcbus.routing.decision import View, Withheld
from natcbus.routing.network import Reach

COUNTS: Final = "results"
"""The compartment that holds counts of persons."""
SMALLEST: Final = "smallest_cell"
"""The open field that says how small the smallest of them is; 0: no count is sealed."""

_NOTHING: Final[frozenset[str]] = frozenset()
_COUNTS_ALONE: Final = frozenset({COUNTS})


class Opened(NamedTuple):
    """What a desk opens, and for each other compartment the first rule that keeps it back."""

    compartments: tuple[str, ...]
    withheld: tuple[tuple[str, Withheld], ...]
    view: View


class Openings:
    """Answers for the candidates of one message.

    Parameters
    ----------
    present
        The sealed compartments of the message.
    purposes
        Organisation type -> reach, for the message's purpose.
    guarded
        Compartments that need a name because of what they count, see ``small_counts``.
    """

    def __init__(
        self,
        present: AbstractSet[str],
        audience: Audience,
        purposes: Mapping[str, Reach],
        guarded: AbstractSet[str] = _NOTHING,
    ) -> None:
        self._present = tuple(sorted(present))
        self._audience = audience
        self._purposes = purposes
        self._guarded = guarded
        # Candidates of one kind open the same, and a message has few kinds of them.
        self._answers: dict[tuple[str, Reach, bool, frozenset[str]], Opened] = {}

    def of(self, candidate: Candidate) -> Opened:
        """What a candidate that passed every gate may open."""
        kind = (
            candidate.desk.organisation,
            candidate.reach,
            candidate.named,
            candidate.had,
        )
        if kind not in self._answers:
            self._answers[kind] = self._opened(candidate)
        return self._answers[kind]

    def _opened(self, candidate: Candidate) -> Opened:
        codes = [(name, self._why_withheld(name, candidate)) for name in self._present]
        compartments = tuple(name for name, code in codes if code is None)
        withheld = tuple((name, code) for name, code in codes if code is not None)
        return Opened(compartments, withheld, view_of(compartments, self._present))

    def _why_withheld(self, name: str, candidate: Candidate) -> Withheld | None:
        audience = self._audience
        organisation = candidate.desk.organisation
        if name not in audience.compartments.get(organisation, _NOTHING):
            return Withheld.AUDIENCE
        if not candidate.named and name in audience.named_only:
            return Withheld.FIELD_MASKED_PII
        if not candidate.named and name in self._guarded:
            return Withheld.SMALL_CELL
        if name not in candidate.had and not _reaches(candidate.reach, name, audience):
            return Withheld.REACH
        if not _reaches(self._purposes[organisation], name, audience):
            return Withheld.PURPOSE_REACH
        return None


def small_counts(open_part: Mapping[str, object], small_cell: int) -> frozenset[str]:
    """The compartments of a message whose counts are below ``small_cell``, by its open part.

    A small count can point at a person: statistics do not publish such cells.
    """
    smallest = open_part.get(SMALLEST)
    if isinstance(smallest, int) and 0 < smallest < small_cell:
        return _COUNTS_ALONE
    return _NOTHING


def view_of(compartments: Collection[str], present: Collection[str]) -> View:
    """FULL if every present compartment can be opened, NOTICE if none can, else REDUCED.

    A message without sealed compartments is a NOTICE to everybody: there is nothing to open.
    """
    if not compartments:
        return View.NOTICE
    return View.FULL if len(compartments) == len(present) else View.REDUCED


def _reaches(reach: Reach, name: str, audience: Audience) -> bool:
    return reach is Reach.FULL or (reach is Reach.REDUCED and name in audience.reduced)

"""The oracle: who gets what of a message, told a second time.

``natcbus.routing`` decides, compiled and indexed. This is the same rule sheet written down by
somebody who has not read that code: it walks over every desk of the YAML, asks one rule after the
other in the order of the sheet, and shares nothing with ``natcbus.routing``. When the two disagree,
one of them has misread the rules.

Read it from the top: why a desk is pointed at (this file), what stands in its way
(``oracle_gates``), and what it may open (this file again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.oracle_book import Party
from tests.support.oracle_gates import objections
from tests.support.oracle_question import Question
from tests.support.oracle_reasons import Pointer, pointers
from tests.support.oracle_views import compartments, view, withheld


@dataclass(frozen=True)
class Gets:
    """What a desk gets, and why."""

    compartments: tuple[str, ...]
    codes: tuple[str, ...]
    view: str
    withheld: tuple[tuple[str, str], ...]
    """Pairs of compartment and code: what it does not open, and the first reason why."""


@dataclass(frozen=True)
class Verdict:
    """Who gets a message, who was pointed at and does not, and who is owed a recall."""

    deliveries: Mapping[str, Gets] = field(default_factory=dict)
    denials: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Desk -> every code that says no; the first of them decides."""
    owed_recalls: tuple[str, ...] = ()


def judge(question: Question) -> Verdict:
    """Asks the whole sheet about every desk of the Network."""
    deliveries: dict[str, Gets] = {}
    denials: dict[str, tuple[str, ...]] = {}
    for party in question.book.parties():
        because = pointers(question, party)
        if not because:
            continue
        codes = objections(question, party, because)
        if codes:
            denials[party.id] = codes
        else:
            deliveries[party.id] = _gets(question, party, because)
    return Verdict(deliveries, denials, _owed(question, deliveries))


def _gets(question: Question, party: Party, because: list[Pointer]) -> Gets:
    opens = compartments(question, party, because)
    return Gets(
        compartments=tuple(sorted(opens)),
        codes=tuple(sorted({pointer.code for pointer in because})),
        view=view(question, opens),
        withheld=withheld(question, party, because),
    )


def _owed(question: Question, deliveries: Mapping[str, Gets]) -> tuple[str, ...]:
    """C.8: whoever had an earlier message of the thread and does not get this one."""
    return tuple(sorted(desk for desk in question.prior if desk not in deliveries))

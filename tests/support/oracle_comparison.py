"""Asks the oracle and ``natcbus.routing`` the same question, and says where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision
from natcbus.routing.narrowing import owed_recalls
from natcbus.routing.why_not import Outcome, WhyNot, why_not
from tests.support.oracle import Gets, Verdict, judge
from tests.support.oracle_question import Question
from tests.support.oracle_reasons import derived_headings
from tests.support.oracle_worlds import World


@dataclass(frozen=True)
class Compared:
    """One line for every desk about which the two disagree, and how often each code occurred."""

    differences: tuple[str, ...]
    seen: Counter[str]


def compare(question: Question, world: World, asked: str) -> Compared:
    """The decision, what earlier recipients are owed, and ``why_not`` about the desk ``asked``."""
    ought = judge(question)
    said = decide(
        question.message_type,
        question.header,
        question.open_part,
        question.present,
        world.network,
        question.prior,
    )
    answer = why_not(
        asked,
        question.message_type,
        question.header,
        question.open_part,
        question.present,
        world.network,
        question.prior,
    )
    return Compared((*_differences(question, said, answer, ought),), _seen(question, answer, ought))


def _differences(
    question: Question, said: Decision, answer: WhyNot, ought: Verdict
) -> Iterator[str]:
    denied = {row.desk: row.code for row in said.denials}
    denials = {desk: codes[0] for desk, codes in ought.denials.items()}
    yield from _lines("delivery", _delivered(said), ought.deliveries)
    yield from _lines("denial", denied, denials)
    owed = {"owed recalls": tuple(owed_recalls(said, question.prior))}
    yield from _lines("", owed, {"owed recalls": ought.owed_recalls})
    told = {answer.desk: (answer.outcome.value, _codes(answer))}
    yield from _lines("why_not", told, {answer.desk: _why_not(answer.desk, question, ought)})


def _delivered(decision: Decision) -> dict[str, Gets]:
    return {
        row.desk: Gets(
            compartments=row.compartments,
            codes=tuple(sorted({reason.code for reason in row.because})),
            view=row.view.value,
            withheld=tuple((name, str(code)) for name, code in row.withheld),
        )
        for row in decision.deliveries
    }


def _codes(answer: WhyNot) -> tuple[str, ...]:
    """What else would stand in the way of a desk that nothing points at is advice, not a rule."""
    codes = tuple(str(each.code) for each in answer.objections)
    return codes[:1] if answer.outcome is Outcome.NOT_CANDIDATE else codes


def _why_not(desk: str, question: Question, verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    if desk in verdict.deliveries:
        return "RECEIVES", ()
    if desk in verdict.denials:
        return "DENIED", verdict.denials[desk]
    if any(party.id == desk for party in question.book.parties()):
        return "NOT_CANDIDATE", ("NOT_CANDIDATE",)
    return "NO_SUCH_DESK", ()


def _lines(what: str, said: Mapping[str, object], ought: Mapping[str, object]) -> Iterator[str]:
    for desk in sorted({*said, *ought}):
        if said.get(desk) != ought.get(desk):
            yield f"{what} {desk}: routing {said.get(desk)}, oracle {ought.get(desk)}"


def _seen(question: Question, answer: WhyNot, verdict: Verdict) -> Counter[str]:
    """How often each code occurs, once for each desk."""
    seen: Counter[str] = Counter()
    for gets in verdict.deliveries.values():
        seen.update(f"delivery {code}" for code in gets.codes)
        seen.update(f"withheld {code}" for _, code in gets.withheld)
        seen[f"view {gets.view}"] += 1
        if "ROLE_HEADING" in gets.codes and derived_headings(question):
            seen["delivery by a derived heading"] += 1
    seen.update(f"denial {codes[0]}" for codes in verdict.denials.values())
    seen["owed recall"] += len(verdict.owed_recalls)
    seen[f"why-not {_why_not(answer.desk, question, verdict)[0]}"] += 1
    return seen

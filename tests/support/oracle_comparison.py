"""Asks the oracle and ``natcbus.routing`` the same question, and says where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision
from natcbus.routing.why_not import Outcome, why_not
from tests.support.oracle import Gets, Verdict, judge
from tests.support.oracle_question import Question
from tests.support.oracle_worlds import World


def differences(question: Question, world: World) -> list[str]:
    """One line for every desk about which the two disagree; none when they agree."""
    decision, verdict = decided(question, world), judge(question)
    return [
        *_lines("delivery", _delivered(decision), verdict.deliveries),
        *_lines(
            "denial",
            {row.desk: row.code for row in decision.denials},
            {desk: codes[0] for desk, codes in verdict.denials.items()},
        ),
    ]


def decided(question: Question, world: World) -> Decision:
    """What ``natcbus.routing`` decides."""
    return decide(
        question.message_type,
        question.header,
        question.open_part,
        question.present,
        world.network,
        question.prior,
    )


def differences_about(desk: str, question: Question, world: World) -> list[str]:
    """The same for ``why_not`` about one desk, with every code that says no."""
    answer = why_not(
        desk,
        question.message_type,
        question.header,
        question.open_part,
        question.present,
        world.network,
        question.prior,
    )
    codes = tuple(each.code for each in answer.objections)
    if answer.outcome is Outcome.NOT_CANDIDATE:  # what else would stand in its way is advice
        codes = codes[:1]
    said = (answer.outcome.value, codes)
    ought = _outcome(desk, question, judge(question))
    return [] if said == ought else [f"why_not {desk}: routing {said}, oracle {ought}"]


def _outcome(desk: str, question: Question, verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    if desk in verdict.deliveries:
        return "RECEIVES", ()
    if desk in verdict.denials:
        return "DENIED", verdict.denials[desk]
    if any(party.id == desk for party in question.book.parties()):
        return "NOT_CANDIDATE", ("NOT_CANDIDATE",)
    return "NO_SUCH_DESK", ()


def codes_seen(verdict: Verdict) -> Counter[str]:
    """How often each code occurs in a verdict, once for each desk."""
    seen: Counter[str] = Counter()
    for gets in verdict.deliveries.values():
        seen.update(f"delivery {code}" for code in gets.codes)
        seen.update(f"withheld {code}" for _, code in gets.withheld)
        seen[f"view {gets.view}"] += 1
    for codes in verdict.denials.values():
        seen[f"denial {codes[0]}"] += 1
    seen["owed recall"] += len(verdict.owed_recalls)
    return seen


def _delivered(decision: Decision) -> dict[str, Gets]:
    return {
        row.desk: Gets(
            compartments=row.compartments,
            codes=tuple(sorted({reason.code for reason in row.because})),
            view=row.view.value,
            withheld=row.withheld,
        )
        for row in decision.deliveries
    }


def _lines(what: str, said: dict[str, object], ought: dict[str, object]) -> Iterable[str]:
    for desk in sorted({*said, *ought}):
        if said.get(desk) != ought.get(desk):
            yield f"{what} {desk}: routing {said.get(desk)}, oracle {ought.get(desk)}"

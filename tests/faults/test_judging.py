"""The judge of the fault tests finds what is wrong, each under its own name, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.judging import Seen, Verdict, judge_desk
from tests.faults.sending import Ledger, Sent, View

DESK = "hu.spoc"
VIEW = ("full", ("identity",))
FIRST, SECOND, ELSEWHERE = (
    Sent(f"message-{number}", f"rs.{thread}", number, {DESK: VIEW}, 0, number, 0.0)
    for number, thread in ((0, "a"), (1, "a"), (2, "b"))
)
EVERYTHING = (FIRST, SECOND, ELSEWHERE)


def judged(*shown: Sent, view: View = VIEW) -> dict[str, list[tuple[str, str]]]:
    """What is found wrong with what a desk was shown, each in this view."""
    ledger, verdict = Ledger(), Verdict()
    for sent in EVERYTHING:
        ledger.note(sent, 0.0)
    seen = [Seen(each.message_id, view) for each in shown]
    judge_desk(verdict, ledger, DESK, {sent.message_id for sent in EVERYTHING}, seen)
    names = ("missing", "unentitled", "inverted", "seen_twice")
    return {name: found for name in names if (found := getattr(verdict, name))}


def test_everything_once_and_in_order_is_faultless() -> None:
    assert judged(*EVERYTHING) == {}
    assert judged(ELSEWHERE, FIRST, SECOND) == {}


@pytest.mark.parametrize("lost", EVERYTHING)
def test_what_does_not_come_is_missing(lost: Sent) -> None:
    rest = [sent for sent in EVERYTHING if sent is not lost]
    assert judged(*rest) == {"missing": [(lost.message_id, DESK)]}


def test_a_case_told_backwards_is_out_of_order() -> None:
    assert judged(SECOND, FIRST, ELSEWHERE) == {"inverted": [(FIRST.message_id, DESK)]}


def test_what_comes_again_is_seen_twice() -> None:
    assert judged(FIRST, SECOND, SECOND, ELSEWHERE) == {"seen_twice": [(SECOND.message_id, DESK)]}


def test_what_nobody_sent_is_unentitled() -> None:
    foreign = replace(FIRST, message_id="foreign")
    assert judged(*EVERYTHING, foreign) == {"unentitled": [("foreign", DESK)]}


def test_more_than_was_decided_is_unentitled() -> None:
    wider = ("full", ("identity", "recognition"))
    found = judged(*EVERYTHING, view=wider)
    assert found == {"unentitled": [(sent.message_id, DESK) for sent in EVERYTHING]}


def test_what_another_desk_is_owed_is_unentitled_here() -> None:
    ledger, verdict = Ledger(), Verdict()
    ledger.note(replace(FIRST, desks={"ro.spoc": VIEW}), 0.0)
    judge_desk(verdict, ledger, DESK, set(), [Seen(FIRST.message_id, VIEW)])
    assert verdict.unentitled == [(FIRST.message_id, DESK)]
    assert not verdict.faultless

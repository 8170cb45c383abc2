"""Later messages of a case say that an earlier one is held, and are never held behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from natcbus.contract.changes import CHANGES
from natcbus.contract.types.core import Kind, Reference
from natcbus.contract.types.hub import Outcome, ReasonRow
from natcbus.enrichment.enrich import explain_indicator
from natcbus.hub.held_threads import RECORDS_PER_THREAD, HeldThreads
from natcbus.hub.records import Inbound
from natcbus.hub.router import HubRouter
from tests.support.building import a_desk, a_network
from tests.support.messages import Letter, a_letter, balkans, header_of, inbound, parties
from tests.support.rulings import Ruled, ruled

SIDES: Final = balkans()
HELD: Final = ReasonRow(code="EARLIER_MESSAGE_HELD")
FIRST: Final = a_letter(SIDES)
THREAD: Final = FIRST.header.thread_id
OTHER_THREAD: Final = "rs.0195f3a0-0000-7000-8000-0000000000ff"


@pytest.fixture
def router() -> HubRouter:
    return HubRouter(SIDES.world)


def garbage(offset: int = 5, *, thread: str = THREAD, value: bytes = b"?", **place: Any) -> Inbound:  # noqa: ANN401 - any field
    return replace(inbound(value, key=thread.encode(), offset=offset), **place)


def holding(router: HubRouter, *records: Inbound) -> None:
    for record in records:
        assert ruled(SIDES, record, router=router).decision.outcome is Outcome.QUARANTINED


def says_held(ruling: Ruled) -> bool:
    assert ruling.decision.outcome is Outcome.ROUTED, ruling.codes
    said = {HELD in ruling.relay(SIDES, desk).indicators for desk in ruling.feeds}
    assert len(said) == 1, "all desks are told the same"
    return said.pop()


def test_a_later_message_of_the_thread_says_it_to_every_desk(router: HubRouter) -> None:
    holding(router, garbage())
    assert says_held(ruled(SIDES, FIRST, router=router))


def test_nobody_is_told_where_nothing_is_held(router: HubRouter) -> None:
    assert not says_held(ruled(SIDES, FIRST, router=router))


@pytest.mark.parametrize(
    "elsewhere",
    [
        garbage(thread=OTHER_THREAD),
        garbage(offset=8),
        garbage(partition=2),
        garbage(topic="member.hu.out"),
        garbage(thread="no thread"),
        replace(garbage(), key=None),
        replace(garbage(), key=b"\xff\xfe"),
    ],
    ids=["thread", "later", "partition", "member", "key", "no key", "bytes"],
)
def test_what_is_held_elsewhere_marks_nothing(router: HubRouter, elsewhere: Inbound) -> None:
    holding(router, elsewhere)
    assert not says_held(ruled(SIDES, FIRST, router=router))


def test_the_others_are_told_as_before(router: HubRouter) -> None:
    usual = ruled(SIDES, FIRST)
    holding(router, garbage())
    marked = ruled(SIDES, FIRST, router=router)
    for desk in usual.feeds:
        before, after = usual.relay(SIDES, desk), marked.relay(SIDES, desk)
        assert after.indicators == (*before.indicators, HELD)
        assert replace(after, indicators=before.indicators) == before


def test_sent_again_and_let_through_it_is_held_no_longer() -> None:
    without_serbia = parties(a_network(a_desk("hu.spoc"))).world.keys
    router = HubRouter(replace(SIDES.world, keys=without_serbia))
    holding(router, replace(FIRST.record(offset=5), key=key()))
    router.use(SIDES.world)
    later = a_letter(SIDES, header_of(message_id=other_id(2)))
    assert says_held(ruled(SIDES, later.record(offset=8), router=router))
    again = replace(FIRST.record(offset=9), key=key())
    assert not says_held(ruled(SIDES, again, router=router))
    last = a_letter(SIDES, header_of(message_id=other_id(3)))
    assert not says_held(ruled(SIDES, last.record(offset=10), router=router))


def test_a_lethal_record_marks_its_thread_too(router: HubRouter) -> None:
    router.set_aside(garbage(), FIRST.header.sent_at)
    assert says_held(ruled(SIDES, FIRST, router=router))


@pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.CANCEL])
def test_a_cancel_goes_through_and_asks_nobody_to_wait(router: HubRouter, kind: Kind) -> None:
    first = ruled(SIDES, FIRST, router=router)
    router.acknowledged(first.record, first.routed)
    holding(router, garbage(offset=8))
    answer = replacing(kind)
    assert says_held(ruled(SIDES, answer.record(offset=9), router=router)) is (kind is Kind.UPDATE)


def replacing(kind: Kind) -> Letter:
    reference = Reference(message_id=FIRST.header.message_id, signed_sha256=FIRST.digest.hex())
    change = min(CHANGES[kind])
    header = header_of(kind=kind, message_id=other_id(9), supersedes=reference, change=change)
    return a_letter(SIDES, header)


def test_the_memory_is_bounded_per_member_and_per_thread() -> None:
    threads = HeldThreads(limit=2)
    for number in range(3):
        threads.hold(garbage(offset=number, thread=f"{OTHER_THREAD[:-1]}{number}"))
    late = garbage(offset=99)
    known = [threads.holds_before(late, f"{OTHER_THREAD[:-1]}{number}") for number in range(3)]
    assert known == [False, True, True]
    # Another member's flood takes nobody's place.
    for number in range(9):
        threads.hold(garbage(topic="member.hu.out", thread=f"{OTHER_THREAD[:-1]}{number}"))
    assert threads.holds_before(late, f"{OTHER_THREAD[:-1]}2")
    for number in range(RECORDS_PER_THREAD * 2):
        threads.hold(garbage(offset=number, value=b"%d" % number))
    assert threads.holds_before(late, THREAD)


def test_it_is_said_in_words() -> None:
    assert "An earlier message of this case is held" in explain_indicator(HELD.code, HELD.about)


def key() -> bytes:
    return THREAD.encode()


def other_id(number: int) -> str:
    return f"0195f3a0-0000-7000-8000-0000000001{number:02}"

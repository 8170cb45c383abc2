"""A flood of records that have to be put aside pauses one member, tells it, and stops nothing."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

import pytest
from faust.types import Message

from natcbus.contract.types.hub import Outcome
from natcbus.hub.deaths import NO_PAST
from natcbus.hub.floods import FLOOD_RECORDS, Floods
from natcbus.hub.metrics import Live, Metrics
from natcbus.hub.pauses import Pauses
from natcbus.hub.progress import Progress
from natcbus.hub.route_agent import Routing
from natcbus.hub.router import HubRouter
from tests.support.messages import NOW, a_letter, balkans, inbound
from tests.support.rulings import Ruled, ruled

SIDES: Final = balkans()
SECOND: Final = timedelta(seconds=1)
RS: Final = "member.rs.out"
HU: Final = "member.hu.out"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def flooded(router: HubRouter, count: int, member: str = "rs") -> list[Ruled]:
    return [
        ruled(SIDES, inbound(b"?", member=member, offset=number), router=router)
        for number in range(count)
    ]


# What a flood is.


def test_so_many_within_so_short_a_time_are_a_flood_and_the_count_begins_anew() -> None:
    floods = Floods(records=3, time=10 * SECOND)
    floods_at = [floods.completed_by(RS, NOW + number * SECOND) for number in range(7)]
    assert floods_at == [False, False, True, False, False, True, False]


def test_the_same_number_in_more_time_is_none() -> None:
    floods = Floods(records=3, time=10 * SECOND)
    assert not any(floods.completed_by(RS, NOW + number * 6 * SECOND) for number in range(20))


def test_members_are_counted_apart() -> None:
    floods = Floods(records=2, time=10 * SECOND)
    assert not floods.completed_by(RS, NOW)
    assert not floods.completed_by(HU, NOW)
    assert floods.completed_by(RS, NOW)


# What follows from one.


def test_the_record_that_completes_it_asks_for_a_pause_and_its_receipt_says_so() -> None:
    *before, last = flooded(HubRouter(SIDES.world), FLOOD_RECORDS)
    assert not any(each.routed.flood for each in before)
    assert {tuple(each.codes) for each in before} == {("NOT_FRAMED",)}
    assert last.routed.flood
    assert last.codes == ["NOT_FRAMED", "MEMBER_PAUSED"]
    assert last.receipt.decision.problems == last.decision.problems
    assert dict(last.quarantined.headers)["natcbus_code"] == b"NOT_FRAMED"


def test_refusals_are_no_flood() -> None:
    """They come from who says so; and an expired network would pause everybody."""
    router = HubRouter(SIDES.world)
    letter = a_letter(SIDES)
    late = letter.header.expires_at + SECOND
    for number in range(FLOOD_RECORDS + 1):
        ruling = ruled(SIDES, letter.record(offset=number), now=late, router=router)
        assert ruling.decision.outcome is Outcome.REFUSED
        assert not ruling.routed.flood


def test_after_a_flood_the_same_member_is_routed_as_before() -> None:
    router = HubRouter(SIDES.world)
    flooded(router, FLOOD_RECORDS)
    assert ruled(SIDES, a_letter(SIDES), router=router).decision.outcome is Outcome.ROUTED


# Pauses.


def test_a_pause_ends_by_itself_and_a_new_one_begins_it_anew(clock: Clock) -> None:
    pauses = Pauses(5, clock)
    pauses.begin(RS)
    clock.now += 3
    assert pauses.left() == {RS: 2}
    pauses.begin(HU)
    pauses.begin(RS)
    assert pauses.left() == {RS: 5, HU: 5}
    clock.now += 5
    assert pauses.left() == {}


def test_a_worker_pauses_counts_and_says_so(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    metrics, pauses = Metrics(), Pauses(5, clock)
    metrics.watch(lambda: Live({}, {}, 0, paused=pauses.left()))
    routing = Routing(HubRouter(SIDES.world), metrics, lambda: NOW, NO_PAST, pauses)
    with caplog.at_level(logging.ERROR):
        for offset in range(FLOOD_RECORDS):
            routing.derive(message(offset))
    assert pauses.left() == {RS: 5}
    text = metrics.text().decode()
    assert f'natcbus_hub_floods_total{{topic="{RS}"}} 1.0' in text
    assert f'natcbus_hub_paused_seconds{{topic="{RS}"}} 5.0' in text
    [alarm] = caplog.messages
    assert alarm == f"{RS}: a flood of records that are put aside, not read for 5 s"


def message(offset: int) -> Message:
    stamp = NOW.timestamp()
    return Message(RS, 0, offset, stamp, 0, [], None, b"?", None, 0, 1, None)


def test_a_paused_topic_is_no_reason_to_call_the_hub_stalled(clock: Clock) -> None:
    pauses = Pauses(60, clock)
    progress = Progress(stalled_after=30, clock=clock, paused=pauses.left)
    progress.join(partitions=2)
    progress.complete = True
    pauses.begin(RS)
    for _ in range(5):
        clock.now += 10
        progress.observe({(RS, 0): 3}, {(RS, 0): 10})
    assert progress.obstacles() == []
    assert progress.facts()["paused"] == {RS: 10.0}
    clock.now += 41
    progress.observe({(RS, 0): 3}, {(RS, 0): 10})
    assert progress.facts()["paused"] == {}
    clock.now += 31
    progress.observe({(RS, 0): 3}, {(RS, 0): 10})
    assert len(progress.obstacles()) == 1

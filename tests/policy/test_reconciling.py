"""What the checker concludes from rows, against the plainest way to say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natcbus.contract.codec import decode_record, encode_record, frame, schema_id_of, unframe
from natcbus.contract.types.hub import DecisionRecord, Outcome, Outgoing, Receipt, Source
from natcbus.hub.router import HubRouter
from natcbus.hub.world import World
from natcbus.operations.reconciling.arrivals import Arrived, judge_arrival
from natcbus.operations.reconciling.codes import Code
from natcbus.operations.reconciling.comparing import compare, without_source
from natcbus.operations.reconciling.decided import Decided, Row, Rules, read_decision
from natcbus.operations.reconciling.forgotten import Forgotten
from natcbus.operations.reconciling.found import Found
from natcbus.operations.reconciling.ledger import Ledger, Standing
from natcbus.operations.reconciling.report import Finding, Place
from natcbus.operations.reconciling.scope import Scope
from natcbus.operations.reconciling.walking import Walk
from natcbus.operations.topic_reading import Stored
from natcbus.routing.network import Network
from natcbus.routing.signed import OpenedNetwork
from natcbus.routing.topics import DECISIONS, feed_topic
from tests.support.building import a_desk, a_network
from tests.support.messages import NOW, Letter, a_letter, balkans

AS_OF: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LONG_AGO: Final = int((AS_OF - timedelta(hours=1)).timestamp() * 1000)
DESKS: Final = ("hu.spoc", "ro.spoc", "bg.spoc")
THREADS: Final = ("rs.a", "rs.b")
SOURCE: Final = "member.rs.out"
OTHER: Final = "01920000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Sent:
    """A message that was routed: its thread, where it stood, and for whom it was decided."""

    thread: str
    partition: int
    desks: tuple[str, ...]


MESSAGES = st.lists(
    st.builds(
        Sent,
        st.sampled_from(THREADS),
        st.integers(0, 1),
        st.sets(st.sampled_from(DESKS), min_size=1).map(lambda found: tuple(sorted(found))),
    ),
    max_size=8,
)
"""In the order in which they were sent: the number of a message is its offset."""


@st.composite
def feeds(draw: st.DrawFn, sent: Sequence[Sent]) -> Mapping[str, list[int]]:
    """What arrived at each desk: any of what was decided for it, any number of times."""
    arrived = {}
    for desk in DESKS:
        own = [number for number, each in enumerate(sent) if desk in each.desks]
        arrived[desk] = draw(st.lists(st.sampled_from(own), max_size=10)) if own else []
    return arrived


WORLDS = MESSAGES.flatmap(lambda sent: st.tuples(st.just(sent), feeds(sent)))


@contextmanager
def ledger_of(
    sent: Sequence[Sent], arrived: Mapping[str, Sequence[int]], *, twice: bool = False
) -> Iterator[Ledger]:
    """The rows of a run; ``twice`` where each record was decided about again after a crash."""
    with Ledger() as ledger:
        for number, each in [*enumerate(sent)] * (2 if twice else 1):
            decision = ledger.add_decision(decided(number, each))
            ledger.set_standing(decision, Standing.HOLDS, b"")
            ledger.add_receipt(decision, Place("member.rs.receipts", 0, number), b"")
        for desk, numbers in arrived.items():
            for offset, number in enumerate(numbers):
                content = ledger.contents_of("rs", str(number))[digest(number)]
                ledger.add_arrival(desk, content.id, offset)
        yield ledger


def decided(number: int, sent: Sent) -> Decided:
    return Decided(
        place=Place(DECISIONS, 0, number),
        source=Place(SOURCE, sent.partition, number),
        sender="rs",
        message_id=str(number),
        thread=sent.thread,
        digest=digest(number),
        outcome="ROUTED",
        rules=Rules(1, b"", 1),
        decision_digest=b"a decision",
        slip_digest=b"a slip",
        claims=b"",
        explained=b"",
        substance=digest(number),
        decided_at=LONG_AGO,
        rows=tuple(Row(desk, ()) for desk in sent.desks),
    )


def digest(number: int) -> bytes:
    return number.to_bytes(32, "big")


def found(ledger: Ledger, grace: timedelta = timedelta(0)) -> list[Finding]:
    scope = Scope.of([], AS_OF, grace, None)
    return list(compare(ledger, scope, Forgotten()))


def seen(findings: Sequence[Finding], code: Code) -> Counter[tuple[str, str]]:
    """Message and desk of each finding of a code."""
    return Counter((each.message_id, each.desk) for each in findings if each.code is code)


@settings(deadline=None)
@given(WORLDS, st.booleans())
def test_missing_is_what_was_decided_and_did_not_arrive(
    world: tuple[list[Sent], dict[str, list[int]]], twice: bool
) -> None:
    sent, arrived = world
    with ledger_of(sent, arrived, twice=twice) as ledger:
        findings = found(ledger)
    expected = {
        (str(number), desk)
        for number, each in enumerate(sent)
        for desk in each.desks
        if number not in arrived[desk]
    }
    assert seen(findings, Code.MISSING) == Counter(expected)


@settings(deadline=None)
@given(WORLDS)
def test_a_delivery_that_comes_again_is_noted_each_time_and_is_no_fault(
    world: tuple[list[Sent], dict[str, list[int]]],
) -> None:
    sent, arrived = world
    with ledger_of(sent, arrived) as ledger:
        findings = found(ledger)
    again = Counter(
        {
            (str(number), desk): count - 1
            for desk, numbers in arrived.items()
            for number, count in Counter(numbers).items()
            if count > 1
        }
    )
    assert seen(findings, Code.REPEATED) == again
    assert not seen(findings, Code.DUPLICATE)


@settings(deadline=None)
@given(WORLDS)
def test_out_of_order_is_what_a_desk_first_sees_behind_a_later_message_of_its_thread(
    world: tuple[list[Sent], dict[str, list[int]]],
) -> None:
    """Records of two partitions have no order that anybody promised."""
    sent, arrived = world
    with ledger_of(sent, arrived) as ledger:
        findings = found(ledger)
    late = set()
    for desk, numbers in arrived.items():
        shown = list(dict.fromkeys(numbers))
        for at, number in enumerate(shown):
            one = (sent[number].thread, sent[number].partition)
            before = [
                each for each in shown[:at] if (sent[each].thread, sent[each].partition) == one
            ]
            if before and number < max(before):
                late.add((str(number), desk))
    assert seen(findings, Code.OUT_OF_ORDER) == Counter(late)


@settings(deadline=None)
@given(MESSAGES, st.booleans())
def test_what_arrived_whole_and_in_order_gives_no_finding(sent: list[Sent], twice: bool) -> None:
    whole = {desk: [n for n, each in enumerate(sent) if desk in each.desks] for desk in DESKS}
    with ledger_of(sent, whole, twice=twice) as ledger:
        assert found(ledger) == []


@settings(deadline=None)
@given(WORLDS)
def test_nothing_is_missing_yet_within_the_grace(
    world: tuple[list[Sent], dict[str, list[int]]],
) -> None:
    with ledger_of(*world) as ledger:
        patient, strict = found(ledger, timedelta(hours=2)), found(ledger)
    assert not seen(patient, Code.MISSING)
    assert seen(patient, Code.WAITING) == seen(strict, Code.MISSING)


@cache
def honest_delivery() -> tuple[Decided, str, bytes]:
    """A decision of the real router, a desk, and the record of its feed."""
    sides = balkans()
    routed = HubRouter(sides.world).route(a_letter(sides).record(), NOW)
    values = {each.topic: each.value for each in routed.outbound}
    decision = read_decision(values[DECISIONS], Place(DECISIONS, 0, 0))
    return decision, "hu.spoc", values[feed_topic("hu.spoc")]


def judged(value: bytes, desk: str) -> object:
    """What the checker makes of a record of a feed, where only the honest decision stands."""
    world = balkans().world
    decision, _, _ = honest_delivery()
    networks = {
        (world.network.version, world.network.digest): OpenedNetwork(world.network, world.keys)
    }
    with Ledger() as ledger:
        ledger.set_standing(ledger.add_decision(decision), Standing.HOLDS, b"")
        return judge_arrival(value, Place(feed_topic(desk), 0, 0), desk, ledger, networks)


def test_the_record_that_the_hub_wrote_arrived() -> None:
    _, desk, value = honest_delivery()
    assert isinstance(judged(value, desk), Arrived)


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_a_record_of_which_any_bit_was_turned_did_not_arrive(data: st.DataObject) -> None:
    _, desk, value = honest_delivery()
    at = data.draw(st.integers(0, len(value) - 1))
    turned = value[at] ^ (1 << data.draw(st.integers(0, 7)))
    altered = value[:at] + bytes([turned]) + value[at + 1 :]
    assert not isinstance(judged(altered, desk), Arrived)


@settings(deadline=None)
@given(st.sampled_from(sorted(balkans().world.network.desks)))
def test_a_record_in_the_feed_of_any_other_desk_did_not_arrive(other: str) -> None:
    _, desk, value = honest_delivery()
    assert isinstance(judged(value, other), Arrived) is (other == desk)


@settings(deadline=None)
@given(
    topic=st.sampled_from(["", "x", "member.rs.out", "hub.decisions", "member..out"]),
    partition=st.integers(-(2**31), 2**31 - 1),
    offset=st.integers(-(2**63), 2**63 - 1),
    outcome=st.sampled_from(Outcome),
    decided_at=st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds the zone
    grace=st.sampled_from([timedelta(0), timedelta(days=99_999)]),
)
def test_whatever_a_forged_decision_and_receipt_say_they_are_judged_and_nobody_stumbles(
    topic: str,
    partition: int,
    offset: int,
    outcome: Outcome,
    decided_at: datetime,
    grace: timedelta,
) -> None:
    source = Source(topic=topic, partition=partition, offset=offset)
    record = replace(an_honest_record(), source=source, outcome=outcome, decided_at=decided_at)
    receipt = Receipt(record_sha256=bytes(32), decision=record)
    another = replace(receipt, decision=an_honest_record())
    scope = Scope.of([], AS_OF, grace, None)
    with Ledger() as ledger:
        walk = Walk(ledger, scope, {}, Found())
        for kind, topic_of, forged in (
            ("decisions", DECISIONS, framed(record)),
            ("receipts", "member.rs.receipts", framed(receipt)),
            (
                "receipts",
                "member.xk.receipts",
                framed(another),
            ),
        ):
            walk.walk(kind, [stored(Place(topic_of, 0, 0), forged)])
        walk.found.add_all(without_source(ledger, scope, Forgotten()))
        walk.found.add_all(compare(ledger, scope, Forgotten()))
    assert walk.found.counts


def an_honest_record() -> DecisionRecord:
    return decode_record(DecisionRecord, unframe(decided_by(balkans().world))[1])


def framed(record: DecisionRecord | Receipt) -> bytes:
    return frame(schema_id_of(type(record)), encode_record(record))


Change = Callable[[DecisionRecord], DecisionRecord]


def rows_changed(change: Callable[[Outgoing], Outgoing | None], desk: str) -> Change:
    """A decision with another row for one desk, or without it."""

    def changed(record: DecisionRecord) -> DecisionRecord:
        rows = (change(row) if row.row.desk == desk else row for row in record.deliveries)
        return replace(record, deliveries=tuple(row for row in rows if row is not None))

    return changed


def opening(*compartments: str) -> Callable[[Outgoing], Outgoing]:
    return lambda row: replace(row, row=replace(row.row, compartments=compartments))


def without_reason(row: Outgoing) -> Outgoing:
    return replace(row, row=replace(row.row, because=()))


def one_desk_more(record: DecisionRecord) -> DecisionRecord:
    more = replace(
        record.deliveries[0], row=replace(record.deliveries[0].row, desk="techco.safety")
    )
    return replace(record, deliveries=(*record.deliveries, more))


FALSE: Final[Mapping[str, Change]] = {
    "a desk less": rows_changed(lambda _: None, "hu.spoc"),
    "a desk more": one_desk_more,
    "a compartment less": rows_changed(opening("identity"), "hu.spoc"),
    "a compartment more": rows_changed(opening("identity"), "bg.coordinator"),
    "another reason": rows_changed(without_reason, "hu.spoc"),
    "held back": rows_changed(lambda row: replace(row, undelivered="NO_USABLE_GRANT"), "hu.spoc"),
    "too large": rows_changed(lambda row: replace(row, undelivered="RECORD_TOO_LARGE"), "hu.spoc"),
    "not on the slip": rows_changed(lambda row: replace(row, undelivered="NOT_ON_SLIP"), "hu.spoc"),
    "a denial less": lambda record: replace(record, denials=record.denials[1:]),
    "a recall": lambda record: replace(record, recalls=("ro.spoc",)),
    "another digest": lambda record: replace(record, decision_digest=bytes(32)),
    "another digest of the slip": lambda record: replace(record, slip_digest=bytes(32)),
    "another message": lambda record: replace(record, message_id=OTHER),
    "other bytes": lambda record: replace(record, signed_sha256=bytes(32)),
    "another kind": lambda record: replace(record, kind="CANCEL"),
    "another status": lambda record: replace(record, status="TEST"),
    "another time": lambda record: replace(record, sent_at=NOW),
    "another compartment": lambda record: replace(record, present=("identity",)),
}


@pytest.mark.parametrize("change", FALSE.values(), ids=FALSE.keys())
def test_a_decision_that_says_anything_else_is_named_once(change: Change) -> None:
    assert sum(judging(change).counts.values()) == 1


def test_a_decision_as_the_hub_takes_it_is_not_named() -> None:
    assert not judging(lambda record: record).counts


def test_a_decision_is_judged_under_the_version_that_it_names() -> None:
    """The sender decided under version 1; the hub uses version 2, which has other desks."""
    sides = balkans()
    newer = a_network(
        a_desk("rs.spoc"),
        a_desk("hu.spoc"),
        a_desk("hu.new"),
        a_desk("ro.spoc"),
        a_desk("bg.coordinator", "NATIONAL_COORDINATOR"),
        version=2,
        digest=b"2" * 32,
    )
    hub = replace(sides.world, network=newer)
    value = decided_by(hub)
    record = decode_record(DecisionRecord, unframe(value)[1])
    assert record.decision_digest != record.slip_digest
    assert {each.undelivered for each in record.deliveries} == {None, "NOT_ON_SLIP"}
    assert not judged_under([sides.world.network, newer], value).counts
    assert judged_under([sides.world.network], value).counts == {Code.RULES_NOT_AT_HAND: 1}
    claiming = replace(sides.world.network, version=2, digest=newer.digest)
    assert judged_under([claiming], value).counts == {Code.DECISION_DIFFERS: 1}


def judging(change: Change) -> Found:
    """What is said of one record of a member, about which this was decided."""
    return judged_under([balkans().world.network], framed(change(an_honest_record())))


@cache
def the_letter() -> Letter:
    return a_letter(balkans())


def decided_by(world: World) -> bytes:
    """The decision record of a hub."""
    routed = HubRouter(world).route(the_letter().record(), NOW)
    [value] = [each.value for each in routed.outbound if each.topic == DECISIONS]
    return value


def judged_under(networks: Sequence[Network], decision: bytes) -> Found:
    """What is said of the letter and of what was decided about it."""
    keys = balkans().world.keys
    rules = {(each.version, each.digest): OpenedNetwork(each, keys) for each in networks}
    source = read_decision(decision, Place(DECISIONS, 0, 0)).source
    with Ledger() as ledger:
        walk = Walk(ledger, Scope.of([], AS_OF, timedelta(0), None), rules, Found())
        walk.walk("decisions", [stored(Place(DECISIONS, 0, 0), decision)])
        # The letter, wherever the decision says that it stands.
        walk.walk("sources", [stored(source, the_letter().value)])
        return walk.found


def stored(place: Place, value: bytes) -> Stored:
    return Stored(place.topic, place.partition, place.offset, AS_OF, None, value, ())

"""What was promised is what the topics show; and each fault is named, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from natcbus.client import Publisher
from natcbus.client.receipts import receipts, wait_for_receipt
from natcbus.contract.codec import Tail, decode_message, read_frame
from natcbus.contract.types.hub import DecisionRecord, Outcome
from natcbus.envelope.grant import read_grant
from natcbus.operations.reconciling import GRACE, Code, reconcile
from natcbus.routing.topics import DECISIONS, QUARANTINE, feed_topic, receipts_topic
from tests.support.bus import Bus, running_bus
from tests.support.command_line import REPOSITORY, CommandLine
from tests.support.faulty_hub import FaultyHub, Sent, deciding, telling, with_tail
from tests.support.kafka import running_kafka
from tests.support.mutations import Json, example, mutants
from tests.support.sending import wait_until_routed
from tests.support.shapes_of_json import differences, documented_shapes

MESSAGES = 20
SHAPES = documented_shapes(REPOSITORY / "docs" / "cli.md")
RECEIPTS = receipts_topic("rs")
NOBODYS = "al.spoc"
"""A desk that the example does not reach."""
REDUCED, FULL = "hu.hotline", "hu.spoc"
"""Two that it does reach."""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


@pytest.fixture(scope="module")
def honest(bus: Bus) -> Iterator[FaultyHub]:
    """A hub that errs, but has not yet: the real one has routed honest traffic and ended."""
    with FaultyHub(bus) as hub:
        honest_traffic(bus, hub)
        bus.hub.terminate()
        yield hub


@pytest.fixture(scope="module")
def hub(honest: FaultyHub) -> FaultyHub:
    """The same, where nothing was found so far."""
    assert honest.found() == []
    return honest


def honest_traffic(bus: Bus, by_hand: FaultyHub) -> None:
    """What happens on any day: alerts, an update, a repetition, a refusal, a stranger's bytes."""
    context = bus.context("rs")
    with Publisher(context, world=bus.world) as publisher:
        events = mutants(7, bus.network, ["rs.spoc"])
        possible = (event for event in events if not publisher.preview(event).problems)
        sent = sum(1 for _ in publisher.publish_all(islice(possible, MESSAGES)))
        by_hand.while_at_work = [by_hand.reconciled(grace=GRACE) for _ in range(3)]
        first = publisher.publish(example("missing_person"))
        assert wait_for_receipt(context, first.message_id, 20)
        publisher.publish(updating(first.message_id))
    wait_until_routed(bus, {"rs": sent + 2})
    routed = by_hand.send()
    by_hand.send_again(routed.composed, routed.value)
    refused = by_hand.send()
    by_hand.send_again(refused.composed, with_tail(slipless)(refused.value))
    by_hand.send_again(refused.composed, b"not a message")
    wait_for_outcomes(bus, sent + 2 + 5)


def updating(replaced: str) -> Json:
    event = example("missing_person")
    event["header"] |= {
        "kind": "UPDATE",
        "change": "CORRECTED",
        "supersedes": {"message_id": replaced},
    }
    return event


def slipless(tail: Tail) -> Tail:
    return replace(tail, slip=None)


def wait_for_outcomes(bus: Bus, count: int) -> None:
    for number, _ in enumerate(receipts(bus.context("rs"), until_end=False), 1):
        if number == count:
            return


def test_honest_traffic_keeps_every_promise(honest: FaultyHub) -> None:
    report = honest.reconciled()
    assert report.findings == ()
    assert report.kept
    assert report.messages == MESSAGES + 4
    assert report.deliveries > report.messages
    assert report.read["decisions"] == report.read["receipts"] == MESSAGES + 7
    assert report.counts[Code.QUARANTINED] == 1
    assert report.unjudged == 0


def test_a_bus_at_work_is_judged_without_false_alarm(honest: FaultyHub) -> None:
    """What is on its way waits: the ends of the topics are of one moment, and no more than that."""
    assert [report.findings for report in honest.while_at_work] == [(), (), ()]


def test_the_command_says_so_and_leaves_with_0(honest: FaultyHub, natcbus: CommandLine) -> None:
    answer = natcbus(*command(honest))
    assert answer.code == 0, answer.out
    assert "Every promise was kept." in answer.out
    assert natcbus(*command(honest), "--json").json["kept"] is True


def command(hub: FaultyHub) -> list[str | Path]:
    bus = hub.bus
    return [
        *("reconcile", "--bootstrap", bus.bootstrap, "--network", bus.network_folder),
        *("--public", bus.folder / "public", "--grace", "0"),
    ]


# A delivery that is not there, or is less than it should be.


def test_a_delivery_that_was_decided_and_is_not_in_the_feed_is_missing(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    places = hub.write(routed.without(feed_topic(FULL)).records)
    assert hub.found() == [("MISSING", places[DECISIONS], FULL)]


def test_a_delivery_without_one_of_its_parcels_is_incomplete(hub: FaultyHub) -> None:
    def lighter(tail: Tail) -> Tail:
        fewer = hub.relayed(compartments=("identity", "recognition"))(tail)
        kept = [each for each in tail.parcels if each.compartment in {"identity", "recognition"}]
        return replace(fewer, parcels=tuple(kept))

    routed = hub.route(hub.send())
    places = hub.write(routed.changed(feed_topic(FULL), with_tail(lighter)).records)
    # What came instead of a delivery is none.
    assert hub.found() == [
        ("INCOMPLETE", places[feed_topic(FULL)], FULL),
        ("MISSING", places[DECISIONS], FULL),
    ]


def test_a_delivery_that_could_have_left_was_withheld(hub: FaultyHub) -> None:
    routed = hub.route(hub.send()).without(feed_topic(FULL))
    held_back = tuple(
        replace(each, undelivered="NO_USABLE_GRANT") if each.row.desk == FULL else each
        for each in routed.decision.deliveries
    )
    places = hub.write(routed.decided(deliveries=held_back).records)
    assert hub.found() == [("WITHHELD", places[DECISIONS], FULL)]


def test_a_record_that_nobody_decided_about_is_overdue_and_then_passed_over(
    hub: FaultyHub,
) -> None:
    forgotten = hub.send()
    assert hub.found() == [("OVERDUE", forgotten.place, "")]
    assert hub.reconciled(grace=timedelta(minutes=5)).counts[Code.WAITING] > 0
    later = hub.send(thread=forgotten.composed.thread_id)
    hub.write(hub.route(later).records)
    assert hub.found() == [("PASSED_OVER", forgotten.place, "")]


def test_a_message_that_was_taken_for_a_repetition_of_nothing_was_ignored(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    nothing = {"deliveries": (), "denials": (), "decision_digest": None, "slip_digest": None}
    ignored = routed.decided(outcome=Outcome.REPEATED, **nothing)
    only = [each for each in ignored.records if each.topic in {DECISIONS, RECEIPTS}]
    places = hub.write(only)
    assert hub.found() == [("IGNORED", places[DECISIONS], "")]


# A delivery that should not be there, or is more than it should be.


def test_a_record_that_was_copied_to_a_desk_without_entitlement(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    places = hub.write([replace(routed.feed(FULL), topic=feed_topic(NOBODYS))])
    assert hub.found() == [("NOT_ENTITLED", places[feed_topic(NOBODYS)], NOBODYS)]


def test_a_record_that_was_copied_to_a_desk_which_has_its_own(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    places = hub.write([replace(routed.feed("hu.thb-police"), topic=feed_topic(FULL))])
    assert hub.found() == [("MISPLACED", places[feed_topic(FULL)], FULL)]


def test_a_hub_that_adds_a_parcel_gives_too_much(hub: FaultyHub) -> None:
    sent = hub.send()
    whole = decode_message(*read_frame(sent.value)).tail

    def heavier(tail: Tail) -> Tail:
        more = hub.relayed(compartments=("identity", "recognition"))(tail)
        parcels = [
            each for each in whole.parcels if each.compartment in {"identity", "recognition"}
        ]
        return replace(more, parcels=tuple(parcels))

    routed = hub.route(sent)
    hub.write(routed.records)
    again = routed.changed(feed_topic(REDUCED), with_tail(heavier)).feed(REDUCED)
    places = hub.write([again])
    assert hub.found() == [("TOO_MUCH", places[feed_topic(REDUCED)], REDUCED)]


def test_the_grant_of_another_desk(hub: FaultyHub) -> None:
    """It may not leave its sender's topic but for that desk's feed."""
    sent = hub.send()
    grants = {
        read_grant(part).to: part for part in decode_message(*read_frame(sent.value)).tail.grants
    }

    def with_two(tail: Tail) -> Tail:
        return replace(tail, grants=(*tail.grants, grants["hu.thb-police"]))

    routed = hub.route(sent)
    hub.write(routed.records)
    places = hub.write([routed.changed(feed_topic(FULL), with_tail(with_two)).feed(FULL)])
    assert hub.found() == [("FOREIGN_GRANT", places[feed_topic(FULL)], FULL)]


def test_a_slip_that_was_forwarded(hub: FaultyHub) -> None:
    sent = hub.send()
    slip = decode_message(*read_frame(sent.value)).tail.slip
    routed = hub.route(sent)
    hub.write(routed.records)
    leaking = with_tail(lambda tail: replace(tail, slip=slip))
    places = hub.write([routed.changed(feed_topic(FULL), leaking).feed(FULL)])
    assert hub.found() == [("SLIP_IN_FEED", places[feed_topic(FULL)], FULL)]


def test_a_delivery_of_a_message_that_was_refused(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    nothing = {"deliveries": (), "denials": (), "decision_digest": None, "slip_digest": None}
    refused = routed.decided(outcome=Outcome.REFUSED, **nothing)
    kept = [each for each in refused.records if each.topic in {DECISIONS, RECEIPTS}]
    places = hub.write([*kept, routed.feed(FULL)])
    assert hub.found() == [("DELIVERY_WITHOUT_DECISION", places[feed_topic(FULL)], FULL)]


def test_a_delivery_of_a_message_that_no_member_sent(hub: FaultyHub) -> None:
    """Signed by its sender, relayed by the hub, and on nobody's topic."""
    sent = hub.send()
    routed = hub.route(sent)
    hub.write(routed.records)
    elsewhere = hub.route(hub.composed())
    places = hub.write([elsewhere.feed(FULL)])
    assert hub.found() == [("DELIVERY_WITHOUT_DECISION", places[feed_topic(FULL)], FULL)]


# Bytes that are not what was sent, or were signed by somebody else.


def test_signed_bytes_that_were_altered(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    altered = routed.changed(feed_topic(FULL), lambda value: value.replace(b"RS", b"BG", 1))
    places = hub.write([altered.feed(FULL)])
    assert hub.found() == [("ALTERED", places[feed_topic(FULL)], FULL)]


def test_a_sealed_part_that_was_altered(hub: FaultyHub) -> None:
    def spoilt(tail: Tail) -> Tail:
        first, *rest = tail.parcels
        return replace(tail, parcels=(replace(first, ciphertext=flipped(first.ciphertext)), *rest))

    assert_named(hub, "ALTERED", spoilt)


def test_a_signature_that_does_not_hold(hub: FaultyHub) -> None:
    def spoilt(tail: Tail) -> Tail:
        return replace(tail, signature=replace(tail.signature, value=flipped(tail.signature.value)))

    assert_named(hub, "BAD_SIGNATURE", spoilt)


def test_a_grant_that_its_sender_did_not_make(hub: FaultyHub) -> None:
    def spoilt(tail: Tail) -> Tail:
        return replace(tail, grants=(replace(tail.grants[0], body=flipped(tail.grants[0].body)),))

    assert_named(hub, "BAD_GRANT", spoilt)


def test_a_relay_that_the_hub_did_not_sign(hub: FaultyHub) -> None:
    def spoilt(tail: Tail) -> Tail:
        assert tail.relay is not None
        signature = tail.relay.signature
        again = replace(tail.relay, signature=replace(signature, value=flipped(signature.value)))
        return replace(tail, relay=again)

    assert_named(hub, "BAD_RELAY", spoilt)


def test_bytes_that_nobody_can_read(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    written = hub.write(replace(each, value=b"nonsense") for each in routed.records)
    desks = {feed_topic(desk): desk for desk in routed.desks}
    assert hub.found() == sorted(
        ("UNREADABLE", place, desks.get(topic, "")) for topic, place in written.items()
    )


def assert_named(hub: FaultyHub, code: str, spoilt: Callable[[Tail], Tail]) -> None:
    """A delivery that is whole, and the same once more with another tail: one finding."""
    routed = hub.route(hub.send())
    hub.write(routed.records)
    places = hub.write([routed.changed(feed_topic(FULL), with_tail(spoilt)).feed(FULL)])
    assert hub.found() == [(code, places[feed_topic(FULL)], FULL)]


def flipped(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


# Twice, and out of turn.


def test_a_delivery_that_came_twice_is_no_fault(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    before = hub.reconciled().counts[Code.REPEATED]
    hub.write(routed.records)
    assert hub.found() == []
    assert hub.reconciled().counts[Code.REPEATED] == before + len(routed.desks)


def test_two_contents_under_one_delivery_id(hub: FaultyHub) -> None:
    first = hub.send()
    routed = hub.route(first)
    hub.write(routed.records)
    second = hub.send(thread=first.composed.thread_id, message_id=first.message_id)
    places = hub.write(hub.route(second).records)
    assert hub.found() == sorted(
        ("DUPLICATE", places[feed_topic(desk)], desk) for desk in routed.desks
    )


def test_a_thread_whose_order_turned_around_at_one_desk(hub: FaultyHub) -> None:
    first = hub.send()
    second = hub.send(thread=first.composed.thread_id)
    earlier, later = hub.route(first), hub.route(second)
    hub.write([later.feed(FULL)])
    places = hub.write(earlier.records)
    hub.write(later.without(feed_topic(FULL)).records)
    assert hub.found() == [("OUT_OF_ORDER", places[feed_topic(FULL)], FULL)]


# What was decided, told and put aside.


def test_a_decision_that_nobody_wrote_down(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    places = hub.write(routed.without(DECISIONS).records)
    assert hub.found() == [("DECISION_MISSING", places[RECEIPTS], "")]


def test_a_decision_about_a_record_that_is_not_there(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    nowhere = deciding(at_offset(1_000_000))
    places = hub.write([routed.changed(DECISIONS, nowhere).to(DECISIONS)])
    assert hub.found() == [("DECISION_WITHOUT_SOURCE", places[DECISIONS], "")]


def test_a_decision_that_the_rules_do_not_give(hub: FaultyHub) -> None:
    def narrower(record: DecisionRecord) -> DecisionRecord:
        kept = tuple(each for each in record.deliveries if each.row.desk != FULL)
        return replace(record, deliveries=kept)

    routed = hub.route(hub.send())
    hub.write(routed.records)
    places = hub.write([routed.changed(DECISIONS, deciding(narrower)).to(DECISIONS)])
    assert hub.found() == [("DECISION_DIFFERS", places[DECISIONS], FULL)]


def test_a_message_that_was_routed_though_its_member_cannot_have_sent_it(hub: FaultyHub) -> None:
    def spoilt(tail: Tail) -> Tail:
        assert tail.slip is not None
        return replace(tail, slip=replace(tail.slip, body=flipped(tail.slip.body)))

    proper = hub.send()
    hub.write(hub.route(proper).records)
    forged = hub.send_again(proper.composed, with_tail(spoilt)(proper.value))
    routed = hub.route(replace(forged, value=proper.value))
    about = hashlib.sha256(forged.value).digest()
    places = hub.write(routed.receipted_for(about).records)
    assert hub.found() == [("ROUTED_UNPROVEN", places[DECISIONS], "")]


def test_a_receipt_that_nobody_wrote(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    places = hub.write(routed.without(RECEIPTS).records)
    assert hub.found() == [("RECEIPT_MISSING", places[DECISIONS], "")]


def test_a_receipt_that_says_something_else(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    fewer = telling(lambda record: replace(record, deliveries=record.deliveries[1:]))
    places = hub.write([routed.changed(RECEIPTS, fewer).to(RECEIPTS)])
    assert hub.found() == [("RECEIPT_DIFFERS", places[RECEIPTS], routed.desks[0])]


def test_what_is_left_of_an_attempt_that_a_crash_cut_short_is_no_fault(hub: FaultyHub) -> None:
    """The receipt of one attempt was durable and its decision was not; then it was read again."""
    routed = hub.route(hub.send())
    earlier = routed.decided(decided_at=datetime(2026, 11, 1, tzinfo=UTC))
    nothing = {"deliveries": (), "denials": (), "decision_digest": None, "slip_digest": None}
    repeated = routed.decided(outcome=Outcome.REPEATED, **nothing)
    hub.write([earlier.to(RECEIPTS), repeated.to(RECEIPTS), *earlier.feeds, *routed.records])
    assert hub.found() == []


def test_a_receipt_that_says_it_was_refused(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    places = hub.write([routed.decided(outcome=Outcome.REFUSED).to(RECEIPTS)])
    assert hub.found() == [("RECEIPT_DIFFERS", places[RECEIPTS], "")]


def test_a_receipt_for_other_bytes(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    places = hub.write([routed.receipted_for(bytes(32)).to(RECEIPTS)])
    assert hub.found() == [("RECEIPT_DIFFERS", places[RECEIPTS], "")]


def test_a_receipt_for_a_record_that_is_not_there(hub: FaultyHub) -> None:
    routed = hub.route(hub.send())
    hub.write(routed.records)
    places = hub.write([routed.changed(RECEIPTS, telling(at_offset(2_000_000))).to(RECEIPTS)])
    assert hub.found() == [("RECEIPT_WITHOUT_SOURCE", places[RECEIPTS], "")]


def test_a_quarantined_record_that_was_not_put_aside(hub: FaultyHub) -> None:
    routed = hub.route(nonsense(hub))
    places = hub.write(routed.without(QUARANTINE).records)
    assert hub.found() == [("QUARANTINE_MISSING", places[DECISIONS], "")]


def test_other_bytes_in_quarantine(hub: FaultyHub) -> None:
    routed = hub.route(nonsense(hub))
    hub.write(routed.records)
    places = hub.write([routed.changed(QUARANTINE, lambda _: b"other").to(QUARANTINE)])
    assert hub.found() == [("QUARANTINE_DIFFERS", places[QUARANTINE], "")]


def nonsense(hub: FaultyHub) -> Sent:
    return hub.send_again(hub.composed().composed, b"nonsense")


def at_offset(offset: int) -> Callable[[DecisionRecord], DecisionRecord]:
    return lambda record: replace(record, source=replace(record.source, offset=offset))


# What cannot be compared is not counted as kept.


def test_rules_that_are_not_at_hand_are_said_and_nothing_is_called_kept(hub: FaultyHub) -> None:
    report = reconcile(hub.bus.bootstrap, [], grace=timedelta(0))
    assert report.counts[Code.RULES_NOT_AT_HAND] == 1
    assert report.messages == 0
    assert report.unjudged > MESSAGES
    assert not report.kept


def test_what_is_younger_than_since_is_judged_and_nothing_else(hub: FaultyHub) -> None:
    assert hub.reconciled(since=datetime.now(UTC)).read["sources"] == 0
    since = datetime.now(UTC)
    routed = hub.route(hub.send())
    hub.write(routed.records)
    report = hub.reconciled(since=since)
    assert report.kept, report.findings
    assert (report.messages, report.deliveries) == (1, len(routed.desks))
    assert report.read["decisions"] > 1
    by_one_clock = hub.reconciled(since=since, earlier=timedelta(0))
    assert by_one_clock.kept, by_one_clock.findings
    assert by_one_clock.read["decisions"] == 1
    too_late = hub.reconciled(since=since, earlier=timedelta(minutes=-5))
    assert too_late.counts == {Code.OVERDUE: 1}


def test_the_command_names_each_fault_and_leaves_with_1(
    hub: FaultyHub, natcbus: CommandLine
) -> None:
    hub.write(hub.route(hub.send()).without(feed_topic(FULL)).records)
    report = hub.reconciled()
    answer = natcbus(*command(hub))
    assert answer.code == 1
    for code, count in report.counts.items():
        assert code.value in answer.out
        assert count
    printed = natcbus(*command(hub), "--json")
    assert printed.code == 1
    assert list(differences(SHAPES["reconcile"], printed.json)) == []
    assert printed.json["counts"] == {code.value: n for code, n in report.counts.items()}
    assert len(printed.json["findings"]) == len(report.findings)


def test_the_command_says_what_it_lacks(hub: FaultyHub, natcbus: CommandLine) -> None:
    assert natcbus(*command(hub), "--since", "yesterday").code == 2
    nobody = natcbus("reconcile", "--bootstrap", "127.0.0.1:1", "--network", hub.bus.network_folder)
    assert nobody.code == 3


def test_records_that_were_deleted_before_their_time_are_missed(hub: FaultyHub) -> None:
    hub.found()
    hub.forget(feed_topic(FULL), 3)
    assert hub.found() == [("REMOVED", f"{feed_topic(FULL)}-0@3", FULL)]
    late = hub.reconciled(now=datetime.now(UTC) + timedelta(days=31))
    assert late.counts[Code.RETAINED_OUT] == 1
    hub.forget(DECISIONS, 1)
    [(code, place, _)] = hub.found()
    assert (code, place.rpartition("@")[0]) == ("DECISION_MISSING", f"{RECEIPTS}-0")

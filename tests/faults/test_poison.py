"""Poison on the real bus: none of it reaches a desk, none of it is lost, and nobody else waits.

Ten thousand records that no member should write, seeded, go through the real hub on real Kafka
beside good messages of the same members and threads. A failure is made again with the same SEED.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from typing import Final

import pytest

from natcbus.client.composing import Composed
from natcbus.contract.codec import decode_message, decode_record, read_frame, unframe
from natcbus.contract.types.hub import DecisionRecord, Outcome, Receipt
from natcbus.envelope.sign import RELAY, verify_part
from natcbus.operations.quarantine import held_records
from natcbus.operations.reconciling.reconcile import reconcile
from natcbus.operations.topic_reading import Stored, stored_records
from natcbus.routing.signed import OpenedNetwork
from natcbus.routing.topics import QUARANTINE, feed_topic, out_topic, receipts_topic
from tests.support.authors import authored, signing_key
from tests.support.bus import Bus
from tests.support.by_hand import Decided, Place, Writing, good_messages, waits
from tests.support.poison import ASIDE, Larder, Poison, poisons
from tests.support.streams import make_topics

SEED: Final = int(os.environ.get("NATCBUS_TEST_SEED", "20261124"))
POISONS: Final = 10_000
GOOD_EACH: Final = 24
"""Good messages of each member that also writes poison, on four threads."""
POISONERS: Final = ("rs.spoc", "bg.cybercrime", "si.thb-police", "md.border-police", "ro.spoc")
CALM: Final = "mk.spoc"
"""A desk of a member that writes nothing but good messages, all the while."""
OTHERS_WAIT_AT_MOST: Final = timedelta(seconds=60)

logger = logging.getLogger(__name__)


def larders(bus: Bus, routed: Mapping[str, Sequence[Composed]]) -> list[Larder]:
    fresh = {sender: list(islice(authored(bus, sender, SEED), 8)) for sender in POISONERS}
    return [
        Larder(
            sender.split(".")[0],
            signing_key(bus, sender.split(".")[0]),
            [each.value for each in fresh[sender]],
            [each.value for each in routed[sender]],
            [each.value for other in POISONERS if other != sender for each in fresh[other]],
        )
        for sender in POISONERS
    ]


@pytest.mark.timeout(600)
def test_ten_thousand_records_of_poison(bus: Bus, writing: Writing, decided: Decided) -> None:
    make_topics(bus.bootstrap, {"exfiltrated": 1})
    before = {sender: good_messages(bus, sender, 4, SEED + 1) for sender in POISONERS}
    for message in (each for every in before.values() for each in every):
        writing.good_message(message)
    writing.settle()
    decided.wait_for(writing.good)

    good = {sender: good_messages(bus, sender, GOOD_EACH, SEED + 9) for sender in POISONERS}
    calm = iter(good_messages(bus, CALM, 120, SEED + 5))
    write_all(writing, good, calm, larders(bus, before))
    while not decided.by_place.keys() >= writing.bad.keys() | writing.good.keys():
        assert bus.hub.process.poll() is None, bus.hub.written
        if (another := next(calm, None)) is not None:
            writing.good_message(another)
        decided.look(100)
        writing.settle()

    one_decision_each(writing, decided)
    poison_is_held_or_refused_and_told(bus, writing, decided)
    desks_got_the_good_in_order_and_nothing_else(bus, writing)
    others_were_not_kept_waiting(writing, decided)
    and_the_operators_checker_agrees(bus, writing)
    assert bus.hub.process.poll() is None
    assert bus.hub.get("/live")[0] == HTTPStatus.OK


def write_all(
    writing: Writing,
    good: Mapping[str, Sequence[Composed]],
    calm: Iterator[Composed],
    stores: Sequence[Larder],
) -> None:
    """All the poison, with the good spread evenly in it, on the same threads."""
    keys = {
        sender.split(".")[0]: [each.thread_id.encode() for each in messages]
        for sender, messages in good.items()
    }
    queue = [each for turn in zip(*good.values(), strict=True) for each in turn]
    every = POISONS // len(queue)
    hostile = [("Faust-Ag-ReplyTo", b"exfiltrated"), ("Faust-Ag-CorrelationId", b"1")]
    for number, poison in enumerate(islice(poisons(SEED, stores, keys), POISONS)):
        writing.poison(poison)
        if number % every == 0 and queue:
            writing.good_message(queue.pop(0), hostile if number % 2 else ())
        if number % 200 == 0:
            writing.good_message(next(calm))
    assert not queue
    writing.settle()
    assert len(writing.bad) == POISONS


def poison_is_held_or_refused_and_told(bus: Bus, writing: Writing, decided: Decided) -> None:
    outcomes: Counter[str] = Counter()
    held: dict[Place, tuple[bytes | None, bytes]] = {}
    for place, poison in writing.bad.items():
        [decision] = decided.by_place[place]
        outcomes[decision.outcome.value] += 1
        assert decision.outcome in poison.may, (poison.recipe, place, decision.problems)
        assert bool(decision.problems) is (decision.outcome is not Outcome.REPEATED)
        assert not decision.deliveries
        if decision.outcome is Outcome.QUARANTINED:
            held[place] = (poison.key, poison.value or b"")
    assert held == {
        _source(record): (record.key, record.value)
        for record in stored_records(bus.bootstrap, [QUARANTINE], checked=False)
    }
    # `quarantine list` says the same.
    assert len(held_records(bus.bootstrap)) == len(held)
    sources = (receipt.decision.source for receipt in receipts_of(bus))
    told = Counter((each.topic, each.partition, each.offset) for each in sources)
    assert told == Counter(dict.fromkeys(writing.bad.keys() | writing.good.keys(), 1))
    assert min(outcomes.values()) > POISONS // 100, outcomes
    logger.info("poison: %s", dict(outcomes))


def _source(record: Stored) -> Place:
    said = {name: (text or b"").decode() for name, text in record.headers}
    topic, number = said["natcbus_topic"], said["natcbus_partition"]
    assert said["natcbus_code"]
    return topic, int(number), int(said["natcbus_offset"])


def receipts_of(bus: Bus) -> Iterator[Receipt]:
    topics = [receipts_topic(member) for member in bus.network.members]
    for record in stored_records(bus.bootstrap, topics, checked=False):
        yield decode_record(Receipt, unframe(record.value)[1])


def desks_got_the_good_in_order_and_nothing_else(bus: Bus, writing: Writing) -> None:
    expected: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _, message in sorted(writing.good.items()):
        for delivery in message.decision.deliveries:
            expected[delivery.desk, message.thread_id].append(message.message_id)
    got: dict[tuple[str, str], list[str]] = defaultdict(list)
    warned: Counter[str] = Counter()
    hub_key = bus.world.keys.hub_key()
    feeds = [feed_topic(desk) for desk in bus.network.desks]
    for record in stored_records(bus.bootstrap, feeds, checked=False):
        assert {name for name, _ in record.headers} <= HUBS_HEADERS
        fed = decode_message(*read_frame(record.value))
        header = fed.signed.header
        desk = record.topic.removeprefix("desk.").removesuffix(".feed")
        got[desk, header.thread_id].append(header.message_id)
        assert fed.tail.relay is not None
        relay = verify_part(RELAY, fed.tail.relay, hub_key)
        if any(each.code == "EARLIER_MESSAGE_HELD" for each in relay.indicators):
            warned[header.from_] += 1
    assert got == expected
    assert warned.keys() == set(POISONERS), "whose threads had poison in them, and no others"
    assert not list(stored_records(bus.bootstrap, ["exfiltrated"]))


HUBS_HEADERS: Final = {
    *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"),
}


def and_the_operators_checker_agrees(bus: Bus, writing: Writing) -> None:
    rules = OpenedNetwork(bus.network, bus.world.keys)
    report = reconcile(bus.bootstrap, [rules], grace=timedelta(0))
    assert report.findings == ()
    assert report.messages == len(writing.good)


def others_were_not_kept_waiting(writing: Writing, decided: Decided) -> None:
    calm, everybody = waits(writing, decided, CALM.split(".")[0]), waits(writing, decided)
    assert len(calm) >= 20
    logger.info("longest wait: %s of others, %s of the poisoners", max(calm), max(everybody))
    assert max(calm) < OTHERS_WAIT_AT_MOST


FLOOD: Final = 1_600


@pytest.mark.timeout(600)
def test_a_flood_pauses_its_member_alone_and_ends_by_itself(
    bus: Bus, writing: Writing, decided: Decided
) -> None:
    topic = out_topic("rs")
    told_before = {each.source for each in paused_receipts(bus)}
    calm = iter(good_messages(bus, CALM, 60, SEED + 77))
    [after] = islice(authored(bus, "rs.spoc", SEED + 78), 1)
    for number in range(FLOOD):
        poison = Poison("flood", "rs", b"k%d" % number, b"%d" % number, [], ASIDE)
        writing.poison(poison)
    writing.good_message(after)
    writing.settle()
    seen_paused = seen_in_figures = False
    while not decided.by_place.keys() >= writing.bad.keys() | writing.good.keys():
        if (another := next(calm, None)) is not None:
            writing.good_message(another)
        writing.settle()
        decided.look(100)
        status, page = bus.hub.get("/ready")
        assert status == HTTPStatus.OK, page
        paused = json.loads(page)["paused"]
        assert paused.keys() <= {topic}
        seen_paused |= topic in paused
        seen_in_figures |= (
            f'natcbus_hub_paused_seconds{{topic="{topic}"}}' in bus.hub.get("/metrics")[1]
        )
    assert seen_paused
    assert seen_in_figures
    assert f"{topic}: a flood of records that are put aside, not read for 5 s" in bus.hub.written
    floods = re.search(rf'floods_total\{{topic="{topic}"\}} (\d+)', bus.hub.get("/metrics")[1])
    assert floods is not None
    told = {each.source for each in paused_receipts(bus)} - told_before
    assert {each.topic for each in told} == {topic}
    one_decision_each(writing, decided)
    others_were_not_kept_waiting(writing, decided)


def one_decision_each(writing: Writing, decided: Decided) -> None:
    for place in writing.bad.keys() | writing.good.keys():
        wanted = writing.bad[place].may if place in writing.bad else {Outcome.ROUTED}
        assert [each.outcome in wanted for each in decided.by_place[place]] == [True]


def paused_receipts(bus: Bus) -> Iterator[DecisionRecord]:
    for receipt in receipts_of(bus):
        if any(each.code == "MEMBER_PAUSED" for each in receipt.decision.problems):
            yield receipt.decision

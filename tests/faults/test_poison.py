"""Poison on the real bus: none of it reaches a desk, none of it is lost, and nobody else waits.

Ten thousand records that no member should write, seeded, go through the real hub on real Kafka
beside good messages of the same members and threads. A failure is made again with the same SEED.
"""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from natcbus.client.composing import Composed
from natcbus.contract.codec import decode_message, decode_record, read_frame, unframe
from natcbus.contract.types.hub import DecisionRecord, Outcome, Receipt
from natcbus.envelope.sign import RELAY, verify_part
from natcbus.operations.quarantine import held_records
from natcbus.operations.topic_reading import Stored, stored_records
from natcbus.routing.topics import (
    DECISIONS,
    QUARANTINE,
    feed_topic,
    out_topic,
    receipts_topic,
)
from tests.support.authors import authored, signing_key
from tests.support.bus import Bus, running_bus
from tests.support.kafka import running_kafka
from tests.support.poison import Larder, Poison, poisons
from tests.support.streams import make_topics

SEED: Final = int(os.environ.get("NATCBUS_TEST_SEED", "20261124"))
POISONS: Final = 10_000
GOOD_EACH: Final = 40
"""Good messages of each member that also writes poison, on four threads."""
THREADS: Final = 4
POISONERS: Final = ("rs.spoc", "bg.cybercrime", "si.thb-police", "md.border-police", "ro.spoc")
CALM: Final = "mk.spoc"
"""A desk of a member that writes nothing but good messages, all the while."""
OTHERS_WAIT_AT_MOST: Final = timedelta(seconds=60)

logger = logging.getLogger(__name__)

Place = tuple[str, int, int]
"""Topic, partition and offset."""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


@dataclass
class Writing:
    """Everything that was written to members' topics, and where and when it came to stand."""

    bus: Bus
    producer: KafkaProducer
    good: dict[Place, Composed] = field(default_factory=dict)
    bad: dict[Place, Poison] = field(default_factory=dict)
    stored_at: dict[Place, datetime] = field(default_factory=dict)
    _sent: list[tuple[Any, Composed | Poison]] = field(default_factory=list)

    def good_message(self, message: Composed, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        topic = out_topic(member_of(message))
        key = message.thread_id.encode()
        sending = self.producer.send(topic, message.value, key, [*message.headers, *headers])
        self._sent.append((sending, message))

    def poison(self, poison: Poison) -> None:
        topic = out_topic(poison.member)
        sending = self.producer.send(topic, poison.value, poison.key, poison.headers)
        self._sent.append((sending, poison))

    def settle(self) -> None:
        """Wait until all of it is durable."""
        for sending, what in self._sent:
            at = sending.get(30)
            place = (at.topic, at.partition, at.offset)
            self.stored_at[place] = datetime.fromtimestamp(at.timestamp / 1000).astimezone()
            if isinstance(what, Poison):
                self.bad[place] = what
            else:
                self.good[place] = what
        self._sent.clear()


@pytest.fixture
def writing(bus: Bus) -> Iterator[Writing]:
    producer = KafkaProducer(
        bootstrap_servers=bus.bootstrap, acks="all", linger_ms=2, max_request_size=1_000_000
    )
    try:
        yield Writing(bus, producer)
    finally:
        producer.close(timeout=5)


def member_of(message: Composed) -> str:
    return message.header.from_.split(".")[0]


class Decided:
    """The decisions as they come, by the place of their record."""

    def __init__(self, bus: Bus) -> None:
        self.by_place: dict[Place, list[DecisionRecord]] = defaultdict(list)
        self._hub = bus.hub
        self._consumer = KafkaConsumer(
            bootstrap_servers=bus.bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
        )
        self._consumer.assign([TopicPartition(DECISIONS, 0)])

    def look(self, wait_ms: int = 100) -> int:
        """Take in what has come; how many records are decided."""
        for batch in self._consumer.poll(timeout_ms=wait_ms).values():
            for record in batch:
                decision = decode_record(DecisionRecord, unframe(record.value)[1])
                source = decision.source
                place = (source.topic, source.partition, source.offset)
                self.by_place[place].append(decision)
        return len(self.by_place)

    def wait_for(self, places: Iterable[Place]) -> None:
        """Return when all of these are decided, as long as decisions keep coming."""
        missing = set(places)
        idle = 0
        while missing:
            before = self.look(200)
            missing -= self.by_place.keys()
            idle = 0 if self.look(0) != before or not missing else idle + 1
            assert idle < 300, f"{len(missing)} undecided: {sorted(missing)[:3]}"

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def decided(bus: Bus) -> Iterator[Decided]:
    with closing(Decided(bus)) as found:
        yield found


def good_messages(bus: Bus, sender: str, count: int, seed: int) -> list[Composed]:
    """Messages of a desk on a few threads of its own."""
    found = []
    roots = [each.thread_id for each in islice(authored(bus, sender, seed), THREADS)]
    for number, root in enumerate(roots):
        on_thread = authored(bus, sender, seed + 1 + number, thread_id=root)
        found += list(islice(on_thread, count // THREADS))
    return sorted(found, key=lambda each: each.message_id[-6:])


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


@pytest.mark.timeout(300)
def test_ten_thousand_records_of_poison(bus: Bus, writing: Writing, decided: Decided) -> None:
    make_topics(bus.bootstrap, {"exfiltrated": 1})
    before = {sender: good_messages(bus, sender, 4, SEED + 1) for sender in POISONERS}
    for message in (each for every in before.values() for each in every):
        writing.good_message(message)
    writing.settle()
    decided.wait_for(writing.good)

    good = {sender: good_messages(bus, sender, GOOD_EACH, SEED + 9) for sender in POISONERS}
    calm = iter(good_messages(bus, CALM, 240, SEED + 5))
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
    the_hub_is_well_and_said_what_happened(bus, writing)


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


def one_decision_each(writing: Writing, decided: Decided) -> None:
    places = writing.bad.keys() | writing.good.keys()
    assert decided.by_place.keys() == places
    assert {len(each) for each in decided.by_place.values()} == {1}


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
        for record in stored_records(bus.bootstrap, [QUARANTINE])
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
    for record in stored_records(bus.bootstrap, topics):
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
    for record in stored_records(bus.bootstrap, feeds):
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


def others_were_not_kept_waiting(writing: Writing, decided: Decided) -> None:
    waited = {
        place: decided.by_place[place][0].decided_at - writing.stored_at[place]
        for place, message in writing.good.items()
    }
    topic = out_topic(CALM.split(".")[0])
    calm = [each for place, each in waited.items() if place[0] == topic]
    assert len(calm) > POISONS // 200
    longest = max(waited.values())
    logger.info("longest wait: %s of others, %s of the poisoners themselves", max(calm), longest)
    assert max(calm) < OTHERS_WAIT_AT_MOST


def the_hub_is_well_and_said_what_happened(bus: Bus, writing: Writing) -> None:
    assert bus.hub.process.poll() is None
    assert bus.hub.get("/live")[0] == 200
    figures = bus.hub.get("/metrics")[1]
    for sender in POISONERS:
        topic = out_topic(sender.split(".")[0])
        assert f'natcbus_hub_floods_total{{topic="{topic}"}}' in figures
        assert f"{topic}: a flood of records that are put aside" in bus.hub.written
    assert f'natcbus_hub_floods_total{{topic="{out_topic(CALM.split(".")[0])}"}}' not in figures
    paused = {
        receipt.decision.sender
        for receipt in receipts_of(bus)
        if any(each.code == "MEMBER_PAUSED" for each in receipt.decision.problems)
    }
    assert paused == {sender.split(".", maxsplit=1)[0] for sender in POISONERS}

"""Writing by hand to members' topics, good and bad, and what the hub decided about each record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from natcbus.client.composing import Composed
from natcbus.contract.codec import decode_record, unframe
from natcbus.contract.types.hub import DecisionRecord
from natcbus.routing.topics import DECISIONS, out_topic
from tests.support.authors import authored
from tests.support.bus import Bus
from tests.support.poison import Poison

THREADS: Final = 4

Place = tuple[str, int, int]
"""Topic, partition and offset."""


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
            self.stored_at[place] = datetime.fromtimestamp(at.timestamp / 1000, UTC)
            if isinstance(what, Poison):
                self.bad[place] = what
            else:
                self.good[place] = what
        self._sent.clear()


@contextmanager
def writing_to(bus: Bus) -> Iterator[Writing]:
    """Write to members' topics for as long as the block lasts."""
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
            check_crcs=False,
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


def good_messages(bus: Bus, sender: str, count: int, seed: int) -> list[Composed]:
    """So many messages of a desk, on a few threads of its own."""
    found = []
    roots = [each.thread_id for each in islice(authored(bus, sender, seed), THREADS)]
    for number, root in enumerate(roots):
        on_thread = authored(bus, sender, seed + 1 + number, thread_id=root)
        found += list(islice(on_thread, count // THREADS))
    return sorted(found, key=lambda each: each.message_id[-6:])


def waits(writing: Writing, decided: Decided, member: str | None = None) -> list[timedelta]:
    """From durable to decided: of each good message, or of those of one member."""
    topic = None if member is None else out_topic(member)
    return [
        decided.by_place[place][0].decided_at - writing.stored_at[place]
        for place in writing.good
        if topic in {None, place[0]}
    ]

"""Reading a topic: where it begins, where it ends, and when the bus counts as away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError
from kafka.structs import OffsetAndTimestamp

from natcbus.client import Context, IncompatibleError, UnavailableError, following
from natcbus.client.following import Follower
from tests.support.sides import NOW

TOPIC = "desk.hu.spoc.feed"
PARTITION = TopicPartition(TOPIC, 0)
CONTEXT = Context(
    name="hu", bootstrap="there:1", member="hu", network=Path(), keys=Path(), state=Path()
)


@dataclass(frozen=True)
class Stored:
    """A record; its time is its offset, in seconds after ``NOW``."""

    offset: int
    value: bytes | None = b""

    @property
    def timestamp(self) -> int:
        return int((NOW + timedelta(seconds=self.offset)).timestamp() * 1000)


class Broker:
    """A topic that grows by one record whenever it is read, as kafka-python's consumer shows it."""

    def __init__(self, held: int, *, grows: bool = False) -> None:
        self.held = held
        self.grows = grows
        self.silent = False
        self.refusal: Exception | None = None
        self.closed = False
        self._at = 0
        self._end: int | None = None

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0} if topic == TOPIC else set()

    def assign(self, partitions: list[TopicPartition]) -> None:
        assert partitions == [PARTITION]

    def seek(self, _: TopicPartition, offset: int) -> None:
        self._at = offset

    def seek_to_beginning(self, partition: TopicPartition) -> None:
        self.seek(partition, 0)

    def offsets_for_times(
        self, stamps: Mapping[TopicPartition, int], timeout_ms: int = 0
    ) -> dict[TopicPartition, OffsetAndTimestamp | None]:
        del timeout_ms
        later = [
            each for each in map(Stored, range(self.held)) if each.timestamp >= stamps[PARTITION]
        ]
        found = OffsetAndTimestamp(later[0].offset, later[0].timestamp, None) if later else None
        return {PARTITION: found}

    def poll(self, timeout_ms: int, max_records: int = 3) -> dict[TopicPartition, list[Stored]]:
        del timeout_ms
        if self.refusal is not None:
            raise self.refusal
        if self.silent:
            return {}
        self._end = self.held
        self.held += self.grows
        batch = [Stored(each) for each in range(self._at, self._end)][:max_records]
        self._at += len(batch)
        return {PARTITION: batch} if batch else {}

    def highwater(self, _: TopicPartition) -> int | None:
        return self._end

    def position(self, _: TopicPartition, timeout_ms: int = 0) -> int:
        del timeout_ms
        return self._at

    def end_offsets(
        self, partitions: Sequence[TopicPartition], timeout_ms: int = 0
    ) -> dict[TopicPartition, int]:
        del timeout_ms
        if self.silent:
            raise KafkaTimeoutError
        return dict.fromkeys(partitions, self.held)

    def close(self) -> None:
        self.closed = True


def following_of(broker: Broker, monkeypatch: pytest.MonkeyPatch, topic: str = TOPIC) -> Follower:
    monkeypatch.setattr(following, "open_consumer", lambda _: broker)
    return Follower(CONTEXT, topic)


def offsets(follower: Follower) -> list[int]:
    return [each.offset for each in follower.records(until_end=True)]


def test_the_end_is_what_was_there_at_the_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    follower = following_of(Broker(7, grows=True), monkeypatch)
    follower.begin()
    assert offsets(follower) == [*range(9)], "and the fetch that reached it, whole"


def test_it_begins_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    follower = following_of(Broker(7), monkeypatch)
    follower.begin_at(5)
    assert offsets(follower) == [5, 6]
    follower.begin_before_end(3)
    assert offsets(follower) == [4, 5, 6]
    follower.begin_before_end(99)
    assert offsets(follower) == [*range(7)]
    follower.begin_since(NOW + timedelta(seconds=4))
    assert offsets(follower) == [4, 5, 6]


def test_since_an_instant_that_nothing_follows_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follower = following_of(Broker(7), monkeypatch)
    follower.begin_since(NOW + timedelta(hours=1))
    assert offsets(follower) == []


def test_what_is_stored_while_it_looks_for_the_place_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = Broker(7)
    ask = broker.offsets_for_times

    def ask_as_one_more_comes(
        stamps: Mapping[TopicPartition, int], timeout_ms: int = 0
    ) -> dict[TopicPartition, OffsetAndTimestamp | None]:
        del timeout_ms
        answer = ask(stamps)
        broker.held += 1
        return answer

    monkeypatch.setattr(broker, "offsets_for_times", ask_as_one_more_comes)
    follower = following_of(broker, monkeypatch)
    follower.begin_since(NOW + timedelta(seconds=7))
    assert [each.offset for each in follower.records(until_end=False, seconds=0.01)] == [7]


def test_a_bus_that_says_nothing_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_QUIET_SECONDS", 0.0)
    broker = Broker(7)
    broker.silent = True
    follower = following_of(broker, monkeypatch)
    follower.begin()
    with pytest.raises(UnavailableError, match="no answer from"):
        offsets(follower)
    with pytest.raises(UnavailableError, match="no answer from"):
        follower.begin_before_end(1)


def test_reading_ends_in_time_though_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    follower = following_of(Broker(2), monkeypatch)
    follower.begin()
    assert len(list(follower.records(until_end=False, seconds=0.01))) == 2


def test_what_the_bus_refuses_and_what_it_fails_at_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = Broker(7)
    follower = following_of(broker, monkeypatch)
    broker.refusal = TopicAuthorizationFailedError(TOPIC)
    with pytest.raises(IncompatibleError) as refused:
        offsets(follower)
    assert refused.value.code == "TOPIC_REFUSED"
    broker.refusal = KafkaTimeoutError()
    with pytest.raises(UnavailableError):
        offsets(follower)


def test_a_topic_that_is_not_there_is_said_and_the_connection_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = Broker(7)
    with pytest.raises(IncompatibleError) as caught:
        following_of(broker, monkeypatch, topic="desk.hu.nobody.feed")
    assert caught.value.code == "TOPIC_REFUSED"
    assert broker.closed

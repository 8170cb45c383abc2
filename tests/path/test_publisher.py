"""Publishing when all is well, and when the broker is away, frozen or killed."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pytest

from natcbus.client import (
    Delivery,
    IncompatibleError,
    Published,
    Publisher,
    RejectedError,
    State,
    UnavailableError,
)
from natcbus.client.following import Follower
from natcbus.client.receipts import trace, wait_for_receipt
from natcbus.contract.codec import decode_message, read_frame
from natcbus.contract.types.hub import Outcome
from natcbus.operations.reachable import LOOPBACK, free_port
from tests.support.bus import Bus, running_bus
from tests.support.kafka import Kafka, running_kafka
from tests.support.mutations import Json, example

SAID_WITHIN_S = 10.0
READER_IS_TOLD_WITHIN_S = 15.0


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    with running_kafka() as kafka:
        yield kafka


@pytest.fixture(scope="module")
def bus(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus:
        yield bus


@pytest.fixture(autouse=True)
def no_thread_stays_behind() -> Iterator[None]:
    """A publisher that lives through an outage of a day must not be a heap of dead clients."""
    before = set(threading.enumerate())
    yield
    left = [
        thread
        for thread in threading.enumerate()
        if thread not in before and thread.name.startswith(("kafka", "natcbus"))
    ]
    for thread in left:
        thread.join(10)
    # A client that is closed in the middle of its bootstrap ends its thread when it likes.
    assert sum(thread.is_alive() for thread in left) <= 1, left


@contextmanager
def said_in_time() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < SAID_WITHIN_S


def to_one_desk() -> Json:
    return to_desks("hu.spoc")


def test_what_is_sent_is_durable_and_gets_a_receipt(bus: Bus) -> None:
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        sent = publisher.publish(to_one_desk())
    assert (sent.state, sent.topic) == (State.SENT, "member.rs.out")
    receipt = wait_for_receipt(bus.context("rs"), sent.message_id, 20)
    assert receipt is not None
    assert receipt.decision.outcome is Outcome.ROUTED
    assert receipt.decision.decision_digest == sent.decision.digest


def test_many_are_sent_in_their_order(bus: Bus) -> None:
    events = [to_one_desk() for _ in range(300)]
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        thread = publisher.publish(events[0]).thread_id
        for event in events:
            event["header"]["thread_id"] = thread
        sent = list(publisher.publish_all(events))
    assert [place_of(each) for each in sent] == sorted(place_of(each) for each in sent)
    assert len({each.message_id for each in sent}) == len(events)
    assert {each.partition for each in sent} == {sent[0].partition}


def test_two_threads_of_one_publisher_keep_the_order_of_their_cases(bus: Bus) -> None:
    with Publisher(bus.context("rs"), world=bus.world) as publisher:

        def publish(_: int) -> list[Published]:
            cases = [publisher.preview(to_one_desk()).event.header.thread_id for _ in range(3)]
            events = [to_one_desk() for _ in range(60)]
            for number, event in enumerate(events):
                event["header"]["thread_id"] = cases[number % len(cases)]
            return list(publisher.publish_all(events))

        with ThreadPoolExecutor(2) as threads:
            sent = list(threads.map(publish, range(2)))
    assert len({each.message_id for every in sent for each in every}) == 120
    for every in sent:
        for case in {each.thread_id for each in every}:
            places = [place_of(each) for each in every if each.thread_id == case]
            assert places == sorted(places)
            assert len({partition for partition, _ in places}) == 1


def place_of(sent: Published) -> tuple[int, int]:
    assert sent.partition is not None
    assert sent.offset is not None
    return sent.partition, sent.offset


def test_a_second_publisher_is_told_who_publishes(bus: Bus) -> None:
    with (
        Publisher(bus.context("rs"), world=bus.world),
        pytest.raises(UnavailableError) as caught,
    ):
        Publisher(bus.context("rs"), world=bus.world)
    assert caught.value.code == "STATE_IN_USE"
    assert f"process {os.getpid()} on {socket.gethostname()} since 20" in caught.value.text


def test_what_is_published_again_under_its_id_is_sent_once(bus: Bus) -> None:
    """By the same publisher and by a later one, which tells the same of it."""
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        event = with_id(publisher, to_desks("hu.spoc", "rs.spoc"))
        first = publisher.publish(event)
        assert publisher.publish(event) == first
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        assert publisher.publish(event) == first
        event["header"]["urgency"] = "EXPECTED"
        with pytest.raises(RejectedError) as caught:
            publisher.publish(event)
    assert caught.value.code == "ID_REUSED"
    assert [each.code for each in first.decision.denials] == ["OWN_DESK"]


def test_who_stops_taking_leaves_nothing_half_sent(bus: Bus) -> None:
    """Closing waits for what is on its way."""
    events = [to_one_desk() for _ in range(5)]
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        for event in events:
            with_id(publisher, event)
        assert len(list(islice(publisher.publish_all(events), 1))) == 1
    for event in events:
        assert wait_for_receipt(bus.context("rs"), event["header"]["message_id"], 20) is not None


def test_while_the_broker_is_not_there_everything_is_queued_and_later_sent_in_its_order(
    bus: Bus, tmp_path: Path
) -> None:
    here = replace(bus.context("rs"), state=tmp_path)
    nowhere = replace(here, bootstrap=f"{LOOPBACK}:{free_port()}")
    with Publisher(nowhere, world=bus.world) as publisher:
        with said_in_time():
            queued = [publisher.publish(to_one_desk())]
        event = to_one_desk()
        event["header"]["thread_id"] = queued[0].thread_id
        with said_in_time():
            queued += publisher.publish_all([event] * 5)
    assert {each.state for each in queued} == {State.QUEUED}
    assert all("no answer from" in each.why for each in queued)
    assert {(each.partition, each.offset) for each in queued} == {(None, None)}
    with Publisher(here, world=bus.world) as publisher:
        assert [each.message_id for each in publisher.earlier] == [
            each.message_id for each in queued
        ]
        last = publisher.publish(event)
        assert publisher.drain(20) == ""
    assert last.state is State.SENT
    ids = [*(each.message_id for each in queued), last.message_id]
    assert order_in_topic(bus, ids) == ids


def order_in_topic(bus: Bus, ids: list[str]) -> list[str]:
    """The messages of one thread as they stand in their partition, every copy."""
    found = []
    with closing(Follower(bus.context("rs"), "member.rs.out")) as follower:
        follower.begin()
        for record in follower.records(until_end=True):
            message = decode_message(*read_frame(record.value or b""))
            if message.signed.header.message_id in ids:
                found.append(message.signed.header.message_id)
    return found


def test_a_topic_that_is_not_there_is_said_as_such(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("natcbus.client.attempts.out_topic", lambda _: "member.nobody.out")
    with Publisher(bus.context("rs"), world=bus.world) as publisher, said_in_time():
        event = with_id(publisher, to_one_desk())
        with pytest.raises(IncompatibleError) as caught:
            publisher.publish(event)
        assert caught.value.code == "TOPIC_REFUSED"
        # What an error is raised for was not accepted.
        assert publisher.state(event["header"]["message_id"]) is None


def test_what_comes_before_a_mistake_is_durable(bus: Bus) -> None:
    good, bad = to_one_desk(), to_one_desk()
    bad["header"]["addressing"] = {"desks": ["hu.nobody"]}
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        coming = publisher.publish_all([good, good, bad, good])
        sent = [next(coming), next(coming)]
        with pytest.raises(RejectedError) as caught:
            next(coming)
        assert caught.value.code == "UNKNOWN_DESK"
    assert all(wait_for_receipt(bus.context("rs"), each.message_id, 20) for each in sent)


@pytest.mark.timeout(180)
def test_a_frozen_broker_is_said_in_time_to_sender_and_reader_and_nothing_comes_twice(
    bus: Bus, kafka: Kafka
) -> None:
    """The first copy may be in the frozen broker's socket: it is written when that goes on."""
    with (
        Publisher(bus.context("rs"), world=bus.world) as publisher,
        bus.subscriber("hr.spoc", until_end=False) as feed,
        ThreadPoolExecutor(1) as reader,
    ):
        event = with_id(publisher, to_desks("hu.spoc", "hr.spoc"))
        publisher.publish(to_desks("hr.spoc"))
        deliveries = iter(feed)
        next(deliveries)
        told = reader.submit(silence_after, deliveries)
        kafka.freeze()
        try:
            with said_in_time():
                queued = publisher.publish(event)
            assert told.result(READER_IS_TOLD_WITHIN_S) < READER_IS_TOLD_WITHIN_S
        finally:
            kafka.thaw()
        message_id = event["header"]["message_id"]
        assert (queued.message_id, queued.state) == (message_id, State.QUEUED)
        assert publisher.drain(60) == ""
        assert publisher.publish(event).state is State.SENT
        assert at_last(lambda: wait_for_receipt(bus.context("rs"), message_id, 30)) is not None
        # The same bytes went out again, so nobody took the second copy for a contradiction.
        for receipt in trace(bus.context("rs"), message_id):
            assert receipt.decision.outcome in {Outcome.ROUTED, Outcome.REPEATED}
        assert at_last(lambda: next(iter(feed))).message_id == message_id
    with bus.subscriber("hu.spoc") as other:
        assert [each.message_id for each in other].count(message_id) == 1


T = TypeVar("T")


def at_last(ask: Callable[[], T]) -> T:
    """The answer of a bus that is coming back: a broker that was frozen is fenced for a while."""
    give_up = time.monotonic() + 60
    while True:
        try:
            return ask()
        except UnavailableError:
            assert time.monotonic() < give_up


def silence_after(deliveries: Iterator[Delivery]) -> float:
    """How long it took until the reader was told that the bus is away."""
    begun = time.monotonic()
    with pytest.raises(UnavailableError):
        next(deliveries)
    return time.monotonic() - begun


@pytest.mark.timeout(180)
def test_what_a_killed_broker_did_not_take_is_sent_when_it_is_back_and_delivered_once(
    bus: Bus, kafka: Kafka
) -> None:
    """Nobody has to ask for it: the publisher goes on trying."""
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        publisher.publish(to_one_desk())
        events = [with_id(publisher, to_desks("si.spoc")) for _ in range(3)]
        ids = [event["header"]["message_id"] for event in events]
        kafka.kill()
        with said_in_time():
            queued = list(publisher.publish_all(events))
        assert [(each.message_id, each.state) for each in queued] == [
            (each, State.QUEUED) for each in ids
        ]
        kafka.start()
        assert publisher.drain(60) == ""
        assert {publisher.state(each) for each in ids} == {State.SENT}
    for message_id in ids:
        ask = partial(wait_for_receipt, bus.context("rs"), message_id, 60)
        assert at_last(ask), bus.hub.written[-3000:]
    with bus.subscriber("si.spoc") as feed:
        assert sorted(each.message_id for each in feed) == sorted(ids)


def to_desks(*desks: str) -> Json:
    event = example("missing_person")
    event["header"]["addressing"] = {"desks": list(desks)}
    return event


def with_id(publisher: Publisher, event: Json) -> Json:
    """The event under an id that its author knows."""
    event["header"]["message_id"] = publisher.preview(event).event.header.message_id
    return event


def test_a_member_that_the_bus_does_not_know_is_told_so(bus: Bus) -> None:
    with (
        Publisher(replace(bus.context("rs"), member="rs"), world=bus.world) as publisher,
        pytest.raises(IncompatibleError) as caught,
    ):
        Publisher(replace(bus.context("rs"), member="xx"), world=bus.world)
    assert publisher.context.member == "rs"
    assert caught.value.code == "NO_PRIVATE_KEY"

"""Publishing when all is well, and when the broker is away, frozen or killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from natcbus.client import (
    IncompatibleError,
    Publisher,
    RejectedError,
    State,
    UnavailableError,
)
from natcbus.client.receipts import receipts, trace, wait_for_receipt
from natcbus.contract.types.hub import Outcome
from natcbus.operations.reachable import LOOPBACK, free_port
from tests.support.bus import Bus, running_bus
from tests.support.kafka import Kafka, running_kafka
from tests.support.mutations import Json, example

SAID_WITHIN_S = 10.0


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    with running_kafka() as kafka:
        yield kafka


@pytest.fixture(scope="module")
def bus(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus:
        yield bus


@contextmanager
def said_in_time() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < SAID_WITHIN_S


def to_one_desk() -> Json:
    event = example("missing_person")
    event["header"]["addressing"] = {"desks": ["hu.spoc"]}
    return event


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
    assert [each.offset for each in sent] == sorted(each.offset for each in sent)
    assert len({each.message_id for each in sent}) == len(events)
    assert {each.partition for each in sent} == {sent[0].partition}


def test_a_broker_that_is_not_there_is_said_in_time(bus: Bus) -> None:
    nowhere = replace(bus.context("rs"), bootstrap=f"{LOOPBACK}:{free_port()}")
    with Publisher(nowhere, world=bus.world) as publisher, said_in_time():
        with pytest.raises(UnavailableError) as caught:
            publisher.publish(to_one_desk())
        assert caught.value.message_id in caught.value.text
        assert "was not written" in caught.value.text
        assert caught.value.in_doubt == ()


def test_a_topic_that_is_not_there_is_said_as_such(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("natcbus.client.publisher.out_topic", lambda _: "member.nobody.out")
    with Publisher(bus.context("rs"), world=bus.world) as publisher, said_in_time():
        with pytest.raises(IncompatibleError) as caught:
            publisher.publish(to_one_desk())
        assert caught.value.code == "TOPIC_REFUSED"


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
def test_a_frozen_broker_is_said_in_time_and_the_message_is_delivered_once(
    bus: Bus, kafka: Kafka
) -> None:
    """The first copy may be in the frozen broker's socket: it is written when that goes on."""
    event = to_one_desk()
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        publisher.publish(to_one_desk())
        event["header"]["message_id"] = publisher.preview(event).event.header.message_id
        kafka.freeze()
        try:
            with said_in_time(), pytest.raises(UnavailableError) as caught:
                publisher.publish(event)
        finally:
            kafka.thaw()
        assert caught.value.message_id == event["header"]["message_id"]
        assert caught.value.in_doubt == (caught.value.message_id,)
        assert "may have been written" in caught.value.text
        sent = published_at_last(publisher, event)
    assert sent == event["header"]["message_id"]
    assert wait_for_receipt(bus.context("rs"), sent, 30) is not None
    # The same bytes went out again, so nobody took the second copy for a contradiction.
    for receipt in trace(bus.context("rs"), sent):
        assert receipt.decision.outcome in {Outcome.ROUTED, Outcome.REPEATED}
    with bus.subscriber("hu.spoc") as feed:
        assert [each.message_id for each in feed].count(sent) == 1


@pytest.mark.timeout(180)
def test_a_publisher_goes_on_after_the_broker_was_killed(bus: Bus, kafka: Kafka) -> None:
    event = to_one_desk()
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        publisher.publish(to_one_desk())
        event["header"]["message_id"] = publisher.preview(event).event.header.message_id
        kafka.kill()
        with said_in_time(), pytest.raises(UnavailableError):
            publisher.publish(event)
        kafka.start()
        sent = published_at_last(publisher, event)
    give_up = time.monotonic() + 60
    while not trace(bus.context("rs"), sent):
        assert time.monotonic() < give_up, bus.hub.written[-3000:]
    assert len({each.decision.message_id for each in receipts(bus.context("rs"))}) > 300


def published_at_last(publisher: Publisher, event: Json) -> str:
    """Publishes again under the same id until the broker, which is coming back, has it."""
    give_up = time.monotonic() + 60
    while True:
        try:
            return publisher.publish(event).message_id
        except UnavailableError:
            assert time.monotonic() < give_up


def test_a_member_that_the_bus_does_not_know_is_told_so(bus: Bus) -> None:
    with (
        Publisher(replace(bus.context("rs"), member="rs"), world=bus.world) as publisher,
        pytest.raises(IncompatibleError) as caught,
    ):
        Publisher(replace(bus.context("rs"), member="xx"), world=bus.world)
    assert publisher.context.member == "rs"
    assert caught.value.code == "NO_PRIVATE_KEY"

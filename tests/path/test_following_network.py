"""A running hub takes new versions of the Network by itself, and loses nothing over it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from kafka import KafkaProducer

from natcbus.client import Publisher
from natcbus.contract.types.hub import Outcome
from natcbus.envelope.network_document import sign
from natcbus.operations.network_signing import draw_up
from natcbus.routing.topics import NETWORK
from tests.support.followed_bus import JOINING, FollowedBus, followed_bus, wait_until
from tests.support.kafka import running_kafka
from tests.support.mutations import example

SENDERS = ("rs", "bg", "al")


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FollowedBus]:
    with (
        running_kafka() as kafka,
        followed_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


def alert(sender: str, *desks: str) -> Any:  # noqa: ANN401 - JSON
    """An alert of a member's point of contact to these desks alone, on its only thread."""
    event = example("missing_person", datetime.now(UTC))
    event["header"]["from"] = f"{sender}.spoc"
    event["header"]["thread_id"] = f"{sender}.0195f3a0-0000-7000-8000-000000000002"
    event["header"]["addressing"] = {"desks": list(desks), "only": True}
    return event


def publish(bus: FollowedBus, sender: str, *desks: str) -> str:
    with Publisher(bus.context(sender), world=bus.world) as publisher:
        return publisher.publish(alert(sender, *desks)).message_id


def wait_for_version(bus: FollowedBus, number: int) -> None:
    wait_until(
        lambda: set(bus.networks()) == {number} and not bus.hub.obstacles(),
        60,
        lambda: f"{bus.networks()} {bus.hub.obstacles()}\n{bus.hub.written}",
    )


def decided(bus: FollowedBus, sender: str, message: str) -> Any:  # noqa: ANN401 - a record
    wait_until(lambda: message in bus.decisions(sender), 30, lambda: bus.hub.written)
    return bus.decisions(sender)[message]


@pytest.mark.timeout(240)
def test_versions_come_and_go_without_a_restart(bus: FollowedBus) -> None:
    first = decided(bus, "rs", publish(bus, "rs", "hu.spoc", "bg.spoc"))
    assert first.network.version == 1
    assert [each.row.desk for each in first.deliveries] == ["bg.spoc", "hu.spoc"]

    before = bus.world
    bus.office.edit("members/hu.yaml", "    tier: MEMBER", "    suspended: true\n    tier: MEMBER")
    bus.office.publish(bus.bootstrap, 2)
    wait_for_version(bus, 2)
    assert bus.starts() == 2, "no worker started again"
    with Publisher(bus.context("rs"), world=before) as publisher:
        message = publisher.publish(alert("rs", "hu.spoc", "bg.spoc")).message_id
    second = decided(bus, "rs", message)
    assert second.network.version == 2
    assert [each.row.desk for each in second.deliveries] == ["bg.spoc"]
    assert [(each.desk, each.code) for each in second.denials] == [("hu.spoc", "SUSPENDED")]

    forged = bus.office.signed(3).to_bytes().replace(b"PT15M", b"PT99M")
    one_hand = sign(draw_up(bus.office.network, bus.office.now), bus.office.key(0)).to_bytes()
    rolled_back = bus.office.signed(1).to_bytes()
    producer = KafkaProducer(bootstrap_servers=bus.bootstrap, acks="all")
    for value in (b"nothing", forged, one_hand, rolled_back):
        producer.send(NETWORK, key=b"9", value=value).get(timeout=5)
    producer.close(timeout=5)
    codes = ("BAD_DOCUMENT", "BAD_SIGNATURE", "TOO_FEW_SIGNATURES", "ROLLED_BACK")
    wait_until(
        lambda: all(bus.hub.written.count(code) == 2 for code in codes),
        20,
        lambda: bus.hub.written,
    )
    assert bus.networks() == [2, 2]
    third = decided(bus, "rs", publish(bus, "rs", "bg.spoc"))
    assert third.network.version == 2


@pytest.mark.timeout(300)
def test_a_member_joins_under_load_and_nothing_is_lost(bus: FollowedBus) -> None:
    stop = threading.Event()
    sent: dict[str, list[str]] = {sender: [] for sender in SENDERS}

    def keep_publishing(sender: str) -> None:
        with Publisher(bus.context(sender), world=world) as publisher:
            while not stop.is_set():
                sent[sender].append(publisher.publish(alert(sender, "hu.spoc")).message_id)

    world = bus.world
    writers = [threading.Thread(target=keep_publishing, args=(sender,)) for sender in SENDERS]
    for writer in writers:
        writer.start()
    try:
        bus.join()
        bus.make_topics()
        bus.office.publish(bus.bootstrap, 2)
        first_words = [publish(bus, JOINING, "hu.spoc") for _ in range(20)]
        wait_until(lambda: bus.starts() >= 4, 90, lambda: bus.hub.written)
        wait_for_version(bus, 2)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    to_new = publish(bus, "rs", f"{JOINING}.spoc")

    every = {JOINING: first_words, **sent}
    every["rs"].append(to_new)
    for member, messages in every.items():
        wait_until(
            lambda m=member, ids=messages: set(ids) <= bus.decisions(m).keys(),  # type: ignore[misc]
            60,
            lambda: bus.hub.written,
        )
        assert {each.outcome for each in bus.decisions(member).values()} == {Outcome.ROUTED}
    with bus.subscriber("hu.spoc") as subscriber:
        seen = [delivery.message_id for delivery in subscriber]
    wanted = [message for messages in every.values() for message in messages if message != to_new]
    assert sorted(seen) == sorted(wanted)
    for messages in sent.values():
        own = [message for message in messages if message != to_new]
        assert [message for message in seen if message in set(own)] == own
    with bus.subscriber(f"{JOINING}.spoc") as subscriber:
        assert [delivery.message_id for delivery in subscriber] == [to_new]

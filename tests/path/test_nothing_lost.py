"""A killed hub loses nothing, repeats nothing visibly, and shows nothing to a wrong desk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import pytest

from natcbus.client import Publisher, Start
from natcbus.client.keystore import Keystore
from natcbus.client.receipts import receipts
from natcbus.contract.codec import decode_message, read_frame
from natcbus.envelope.grant import read_grant
from natcbus.envelope.keys import SealingKey
from natcbus.envelope.lengths import length_prefixed
from natcbus.operations.reconciling import reconcile
from natcbus.routing.signed import OpenedNetwork
from tests.support.bus import Bus, running_bus
from tests.support.kafka import running_kafka
from tests.support.mutations import Json, mutants, without
from tests.support.sending import Rows, received, wait_until_routed

MESSAGES = 1_000
SENDERS = ("rs.spoc", "bg.cybercrime", "si.thb-police", "md.border-police", "ro.spoc")
KILLS = 2


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


def publishable(publisher: Publisher, events: Iterator[Json]) -> Iterator[Json]:
    """Events that some desk gets, without the entries that resolve to nobody."""
    for event in events:
        objections = [problem.pointer for problem in publisher.preview(event).problems]
        mended = without(event, objections)
        if not objections or not publisher.preview(mended).problems:
            yield mended


def publish(bus: Bus) -> tuple[Rows, dict[str, int]]:
    """A thousand messages of five members; what their senders promised, and how many of each."""
    promised: Rows = {}
    sent: dict[str, int] = {}
    for number, sender in enumerate(SENDERS):
        member = sender.split(".", maxsplit=1)[0]
        with Publisher(bus.context(member), world=bus.world) as publisher:
            events = publishable(publisher, mutants(100 + number, bus.network, [sender]))
            for published in publisher.publish_all(islice(events, MESSAGES // len(SENDERS))):
                for row in published.decision.deliveries:
                    promised[(published.message_id, row.desk)] = (row.view.value, row.compartments)
                sent[member] = sent.get(member, 0) + 1
    return promised, sent


def routed(bus: Bus) -> int:
    members = {sender.split(".", maxsplit=1)[0] for sender in SENDERS}
    found = (receipts(bus.context(member)) for member in members)
    return len({each.decision.message_id for every in found for each in every})


def kill_in_mid_work(bus: Bus, at_least: int) -> int:
    """Kills the hub once it has routed ``at_least`` messages; how many it had routed then."""
    give_up = time.monotonic() + 60
    while routed(bus) < at_least:
        assert time.monotonic() < give_up, bus.hub.written
    bus.hub.kill()
    return routed(bus)


@pytest.mark.timeout(300)
def test_a_hub_killed_twice_in_a_backlog_loses_and_repeats_nothing(bus: Bus) -> None:
    bus.hub.terminate()
    promised, sent = publish(bus)
    assert sum(sent.values()) == MESSAGES
    for kill in range(1, KILLS + 1):
        bus.hub.start()
        assert kill_in_mid_work(bus, at_least=kill * 100) < MESSAGES, "there was no backlog"
    bus.hub.start()
    wait_until_routed(bus, sent)

    assert received(bus) == promised
    # And by what the topics hold, for whoever has no desk's key.
    rules = OpenedNetwork(bus.network, bus.world.keys)
    report = reconcile(bus.bootstrap, [rules], grace=timedelta(0))
    assert report.findings == ()
    assert (report.messages, report.deliveries) == (MESSAGES, len(promised))


@pytest.mark.timeout(300)
def test_no_other_desk_can_open_what_a_desk_was_granted(bus: Bus) -> None:
    """Every other desk's key is tried on every wrapped grant, with all else that it would need."""
    keys = {
        desk: Keystore(bus.folder / "private" / desk.split(".")[0]).sealing_key(desk)
        for desk in bus.network.desks
    }
    tried = 0
    for desk in bus.network.desks:
        others = [key for other, key in keys.items() if other != desk]
        for value in feed(bus, desk):
            grant = read_grant(decode_message(*read_frame(value)).tail.grants[0])
            if not grant.wrapped:
                continue
            info = length_prefixed(
                b"natcbus/1/grant-wrap", grant.signed_sha256, desk, grant.recipient_key_id
            )
            assert opens(keys[desk], grant.wrapped, info), "the attempt itself must be right"
            assert not any(opens(key, grant.wrapped, info) for key in others)
            tried += 1
    assert tried > MESSAGES


def opens(key: SealingKey, wrapped: bytes, info: bytes) -> bool:
    return key.unwrap(wrapped, info) is not None


def feed(bus: Bus, desk: str) -> Iterator[bytes]:
    """The values of a desk's feed, as they lie on the bus."""
    with bus.subscriber(desk, Start(beginning=True)) as subscriber:
        for record in subscriber._records():  # noqa: SLF001 - the bytes, not the delivery
            yield record.value or b""

"""The program that publishes is killed at every step of it; nothing that it was told is untrue."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from natcbus.client import Context, State
from natcbus.client.failpoints import Point
from natcbus.client.journal import Journal, journal_path, read_queued
from natcbus.client.receipts import receipts
from natcbus.contract.types.hub import Outcome
from natcbus.operations.reconciling import reconcile
from natcbus.routing.signed import OpenedNetwork
from tests.support.bus import Bus, running_bus
from tests.support.journals import composed_for, entry_for
from tests.support.kafka import Kafka, running_kafka
from tests.support.mutations import Json, example
from tests.support.publishing_process import Told, published_by_a_process
from tests.support.topics import Copy, copies, first_copies

NTH: dict[Point, int] = {Point.OWNED: 1, Point.CLOSING: 1, Point.CONNECTED: 1}
"""Which time a step is the last; the sixth where nothing is said: three were left, two are sent."""


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    with running_kafka() as kafka:
        yield kafka


@pytest.fixture(scope="module")
def bus(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus:
        yield bus


@pytest.fixture
def context(bus: Bus, tmp_path: Path) -> Context:
    """The side of a member that begins with an empty journal."""
    return replace(bus.context("rs"), state=tmp_path / "state")


def alerts(bus: Bus, count: int, threads: int = 3) -> list[Json]:
    """Events under ids of their own, on a few threads in turn."""
    made = [composed_for(bus, example("missing_person")) for _ in range(count)]
    events = []
    for number, each in enumerate(made):
        event = example("missing_person")
        event["header"]["message_id"] = each.message_id
        event["header"]["thread_id"] = made[number % threads].thread_id
        events.append(event)
    return events


def id_of(event: Json) -> str:
    message_id: str = event["header"]["message_id"]
    return message_id


def left_in_journal(bus: Bus, context: Context, events: list[Json]) -> None:
    """As an earlier run leaves it that could not reach the bus."""
    journal = Journal(place_of(context))
    for event in events:
        journal.put(entry_for(composed_for(bus, event), b""))
    journal.close()


def sent(events: list[Json]) -> dict[str, State]:
    return dict.fromkeys(map(id_of, events), State.SENT)


def threads_of(events: list[Json]) -> list[str]:
    return list(dict.fromkeys(each["header"]["thread_id"] for each in events))


def assert_whole(context: Context, events: list[Json]) -> list[Copy]:
    """Every message is there, under one digest, in the order of its thread; nothing is queued."""
    found = copies(context, threads_of(events))
    digests = {(each.message_id, each.digest) for each in found}
    assert Counter(message_id for message_id, _ in digests) == Counter(map(id_of, events))
    for thread in threads_of(events):
        wanted = [id_of(each) for each in events if each["header"]["thread_id"] == thread]
        assert first_copies(found, thread) == wanted
    assert read_queued(place_of(context)) == []
    return found


def assert_routed(context: Context, events: list[Json]) -> None:
    """No copy contradicts another, so the hub has refused none."""
    missing, give_up = set(map(id_of, events)), time.monotonic() + 30
    while missing:
        assert time.monotonic() < give_up, missing
        for receipt in receipts(context):
            if receipt.decision.message_id in missing:
                assert receipt.decision.outcome in {Outcome.ROUTED, Outcome.REPEATED}
                missing.remove(receipt.decision.message_id)


def assert_kept(bus: Bus) -> None:
    """The judge that reads every topic finds nothing, as soon as the last copy is decided."""
    rules, give_up = OpenedNetwork(bus.network, bus.world.keys), time.monotonic() + 30
    while not (report := reconcile(bus.bootstrap, [rules], grace=timedelta(0))).kept:
        assert time.monotonic() < give_up, report.findings


@pytest.mark.parametrize("point", Point)
def test_killed_at_any_step_it_has_told_the_truth_and_goes_on_where_it_was(
    bus: Bus, context: Context, point: Point
) -> None:
    events = alerts(bus, 12)
    earlier, mine = events[:3], events[3:]
    left_in_journal(bus, context, earlier)

    killed = published_by_a_process(context, mine, dies_at=point, hit=NTH.get(point, 6))
    assert killed.code == -signal.SIGKILL, f"{point} was not reached"
    there = {each.message_id for each in copies(context, threads_of(events))}
    told_sent = {each for each, state in killed.returned.items() if state is State.SENT}
    assert told_sent <= there

    # Its user does not know how far it came, and publishes all of it again.
    again = published_by_a_process(context, mine)
    assert again.known.items() >= dict.fromkeys(killed.returned, State.SENT).items()
    assert set(again.known) >= there - set(map(id_of, earlier))
    assert again == Told(0, again.known, sent(mine))
    assert_whole(context, events)
    assert_routed(context, events)
    assert_kept(bus)


@pytest.mark.timeout(180)
def test_killed_while_the_broker_is_frozen_it_sends_the_same_bytes_again(
    bus: Bus, kafka: Kafka, context: Context
) -> None:
    """What the frozen broker finds in its socket is written too, when it goes on."""
    events = alerts(bus, 4, threads=4)
    try:
        killed = published_by_a_process(
            context, events, dies_at=Point.ANSWERED, hit=2, freezes=kafka.pid
        )
    finally:
        kafka.thaw()
    assert killed.code == -signal.SIGKILL
    in_socket = id_of(events[1])
    assert [each.message_id for each in read_queued(place_of(context))] == [in_socket]
    assert published_by_a_process(context, events).code == 0
    found = assert_whole(context, events)
    assert [each.message_id for each in found].count(in_socket) == 2
    assert_routed(context, events)
    assert_kept(bus)


def place_of(context: Context) -> Path:
    return journal_path(context.state, context.member)

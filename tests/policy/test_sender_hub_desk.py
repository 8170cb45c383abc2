"""The whole path without a broker: what the SDK composes, the hub routes, and each desk opens."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from natcbus.client.composing import Composed, compose, preview, validate
from natcbus.client.opening import open_delivery
from natcbus.client.world import World as MembersWorld
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.reading import Event
from natcbus.contract.types.hub import Outcome
from natcbus.routing.loading import is_network_file, load_network
from tests.support.messages import Parties, inbound, parties
from tests.support.mutations import TYPES, example
from tests.support.networks import EXAMPLE
from tests.support.rulings import Ruled, ruled

NOW = datetime(2026, 11, 24, 8, 0, 2, tzinfo=UTC)


@cache
def region() -> Parties:
    """The example Network, and keys for everybody in it."""
    files = {name: (EXAMPLE / name).read_text("utf-8") for name in names(EXAMPLE)}
    return parties(load_network(files, load_catalogue().audiences))


def names(directory: Path) -> list[str]:
    found = (path.relative_to(directory).as_posix() for path in directory.rglob("*"))
    return sorted(name for name in found if is_network_file(name))


def members_world() -> MembersWorld:
    world = region().world
    return MembersWorld(world.network, world.keys, load_catalogue())


def sent(event_type: str) -> tuple[Event, Composed]:
    """The contract's example of this type, and the message that its sender makes of it."""
    event = validate(example(event_type), members_world(), NOW - timedelta(seconds=1), os.urandom)
    previewed = preview(event, members_world(), NOW)
    return event, compose(previewed, members_world(), region().signer(sender_of(event)))


def sender_of(event: Event) -> str:
    return event.header.from_.partition(".")[0]


def at_the_hub(event: Event, message: Composed) -> Ruled:
    stored_at = NOW - timedelta(milliseconds=5)
    record = inbound(message.value, member=sender_of(event), stored_at=stored_at)
    return ruled(region(), record, now=NOW)


@pytest.mark.parametrize("event_type", TYPES)
def test_what_the_preview_says_is_what_each_desk_opens(event_type: str) -> None:
    event, message = sent(event_type)
    ruling = at_the_hub(event, message)
    assert ruling.codes == []
    assert ruling.decision.outcome is Outcome.ROUTED
    assert ruling.decision.decision_digest == message.decision.digest
    assert sorted(ruling.feeds) == [row.desk for row in message.decision.deliveries]
    for row in message.decision.deliveries:
        opener = region().opener(row.desk)
        delivery = open_delivery(ruling.feeds[row.desk].value, row.desk, opener, members_world())
        assert delivery.view is row.view
        assert delivery.because == row.because
        assert delivery.problems == ()
        assert delivery.sealed == {name: event.sealed[name] for name in row.compartments}


@pytest.mark.parametrize("event_type", TYPES)
def test_the_receipt_tells_its_sender_who_got_it(event_type: str) -> None:
    event, message = sent(event_type)
    told = at_the_hub(event, message).receipt.decision
    assert [
        (each.row.desk, each.row.compartments, each.undelivered) for each in told.deliveries
    ] == [(row.desk, row.compartments, None) for row in message.decision.deliveries]

"""Members' sides without a bus: the example Network, all keys, and a hub that is a function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from natcbus.client.composing import Composed, EventLike, compose, preview, validate
from natcbus.client.opening import Delivery, open_delivery
from natcbus.client.world import World
from natcbus.contract.catalogue import load_catalogue
from natcbus.hub.records import Inbound
from natcbus.hub.router import HubRouter
from natcbus.routing.topics import out_topic
from tests.support.messages import Parties, parties
from tests.support.networks import example_network

NOW: Final = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def entropy() -> Callable[[int], bytes]:
    """Bytes that are the same in every run."""
    count = 0

    def more(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.sha256(count.to_bytes(4, "big")).digest()[:size]

    return more


@dataclass(frozen=True)
class Sides:
    """Everybody's side of the example Network."""

    parties: Parties
    world: World

    def compose(self, event: EventLike, now: datetime = NOW) -> Composed:
        """What the sender's side makes of an event."""
        read = validate(event, self.world, now, entropy())
        member = read.header.from_.split(".", maxsplit=1)[0]
        return compose(preview(read, self.world, now), self.world, self.parties.signer(member))

    def feeds(self, composed: Composed, member: str) -> Mapping[str, bytes]:
        """What the hub makes of it: desk to the value of its feed record."""
        router = HubRouter(self.parties.world)
        record = Inbound(out_topic(member), 0, 0, NOW, b"key", composed.value)
        routed = router.route(record, NOW + timedelta(seconds=1))
        return {
            each.topic.removeprefix("desk.").removesuffix(".feed"): each.value
            for each in routed.outbound
            if each.topic.startswith("desk.")
        }

    def open(self, value: bytes, desk: str, opener: str = "") -> Delivery:
        """What ``desk`` sees of a record, with its own key or with another desk's."""
        return open_delivery(value, desk, self.parties.opener(opener or desk), self.world)


@cache
def sides() -> Sides:
    """Made once: keys for 18 members and 78 desks."""
    made = parties(example_network())
    return Sides(made, World(made.world.network, made.world.keys, load_catalogue()))

"""Everybody at the brokers has the rights that the Network gives, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.operations.rights import HUB_USER, On, Operation, Right, compare, rights
from natcbus.operations.topology import Profile, topics
from natcbus.routing.network import Network
from natcbus.routing.topics import feed_topic, out_topic, receipts_topic
from tests.support.building import a_desk, a_network
from tests.support.strategies import networks


def topics_of(found: Iterable[Right], user: str, operation: Operation) -> set[str]:
    return {
        right.name
        for right in found
        if (right.user, right.operation, right.on) == (user, operation, On.TOPIC)
    }


@given(networks())
def test_a_member_writes_its_own_topic_and_reads_its_own_desks_feeds(network: Network) -> None:
    found = rights(network)
    for member in network.members:
        assert topics_of(found, member, Operation.WRITE) == {out_topic(member)}
        own = {feed_topic(name) for name, desk in network.desks.items() if desk.member == member}
        assert topics_of(found, member, Operation.READ) == {
            receipts_topic(member),
            "hub.network",
            "hub.schemas",
            "hub.heads",
            *own,
        }


@given(networks())
def test_a_feed_is_read_by_its_member_and_by_nobody_else(network: Network) -> None:
    found = rights(network)
    for name, desk in network.desks.items():
        readers = {
            right.user
            for right in found
            if right.name == feed_topic(name) and right.operation == Operation.READ
        }
        assert readers == {desk.member}
    assert not [right for right in found if right.prefix]


@given(networks())
def test_rights_are_to_topics_that_the_network_has(network: Network) -> None:
    names = {topic.name for topic in topics(network, Profile.SINGLE)}
    assert {right.name for right in rights(network) if right.on is On.TOPIC} <= names


@given(networks())
def test_the_hub_reads_what_members_say_and_writes_what_becomes_of_it(network: Network) -> None:
    found = rights(network)
    said = set(map(out_topic, network.members))
    assert topics_of(found, HUB_USER, Operation.READ) == said | {"hub.network", "hub.schemas"}
    written = topics_of(found, HUB_USER, Operation.WRITE)
    assert written.isdisjoint(said)
    assert written >= set(map(feed_topic, network.desks))


@given(networks(), st.data())
def test_what_is_missing_and_what_is_beyond_are_named_and_nothing_else(
    network: Network, data: st.DataObject
) -> None:
    wanted = rights(network)
    there = frozenset(data.draw(st.sets(st.sampled_from(wanted))))
    odd = Right("somebody", Operation.READ, On.TOPIC, feed_topic(min(network.desks)))
    found = compare(network, [*there, odd])
    assert set(found.missing) == set(wanted) - there
    assert set(found.granted) == there
    assert found.beyond == (odd,)
    assert compare(network, wanted).done


@pytest.mark.parametrize(
    ("right", "reaches"),
    [
        (Right("x", "READ", On.TOPIC, "*"), True),
        (Right("x", "READ", On.TOPIC, "", prefix=True), True),
        (Right("x", "READ", On.TOPIC, "des", prefix=True), True),
        (Right("x", "READ", On.TOPIC, "desk.hu", prefix=True), True),
        (Right("x", "READ", On.TOPIC, "deskless", prefix=True), False),
        (Right("x", "READ", On.TOPIC, "somebody.elses"), False),
        (Right("x", "READ", On.GROUP, "hub.of-somebody"), False),
    ],
)
def test_beyond_is_what_reaches_a_topic_of_the_bus(right: Right, reaches: bool) -> None:
    found = compare(a_network(a_desk("hu.spoc")), [right])
    assert (right in found.beyond) is reaches

"""The topics of a network on real Apache Kafka, and on the broker of the demo."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from natcbus.operations.broker import EmbeddedBroker
from natcbus.operations.errors import BrokerUnreachableError, TopicRefusedError
from natcbus.operations.provision import apply, existing_topics
from natcbus.operations.reachable import free_port
from natcbus.operations.topology import OUT_MAX_BYTES, Profile, plan, topics
from natcbus.routing.network import Network
from tests.support.building import a_desk, a_network
from tests.support.kafka import Kafka


@pytest.fixture
def network() -> Network:
    member = f"t{uuid4().hex[:8]}"
    return a_network(a_desk(f"{member}.spoc"), a_desk(f"{member}.border-police"))


def test_applying_creates_every_topic_as_planned(kafka: Kafka, network: Network) -> None:
    before = existing_topics(kafka.bootstrap, Profile.SINGLE)
    made = plan(network, before, Profile.SINGLE)
    applied = apply(kafka.bootstrap, made)
    assert set(applied.created) | before.keys() >= {
        topic.name for topic in topics(network, Profile.SINGLE)
    }
    assert plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE).done


def test_applying_again_changes_nothing(kafka: Kafka, network: Network) -> None:
    first = plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE)
    apply(kafka.bootstrap, first)
    again = apply(
        kafka.bootstrap,
        plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE),
    )
    assert again.created == ()
    assert again.different == ()
    assert set(again.unchanged) == {topic.name for topic in topics(network, Profile.SINGLE)}


def test_two_that_apply_the_same_plan_do_not_disturb_each_other(
    kafka: Kafka, network: Network
) -> None:
    made = plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE)
    assert apply(kafka.bootstrap, made) == apply(kafka.bootstrap, made)


def test_a_created_topic_can_be_used_at_once(kafka: Kafka, network: Network) -> None:
    apply(
        kafka.bootstrap,
        plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE),
    )
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all", max_block_ms=3000)
    for member in network.members:
        for partition in range(4):
            producer.send(f"member.{member}.out", b"x", partition=partition).get(timeout=5)
    producer.close(timeout=5)


def test_a_member_topic_takes_messages_up_to_twice_the_limit_of_the_contract(
    kafka: Kafka, network: Network
) -> None:
    apply(
        kafka.bootstrap,
        plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE),
    )
    (member,) = network.members
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all", max_block_ms=3000)
    producer.send(f"member.{member}.out", bytes(OUT_MAX_BYTES - 1024)).get(timeout=5)
    with pytest.raises(Exception, match=r"(?i)larg"):
        producer.send(f"member.{member}.out", bytes(OUT_MAX_BYTES + 1024)).get(timeout=5)
    producer.close(timeout=5)


def test_what_somebody_changed_is_reported_and_left_alone(kafka: Kafka, network: Network) -> None:
    apply(
        kafka.bootstrap,
        plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE),
    )
    (member,) = network.members
    name = f"member.{member}.out"
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name, {"cleanup.policy": "compact"})]
    )
    admin.close()
    made = plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE)
    give_up = time.monotonic() + 5
    while not made.different and time.monotonic() < give_up:
        made = plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE)
    applied = apply(kafka.bootstrap, made)
    assert [(each.topic, each.setting, each.found) for each in applied.different] == [
        (name, "cleanup.policy", "compact")
    ]
    assert (
        existing_topics(kafka.bootstrap, Profile.SINGLE)[name].configs["cleanup.policy"]
        == "compact"
    )


def test_three_copies_on_one_node_are_refused_with_the_broker_s_reason(
    kafka: Kafka, network: Network
) -> None:
    made = plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.PRODUCTION)
    with pytest.raises(TopicRefusedError, match=r"(?i)replicat") as caught:
        apply(kafka.bootstrap, made)
    assert set(caught.value.refused) == {topic.name for topic in made.create}


def test_nobody_at_the_address_is_said_within_ten_seconds(network: Network) -> None:
    started = time.monotonic()
    with pytest.raises(BrokerUnreachableError):
        apply(f"127.0.0.1:{free_port()}", plan(network, {}, Profile.SINGLE))
    assert time.monotonic() - started < 10


def test_the_broker_of_the_demo_gets_the_same_topics(
    embedded_broker: EmbeddedBroker, network: Network
) -> None:
    bootstrap = embedded_broker.bootstrap
    apply(bootstrap, plan(network, existing_topics(bootstrap, Profile.EMBEDDED), Profile.EMBEDDED))
    made = plan(network, existing_topics(bootstrap, Profile.EMBEDDED), Profile.EMBEDDED)
    assert made.done
    assert len(made.unchanged) == len(topics(network, Profile.EMBEDDED))

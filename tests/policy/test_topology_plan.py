"""Which topics a network needs, and what is said about those that exist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natcbus.operations.errors import TopicNameError
from natcbus.operations.topology import (
    PARTITIONS,
    ExistingTopic,
    Kind,
    Profile,
    Topic,
    plan,
    topics,
)
from tests.support.building import a_desk, a_network

NETWORK = a_network(a_desk("rs.spoc"), a_desk("rs.border-police"), a_desk("hu.spoc"))
DAY_MS = 86_400_000


def by_name(profile: Profile) -> dict[str, Topic]:
    return {topic.name: topic for topic in topics(NETWORK, profile)}


def as_existing(profile: Profile) -> dict[str, ExistingTopic]:
    return {
        topic.name: ExistingTopic(topic.partitions, topic.replication, topic.configs)
        for topic in topics(NETWORK, profile)
    }


def test_every_member_and_desk_and_the_hub_have_their_topics() -> None:
    assert [topic.name for topic in topics(NETWORK, Profile.SINGLE)] == [
        "desk.hu.spoc.feed",
        "desk.rs.border-police.feed",
        "desk.rs.spoc.feed",
        "hub.decisions",
        "hub.heads",
        "hub.network",
        "hub.quarantine",
        "hub.schemas",
        "member.hu.out",
        "member.hu.receipts",
        "member.rs.out",
        "member.rs.receipts",
    ]


def test_a_feed_has_one_partition_so_that_its_order_is_the_order_of_people() -> None:
    assert PARTITIONS[Kind.FEED] == 1


@pytest.mark.parametrize("profile", [Profile.SINGLE, Profile.PRODUCTION])
def test_what_members_say_is_never_compacted_and_leaves_the_bus_after_thirty_days(
    profile: Profile,
) -> None:
    configs = by_name(profile)["member.rs.out"].configs
    assert configs["cleanup.policy"] == "delete"
    assert configs["retention.ms"] == str(30 * DAY_MS)
    assert configs["segment.ms"] == str(DAY_MS)


@pytest.mark.parametrize("name", ["hub.decisions", "hub.network", "hub.heads"])
def test_the_record_is_never_deleted(name: str) -> None:
    configs = by_name(Profile.PRODUCTION)[name].configs
    assert configs["cleanup.policy"] == "delete"
    assert configs["retention.ms"] == "-1"


def test_schemas_are_kept_by_compaction() -> None:
    assert by_name(Profile.SINGLE)["hub.schemas"].configs["cleanup.policy"] == "compact"


def test_production_keeps_three_copies_and_waits_for_two() -> None:
    for topic in topics(NETWORK, Profile.PRODUCTION):
        assert topic.replication == 3
        assert topic.configs["min.insync.replicas"] == "2"


def test_no_topic_is_compressed_so_that_a_search_of_the_disk_is_conclusive() -> None:
    for topic in topics(NETWORK, Profile.SINGLE):
        assert topic.configs["compression.type"] == "uncompressed"


def test_the_embedded_broker_is_asked_for_no_settings_that_it_would_ignore() -> None:
    assert {tuple(topic.configs) for topic in topics(NETWORK, Profile.EMBEDDED)} == {()}


def test_on_an_empty_broker_everything_is_created() -> None:
    made = plan(NETWORK, {}, Profile.SINGLE)
    assert made.create == topics(NETWORK, Profile.SINGLE)
    assert not made.done


@pytest.mark.parametrize("profile", list(Profile))
def test_where_everything_is_as_it_should_be_nothing_is_left_to_do(profile: Profile) -> None:
    made = plan(NETWORK, as_existing(profile), profile)
    assert made.done
    assert list(made.unchanged) == sorted(as_existing(profile))


def test_a_new_desk_is_one_new_topic() -> None:
    larger = a_network(*NETWORK.desks.values(), a_desk("rs.shelter"))
    made = plan(larger, as_existing(Profile.SINGLE), Profile.SINGLE)
    assert [topic.name for topic in made.create] == ["desk.rs.shelter.feed"]


def test_a_compacted_member_topic_is_reported_and_not_touched() -> None:
    existing = as_existing(Profile.SINGLE)
    found = existing["member.rs.out"]
    existing["member.rs.out"] = replace(
        found, configs={**found.configs, "cleanup.policy": "compact"}
    )
    made = plan(NETWORK, existing, Profile.SINGLE)
    (difference,) = made.different
    assert (difference.topic, difference.setting) == ("member.rs.out", "cleanup.policy")
    assert (difference.wanted, difference.found) == ("delete", "compact")
    assert "member.rs.out" not in made.unchanged
    assert not made.create


def test_too_few_copies_and_other_partitions_are_reported() -> None:
    existing = as_existing(Profile.PRODUCTION)
    found = existing["desk.rs.spoc.feed"]
    existing["desk.rs.spoc.feed"] = replace(found, partitions=6, replication=1)
    made = plan(NETWORK, existing, Profile.PRODUCTION)
    assert [(each.setting, each.wanted, each.found) for each in made.different] == [
        ("partitions", "1", "6"),
        ("replication", "3", "1"),
    ]


def test_topics_of_someone_who_left_are_named_and_those_of_others_are_not_ours() -> None:
    extra = ExistingTopic(1, 1, {})
    existing = as_existing(Profile.SINGLE) | {"member.zz.out": extra, "weather": extra}
    assert plan(NETWORK, existing, Profile.SINGLE).unknown == ("member.zz.out",)


def test_an_id_that_is_no_topic_name_is_refused() -> None:
    with pytest.raises(TopicNameError, match="Change the id"):
        topics(a_network(a_desk("rs.granični odsek")), Profile.SINGLE)

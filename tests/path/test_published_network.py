"""A member's side that takes the Network from the bus: signed, followed, and remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from natcbus.client import (
    Context,
    IncompatibleError,
    Publisher,
    State,
    Subscriber,
    UnavailableError,
)
from natcbus.client.published_network import FILE, PublishedNetwork
from natcbus.operations.provision import apply, existing_topics
from natcbus.operations.topology import Profile, plan
from tests.support.command_line import CommandLine
from tests.support.followed_bus import wait_until
from tests.support.kafka import Kafka, running_kafka
from tests.support.mutations import example
from tests.support.networks import example_network
from tests.support.office import Office

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    with running_kafka() as kafka:
        existing = existing_topics(kafka.bootstrap, Profile.SINGLE)
        apply(kafka.bootstrap, plan(example_network(), existing, Profile.SINGLE))
        yield kafka


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office of its own: what others have signed on the same topic counts for nobody here."""
    return Office.opened(tmp_path, ["rs", "hu"], NOW)


def side(broker: Kafka, office: Office, member: str = "hu") -> Context:
    return Context(
        name=member,
        bootstrap=broker.bootstrap,
        member=member,
        network=Path("hub.network"),
        trusted=office.trusted,
        keys=office.private(member),
        state=office.folder / "state" / member,
    )


def away(context: Context) -> Context:
    return replace(context, bootstrap="127.0.0.1:1")


def test_a_new_version_is_there_when_it_is_asked_for_again(broker: Kafka, office: Office) -> None:
    office.publish(broker.bootstrap, 1)
    with closing(PublishedNetwork(side(broker, office))) as published:
        first = published.current()
        assert first.network.version == 1
        assert published.current() is first
        office.edit("members/rs.yaml", "    tier: MEMBER", "    suspended: true\n    tier: MEMBER")
        office.publish(broker.bootstrap, 2)
        wait_until(lambda: published.current() is not first, 20, lambda: "still version 1")
        assert published.current().network.members["rs"].suspended


def test_a_side_that_is_cut_off_goes_on_under_what_it_knows(broker: Kafka, office: Office) -> None:
    office.publish(broker.bootstrap, 1)
    context = side(broker, office)
    with pytest.raises(UnavailableError):
        PublishedNetwork(away(context))
    with closing(PublishedNetwork(context)) as published:
        known = published.current().network.digest
    with closing(PublishedNetwork(away(context))) as remembered:
        assert remembered.current().network.digest == known


def test_nobody_takes_a_side_back_to_an_older_version(broker: Kafka, office: Office) -> None:
    first = office.signed(1)
    office.publish(broker.bootstrap, 2)
    context = side(broker, office)
    PublishedNetwork(context).close()
    remembered = (context.state / FILE).read_bytes()
    with running_kafka() as other:
        existing = existing_topics(other.bootstrap, Profile.SINGLE)
        apply(other.bootstrap, plan(example_network(), existing, Profile.SINGLE))
        office.publish(other.bootstrap, 1)
        with closing(PublishedNetwork(replace(context, bootstrap=other.bootstrap))) as published:
            assert published.current().network.version == 2
    assert (context.state / FILE).read_bytes() == remembered
    assert first.version == 1


def test_a_remembered_version_that_was_changed_is_not_believed(
    broker: Kafka, office: Office
) -> None:
    office.publish(broker.bootstrap, 1)
    context = side(broker, office)
    PublishedNetwork(context).close()
    file = context.state / FILE
    file.write_bytes(file.read_bytes().replace(b"PT15M", b"PT99M"))
    with pytest.raises(IncompatibleError, match=r"network\.json: BAD_SIGNATURE"):
        PublishedNetwork(context)


def test_without_a_version_that_counts_nothing_begins(broker: Kafka, office: Office) -> None:
    with pytest.raises(IncompatibleError, match="has no version that holds now"):
        PublishedNetwork(side(broker, office))


def test_a_desk_reads_its_feed_under_the_network_of_the_bus(broker: Kafka, office: Office) -> None:
    office.publish(broker.bootstrap, 1)
    with Subscriber(side(broker, office), desk="hu.spoc", until_end=True) as subscriber:
        assert list(subscriber) == []
    with pytest.raises(IncompatibleError, match=r"no desk hu\.nobody"):
        Subscriber(side(broker, office), desk="hu.nobody")


def test_commands_of_such_a_context_decide_under_the_network_of_the_bus(
    broker: Kafka, office: Office, natcbus: CommandLine, tmp_path: Path
) -> None:
    office.publish(broker.bootstrap, 7)
    words = ("context", "add", "rs", "--bootstrap", broker.bootstrap, "--member", "rs")
    where = ("--network", "hub.network", "--trusted", office.trusted)
    assert natcbus(*words, *where, "--keys", office.private("rs")).code == 0
    event = tmp_path / "event.json"
    event.write_text(json.dumps(example("missing_person", datetime.now(UTC))))
    assert natcbus("preview", event, "--context", "rs", "--json").json["network_version"] == 7
    refused = natcbus("keys", "init", "rs", "--context", "rs")
    assert refused.code == 2


def test_a_publisher_decides_under_the_version_of_the_moment(broker: Kafka, office: Office) -> None:
    office.publish(broker.bootstrap, 1)
    with Publisher(side(broker, office, "rs")) as publisher:
        event = example("missing_person", datetime.now(UTC))
        before = {row.desk for row in publisher.preview(event).decision.deliveries}
        assert "hu.spoc" in before
        office.edit("members/hu.yaml", "    tier: MEMBER", "    suspended: true\n    tier: MEMBER")
        office.publish(broker.bootstrap, 2)
        wait_until(lambda: publisher.world.network.version == 2, 20, lambda: "still version 1")
        published = publisher.publish(event)
        assert published.decision.network_version == 2
        assert not {row.desk for row in published.decision.deliveries} & {"hu.spoc"}
        assert publisher.state(published.message_id) is State.SENT

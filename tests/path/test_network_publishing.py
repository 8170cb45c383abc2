"""Versions of the Network on real Kafka: signed by two, published once, read by everybody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka import KafkaProducer

from natcbus.envelope.errors import DocumentRefusedError
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.network_document import sign
from natcbus.operations.errors import (
    BrokerUnreachableError,
    NoExpiryError,
    NoNetworkError,
    OtherContentError,
    TopicMissingError,
    TopicsAbsentError,
)
from natcbus.operations.key_files import init_keys
from natcbus.operations.network_files import read_document, secretariat_file
from natcbus.operations.network_publishing import (
    newest_network,
    publish_network,
    published_networks,
)
from natcbus.operations.network_signing import draw_up, sign_directory
from natcbus.operations.provision import apply, existing_topics
from natcbus.operations.reconciling.rules import published_rules
from natcbus.operations.topic_reading import stored_records
from natcbus.operations.topology import NETWORK_MAX_BYTES, Profile, plan
from natcbus.routing.topics import NETWORK
from tests.support.command_line import STORY, CommandLine
from tests.support.kafka import Kafka, running_kafka
from tests.support.networks import example_network
from tests.support.office import Office

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    """A Kafka of this module's own: every bus has one ``hub.network``, and these tests fill it."""
    with running_kafka() as kafka:
        network = example_network()
        apply(
            kafka.bootstrap,
            plan(network, existing_topics(kafka.bootstrap, Profile.SINGLE), Profile.SINGLE),
        )
        yield kafka


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.opened(tmp_path, ["rs"], NOW)


# Signing.


def test_two_people_sign_what_each_of_them_has_before_them(office: Office) -> None:
    file = office.folder / "network-1.json"
    once = sign_directory(office.network, file, office.key(0), office.secretariat, NOW)
    assert len(once.signatures) == 1
    twice = sign_directory(office.network, file, office.key(1), office.secretariat, NOW)
    assert len(twice.signatures) == 2
    assert read_document(file) == twice
    assert twice.not_before == once.not_before
    assert sorted(twice.key_files) == ["hub.json", "rs.json"]


def test_the_second_person_is_told_where_the_first_one_saw_something_else(office: Office) -> None:
    file = office.folder / "network-1.json"
    sign_directory(office.network, file, office.key(0), office.secretariat, NOW)
    clocks = office.network / "policy" / "clocks.yaml"
    clocks.write_text(clocks.read_text("utf-8").replace("read: PT15M", "read: PT20M"), "utf-8")
    with pytest.raises(OtherContentError) as refused:
        sign_directory(office.network, file, office.key(1), office.secretariat, NOW)
    assert refused.value.names == ("policy/clocks.yaml",)
    assert len(read_document(file).signatures) == 1


def test_who_is_not_of_the_secretariat_cannot_sign(office: Office) -> None:
    file = office.folder / "network-1.json"
    with pytest.raises(DocumentRefusedError) as refused:
        sign_directory(office.network, file, SigningKey.generate(), office.secretariat, NOW)
    assert refused.value.code == "UNTRUSTED_KEY"
    assert not file.exists()


def test_what_is_signed_says_until_when_it_holds(office: Office) -> None:
    file = office.network / "network.yaml"
    lines = [line for line in file.read_text("utf-8").splitlines() if "expires:" not in line]
    file.write_text("\n".join(lines), "utf-8")
    with pytest.raises(NoExpiryError):
        draw_up(office.network, NOW)


# Publishing.


def test_every_version_that_was_published_can_be_judged_by(broker: Kafka, office: Office) -> None:
    for number in (1, 2):
        publish_network(broker.bootstrap, office.signed(number), office.secretariat, NOW)
    found = list(published_rules(broker.bootstrap, office.secretariat, {}))
    assert [each.network.version for each in found] == [1, 2]
    assert all(each.keys.signing_key("rs") for each in found)


def test_a_published_version_is_the_newest_for_everybody(broker: Kafka, office: Office) -> None:
    first, second = office.signed(1), office.signed(2)
    done = publish_network(broker.bootstrap, first, office.secretariat, NOW)
    assert (done.version, done.repeated) == (1, False)
    assert newest_network(broker.bootstrap, office.secretariat, NOW) == first
    publish_network(broker.bootstrap, second, office.secretariat, NOW)
    assert newest_network(broker.bootstrap, office.secretariat, NOW) == second


def test_publishing_the_newest_again_does_nothing(broker: Kafka, office: Office) -> None:
    document = office.signed(4)
    first = publish_network(broker.bootstrap, document, office.secretariat, NOW)
    again = publish_network(broker.bootstrap, document, office.secretariat, NOW)
    assert (again.repeated, again.offset) == (True, first.offset)
    found = published_networks(broker.bootstrap, office.secretariat)
    assert found.offsets == {4: first.offset}


def test_nothing_is_published_that_every_reader_would_refuse(broker: Kafka, office: Office) -> None:
    second = office.signed(2)
    publish_network(broker.bootstrap, second, office.secretariat, NOW)
    once = sign(draw_up(office.network, NOW), office.key(0))
    for document, code in (
        (once, "TOO_FEW_SIGNATURES"),
        (office.signed(1), "ROLLED_BACK"),
        (office.signed(2, not_before=NOW - timedelta(days=1)), "FORKED"),
        (office.signed(3, digest=bytes(32)), "DIGEST_MISMATCH"),
    ):
        with pytest.raises(DocumentRefusedError) as refused:
            publish_network(broker.bootstrap, document, office.secretariat, NOW)
        assert refused.value.code == code
    with pytest.raises(DocumentRefusedError) as expired:
        publish_network(broker.bootstrap, second, office.secretariat, second.expires_at)
    assert expired.value.code == "EXPIRED"
    assert newest_network(broker.bootstrap, office.secretariat, NOW) == second


def test_a_version_is_not_published_before_its_topics_are_there(
    broker: Kafka, office: Office
) -> None:
    office.edit("members/mk.yaml", "      mk.labour:", "      mk.labour-inspectorate:")
    with pytest.raises(TopicsAbsentError, match="natcbus topology apply") as refused:
        publish_network(broker.bootstrap, office.signed(1), office.secretariat, NOW)
    assert refused.value.missing == ("desk.mk.labour-inspectorate.feed",)
    with pytest.raises(NoNetworkError):
        newest_network(broker.bootstrap, office.secretariat, NOW)


def test_whoever_can_write_to_the_topic_still_changes_nothing(
    broker: Kafka, office: Office
) -> None:
    good = office.signed(1)
    publish_network(broker.bootstrap, good, office.secretariat, NOW)
    forged = good.to_bytes().replace(b"PT15M", b"PT99M")
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    for value in (
        b"",
        b"nothing",
        forged,
        sign(draw_up(office.network, NOW), office.key(0)).to_bytes(),
    ):
        producer.send(NETWORK, key=b"9", value=value).get(timeout=5)
    producer.close(timeout=5)
    found = published_networks(broker.bootstrap, office.secretariat)
    assert [each.code for each in found.refused][-4:] == [
        "BAD_DOCUMENT",
        "BAD_DOCUMENT",
        "BAD_SIGNATURE",
        "TOO_FEW_SIGNATURES",
    ]
    assert newest_network(broker.bootstrap, office.secretariat, NOW) == good


def test_a_version_may_be_published_before_it_holds(broker: Kafka, office: Office) -> None:
    now, tomorrow = office.signed(1), NOW + timedelta(days=1)
    later = office.signed(2, not_before=tomorrow)
    for document in (now, later):
        publish_network(broker.bootstrap, document, office.secretariat, NOW)
    assert newest_network(broker.bootstrap, office.secretariat, NOW) == now
    assert newest_network(broker.bootstrap, office.secretariat, tomorrow) == later


def test_a_large_network_is_one_record(broker: Kafka, office: Office) -> None:
    padding = office.network / "padding.yaml"
    padding.write_text("# " + "x" * 2_000_000 + "\n", "utf-8")
    document = office.signed(1)
    assert 2_000_000 < len(document.to_bytes()) < NETWORK_MAX_BYTES
    publish_network(broker.bootstrap, document, office.secretariat, NOW)
    assert newest_network(broker.bootstrap, office.secretariat, NOW) == document


def test_without_a_version_that_counts_nobody_is_given_one(broker: Kafka, office: Office) -> None:
    # Other tests have published under other keys: none of that counts for this secretariat.
    with pytest.raises(NoNetworkError):
        newest_network(broker.bootstrap, office.secretariat, NOW)


def test_where_there_is_no_bus_or_no_topic_that_is_said(broker: Kafka, office: Office) -> None:
    with pytest.raises(BrokerUnreachableError):
        newest_network("127.0.0.1:1", office.secretariat, NOW)
    with pytest.raises(TopicMissingError):
        list(stored_records(broker.bootstrap, ["hub.nothing"]))


# The commands, from review to simulation.


def test_a_change_goes_from_review_to_the_bus_by_commands(
    natcbus: CommandLine, broker: Kafka, office: Office
) -> None:
    trusted = ("--trusted", secretariat_file(office.network))
    at = ("--bootstrap", broker.bootstrap)
    office.version(6)
    for number, key in enumerate(office.keys, start=1):
        words = ("network", "sign", office.network, "--key", key, "--json")
        signed = natcbus(*words).json
        assert signed["file"] == "network-6.json"
        assert signed["complete"] is (number == 2)
        published = natcbus("network", "publish", "network-6.json", *trusted, *at, "--json")
        assert published.code == (0 if number == 2 else 1)
    assert published.json["version"] == 6
    assert natcbus("network", "check", "network-6.json", *trusted).code == 0
    assert (
        natcbus("network", "check", office.network, "--against", "topic", *trusted, *at).code == 0
    )
    office.version(5)
    behind = natcbus(
        "network", "check", office.network, "--against", "topic", *trusted, *at, "--json"
    )
    assert [error["code"] for error in behind.json["errors"]] == ["ROLLED_BACK"]


def test_a_change_is_simulated_against_what_members_really_sent(
    natcbus: CommandLine, broker: Kafka, office: Office
) -> None:
    trusted = ("--trusted", secretariat_file(office.network))
    at = ("--bootstrap", broker.bootstrap)
    publish_network(broker.bootstrap, office.signed(8), office.secretariat, NOW)
    private = office.folder / "private"
    init_keys("hu", example_network(), private / "hu", office.network / "keys", NOW)
    natcbus(
        "context",
        "add",
        "rs",
        *at,
        "--member",
        "rs",
        "--network",
        office.network,
        "--keys",
        private / "rs",
    )
    event = json.loads((STORY / "missing-child.json").read_text("utf-8"))
    for _ in range(3):
        assert natcbus("publish", "-", "--context", "rs", stdin=json.dumps(event)).code == 0
    changed = office.folder / "changed"
    shutil.copytree(office.network, changed)
    member = changed / "members" / "hu.yaml"
    member.write_text(member.read_text("utf-8").replace("LOCATE_PERSON, ", ""), "utf-8")
    words = ("network", "simulate", changed, "--against", "topic", "--messages", "topic", "--json")
    answer = natcbus(*words, *trusted, *at)
    assert answer.code == 0
    lost = {desk["desk"]: desk["lost"]["count"] for desk in answer.json["desks"]}
    assert answer.json["messages"] == 3
    assert lost["hu.border-police"] == 3
    assert {desk.partition(".")[0] for desk in lost} == {"hu"}
    assert answer.json["against"]["version"] == 8

"""An encrypted broker that asks who you are: everybody does their part with no right beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from natcbus.client import Context, NatcbusError, Publisher, Start, Subscriber
from natcbus.client.receipts import receipts
from natcbus.client.world import read_network
from natcbus.contract.types.hub import Outcome
from natcbus.hub.errors import Exit, UnsafeGroundError
from natcbus.hub.ground import require_safe_ground
from natcbus.hub.settings import Profile, Security
from natcbus.operations.granting import grant
from natcbus.operations.rights import HUB_USER, On, Operation, Right, rights
from natcbus.routing.topics import feed_topic, out_topic
from tests.support.bus import EXAMPLE, Bus, a_hub, running_bus
from tests.support.certificates import certificate
from tests.support.command_line import REPOSITORY, CommandLine
from tests.support.hub_process import HubProcess
from tests.support.hub_settings import settings_of
from tests.support.kafka import Kafka
from tests.support.mutations import Json, example
from tests.support.secured_kafka import SecuredKafka, secured_kafka
from tests.support.shapes_of_json import differences, documented_shapes

SHAPES: Final = documented_shapes(REPOSITORY / "docs" / "cli.md")
PASSWORDS: Final = {name: f"{name}'s secret" for name in ("hub", "describing", "blind", "rs", "hu")}
NETWORK: Final = read_network(EXAMPLE)


@pytest.fixture(scope="module")
def broker() -> Iterator[SecuredKafka]:
    """Everybody has the rights that the Network gives, and the two lesser hubs almost theirs."""
    wanted = rights(NETWORK)
    out = out_topic("rs")
    lesser = [right for right in wanted if right.user == HUB_USER and right.name != out]
    with secured_kafka(PASSWORDS) as found:
        grant(found.administration, wanted)
        for user in ("blind", "describing"):
            grant(found.administration, [replace(right, user=user) for right in lesser])
        may_see = Right("describing", Operation.DESCRIBE, On.TOPIC, out)
        grant(found.administration, [may_see])
        yield found


def as_user(broker: SecuredKafka, user: str) -> dict[str, str]:
    """The settings of a hub that is this user."""
    return {
        "BOOTSTRAP": broker.bootstrap,
        "SECURITY": "SASL_SSL",
        "CA_FILE": str(broker.ca_file),
        "SASL_USERNAME": user,
        "SASL_PASSWORD": PASSWORDS[user],
    }


@pytest.fixture(scope="module")
def bus(broker: SecuredKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """Topics and schemas by the host's administration; the hub as the user that it is."""
    folder = tmp_path_factory.mktemp("bus")
    with running_bus(broker.administration, folder, changed=as_user(broker, "hub")) as found:
        yield found


def side(bus: Bus, broker: SecuredKafka, member: str, user: str = "") -> Context:
    """A member's side; ``user`` is who the broker takes it for, if that is another one."""
    name = user or member
    password = bus.folder / f"{name}.password"
    password.write_text(PASSWORDS[name], "utf-8")
    password.chmod(0o600)
    return replace(
        bus.context(member),
        bootstrap=broker.bootstrap,
        protocol="SASL_SSL",
        ca_file=broker.ca_file,
        username=name,
        password_file=password,
    )


def alert() -> Json:
    event: Json = example("missing_person")
    event["header"]["addressing"] = {"desks": ["hu.spoc"]}
    return event


def another_hub(bus: Bus, folder: Path, **changed: str) -> HubProcess:
    own = {"READY_WITHIN": "6", "STATE": str(folder / "state"), **changed}
    settings = {**bus.settings, **{f"NATCBUS_HUB_{name}": text for name, text in own.items()}}
    return a_hub(settings, folder / "hub.log")


def test_an_alert_arrives_with_no_right_but_the_ones_that_everybody_needs(
    bus: Bus, broker: SecuredKafka
) -> None:
    rs = side(bus, broker, "rs")
    with Publisher(rs, world=bus.world) as publisher:
        sent = publisher.publish(alert())
    receipt = next(receipts(rs, until_end=False))
    assert (receipt.decision.message_id, receipt.decision.outcome) == (
        sent.message_id,
        Outcome.ROUTED,
    )
    with Subscriber(
        side(bus, broker, "hu"),
        desk="hu.spoc",
        start=Start(beginning=True),
        until_end=True,
        world=bus.world,
    ) as subscriber:
        (delivery,) = list(subscriber)
    assert delivery.header.message_id == sent.message_id
    assert delivery.sealed["identity"]


def test_a_member_reads_no_feed_of_another_members_desk(bus: Bus, broker: SecuredKafka) -> None:
    # With every key of Hungary's side: the broker still knows who asks.
    context = side(bus, broker, "hu", user="rs")
    with (
        pytest.raises(NatcbusError) as refused,
        Subscriber(context, desk="hu.spoc", until_end=True, world=bus.world) as subscriber,
    ):
        list(subscriber)
    assert "desk.hu.spoc.feed" in refused.value.text


def test_a_member_says_nothing_in_the_name_of_another(bus: Bus, broker: SecuredKafka) -> None:
    context = replace(side(bus, broker, "rs", user="hu"), state=bus.folder / "stolen")
    with (
        pytest.raises(NatcbusError) as refused,
        Publisher(context, world=bus.world) as publisher,
    ):
        publisher.publish(alert())
    assert "member.rs.out" in refused.value.text


@pytest.mark.parametrize("user", ["blind", "describing"])
def test_a_hub_that_may_not_read_one_member_ends_and_says_which(
    bus: Bus, broker: SecuredKafka, tmp_path: Path, user: str
) -> None:
    # Faust alone says nothing: it would wait for ever, with a topic that nobody reads.
    with another_hub(bus, tmp_path, **as_user(broker, user)) as hub:
        assert hub.start().ended() == Exit.FAILED
        assert "Cannot read member.rs.out" in hub.written
        assert "TOPIC_AUTHORIZATION_FAILED" in hub.written


def test_a_hub_with_a_wrong_password_ends_and_names_no_password(
    bus: Bus, broker: SecuredKafka, tmp_path: Path
) -> None:
    wrong = as_user(broker, "hub") | {"SASL_PASSWORD": "not it, but nobody's business"}
    with another_hub(bus, tmp_path, **wrong) as hub:
        assert hub.start().ended() == Exit.NOT_READY
        assert "not it" not in hub.written


def test_a_hub_does_not_talk_to_a_broker_that_another_authority_vouches_for(
    bus: Bus, broker: SecuredKafka, tmp_path: Path
) -> None:
    foreign, _ = certificate(tmp_path)
    with another_hub(bus, tmp_path, **as_user(broker, "hub") | {"CA_FILE": str(foreign)}) as hub:
        assert hub.start().ended() == Exit.NOT_READY


def test_with_its_rights_a_hub_can_ask_in_production_whether_the_ground_is_safe(
    bus: Bus, broker: SecuredKafka
) -> None:
    key = bus.folder / "private" / "hub" / "hub.sign.pem"
    settings = settings_of(
        broker.bootstrap,
        bus.folder,
        Profile.PRODUCTION,
        signing_key=key,
        security=Security.SASL_SSL,
        ca_file=broker.ca_file,
        sasl_username="hub",
        sasl_password=PASSWORDS["hub"],
        group_instance_id="slot",
    )
    with pytest.raises(UnsafeGroundError) as refused:
        require_safe_ground(settings, [out_topic("rs")], [feed_topic("hu.spoc")])
    # One node: that is all that is wrong with it.
    few, alone = refused.value.problems
    assert "fewer than 3 copies" in few
    assert "min.insync.replicas is under 2" in alone


def test_rights_are_compared_granted_and_those_beyond_are_named(
    broker: SecuredKafka, natcbus: CommandLine
) -> None:
    command = ("topology", "rights", "--bootstrap", broker.administration, "--network", EXAMPLE)
    beyond = {right["user"] for right in natcbus(*command, "--json").json["beyond"]}
    assert beyond == {"blind", "describing"}

    wide = Right("hu", Operation.READ, On.TOPIC, "desk.", prefix=True)
    grant(broker.administration, [wide])
    answer = natcbus(*command, "--json")
    assert answer.code == 1
    assert list(differences(SHAPES["topology rights"], answer.json)) == []
    assert [right for right in answer.json["beyond"] if right["user"] == "hu"] == [
        {"user": "hu", "operation": "READ", "on": "TOPIC", "name": "desk.", "prefix": True}
    ]
    assert "desk.*" in natcbus(*command).out


def test_what_is_missing_is_granted_once(natcbus: CommandLine) -> None:
    with secured_kafka({}) as broker:
        command = ("topology", "rights", "--bootstrap", broker.administration, "--network", EXAMPLE)
        assert natcbus(*command).code == 1
        granted = natcbus(*command, "--grant", "--json")
        assert granted.code == 0
        assert len(granted.json["new"]) == len(granted.json["granted"]) == len(rights(NETWORK))
        again = natcbus(*command, "--grant", "--json")
        assert (again.code, again.json["new"]) == (0, [])


def test_a_broker_where_everybody_may_do_everything_is_said(
    kafka: Kafka, natcbus: CommandLine
) -> None:
    answer = natcbus(
        *("topology", "rights", "--bootstrap", kafka.bootstrap, "--network", EXAMPLE, "--json")
    )
    assert answer.code == 1
    assert answer.json["errors"][0]["code"] == "NO_ACCESS_CONTROL"

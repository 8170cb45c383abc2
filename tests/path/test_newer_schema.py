"""An SDK that is older than the hub reads a newer minor version by what the bus announces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from natcbus.client import Delivery, Published, Publisher, Refused, Subscriber
from natcbus.client.receipts import wait_for_receipt
from natcbus.client.subscriber import Start
from natcbus.client.world import World
from natcbus.contract.catalogue import Catalogue, load_catalogue
from natcbus.contract.published import PublishedSchema
from natcbus.contract.types.hub import Outcome
from natcbus.operations.schema_publishing import plan_schemas, publish_schemas
from natcbus.operations.topic_reading import stored_records
from natcbus.routing.topics import SCHEMAS
from tests.support.bus import Bus, running_bus
from tests.support.kafka import running_kafka
from tests.support.mutations import example

EVENT = "joint_action_day"
HERE = load_catalogue()


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


@pytest.fixture(scope="module")
def sent(bus: Bus) -> Published:
    """A joint action day in the newest version, which the hub has routed."""
    event = example(EVENT)
    member = event["header"]["from"].split(".")[0]
    with Publisher(bus.context(member), world=bus.world) as publisher:
        published = publisher.publish(event)
    receipt = wait_for_receipt(bus.context(member), published.message_id, 20)
    assert receipt is not None
    assert receipt.decision.outcome is Outcome.ROUTED
    return published


def older() -> Catalogue:
    """The contract as it was when this event type had one version."""
    first = next(
        each for each in HERE.by_id.values() if (each.name, each.version) == (EVENT, "1.0")
    )
    types = {**HERE.types, EVENT: replace(first, read_as=None)}
    return replace(HERE, types=types, by_id={each.schema_id: each for each in types.values()})


def read(bus: Bus, desk: str, world: World) -> tuple[list[Delivery], list[Refused]]:
    """What a desk sees with its own contract, and what it refuses."""
    refused: list[Refused] = []
    context = bus.context(desk.split(".", maxsplit=1)[0])
    start = Start(beginning=True)
    with Subscriber(
        context, desk=desk, start=start, until_end=True, world=world, on_refused=refused.append
    ) as subscriber:
        return list(subscriber), refused


def test_every_schema_of_every_version_stands_on_the_bus_once(bus: Bus) -> None:
    records = list(stored_records(bus.bootstrap, [SCHEMAS]))
    found = {int(record.key or b""): PublishedSchema.from_json(record.value) for record in records}
    assert found == {schema.schema_id: schema for schema in HERE.published()}
    assert len(records) == len(found)
    assert {
        (schema.event_type, schema.version)
        for schema in found.values()
        if schema.event_type == EVENT
    } == {(EVENT, "1.0"), (EVENT, "1.1")}

    again = plan_schemas(bus.bootstrap, HERE)
    publish_schemas(bus.bootstrap, again)
    assert again.done
    assert len(list(stored_records(bus.bootstrap, [SCHEMAS]))) == len(records)


def test_a_published_version_with_other_content_is_reported_and_not_overwritten(bus: Bus) -> None:
    slip = HERE.hub["Slip"]
    other = replace(slip, definition={**slip.definition, "doc": "Something else."})
    plan = plan_schemas(bus.bootstrap, replace(HERE, hub={**HERE.hub, "Slip": other}))
    assert plan.publish == ()
    assert [(each.topic, each.setting) for each in plan.different] == [
        (SCHEMAS, f"schema {slip.id}")
    ]
    assert not plan.done


def test_an_older_sdk_reads_the_newer_version_and_no_signed_byte_is_lost(
    bus: Bus, sent: Published
) -> None:
    desk = sent.decision.deliveries[0].desk
    newest, _ = read(bus, desk, bus.world)
    behind = replace(bus.world, catalogue=older())
    assert behind.catalogue.by_schema_id(HERE.types[EVENT].schema_id) is None

    [delivery], refused = read(bus, desk, behind)

    assert refused == []
    assert delivery.header.version == "1.1"
    assert delivery.digest == newest[0].digest
    assert delivery.sealed == newest[0].sealed
    assert delivery.problems == ()
    assert "smallest_cell" not in delivery.open
    assert delivery.open == {
        name: value for name, value in newest[0].open.items() if name != "smallest_cell"
    }
    assert json.dumps(delivery.to_json())


def test_what_is_announced_nowhere_is_refused_and_asked_for_once(
    bus: Bus, sent: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nothing(self: object) -> Iterator[PublishedSchema]:
        asked.append("hub.schemas")
        yield from ()

    monkeypatch.setattr("natcbus.client.announced.Announced._read", nothing)
    desk = sent.decision.deliveries[0].desk
    member = sent.thread_id.split(".")[0]
    with Publisher(bus.context(member), world=bus.world) as publisher:
        second = publisher.publish(example(EVENT))
    assert wait_for_receipt(bus.context(member), second.message_id, 20) is not None

    deliveries, refused = read(bus, desk, replace(bus.world, catalogue=older()))

    assert deliveries == []
    assert [each.code for each in refused] == ["UNKNOWN_SCHEMA", "UNKNOWN_SCHEMA"]
    assert len(asked) == 1

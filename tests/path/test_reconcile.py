"""What was promised is what the topics show; and what is not, is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import pytest

from natcbus.client import Publisher
from natcbus.operations.reconciling import Report, reconcile
from natcbus.routing.signed import OpenedNetwork
from tests.support.bus import Bus, running_bus
from tests.support.kafka import running_kafka
from tests.support.mutations import mutants
from tests.support.sending import wait_until_routed


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


def reconciled(bus: Bus) -> Report:
    rules = OpenedNetwork(bus.network, bus.world.keys)
    return reconcile(bus.bootstrap, [rules], grace=timedelta(0))


def test_honest_traffic_gives_no_findings(bus: Bus) -> None:
    sent = 0
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        events = (
            e for e in mutants(7, bus.network, ["rs.spoc"]) if not publisher.preview(e).problems
        )
        for _ in publisher.publish_all(islice(events, 50)):
            sent += 1
    wait_until_routed(bus, {"rs": sent})
    report = reconciled(bus)
    assert report.findings == ()
    assert report.kept
    assert report.messages == sent

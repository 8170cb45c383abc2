"""``natcbus canary``: what goes round comes back, and when it does not, somebody is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaAdminClient

from natcbus.client.receipts import receipts
from natcbus.operations.canary.message import READS
from natcbus.routing.topics import feed_topic
from tests.support.bus import Bus, running_bus
from tests.support.command_line import REPOSITORY, CommandLine
from tests.support.followed_bus import wait_until
from tests.support.hub_process import HubProcess
from tests.support.kafka import running_kafka
from tests.support.shapes_of_json import differences, documented_shapes
from tests.support.streams import read_to_end

WITHIN: Final = 4
WELL: Final = " well: the canary comes back"
FIGURE: Final = re.compile(r"^natcbus_canary_(\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


@pytest.fixture
def home(bus: Bus, tmp_path: Path) -> Mapping[str, str]:
    """Where the host's canary has its context."""
    found = bus.context("canary")
    lines = {
        "bootstrap": found.bootstrap,
        "member": "canary",
        "network": found.network,
        "keys": found.keys,
        "public_keys": found.public_keys,
        "state": tmp_path / "state",
    }
    text = "".join(f"{name} = {json.dumps(str(value))}\n" for name, value in lines.items())
    (tmp_path / "contexts").mkdir()
    (tmp_path / "contexts" / "canary.toml").write_text(text, "utf-8")
    return {"NATCBUS_HOME": str(tmp_path), "NATCBUS_CONTEXT": "canary"}


@pytest.fixture
def once(
    natcbus: CommandLine, home: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    for name, value in home.items():
        monkeypatch.setenv(name, value)
    return natcbus


def figures(canary: HubProcess) -> dict[str, float]:
    return {name: float(value) for name, value in FIGURE.findall(canary.get("/metrics")[1])}


@pytest.mark.timeout(300)
def test_it_comes_back_and_when_the_hub_stands_still_it_says_so_until_it_goes_on(
    bus: Bus, home: Mapping[str, str], tmp_path: Path
) -> None:
    arguments = ["canary", "--every", "1", "--within", str(WITHIN)]
    with HubProcess("natcbus.cli.main", arguments, home, tmp_path / "canary.log") as canary:
        canary.start().wait_ready()
        wait_until(lambda: figures(canary)["returned_total"] >= 3, 60, lambda: canary.written)
        text = canary.get("/metrics")[1]
        end = re.search(rf'feed_end_offset{{topic="{feed_topic(READS)}"}} (\S+)', text)
        assert end is not None
        assert float(end[1]) >= 1

        bus.hub.terminate()
        wait_until(lambda: figures(canary)["well"] == 0, WITHIN + 30, lambda: canary.written)
        status, _ = canary.get("/ready")
        assert status == 503
        assert re.match(r"\d+ not back; the first left \d+ s ago", canary.obstacles()[0])
        assert figures(canary)["late_total"] >= 1

        bus.hub.start().wait_ready()
        wait_until(lambda: canary.obstacles() == [], 60, lambda: canary.written)
        wait_until(lambda: canary.written.rstrip().endswith(WELL), 5, lambda: canary.written)
        done = figures(canary)
        assert done["round_trip_seconds_count"] == done["returned_total"]
        assert canary.terminate() == 0
        assert re.search(r"ERROR .*not well: .* not back; ", canary.written)


def test_nobody_but_the_desk_that_waits_for_it_ever_sees_it(bus: Bus, once: CommandLine) -> None:
    before = feeds(bus)
    answer = once("canary", "--once", "--within", "30", "--json")
    assert answer.code == 0, answer.err
    assert 0 < answer.json["seconds"] < 30
    shape = documented_shapes(REPOSITORY / "docs" / "cli.md")["canary --once"]
    assert list(differences(shape, answer.json)) == []
    after = feeds(bus)
    assert {feed for feed, records in after.items() if records > before[feed]} == {
        feed_topic(READS)
    }
    decisions = [each.decision for each in receipts(bus.context("canary"))]
    assert {it.row.desk for each in decisions for it in each.deliveries} == {READS}
    assert not any(each.denials for each in decisions)


def feeds(bus: Bus) -> dict[str, int]:
    admin = KafkaAdminClient(bootstrap_servers=bus.bootstrap)
    try:
        topics = [topic for topic in admin.list_topics() if topic.startswith("desk.")]
    finally:
        admin.close()
    return {topic: len(read_to_end(bus.bootstrap, topic)) for topic in topics}


def test_once_leaves_with_3_when_it_does_not_come_back(bus: Bus, once: CommandLine) -> None:
    bus.hub.terminate()
    try:
        answer = once("canary", "--once", "--within", "1", "--json")
    finally:
        bus.hub.start().wait_ready()
    assert answer.code == 3
    assert [error["code"] for error in answer.json["errors"]] == ["NOT_RETURNED"]

"""Subscribing: where it begins, that it resumes, and what it does with what it does not believe."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from natcbus.client import (
    Delivery,
    IncompatibleError,
    Publisher,
    Refused,
    Start,
    Subscriber,
    UnavailableError,
    contexts,
)
from natcbus.client.world import World, read_keys
from natcbus.operations.broker import EmbeddedBroker
from natcbus.operations.reachable import LOOPBACK, free_port
from natcbus.operations.topology import Profile
from natcbus.routing.topics import feed_topic
from tests.support.bus import Bus, running_bus
from tests.support.kafka import running_kafka
from tests.support.mutations import Json, example
from tests.support.sending import wait_until_routed
from tests.support.streams import producing, read_to_end

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
README = Path(__file__).parents[2] / "README.md"
DESK = "hu.spoc"
SENT = 6


@pytest.fixture(scope="module", params=["kafka", "embedded"])
def bus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    folder = tmp_path_factory.mktemp("bus")
    if request.param == "kafka":
        # A broker of its own: topics are named by the Network, and keys are made for each bus.
        with running_kafka() as kafka, running_bus(kafka.bootstrap, folder) as bus:
            publish(bus, SENT)
            yield bus
    else:
        with (
            EmbeddedBroker() as broker,
            running_bus(broker.bootstrap, folder, Profile.EMBEDDED) as bus,
        ):
            publish(bus, SENT)
            yield bus


def publish(bus: Bus, count: int) -> None:
    event: Json = example("missing_person")
    event["header"]["addressing"] = {"desks": [DESK, "hr.spoc"]}
    with Publisher(bus.context("rs"), world=bus.world) as publisher:
        # One case: order is kept within a thread, and between threads it is nobody's business.
        event["header"]["thread_id"] = publisher.publish(event).thread_id
        list(publisher.publish_all([event] * (count - 1)))
    wait_until_routed(bus, {"rs": count})


def shown(bus: Bus, start: Start, desk: str = DESK) -> list[Delivery]:
    with bus.subscriber(desk, start) as feed:
        return list(feed)


def test_everything_is_shown_from_the_beginning_in_the_order_of_sending(bus: Bus) -> None:
    found = shown(bus, Start(beginning=True))
    assert len(found) >= SENT
    stamps = [each.header.sent_at for each in found]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(("last", "expected"), [(1, 1), (3, 3), (1000, SENT)])
def test_the_last_few_are_shown(bus: Bus, last: int, expected: int) -> None:
    assert len(shown(bus, Start(last=last), "hr.spoc")) == expected


def test_what_came_since_an_instant_is_shown(bus: Bus) -> None:
    now = datetime.now(UTC)
    assert len(shown(bus, Start(since=now - timedelta(hours=1)), "hr.spoc")) == SENT
    assert shown(bus, Start(since=now + timedelta(hours=1)), "hr.spoc") == []


def test_a_feed_in_which_nothing_ever_came_ends_at_once(bus: Bus) -> None:
    begun = time.monotonic()
    assert shown(bus, Start(), "ua.spoc") == []
    assert time.monotonic() - begun < 5


def test_a_subscriber_goes_on_where_it_stopped_and_shows_again_what_was_not_taken(bus: Bus) -> None:
    desk = "hr.spoc"
    everything = [each.delivery_id for each in shown(bus, Start(beginning=True), desk)]
    with bus.subscriber(desk) as feed:
        taken = [delivery.delivery_id for _, delivery in zip(range(2), feed, strict=False)]
        crashed_at = next(iter(feed)).delivery_id
    with bus.subscriber(desk) as feed:
        rest = [delivery.delivery_id for delivery in feed]
    # The second of the two was taken and not settled when the loop was left.
    assert crashed_at == taken[1]
    assert [taken[0], *rest] == everything
    assert shown(bus, Start(), desk) == []


def test_leaving_before_anything_is_taken_loses_nothing(bus: Bus) -> None:
    everything = [each.delivery_id for each in shown(bus, Start(beginning=True), "hr.spoc")]
    with bus.subscriber("hr.spoc", Start(beginning=True)) as feed:
        assert [next(iter(feed)).delivery_id for _ in range(3)] == everything[:1] * 3
        assert [each.delivery_id for each in feed] == everything


def test_a_side_that_was_behind_gets_what_it_could_not_believe_when_it_has_caught_up(
    bus: Bus, tmp_path: Path
) -> None:
    """Its directory does not know the sender yet; the newer one does."""
    context = replace(bus.context("hr"), state=tmp_path)
    behind = replace(bus.world, keys=read_keys(without("rs.json", bus.folder / "public", tmp_path)))
    refused: list[Refused] = []

    def read(world: World) -> int:
        with Subscriber(
            context, desk="hr.spoc", until_end=True, world=world, on_refused=refused.append
        ) as feed:
            return len(list(feed))

    assert read(behind) == 0
    assert {each.code for each in refused} == {"MISSING_KEY"}
    assert read(bus.world) == len(refused)
    assert read(bus.world) == 0


def without(file: str, directory: Path, folder: Path) -> Path:
    """A copy of a directory that lacks one file."""
    return shutil.copytree(directory, folder / "public", ignore=shutil.ignore_patterns(file))


def test_a_foreign_copy_is_shown_once_and_garbage_is_reported_and_passed(bus: Bus) -> None:
    topic = feed_topic(DESK)
    copy = next(each for each in read_to_end(bus.bootstrap, topic) if each.value)
    before = shown(bus, Start(beginning=True))
    with producing(bus.bootstrap) as producer:
        producer.send(topic, key=copy.key, value=copy.value, partition=0)
        producer.send(topic, key=b"k", value=b"garbage", partition=0)
        producer.send(topic, key=copy.key, value=copy.value, partition=0)
    refused: list[Refused] = []
    with Subscriber(
        bus.context("hu"),
        desk=DESK,
        start=Start(beginning=True),
        until_end=True,
        world=bus.world,
        on_refused=refused.append,
    ) as feed:
        after = [each.delivery_id for each in feed]
    assert after == [each.delivery_id for each in before]
    assert [each.code for each in refused] == ["NOT_FRAMED"]


def test_a_desk_without_a_key_here_and_a_desk_that_is_none_are_refused(bus: Bus) -> None:
    for desk, code in (("rs.spoc", "NO_PRIVATE_KEY"), ("hu.spok", "UNKNOWN_DESK")):
        with pytest.raises(IncompatibleError) as caught:
            Subscriber(bus.context("hu"), desk=desk, world=bus.world)
        assert caught.value.code == code
    assert "did you mean hu.spoc" in caught.value.text


def test_a_broker_that_is_not_there_is_said(bus: Bus) -> None:
    nowhere = replace(bus.context("hu"), bootstrap=f"{LOOPBACK}:{free_port()}")
    begun = time.monotonic()
    with (
        Subscriber(nowhere, desk=DESK, start=Start(last=1), world=bus.world) as feed,
        pytest.raises(UnavailableError),
    ):
        next(iter(feed))
    assert time.monotonic() - begun < 15


def test_the_examples_of_the_readme_run_as_they_are_printed(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = README.read_text("utf-8")
    for name in ("publish", "subscribe"):
        assert (EXAMPLES / f"{name}.py").read_text("utf-8") in readme, name
    home = tmp_path / "home"
    monkeypatch.setenv("NATCBUS_HOME", str(home))
    for member in ("rs", "hu"):
        contexts.save(replace(bus.context(member), state=tmp_path / "state" / member))
    answer = run_example("publish", tmp_path, home)
    message_id = answer.split()[0]
    wait_until_routed(bus, {"rs": SENT + 1})
    with Subscriber(
        contexts.load("hu"), desk=DESK, start=Start(last=1), until_end=True, world=bus.world
    ) as feed:
        assert [each.message_id for each in feed] == [message_id]
    assert message_id in first_lines_of("subscribe", tmp_path, home, until=message_id)


def run_example(name: str, folder: Path, home: Path) -> str:
    with (folder / "alert.json").open("w") as alert:
        subprocess.run(
            [sys.executable, "-m", "natcbus.cli.main", "example", "missing_person"],
            stdout=alert,
            check=True,
            env=environment(home),
        )
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "SENT" in done.stdout
    return done.stdout


def first_lines_of(name: str, folder: Path, home: Path, until: str) -> str:
    """What an example that never ends prints until it has printed ``until``."""
    with subprocess.Popen(
        [sys.executable, "-u", EXAMPLES / f"{name}.py"],
        cwd=folder,
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if until in printed:
                break
        process.terminate()
    return printed


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "NATCBUS_HOME": str(home)}

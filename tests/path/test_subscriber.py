"""Subscribing: where it begins, that it resumes, and what it does with what it does not believe."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition

from natcbus.client import (
    Context,
    Delivery,
    IncompatibleError,
    Publisher,
    Refused,
    Start,
    Subscriber,
    UnavailableError,
    contexts,
)
from natcbus.client.shown import Shown
from natcbus.client.subscriber import RESUME
from natcbus.client.world import World, read_keys
from natcbus.envelope.certificates import Use
from natcbus.envelope.issuing import private_file
from natcbus.envelope.keys import SealingKey
from natcbus.operations.broker import EmbeddedBroker
from natcbus.operations.reachable import LOOPBACK, free_port
from natcbus.operations.topology import Profile
from natcbus.routing.topics import feed_topic
from tests.support.bus import Bus, running_bus
from tests.support.kafka import Kafka, running_kafka
from tests.support.mutations import Json, example
from tests.support.sending import wait_until_routed
from tests.support.sides import sides
from tests.support.streams import make_topics, producing, read_to_end

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


@dataclass(frozen=True)
class OwnDesk:
    """A desk that only one test knows, and its feed on a broker that others use too."""

    bootstrap: str
    context: Context
    world: World
    id: str

    @property
    def topic(self) -> str:
        return feed_topic(self.id)

    def write(self, *values: bytes) -> None:
        with producing(self.bootstrap) as producer:
            for value in values:
                producer.send(self.topic, key=b"k", value=value, partition=0)

    def refused(self, start: Start = RESUME) -> list[int]:
        """The offsets of what it reads up to the end: nothing on its feed is a delivery."""
        found: list[Refused] = []
        with Subscriber(
            self.context,
            desk=self.id,
            start=start,
            until_end=True,
            world=self.world,
            on_refused=found.append,
        ) as feed:
            assert list(feed) == []
        return [each.offset for each in found]


@pytest.fixture(params=["kafka", "embedded_broker"])
def own_desk(request: pytest.FixtureRequest, tmp_path: Path) -> OwnDesk:
    return a_desk_of_its_own(request.getfixturevalue(request.param).bootstrap, tmp_path)


def a_desk_of_its_own(bootstrap: str, folder: Path) -> OwnDesk:
    desk, network = f"hu.d{uuid4().hex}", sides().world.network
    known = {**network.desks, desk: replace(network.desks["hu.spoc"], id=desk)}
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    file = keys / private_file(desk, Use.SEAL)
    file.touch(mode=0o600)
    file.write_bytes(SealingKey.generate().to_pem())
    context = Context(
        name="hu",
        bootstrap=bootstrap,
        member="hu",
        network=folder,
        keys=keys,
        state=folder / "state",
    )
    world = replace(sides().world, network=replace(network, desks=known))
    return OwnDesk(bootstrap, context, world, desk)


def test_a_feed_that_is_not_there_is_said_as_such(own_desk: OwnDesk) -> None:
    with pytest.raises(IncompatibleError) as caught:
        own_desk.refused()
    assert caught.value.code == "TOPIC_REFUSED"
    assert own_desk.topic in caught.value.text


def test_an_empty_feed_ends_at_once(own_desk: OwnDesk) -> None:
    make_topics(own_desk.bootstrap, {own_desk.topic: 1})
    for start in (RESUME, Start(beginning=True), Start(last=5), Start(since=datetime.now(UTC))):
        begun = time.monotonic()
        assert own_desk.refused(start) == []
        assert time.monotonic() - begun < 3


def test_the_end_is_where_the_feed_ended_when_reading_began(own_desk: OwnDesk) -> None:
    make_topics(own_desk.bootstrap, {own_desk.topic: 1})
    own_desk.write(b"0", b"1", b"2")
    assert own_desk.refused() == [0, 1, 2]
    assert own_desk.refused() == []
    own_desk.write(b"3", b"4")
    assert own_desk.refused(Start(last=3)) == [2, 3, 4]
    assert own_desk.refused() == [3, 4]


@pytest.mark.parametrize("held", [0, 3])
def test_a_feed_that_was_made_anew_is_said_with_the_mend(own_desk: OwnDesk, held: int) -> None:
    """Its offsets mean other records now: going on would pass over those that come."""
    make_topics(own_desk.bootstrap, {own_desk.topic: 1})
    own_desk.write(*[b"new"] * held)
    state = own_desk.context.state / f"{own_desk.id}.sqlite"
    with Shown(state) as before:
        before.settle(own_desk.topic, 49)
    with pytest.raises(IncompatibleError) as caught:
        own_desk.refused()
    assert caught.value.code == "STATE_AHEAD"
    assert f"was read up to 50 and ends at {held}" in caught.value.text
    assert f"move {state} away" in caught.value.text
    state.rename(state.with_suffix(".old"))
    assert own_desk.refused() == list(range(held))


def test_what_the_bus_forgot_before_it_was_read_is_said(
    kafka: Kafka, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own_desk = a_desk_of_its_own(kafka.bootstrap, tmp_path)
    make_topics(own_desk.bootstrap, {own_desk.topic: 1})
    own_desk.write(b"0")
    assert own_desk.refused() == [0]
    own_desk.write(b"1", b"2", b"3", b"4")
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(own_desk.topic, 0): 3})
    admin.close()
    assert own_desk.refused() == [3, 4]
    assert f"{own_desk.topic}: the bus removed 2 records" in caplog.text


def test_a_desk_without_a_key_here_and_a_desk_that_is_none_are_refused(bus: Bus) -> None:
    for desk, code in (("rs.spoc", "NO_PRIVATE_KEY"), ("hu.spok", "UNKNOWN_DESK")):
        with pytest.raises(IncompatibleError) as caught:
            Subscriber(bus.context("hu"), desk=desk, world=bus.world)
        assert caught.value.code == code
    assert "did you mean hu.spoc" in caught.value.text


def test_a_broker_that_is_not_there_is_said(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(UnavailableError):
        a_desk_of_its_own(f"{LOOPBACK}:{free_port()}", tmp_path).refused()
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

"""Where Faust as its manual shows it loses events, and the hub does not: F1 to F8.

An upgrade that changes the ground is noticed here: a worker that no longer loses anything fails its
test. A worker reads five events; what is committed is never read again by its group.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError

from natcbus.hub.errors import Exit
from tests.support.hub_process import HubProcess
from tests.support.kafka import Ports, running_kafka
from tests.support.proxy import Proxy, running_proxy
from tests.support.streams import producing, read_to_end

EVENTS: Final = tuple(b"event-%d" % number for number in range(5))
WITHIN_S: Final = 40.0
LOOK_EVERY_S: Final = 0.05
SMALL_BYTES: Final = 300


@dataclass(frozen=True)
class Trial:
    """A topic to read, one to write, a group that no other test uses, and one broker for all."""

    direct: str
    proxied: str
    proxy: Proxy
    name: str
    folder: Path

    @property
    def reads(self) -> str:
        return f"member.{self.name}.out"

    @property
    def writes(self) -> str:
        return f"desk.{self.name}.feed"

    @property
    def small(self) -> str:
        """Another to write, which takes no large record."""
        return f"desk.{self.name}.small.feed"

    @property
    def quarantine(self) -> str:
        return f"hub.quarantine.{self.name}"

    @contextmanager
    def plain(self, way: str, to: str = "") -> Iterator[HubProcess]:
        """A plain Faust worker."""
        writes = to or self.writes
        arguments = [way, self.proxied, self.name, self.reads, writes, str(self.folder)]
        log = self.folder / "plain.log"
        with HubProcess("tests.support.plain_faust", arguments, {}, log) as worker:
            yield worker.start()

    @contextmanager
    def ours(self, to: str = "", **settings: str) -> Iterator[HubProcess]:
        """The hub, which copies to the same topic."""
        given = {
            "BOOTSTRAP": self.proxied,
            "GROUP": self.name,
            "NETWORK": "-",
            "KEYS": "-",
            "SIGNING_KEY": "-",
            "SESSION_TIMEOUT": "6",
            "HEARTBEAT_INTERVAL": "2",
            **settings,
        }
        writes = to or self.writes
        arguments = ["--reads", self.reads, "--feeds", writes, "--quarantine", self.quarantine]
        environment = {f"NATCBUS_HUB_{name}": text for name, text in given.items()}
        log = self.folder / "hub.log"
        with HubProcess("tests.support.pass_through", arguments, environment, log) as hub:
            yield hub.start()

    def publish(self, *values: bytes) -> None:
        with producing(self.direct) as producer:
            for value in values:
                producer.send(self.reads, value)

    @property
    def written(self) -> list[bytes]:
        return self.stored(self.writes)

    def stored(self, topic: str) -> list[bytes]:
        return [each.value or b"" for each in read_to_end(self.direct, topic)]

    @property
    def committed(self) -> int:
        """How many events the group will not read again."""
        admin = KafkaAdminClient(bootstrap_servers=self.direct)
        try:
            found = admin.list_group_offsets(self.name)[self.name]
        except KafkaError:
            # On a broker that is new there is nobody yet to keep groups.
            return 0
        finally:
            admin.close()
        place = found.get(TopicPartition(self.reads, 0))
        return 0 if place is None else max(0, int(place.offset))


@pytest.fixture(scope="module")
def broker() -> Iterator[tuple[str, str, Proxy]]:
    with running_proxy() as proxy, running_kafka(Ports(proxy=proxy.port)) as kafka:
        proxy.target = kafka.ports.host
        yield kafka.bootstrap, kafka.proxied, proxy


@pytest.fixture
def trial(broker: tuple[str, str, Proxy], tmp_path: Path) -> Iterator[Trial]:
    made = Trial(*broker, f"aa{uuid.uuid4().hex[:8]}", tmp_path)
    admin = KafkaAdminClient(bootstrap_servers=made.direct)
    small: Mapping[str, str] = {"max.message.bytes": str(SMALL_BYTES)}
    admin.create_topics(
        [
            NewTopic(made.reads, 1, 1),
            NewTopic(made.writes, 1, 1),
            NewTopic(made.small, 1, 1, topic_configs=dict(small)),
            NewTopic(made.quarantine, 1, 1),
        ]
    )
    admin.close()
    yield made
    made.proxy.heal()


def wait_for(condition: Callable[[], bool], worker: HubProcess) -> None:
    give_up = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < give_up, worker.written[-4000:]
        time.sleep(LOOK_EVERY_S)


def says_produce(piece: bytes) -> bool:
    """A request of Kafka begins with its length and its kind; 0 is Produce."""
    return piece[4:6] == b"\x00\x00" and len(piece) > 100


def all_but(number: int) -> list[bytes]:
    return [event for event in EVENTS if event != EVENTS[number]]


@pytest.mark.parametrize("way", ["raises", "raises_unacknowledged", "sends_too_much"])
def test_plain_faust_commits_the_event_at_which_its_agent_raised(trial: Trial, way: str) -> None:
    """F1, F1b, F5."""
    trial.publish(*EVENTS)
    with trial.plain(way) as worker:
        wait_for(lambda: trial.committed == len(EVENTS), worker)
    assert trial.written == all_but(2)


def test_plain_faust_that_crashes_commits_the_event_that_it_crashed_at(trial: Trial) -> None:
    """F1c."""
    trial.publish(*EVENTS)
    with trial.plain("raises_and_crashes") as worker:
        worker.ended()
    assert trial.written == list(EVENTS[:2])
    assert trial.committed == 3


def test_plain_faust_commits_a_whole_batch_in_whose_middle_it_raised(trial: Trial) -> None:
    """F3."""
    trial.publish(*EVENTS)
    with trial.plain("takes") as worker:
        wait_for(lambda: trial.committed == len(EVENTS), worker)
    assert trial.written == list(EVENTS[:2])


def test_the_hub_leaves_and_commits_nothing_from_where_it_cannot_go_on(trial: Trial) -> None:
    """F1, F1b, F1c, F3, F5: a router that raises."""
    trial.publish(EVENTS[0], EVENTS[1], b"bug", EVENTS[3], EVENTS[4])
    with trial.ours() as hub:
        assert hub.ended() == Exit.FAILED
    assert trial.committed <= 2
    assert trial.written == list(EVENTS[: len(trial.written)])
    assert len(trial.written) <= 2


def test_plain_faust_drops_what_it_cannot_decode(trial: Trial) -> None:
    """F2."""
    trial.publish(b"0", b"1", b"{not json", b"3", b"4")
    with trial.plain("decodes") as worker:
        wait_for(lambda: trial.committed == len(EVENTS), worker)
    assert trial.written == [b"0", b"1", b"3", b"4"]
    assert trial.stored(trial.quarantine) == []


def test_the_hub_puts_aside_what_it_cannot_read_and_goes_on(trial: Trial) -> None:
    """F2."""
    trial.publish(EVENTS[0], EVENTS[1], b"poison", EVENTS[3], EVENTS[4])
    with trial.ours() as hub:
        wait_for(lambda: trial.committed == len(EVENTS), hub)
    assert trial.written == all_but(2)
    assert trial.stored(trial.quarantine) == [b"poison"]


LARGE: Final = b"event-large" + bytes(SMALL_BYTES)


def test_plain_faust_commits_what_the_broker_refused_to_store(trial: Trial) -> None:
    """F4."""
    trial.publish(EVENTS[0], LARGE, EVENTS[1])
    with trial.plain("sends", to=trial.small) as worker:
        wait_for(lambda: trial.committed == 3, worker)
    assert LARGE not in trial.stored(trial.small)


def test_the_hub_leaves_when_the_broker_refuses_to_store_what_follows(trial: Trial) -> None:
    """F4."""
    trial.publish(EVENTS[0], LARGE, EVENTS[1])
    with trial.ours(to=trial.small) as hub:
        assert hub.ended() == Exit.FAILED
        assert "MSG_SIZE_TOO_LARGE" in hub.written
    assert trial.committed <= 1


def test_plain_faust_commits_before_what_follows_has_left_the_process(trial: Trial) -> None:
    """F6: a broker that takes a second to store something."""
    events = [b"event-%d" % number + bytes(5_000) for number in range(40)]
    trial.proxy.slow(1.0, says_produce)
    trial.publish(*events)
    with trial.plain("sends_soon") as worker:
        wait_for(lambda: trial.committed == len(events), worker)
        worker.kill()
    trial.proxy.cut()
    stored = trial.written
    assert stored == events[: len(stored)]
    assert len(stored) < len(events) - 10


def test_plain_faust_that_does_not_wait_commits_the_event_that_it_was_at(trial: Trial) -> None:
    """F7."""
    trial.publish(*EVENTS[:3])
    with trial.plain("interrupted") as worker:
        wait_for(lambda: trial.committed == 2, worker)
        worker.terminate()
    assert trial.committed == 3
    assert trial.written == list(EVENTS[:2])


def test_plain_faust_side_by_side_commits_over_an_event_that_is_not_done(trial: Trial) -> None:
    """F8."""
    trial.publish(*EVENTS)
    with trial.plain("side_by_side") as worker:
        wait_for(lambda: trial.committed == len(EVENTS), worker)
        worker.kill()
    assert trial.written == all_but(0)


def test_plain_faust_that_pauses_drops_and_commits_what_it_had_fetched(trial: Trial) -> None:
    """Why the hub pauses a flooding member in another way: see `test_poison.py`, and the next."""
    events = [b"event-%d" % number for number in range(1000)]
    with trial.plain("pauses") as worker:
        trial.publish(b"before", b"before")
        wait_for(lambda: trial.committed == 2, worker)
        trial.publish(*events)
        wait_for(lambda: "resumed" in worker.written, worker)
        trial.publish(b"after")
        wait_for(lambda: trial.committed == len(events) + 3, worker)
    assert trial.written[-1] == b"after"
    assert len(trial.written) < len(events)


def test_the_hub_pauses_and_reads_on_where_it_was(trial: Trial) -> None:
    """The router asks for a pause after each record that begins so."""
    events = [b"event-%d" % number for number in range(100)]
    for each in (10, 50):
        events[each] = b"pause-%d" % each
    trial.publish(*events)
    with trial.ours(FLOOD_PAUSE="1") as hub:
        wait_for(lambda: trial.committed == len(events), hub)
        assert "not read for 1 s" in hub.written
    assert trial.written == events


@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_the_hub_commits_nothing_of_which_something_is_still_on_its_way(
    trial: Trial, end: str
) -> None:
    """F6, F7, F8: what follows from the first event is held on its way to the broker."""
    trial.proxy.hold(says_produce)
    trial.publish(*EVENTS)
    with trial.ours(STOP_WITHIN="2") as hub:
        wait_for(lambda: in_flight(hub) == len(EVENTS), hub)
        if end == "killed":
            hub.kill()
        else:
            assert hub.terminate() == Exit.STUCK
        assert trial.committed == 0
        trial.proxy.cut()
        trial.proxy.heal()
        hub.start()
        wait_for(lambda: trial.committed == len(EVENTS), hub)
    assert trial.written == list(EVENTS)


def in_flight(hub: HubProcess) -> int:
    """How many events the hub has taken and not acknowledged."""
    if "health and metrics on" not in hub.written:
        return 0
    lines = hub.get("/metrics")[1].splitlines()
    return sum(
        int(float(line.rpartition(" ")[2]))
        for line in lines
        if line.startswith("natcbus_hub_in_flight")
    )

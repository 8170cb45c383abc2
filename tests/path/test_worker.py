"""One hub worker on a broker: what it moves, what it survives, and how it ends."""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from natcbus.hub.errors import Exit
from natcbus.operations.broker import EmbeddedBroker
from natcbus.operations.reachable import free_port
from tests.support.hub_process import HubProcess
from tests.support.kafka import Kafka
from tests.support.streams import Stored, make_topics, producing, read_to_end

KEYS: Final = 20
BACKLOG: Final = 4000
COUNTED: Final = re.compile(r"natcbus_hub_events_total\{[^}]*\} (\S+)")


@dataclass(frozen=True, slots=True)
class Stage:
    """Topics and a group that no other test uses."""

    bootstrap: str
    reads: tuple[str, ...]
    feeds: tuple[str, ...]
    quarantine: str
    log: Path
    settings: Mapping[str, str]

    def hub(self, *, feeds: Sequence[str] | None = None, **settings: str) -> HubProcess:
        arguments = ["--reads", *self.reads, "--feeds", *(feeds or self.feeds)]
        return HubProcess(
            "tests.support.pass_through",
            [*arguments, "--quarantine", self.quarantine],
            {**self.settings, **{f"NATCBUS_HUB_{name}": text for name, text in settings.items()}},
            self.log,
        )

    def feed(self, number: int) -> list[Stored]:
        return read_to_end(self.bootstrap, self.feeds[number])


def stage(bootstrap: str, folder: Path, **settings: str) -> Stage:
    test = uuid.uuid4().hex[:8]
    reads = tuple(f"member.{member}{test}.out" for member in ("aa", "bb"))
    feeds = tuple(f"desk.aa{test}.{desk}.feed" for desk in ("one", "two", "three"))
    quarantine = f"hub.quarantine.{test}"
    make_topics(bootstrap, dict.fromkeys(reads, 2) | dict.fromkeys([*feeds, quarantine], 1))
    own = {
        "BOOTSTRAP": bootstrap,
        "GROUP": f"hub.route.{test}",
        "NETWORK": str(folder),
        "KEYS": str(folder),
        "SIGNING_KEY": str(folder / "hub.pem"),
        **settings,
    }
    return Stage(
        bootstrap,
        reads,
        feeds,
        quarantine,
        folder / "hub.log",
        {f"NATCBUS_HUB_{name}": text for name, text in own.items()},
    )


@pytest.fixture
def on_kafka(kafka: Kafka, tmp_path: Path) -> Stage:
    return stage(kafka.bootstrap, tmp_path, SESSION_TIMEOUT="6", HEARTBEAT_INTERVAL="2")


@pytest.fixture
def embedded(embedded_broker: EmbeddedBroker, tmp_path: Path) -> Stage:
    return stage(embedded_broker.bootstrap, tmp_path, PROFILE="embedded")


@pytest.fixture(params=["on_kafka", "embedded"])
def anywhere(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


def publish(where: Stage, number: int, begin: int = 0) -> None:
    """Publish numbered events of 20 keys, alternately to the two members' topics."""
    with producing(where.bootstrap) as producer:
        for event in range(begin, begin + number):
            producer.send(
                where.reads[event % 2],
                key=b"case-%d" % (event % KEYS),
                value=b"event-%d" % event,
                headers=[("foreign", b"must not travel")],
            )


def events_done(hub: HubProcess) -> int:
    return sum(int(float(number)) for number in COUNTED.findall(hub.get("/metrics")[1]))


def wait_done(hub: HubProcess, number: int, within_s: float = 60.0) -> int:
    give_up = time.monotonic() + within_s
    while (done := events_done(hub)) < number:
        assert time.monotonic() < give_up, f"{done} of {number} events\n{hub.written}"
    return done


def once(records: Sequence[Stored]) -> list[Stored]:
    """Remove what was written twice, by where it came from, as every reader of feeds does."""
    seen: set[tuple[tuple[str, bytes], ...]] = set()
    kept = []
    for record in records:
        if record.headers not in seen:
            seen.add(record.headers)
            kept.append(record)
    return kept


def numbers(records: Sequence[Stored]) -> Iterator[int]:
    return (int((record.value or b"").removeprefix(b"event-")) for record in records)


def assert_order_per_case(records: Sequence[Stored]) -> None:
    cases: dict[bytes | None, list[Stored]] = defaultdict(list)
    for record in records:
        cases[record.key].append(record)
    for case in cases.values():
        order = list(numbers(case))
        assert order == sorted(order)


def test_every_record_reaches_every_feed_once_in_order_and_without_foreign_headers(
    anywhere: Stage,
) -> None:
    with anywhere.hub() as hub:
        hub.start().wait_ready()
        publish(anywhere, 200)
        wait_done(hub, 200)
        for number in range(len(anywhere.feeds)):
            feed = anywhere.feed(number)
            assert Counter(numbers(feed)) == Counter(range(200))
            assert_order_per_case(feed)
            assert {name for record in feed for name, _ in record.headers} == {"from"}
        assert hub.terminate() == 0


def test_sigterm_commits_so_that_nothing_is_moved_twice(on_kafka: Stage) -> None:
    publish(on_kafka, 100)
    with on_kafka.hub() as hub:
        wait_done(hub.start().wait_ready(), 100)
        assert hub.terminate() == 0
        publish(on_kafka, 100, begin=100)
        wait_done(hub.start().wait_ready(), 100)
        assert hub.terminate() == 0
    assert Counter(numbers(on_kafka.feed(0))) == Counter(range(200))


def test_killed_twice_with_a_backlog_nothing_is_missing_and_order_is_kept(
    on_kafka: Stage,
) -> None:
    publish(on_kafka, BACKLOG)
    with on_kafka.hub(GROUP_INSTANCE_ID="slot-1") as hub:
        for at_least in (200, 100):
            done = wait_done(hub.start().wait_serving(), at_least)
            hub.kill()
            assert done < BACKLOG / 3, "there was no backlog to kill it with"
        hub.start().wait_ready()
        feeds = wait_until_complete(on_kafka, BACKLOG)
        for feed in feeds:
            assert Counter(numbers(once(feed))) == Counter(range(BACKLOG))
            assert_order_per_case(once(feed))
        assert hub.terminate() == 0


def wait_until_complete(where: Stage, events: int, within_s: float = 60.0) -> list[list[Stored]]:
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        feeds = [where.feed(number) for number in range(len(where.feeds))]
        if all(len(once(feed)) >= events for feed in feeds):
            return feeds
    raise AssertionError(f"missing: {[events - len(once(feed)) for feed in feeds]}")


def test_health_pages_say_what_happened(on_kafka: Stage) -> None:
    with on_kafka.hub() as hub:
        hub.start().wait_ready()
        publish(on_kafka, 10)
        wait_done(hub, 10)
        assert hub.get("/live")[0] == 200
        assert hub.obstacles() == []
        assert hub.get("/elsewhere")[0] == 404
        metrics = hub.get("/metrics")[1]
        assert (
            f'natcbus_hub_events_total{{outcome="routed",topic="{on_kafka.reads[0]}"}}' in metrics
        )
        assert 'natcbus_hub_deliveries_total{outcome="full",type="copied"} 30.0' in metrics
        assert 'natcbus_hub_denials_total{code="EXCLUDED"} 10.0' in metrics
        assert "natcbus_hub_publish_to_feed_seconds_count 10.0" in metrics
        assert f'natcbus_hub_lag_records{{partition="0",topic="{on_kafka.reads[0]}"}}' in metrics
        assert "natcbus_hub_oldest_event_seconds" in metrics
        assert "case-" not in metrics


def test_what_no_sender_should_write_goes_on_like_everything_else(on_kafka: Stage) -> None:
    class NotUtf8(str):
        """A header name that aiokafka cannot read, though the broker takes it."""

        __slots__ = ()

        def encode(self, *_: object) -> bytes:
            return b"\xff\xfe"

    largest = b"poison" + bytes(1_048_588 - 200)
    with on_kafka.hub() as hub:
        hub.start().wait_ready()
        with producing(on_kafka.bootstrap, max_request_size=2_000_000) as producer:
            to = on_kafka.reads[0]
            producer.send(to, key=b"case-0", value=b"event-0", headers=[(NotUtf8("x"), b"")])
            producer.send(to, key=b"case-0", value=b"event-1", timestamp_ms=1)
            producer.send(to, key=b"case-0", value=None)
            producer.send(to, key=b"case-0", value=largest[:-300])
            producer.send(to, key=b"case-0", value=b"event-2")
        wait_done(hub, 5)
        feed = on_kafka.feed(0)
        assert [record.value for record in feed] == [b"event-0", b"event-1", b"", b"event-2"]
        held = read_to_end(on_kafka.bootstrap, on_kafka.quarantine)
        assert [record.value for record in held] == [largest[:-300]]
        assert f'natcbus_hub_quarantined_total{{topic="{to}"}} 1.0' in hub.get("/metrics")[1]
        assert hub.terminate() == 0


def test_a_bug_in_the_router_leaves_with_71_and_the_event_is_read_again(on_kafka: Stage) -> None:
    publish(on_kafka, 20)
    with producing(on_kafka.bootstrap) as producer:
        producer.send(on_kafka.reads[0], key=b"case-0", value=b"bug with a name in it")
    with on_kafka.hub(GROUP_INSTANCE_ID="slot-1") as hub:
        for _ in range(2):
            assert hub.start().ended() == Exit.FAILED
            assert "ValueError" in hub.written
            assert "with a name in it" not in hub.written
    assert Counter(numbers(once(on_kafka.feed(0)))) <= Counter(range(20))


def test_a_missing_topic_leaves_with_74_and_is_named(on_kafka: Stage) -> None:
    with on_kafka.hub(feeds=["desk.aa.missing.feed"], READY_WITHIN="4") as hub:
        assert hub.start().ended() == Exit.NOT_READY
        assert "cannot write desk.aa.missing.feed" in hub.written
        assert "natcbus topology apply" in hub.written


def test_a_broker_that_hangs_leaves_with_72_and_nothing_is_missing(
    on_kafka: Stage, kafka: Kafka
) -> None:
    publish(on_kafka, BACKLOG)
    with on_kafka.hub(STUCK_AFTER="2", GROUP_INSTANCE_ID="slot-1") as hub:
        wait_done(hub.start().wait_serving(), 100)
        kafka.freeze()
        try:
            assert hub.ended() == Exit.STUCK
        finally:
            kafka.thaw()
        hub.start().wait_ready()
        for feed in wait_until_complete(on_kafka, BACKLOG):
            assert_order_per_case(once(feed))
        assert hub.terminate() == 0


def test_a_decision_that_never_ends_leaves_with_72(on_kafka: Stage) -> None:
    with producing(on_kafka.bootstrap) as producer:
        producer.send(on_kafka.reads[0], key=b"case-0", value=b"endless")
    with on_kafka.hub(STUCK_AFTER="1") as hub:
        assert hub.start().ended() == Exit.STUCK
        assert f"{on_kafka.reads[0]}-" in hub.written


def test_a_stop_ends_though_the_broker_hangs(on_kafka: Stage, kafka: Kafka) -> None:
    with on_kafka.hub(STOP_WITHIN="2") as hub:
        hub.start().wait_ready()
        kafka.freeze()
        try:
            assert hub.terminate(within_s=20) == Exit.STUCK
        finally:
            kafka.thaw()


def test_without_a_broker_the_hub_says_so_and_leaves_with_74(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    settings = {"BOOTSTRAP": nowhere, "NETWORK": "-", "KEYS": "-", "SIGNING_KEY": "-"}
    topics = ["--reads", "a", "--feeds", "b", "--quarantine", "c"]
    with HubProcess(
        "tests.support.pass_through",
        topics,
        {f"NATCBUS_HUB_{name}": text for name, text in settings.items()},
        tmp_path / "hub.log",
    ) as hub:
        assert hub.start().ended() == Exit.NOT_READY
        assert "are the brokers up?" in hub.written


def test_a_transactional_sender_is_a_hole_that_leaves_with_73(on_kafka: Stage) -> None:
    with producing(on_kafka.bootstrap, transactional_id=f"t-{uuid.uuid4()}") as producer:
        producer.init_transactions()
        for event in range(2):
            producer.begin_transaction()
            producer.send(on_kafka.reads[0], key=b"case-0", value=b"event-%d" % event, partition=0)
            producer.commit_transaction()
    with on_kafka.hub() as hub:
        assert hub.start().ended() == Exit.HOLE
        assert on_kafka.reads[0] in hub.written


def test_a_second_worker_that_joins_and_leaves_loses_nothing(on_kafka: Stage) -> None:
    with on_kafka.hub() as first, on_kafka.hub() as second:
        first.start().wait_ready()
        publish(on_kafka, 1000)
        second.log = on_kafka.log.with_name("second.log")
        second.start().wait_ready()
        publish(on_kafka, 1000, begin=1000)
        assert second.terminate() == 0
        publish(on_kafka, 1000, begin=2000)
        for feed in wait_until_complete(on_kafka, 3000):
            assert Counter(numbers(once(feed))) == Counter(range(3000))
            assert_order_per_case(once(feed))
        assert first.terminate() == 0

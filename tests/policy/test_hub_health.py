"""What the hub says about itself: readiness by progress, metrics without persons, quiet logs."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from faust.types import Message

from natcbus.hub.departure import Departure
from natcbus.hub.errors import Exit, HoleError
from natcbus.hub.health import HealthServer
from natcbus.hub.logs import CAPPED, RateLimit, install_logs
from natcbus.hub.metrics import Live, Metrics, word
from natcbus.hub.progress import Progress
from natcbus.hub.records import Inbound, Outcome, Routed
from natcbus.hub.route_agent import inbound

SI: Final = ("member.si.out", 0)
NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> Progress:
    found = Progress(stalled_after=30, clock=clock)
    found.join(partitions=1)
    found.complete = True
    found.observe({SI: 0}, {SI: 0})
    return found


def test_a_worker_that_has_nothing_to_do_is_ready(progress: Progress) -> None:
    assert progress.obstacles() == []
    assert progress.live()


def test_before_the_group_is_joined_nobody_is_ready(clock: Clock) -> None:
    fresh = Progress(stalled_after=30, clock=clock)
    assert fresh.live()
    assert len(fresh.obstacles()) == 2
    fresh.join(partitions=0)
    fresh.complete = True
    assert fresh.obstacles() == [], "a worker without partitions stands by"


def test_behind_without_an_acknowledgement_is_not_ready(progress: Progress, clock: Clock) -> None:
    progress.observe({SI: 3}, {SI: 10})
    assert progress.lag == {SI: 7}
    clock.now += 31
    progress.observe({SI: 3}, {SI: 12})
    assert progress.obstacles() == [
        "member.si.out-0 is behind and nothing was acknowledged for 31 s"
    ]
    progress.observe({SI: 4}, {SI: 12})
    assert progress.obstacles() == []


def test_behind_but_getting_on_is_ready(progress: Progress, clock: Clock) -> None:
    for position in range(100):
        clock.now += 10
        progress.observe({SI: position}, {SI: 1000})
    assert progress.obstacles() == []


def test_a_silent_event_loop_is_neither_live_nor_ready(progress: Progress, clock: Clock) -> None:
    clock.now += 16
    assert not progress.live()
    assert progress.obstacles() == ["the event loop is silent"]


def test_a_rebalance_and_a_stop_are_not_ready(progress: Progress) -> None:
    progress.leave()
    assert progress.obstacles() == ["the consumer group is not joined"]
    progress.stopping = True
    assert progress.obstacles() == ["stopping"]


def record(**changes: object) -> Inbound:
    fields = {
        "topic": SI[0],
        "partition": 0,
        "offset": 1,
        "stored_at": NOW - timedelta(milliseconds=30),
        "key": b"case",
        "value": b"Ana Kovac",
    }
    return Inbound(**{**fields, **changes})  # type: ignore[arg-type]


def test_events_are_counted_by_what_became_of_them() -> None:
    metrics = Metrics()
    routed = Routed((), Outcome.ROUTED, "missing_person", {"full": 2}, {"TLP": 3})
    metrics.done(record(), routed, NOW)
    metrics.done(record(), Routed((), Outcome.QUARANTINED), NOW)
    metrics.watch(lambda: Live({SI: 1}, {SI: 5}, 0.25))
    text = metrics.text().decode()
    assert 'natcbus_hub_events_total{outcome="routed",topic="member.si.out"} 1.0' in text
    assert 'natcbus_hub_deliveries_total{outcome="full",type="missing_person"} 2.0' in text
    assert 'natcbus_hub_denials_total{code="TLP"} 3.0' in text
    assert 'natcbus_hub_quarantined_total{topic="member.si.out"} 1.0' in text
    assert 'natcbus_hub_publish_to_feed_seconds_bucket{le="0.05"} 2.0' in text
    assert 'natcbus_hub_lag_records{partition="0",topic="member.si.out"} 5.0' in text
    assert "natcbus_hub_oldest_event_seconds 0.25" in text
    assert "Ana" not in text


@pytest.mark.parametrize("value", ["Ana Kovac", "+38640000000", "", "a" * 65, "ana@example.org"])
def test_what_is_no_word_of_a_vocabulary_is_no_label(value: str) -> None:
    assert word(value) == "other"


@pytest.mark.parametrize("value", ["missing_person", "ROLE_HEADING", "full", "NOT-READY.2"])
def test_words_of_a_vocabulary_are_labels(value: str) -> None:
    assert word(value) == value


@pytest.fixture
def pages(progress: Progress) -> Iterator[str]:
    server = HealthServer(progress, Metrics(), port=0)
    server.start()
    yield server.url
    server.stop()


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def test_the_pages_answer_on_loopback(pages: str, progress: Progress) -> None:
    assert pages.startswith("http://127.0.0.1:")
    assert status_of(f"{pages}/live") == 200
    assert status_of(f"{pages}/metrics") == 200
    assert status_of(f"{pages}/ready") == 200
    progress.leave()
    assert status_of(f"{pages}/ready") == 503
    assert status_of(f"{pages}/") == 404


def test_aiokafka_says_the_same_thing_once_in_a_while(clock: Clock) -> None:
    limit = RateLimit(seconds=30, clock=clock)
    again = logging.LogRecord("aiokafka.client", logging.ERROR, "", 1, "no %s", ("a",), None)
    assert [limit.filter(again) for _ in range(3)] == [True, False, False]
    clock.now += 31
    assert limit.filter(again)
    ours = logging.LogRecord("natcbus.hub.worker", logging.INFO, "", 1, "ready", (), None)
    assert [limit.filter(ours) for _ in range(2)] == [True, True]


def test_librdkafka_says_the_same_kind_of_thing_once_in_a_while(clock: Clock) -> None:
    limit = RateLimit(seconds=30, clock=clock)

    def line(facility: str, client: str, text: str) -> logging.LogRecord:
        args = (facility, client, text)
        return logging.LogRecord("librdkafka", logging.ERROR, "", 1, "%s [%s] %s", args, None)

    assert limit.filter(line("FAIL", "hub#producer-1", "refused (after 0ms)"))
    assert not limit.filter(line("FAIL", "hub#producer-1", "refused (after 1ms)"))
    assert limit.filter(line("FAIL", "hub#consumer-2", "refused (after 0ms)"))
    assert limit.filter(line("GETPID", "hub#producer-1", "no id"))
    clock.now += 31
    assert limit.filter(line("FAIL", "hub#producer-1", "refused (after 0ms)"))


def test_libraries_never_log_what_they_send() -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        install_logs("INFO")
        assert root.level == logging.INFO
        for name in CAPPED:
            assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)


def test_a_departure_quotes_its_own_errors_and_no_others() -> None:
    hole = Departure(HoleError(3, 7), SI, 7)
    assert hole.exit is Exit.HOLE
    assert "member.si.out-0 offset 7" in hole.describe()
    assert "where 3 was due" in hole.describe()
    bug = Departure(ValueError("Ana Kovac"), SI, 7)
    assert bug.exit is Exit.FAILED
    assert "ValueError" in bug.describe()
    assert "Ana" not in bug.describe()


@pytest.mark.parametrize("timestamp", [None, -0.001, 1e18, float("nan")])
def test_a_time_that_is_none_becomes_the_hubs_own(timestamp: float | None) -> None:
    message = Message(SI[0], 0, 1, timestamp, 0, [("x", b"y")], b"case", b"value", None)  # type: ignore[arg-type]
    assert inbound(message, NOW) == record(stored_at=NOW, value=b"value")

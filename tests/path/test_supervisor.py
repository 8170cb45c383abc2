"""``natcbus hub --workers N``: whatever ends a worker, its records go on, and readiness is true."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from natcbus.hub.errors import Exit
from tests.path.test_worker import (
    Stage,
    assert_order_per_case,
    numbers,
    once,
    publish,
    stage,
    wait_until_complete,
)
from tests.support.followed_bus import wait_until
from tests.support.hub_process import HubProcess
from tests.support.kafka import Kafka
from tests.support.pass_through import DEADLY
from tests.support.streams import producing, read_to_end

READY: Final = re.compile(r" (\d+) INFO natcbus\.hub\.worker ready: \d+ partitions")
ENDED: Final = re.compile(r"worker (\d+) ended with (\S+);")


@pytest.fixture
def on_kafka(kafka: Kafka, tmp_path: Path) -> Stage:
    return stage(
        kafka.bootstrap,
        tmp_path,
        SESSION_TIMEOUT="6",
        HEARTBEAT_INTERVAL="2",
        STATE=str(tmp_path / "state"),
    )


def supervised(
    where: Stage,
    workers: int = 2,
    worker: Sequence[str] = ("tests.support.pass_through",),
    **settings: str,
) -> HubProcess:
    worker = [*worker, "--reads", *where.reads, "--feeds", *where.feeds]
    return HubProcess(
        "tests.support.supervised",
        [str(workers), *worker, "--quarantine", where.quarantine],
        {**where.settings, **{f"NATCBUS_HUB_{name}": text for name, text in settings.items()}},
        where.log,
    )


def process_ids(hub: HubProcess) -> list[int]:
    """The workers that became ready, the latest last."""
    return [int(number) for number in READY.findall(hub.written)]


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process_id}/stat").read_text("utf-8").rpartition(")")[2][:3]


@pytest.mark.timeout(180)
def test_two_workers_share_the_topics_and_stop_cleanly(on_kafka: Stage) -> None:
    with supervised(on_kafka) as hub:
        hub.start().wait_ready()
        publish(on_kafka, 1000)
        for feed in wait_until_complete(on_kafka, 1000):
            assert Counter(numbers(feed)) == Counter(range(1000))
        assert "natcbus_hub_workers_ready 2.0" in hub.get("/metrics")[1]
        workers = process_ids(hub)
        assert hub.terminate() == 0
        assert not any(map(is_running, workers))


@pytest.mark.timeout(180)
def test_a_killed_worker_is_back_and_nothing_is_missing(on_kafka: Stage) -> None:
    with supervised(on_kafka) as hub:
        hub.start().wait_ready()
        first, second = process_ids(hub)
        publish(on_kafka, 2000)
        for victim in (first, second):
            os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(process_ids(hub)) >= 4, 60, lambda: hub.written)
        publish(on_kafka, 1000, begin=2000)
        for feed in wait_until_complete(on_kafka, 3000):
            assert Counter(numbers(once(feed))) == Counter(range(3000))
            assert_order_per_case(once(feed))
        assert [how for _, how in ENDED.findall(hub.written)] == ["SIGKILL", "SIGKILL"]
        hub.wait_ready()
        assert hub.terminate() == 0


@pytest.mark.timeout(180)
def test_a_record_that_kills_its_worker_is_put_aside_and_the_others_go_on(on_kafka: Stage) -> None:
    with supervised(on_kafka, workers=1) as hub:
        hub.start().wait_ready()
        publish(on_kafka, 100)
        with producing(on_kafka.bootstrap) as producer:
            producer.send(on_kafka.reads[0], key=b"case-0", value=DEADLY + b" whatever")
        publish(on_kafka, 100, begin=100)
        for feed in wait_until_complete(on_kafka, 200):
            assert Counter(numbers(once(feed))) == Counter(range(200))
        (held,) = read_to_end(on_kafka.bootstrap, on_kafka.quarantine)
        assert held.value == DEADLY + b" whatever"
        assert [how for _, how in ENDED.findall(hub.written)] == ["SIGKILL"] * 3
        assert hub.terminate() == 0


@pytest.mark.timeout(120)
def test_workers_do_not_outlive_a_supervisor_that_is_killed(on_kafka: Stage) -> None:
    with supervised(on_kafka) as hub:
        hub.start().wait_ready()
        workers = process_ids(hub)
        hub.kill()
        wait_until(lambda: not any(map(is_running, workers)), 10, lambda: f"{workers} run")
        assert hub.written.count("The supervisor is gone") == 2


@pytest.mark.timeout(120)
def test_a_worker_that_hangs_is_killed_and_another_takes_its_place(on_kafka: Stage) -> None:
    with supervised(on_kafka, workers=1, STUCK_AFTER="4", READY_WITHIN="20") as hub:
        hub.start().wait_ready()
        (worker,) = process_ids(hub)
        os.kill(worker, signal.SIGSTOP)
        wait_until(lambda: len(process_ids(hub)) >= 2, 90, lambda: hub.written)
        assert "shows no life: killed" in hub.written
        hub.wait_ready()
        assert hub.terminate() == 0


@pytest.mark.timeout(120)
def test_a_worker_that_holds_its_partitions_and_reads_nothing_is_replaced(
    on_kafka: Stage, tmp_path: Path
) -> None:
    """It calls itself ready, as it sees no end that moves: the brokers are asked."""
    deaf = ("tests.support.deaf", str(tmp_path / "was-deaf"))
    with supervised(on_kafka, workers=1, worker=deaf, STALLED_AFTER="4") as hub:
        hub.start().wait_ready()
        publish(on_kafka, 100)
        for feed in wait_until_complete(on_kafka, 100):
            assert Counter(numbers(feed)) == Counter(range(100))
        assert "and does not get on with it: killed" in hub.written
        assert [how for _, how in ENDED.findall(hub.written)] == ["SIGKILL"]
        assert hub.terminate() == 0


@pytest.mark.timeout(120)
def test_it_is_not_ready_while_a_worker_is_not(on_kafka: Stage) -> None:
    with supervised(on_kafka, workers=1) as hub:
        hub.start().wait_serving()
        assert hub.obstacles() != []
        hub.wait_ready()
        os.kill(process_ids(hub)[0], signal.SIGKILL)
        wait_until(lambda: hub.obstacles() != [], 10, lambda: "still ready")
        assert all(obstacle.startswith(("worker 0: ", "the group")) for obstacle in hub.obstacles())
        hub.wait_ready()
        facts = json.loads(hub.get("/ready")[1])
        assert facts["networks"] == [None]
        assert hub.terminate() == 0


@pytest.mark.timeout(120)
def test_all_stop_within_their_time_though_the_broker_hangs(on_kafka: Stage, kafka: Kafka) -> None:
    with supervised(on_kafka, STOP_WITHIN="2") as hub:
        hub.start().wait_ready()
        workers = process_ids(hub)
        kafka.freeze()
        try:
            # A worker that has nothing in flight needs no broker in order to stop cleanly.
            assert hub.terminate(within_s=25) in {0, Exit.STUCK}
        finally:
            kafka.thaw()
        assert not any(map(is_running, workers))


@pytest.mark.timeout(60)
def test_a_supervisor_needs_a_place_for_what_outlives_a_worker(
    kafka: Kafka, tmp_path: Path
) -> None:
    where = stage(kafka.bootstrap, tmp_path)
    with supervised(where) as hub:
        assert hub.start().ended() == 1
        assert "NATCBUS_HUB_STATE" in hub.written

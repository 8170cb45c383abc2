"""Both brokers start, keep what is sent, give it back, and stop with whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from natcbus.operations.broker import BROKER_BIN, EmbeddedBroker, find_broker
from natcbus.operations.errors import (
    BrokerMissingError,
    BrokerStartError,
    BrokerUnreachableError,
)
from natcbus.operations.leash import leashed
from natcbus.operations.reachable import cluster_id, free_port, listens
from tests.support.kafka import Kafka, running_kafka

SENT = [f"alert {number}".encode() for number in range(100)]


def create_topic(bootstrap: str) -> TopicPartition:
    topic = f"test.{uuid4().hex}"
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=5000)
    admin.create_topics(
        {topic: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True
    )
    admin.close()
    return TopicPartition(topic, 0)


def send(bootstrap: str, partition: TopicPartition, values: list[bytes]) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", bootstrap_timeout_ms=5000)
    futures = [producer.send(partition.topic, value, partition=0) for value in values]
    for future in futures:
        future.get(timeout=10)
    producer.close(timeout=5)


def read(bootstrap: str, partition: TopicPartition) -> list[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
        bootstrap_timeout_ms=5000,
    )
    consumer.assign([partition])
    consumer.seek(partition, 0)
    values: list[bytes] = []
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        for records in consumer.poll(timeout_ms=200).values():
            values.extend(record.value for record in records)
        # The end is taken from a fetch answer: the embedded broker gives wrong end offsets.
        if values and len(values) == consumer.highwater(partition):
            break
    consumer.close()
    return values


def assert_gone(pid: int) -> None:
    give_up = time.monotonic() + 5
    while time.monotonic() < give_up:
        if (
            not Path(f"/proc/{pid}/cmdline").exists()
            or not Path(f"/proc/{pid}/cmdline").read_bytes()
        ):
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} still runs")


def test_kafka_keeps_and_gives_back_what_is_sent(kafka: Kafka) -> None:
    partition = create_topic(kafka.bootstrap)
    send(kafka.bootstrap, partition, SENT)
    assert read(kafka.bootstrap, partition) == SENT
    assert (kafka.data / f"{partition.topic}-0").is_dir()


def test_kafka_creates_no_topic_by_itself(kafka: Kafka) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, max_block_ms=1000)
    with pytest.raises(Exception, match=r"(?i)metadata"):
        producer.send("mistyped.topic", b"lost").get(timeout=5)
    producer.close(timeout=1)


def test_a_killed_kafka_comes_back_with_its_data() -> None:
    with running_kafka() as kafka:
        partition = create_topic(kafka.bootstrap)
        send(kafka.bootstrap, partition, SENT)
        first = kafka.pid
        kafka.kill()
        assert not listens(kafka.bootstrap)
        kafka.restart()
        assert kafka.pid != first
        assert read(kafka.bootstrap, partition) == SENT
        last = kafka.pid
    assert_gone(last)
    assert not kafka.folder.exists()


def test_the_embedded_broker_keeps_and_gives_back_what_is_sent(
    embedded_broker: EmbeddedBroker,
) -> None:
    partition = create_topic(embedded_broker.bootstrap)
    send(embedded_broker.bootstrap, partition, SENT)
    assert read(embedded_broker.bootstrap, partition) == SENT


def test_the_embedded_broker_stops_and_leaves_nothing_behind() -> None:
    with EmbeddedBroker() as broker:
        pid, folder, bootstrap = broker.pid, broker.folder, broker.bootstrap
        assert pid is not None
        assert "listening on: tcp://127.0.0.1:" in broker.log_file.read_text("utf-8")
    assert_gone(pid)
    assert not folder.exists()
    assert not listens(bootstrap)


def test_the_embedded_broker_takes_no_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LISTENER_URL", "tcp://0.0.0.0:1")
    monkeypatch.setenv("STORAGE_ENGINE", "s3://elsewhere/")
    with EmbeddedBroker() as broker:
        assert "storage: memory://natcbus/" in broker.log_file.read_text("utf-8")


def test_a_second_broker_on_the_same_port_is_an_error(embedded_broker: EmbeddedBroker) -> None:
    port = int(embedded_broker.bootstrap.rpartition(":")[2])
    with pytest.raises(BrokerStartError):
        EmbeddedBroker(port=port).start()
    assert cluster_id(embedded_broker.bootstrap)


def test_a_broker_that_cannot_start_says_what_it_wrote(tmp_path: Path) -> None:
    program = tmp_path / "broker"
    program.write_text("#!/bin/sh\necho no room left; exit 3\n", "utf-8")
    program.chmod(0o755)
    with pytest.raises(BrokerStartError, match=r"(?s)exit code 3.*no room left"):
        EmbeddedBroker(program=program).start()


def test_a_broker_binary_can_be_named(tmp_path: Path) -> None:
    program = tmp_path / "broker"
    program.touch(0o755)
    assert find_broker({BROKER_BIN: str(program)}) == program


def test_a_named_broker_that_is_not_there_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(BrokerMissingError, match=r"--bootstrap HOST:PORT"):
        find_broker({BROKER_BIN: str(tmp_path / "nothing")})


def test_nobody_at_the_address_is_said_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(BrokerUnreachableError, match="Check the address"):
        cluster_id(f"127.0.0.1:{free_port()}", within_s=0.3)
    assert time.monotonic() - started < 2


def test_a_leashed_process_ends_with_its_owner() -> None:
    owner_source = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({leashed(['sleep', '60'])!r}, stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", owner_source], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        leashed_pid = int(owner.stdout.readline())
        os.kill(leashed_pid, 0)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert_gone(leashed_pid)

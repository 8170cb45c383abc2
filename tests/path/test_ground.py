"""In production the hub asks the brokers whether acknowledged means kept, and says no if not."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from natcbus.hub.errors import Exit, UnsafeGroundError
from natcbus.hub.ground import require_safe_ground
from natcbus.hub.settings import Profile, Settings
from natcbus.operations.reachable import LOOPBACK, free_port
from tests.support.hub_process import REPOSITORY, environment_of
from tests.support.kafka import CONTROLLED, Kafka
from tests.support.kafka_cluster import Cluster, running_cluster

GOOD: Final = {"min.insync.replicas": "2", "cleanup.policy": "delete"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as found:
        yield found


@pytest.fixture(scope="module")
def careless() -> Iterator[Kafka]:
    """One node that makes a topic of every name that it is asked for."""
    folder = Path(tempfile.mkdtemp(prefix="natcbus-kafka-"))
    kafka = Kafka(folder, replaced={"auto.create.topics.enable": "true", **CONTROLLED})
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.stop()
        shutil.rmtree(folder, ignore_errors=True)


def told(bootstrap: str, profile: Profile = Profile.PRODUCTION) -> Settings:
    """Settings of production, but for the encryption that the tests' brokers do not have."""
    here = Path()
    settings = Settings(bootstrap=bootstrap, network=here, keys=here, signing_key=here)
    return settings.model_copy(update={"profile": profile})


def topic(bootstrap: str, copies: int, **configs: str) -> str:
    name = f"member.{uuid.uuid4().hex[:8]}.out"
    own: Mapping[str, str] = {**GOOD, **{key.replace("_", "."): it for key, it in configs.items()}}
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(name, 2, copies, topic_configs=dict(own))])
        admin.wait_for_topics([name])
    finally:
        admin.close()
    return name


def refusal(bootstrap: str, reads: list[str], writes: list[str]) -> tuple[str, ...]:
    with pytest.raises(UnsafeGroundError) as refused:
        require_safe_ground(told(bootstrap), reads, writes)
    return refused.value.problems


@pytest.mark.timeout(180)
def test_three_copies_of_which_two_are_in_step_are_safe_ground(cluster: Cluster) -> None:
    bootstrap = cluster.bootstrap
    require_safe_ground(told(bootstrap), [topic(bootstrap, 3)], [topic(bootstrap, 3)])
    compacted = topic(bootstrap, 3, cleanup_policy="compact")
    require_safe_ground(told(bootstrap), [topic(bootstrap, 3)], [compacted])


@pytest.mark.timeout(180)
def test_each_topic_that_could_lose_a_record_is_named_with_what_to_do(cluster: Cluster) -> None:
    bootstrap = cluster.bootstrap
    few = topic(bootstrap, 2)
    alone = topic(bootstrap, 3, min_insync_replicas="1")
    unclean = topic(bootstrap, 3, unclean_leader_election_enable="true")
    compacted = topic(bootstrap, 3, cleanup_policy="compact")
    copies, in_sync, election, cleanup = refusal(bootstrap, [few, compacted], [alone, unclean])
    assert f"fewer than 3 copies of topic {few}:" in copies
    assert "natcbus topology apply" in copies
    assert f"min.insync.replicas is under 2 on topic {alone}:" in in_sync
    assert f"unclean.leader.election.enable is on for topic {unclean}:" in election
    assert f"cleanup.policy compacts topic {compacted}:" in cleanup
    assert all("kafka-configs.sh" in problem for problem in (in_sync, election, cleanup))


@pytest.mark.timeout(120)
def test_a_broker_that_makes_topics_by_itself_is_refused(careless: Kafka) -> None:
    problems = refusal(careless.bootstrap, [], [])
    assert len(problems) == 1
    assert "auto.create.topics.enable is on (broker 1)" in problems[0]
    nobody = f"member.{uuid.uuid4().hex[:8]}.out"
    assert len(refusal(careless.bootstrap, [nobody], [])) == 1


def test_other_profiles_take_the_brokers_that_they_get(kafka: Kafka) -> None:
    alone = topic(kafka.bootstrap, 1, min_insync_replicas="1")
    require_safe_ground(told(kafka.bootstrap, Profile.SINGLE), [alone], [])
    assert len(refusal(kafka.bootstrap, [alone], [])) == 3


def test_brokers_where_everybody_may_read_everything_are_refused(kafka: Kafka) -> None:
    (problem,) = refusal(kafka.bootstrap, [], [])
    assert "everybody who reaches the brokers may read every desk's feed" in problem
    assert "natcbus topology rights --grant" in problem


def test_brokers_that_do_not_answer_are_no_safe_ground() -> None:
    (problem,) = refusal(f"{LOOPBACK}:{free_port()}", [], [])
    assert "are they up" in problem


def test_a_worker_on_unsafe_ground_leaves_with_74_before_it_reads(kafka: Kafka) -> None:
    alone = topic(kafka.bootstrap, 1, min_insync_replicas="1")
    program = f"""
import sys
from natcbus.hub.records import Wiring
from natcbus.hub.worker import run
from tests.path.test_ground import told
from tests.support.pass_through import PassThrough
wiring = Wiring(PassThrough([], {alone!r}), ({alone!r},), ())
sys.exit(run(told({kafka.bootstrap!r}), lambda _: wiring))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=environment_of({}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == Exit.NOT_READY, done.stderr
    assert "The hub does not start in production" in done.stdout + done.stderr
    assert "health and metrics" not in done.stdout + done.stderr

"""Three nodes of real Kafka that are one cluster: three copies of everything, two in step."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from natcbus.operations.reachable import LOOPBACK
from tests.support.kafka import CONTROLLED, Kafka, Ports, cluster_name
from tests.support.small_disk import SmallDisk

NODES: Final = (1, 2, 3)
COPIED: Final[Mapping[str, str]] = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    # Thirty seconds by default: a follower that stands still is left behind after this.
    "replica.lag.time.max.ms": "6000",
}
_LOOK_EVERY_S: Final = 0.1
_WHOLE_WITHIN_S: Final = 60.0


@dataclass(frozen=True)
class Cluster:
    """Its nodes by number; any of them may be killed, stopped, frozen and started again."""

    nodes: Mapping[int, Kafka]

    @property
    def bootstrap(self) -> str:
        """Every node, with commas between."""
        return ",".join(node.bootstrap for node in self.nodes.values())

    @property
    def running(self) -> list[Kafka]:
        return [node for node in self.nodes.values() if node.runs]

    def start(self) -> None:
        """Start every node that does not run; return when all copies are in step."""
        stopped = [node for node in self.nodes.values() if not node.runs]
        for node in stopped:
            node.spawn()
        for node in stopped:
            node.wait_answering()
        self.wait_whole()

    def stop(self) -> None:
        """End all of them, by SIGKILL: a node that stops cleanly waits for the others."""
        for node in self.nodes.values():
            node.kill()

    def leader(self, topic: str, partition: int = 0) -> int:
        """The node that leads a partition now."""
        return int(self._described([topic])[topic, partition]["leader_id"])

    def coordinator(self, group: str) -> int:
        """The node that keeps a consumer group."""
        topic = "__consumer_offsets"
        partitions = len(self._described([topic]))
        # As Kafka does: Java's hash of the group's name without its sign.
        code = 0
        for byte in group.encode():
            code = (31 * code + byte) & 0xFFFF_FFFF
        return self.leader(topic, (code & 0x7FFF_FFFF) % partitions)

    def require_in_step(self, topics: Sequence[str], copies: int) -> None:
        """Demand so many copies in step before anything is taken by these topics."""
        configs = {"min.insync.replicas": str(copies)}
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic, configs) for topic in topics]
        with self._admin() as admin:
            admin.alter_configs(resources)

    def move_leaders(self, topics: Sequence[str]) -> None:
        """Let the next of its three nodes lead each partition, while all of them run."""
        described = self._described(topics)
        order = {
            TopicPartition(*at): [*one["replica_nodes"][1:], one["replica_nodes"][0]]
            for at, one in described.items()
        }
        with self._admin() as admin:
            admin.alter_partition_reassignments(order)
            admin.elect_leaders(0, list(order))

    def wait_whole(self, within_s: float = _WHOLE_WITHIN_S) -> None:
        """Return when every partition has a leader and three copies in step."""
        give_up = time.monotonic() + within_s
        while lacking := self._lacking():
            assert time.monotonic() < give_up, f"not in step: {lacking[:5]} of {len(lacking)}"
            time.sleep(_LOOK_EVERY_S)

    def wait_led(self, topics: Sequence[str], without: int, within_s: float = 30.0) -> None:
        """Return when each of these topics is led by another node than ``without``."""
        give_up = time.monotonic() + within_s
        while left := [
            at for at, one in self._described(topics).items() if one["leader_id"] in {without, -1}
        ]:
            assert time.monotonic() < give_up, f"still led by {without}: {left}"
            time.sleep(_LOOK_EVERY_S)

    def _lacking(self) -> list[tuple[str, int]]:
        try:
            described = self._described(None)
        except KafkaError:
            return [("the cluster does not answer", 0)]
        return [
            at
            for at, one in described.items()
            if one["leader_id"] < 0 or len(one["isr_nodes"]) < len(one["replica_nodes"])
        ]

    def _described(self, topics: Sequence[str] | None) -> dict[tuple[str, int], Any]:
        with self._admin() as admin:
            found = admin.describe_topics(None if topics is None else list(topics))
        return {
            (topic["name"], one["partition_index"]): one
            for topic in found
            for one in topic["partitions"]
        }

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        running = [node.bootstrap for node in self.running]
        admin = KafkaAdminClient(bootstrap_servers=running, bootstrap_timeout_ms=5000)
        try:
            yield admin
        finally:
            admin.close()


@contextmanager
def running_cluster(disk: SmallDisk | None = None) -> Iterator[Cluster]:
    """Run three nodes for as long as the block lasts; ``disk`` is the last one's, if any."""
    folder = Path(tempfile.mkdtemp(prefix="natcbus-cluster-"))
    try:
        cluster = _cluster(folder, disk)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cluster(folder: Path, disk: SmallDisk | None) -> Cluster:
    ports = {number: Ports() for number in NODES}
    voters = ",".join(f"{number}@{LOOPBACK}:{each.controller}" for number, each in ports.items())
    name = cluster_name()
    nodes = {}
    for number, each in ports.items():
        own = folder / str(number)
        own.mkdir()
        replaced = {**COPIED, **CONTROLLED, "controller.quorum.voters": voters}
        nodes[number] = Kafka(
            own,
            each,
            disk=disk if number == NODES[-1] else None,
            node=number,
            cluster=name,
            replaced=replaced,
        )
    return Cluster(nodes)

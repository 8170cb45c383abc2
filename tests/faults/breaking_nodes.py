"""What breaks where three nodes are one cluster."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from natcbus.operations.topology import Profile
from natcbus.routing.topics import DECISIONS, feed_topic, out_topic
from tests.faults.apart import another_process
from tests.faults.breaking import passes, worker_killed
from tests.faults.judging import GROUP
from tests.faults.scenario import HUB, WORKERS, Theatre
from tests.faults.sending import SENDERS, templates
from tests.support.bus import Bus, running_bus
from tests.support.kafka_cluster import Cluster, running_cluster
from tests.support.small_disk import SmallDisk, small_disk


@dataclass(frozen=True)
class ThreeNodes:
    """A cluster whose last node has a small disk."""

    bus: Bus
    cluster: Cluster
    disk: SmallDisk

    @property
    def bootstrap(self) -> str:
        return self.cluster.bootstrap

    @property
    def topics(self) -> Sequence[str]:
        """What the senders write, and what the hub makes of it."""
        outs = [out_topic(desk.split(".")[0]) for desk in SENDERS]
        return [*outs, *(feed_topic(desk) for desk in sorted(self.bus.network.desks)), DECISIONS]

    def heal(self) -> None:
        for node in self.cluster.running:
            node.thaw()
        self.cluster.start()


def leader_killed(ground: ThreeNodes, chance: random.Random) -> None:
    """Whoever leads what a sender writes to; it comes back later."""
    ground.cluster.nodes[ground.cluster.leader(out_topic("rs"))].kill()
    passes(chance.uniform(6.0, 8.0))


def coordinator_killed(ground: ThreeNodes, chance: random.Random) -> None:
    """Whoever keeps the hub's group, and a worker with it."""
    ground.cluster.nodes[ground.cluster.coordinator(GROUP)].kill()
    worker_killed(ground, chance)
    passes(chance.uniform(6.0, 8.0))


def leaders_moved(ground: ThreeNodes, chance: random.Random) -> None:
    """Nobody dies; other nodes lead everything, three times."""
    for _ in range(3):
        ground.cluster.move_leaders(ground.topics)
        passes(chance.uniform(0.5, 1.5))


def nodes_restarted(ground: ThreeNodes, chance: random.Random) -> None:
    """One after the other, each when the others have everything again: an upgrade."""
    del chance
    for node in ground.cluster.nodes.values():
        node.stop()
        ground.cluster.start()


def follower_frozen(ground: ThreeNodes, chance: random.Random) -> None:
    """A node stands still until it counts as out of step."""
    node = ground.cluster.nodes[ground.cluster.leader(out_topic("rs")) % 3 + 1]
    node.freeze()
    passes(chance.uniform(7.0, 9.0))
    node.thaw()


NODE_FAULTS: Final[Mapping[str, Callable[[ThreeNodes, random.Random], None]]] = {
    fault.__name__: fault
    for fault in (
        leader_killed,
        coordinator_killed,
        leaders_moved,
        nodes_restarted,
        follower_frozen,
    )
}


@contextmanager
def three_nodes() -> Iterator[Theatre[ThreeNodes]]:
    """Three nodes, the last with a small disk, and a supervised hub on them."""
    with tempfile.TemporaryDirectory(prefix="natcbus-faults-") as own:
        folder = Path(own)
        mounted = folder / "disk"
        mounted.mkdir()
        with (
            small_disk(mounted, "256m") as disk,
            running_cluster(disk) as cluster,
            running_bus(
                cluster.bootstrap, folder / "bus", Profile.PRODUCTION, workers=WORKERS, changed=HUB
            ) as bus,
            another_process() as process,
        ):
            yield Theatre(ThreeNodes(bus, cluster, disk), templates(bus, seed=1), process)

"""Three nodes of real Kafka, three copies of everything, two of them in step before it counts.

Each test prints what it measured (``pytest -s``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from natcbus.operations.topology import Profile
from natcbus.routing.topics import DECISIONS, feed_topic, out_topic
from tests.faults.breaking import passes, worker_killed
from tests.faults.judging import GROUP, wait_until_idle
from tests.faults.scenario import HUB, WORKERS, Plan, Planned, Played, Theatre, every_sender, play
from tests.faults.sending import SENDERS, Ledger
from tests.support.bus import Bus, running_bus
from tests.support.kafka_cluster import Cluster, running_cluster
from tests.support.small_disk import SmallDisk, small_disk

MESSAGES: Final = 480
RESUMES_WITHIN_S: Final = 30.0

pytestmark = pytest.mark.timeout(300)


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
        self.cluster.start()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre[ThreeNodes]]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "disk").mkdir()
    with (
        small_disk(folder / "disk", "256m") as disk,
        running_cluster(disk) as cluster,
        running_bus(
            cluster.bootstrap, folder / "bus", Profile.PRODUCTION, workers=WORKERS, changed=HUB
        ) as bus,
    ):
        yield Theatre(ThreeNodes(bus, cluster, disk), every_sender(bus))


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


@pytest.mark.parametrize(
    "fault", [leader_killed, coordinator_killed, leaders_moved, nodes_restarted, follower_frozen]
)
def test_flow_resumes_when_nodes_die_and_leaders_move(
    stage: Theatre[ThreeNodes], fault: Callable[[ThreeNodes, random.Random], None]
) -> None:
    played = play(stage, Plan(3, MESSAGES, (Planned(MESSAGES // 4, fault),)))
    faultless(played)
    assert played.verdict.slowest_s < RESUMES_WITHIN_S


def test_with_two_nodes_gone_every_publisher_is_told_and_nothing_counts_as_sent(
    stage: Theatre[ThreeNodes],
) -> None:
    ledger = Ledger()

    def two_killed(ground: ThreeNodes, chance: random.Random) -> None:
        for number in chance.sample(sorted(ground.cluster.nodes), 2):
            ground.cluster.nodes[number].kill()
        all_told_and_nothing_sent(ledger)

    faultless(play(stage, Plan(4, MESSAGES, (Planned(MESSAGES // 4, two_killed),)), ledger))


def test_with_too_few_copies_in_step_every_publisher_is_told_and_nothing_counts_as_sent(
    stage: Theatre[ThreeNodes],
) -> None:
    ledger, cluster = Ledger(), stage.ground.cluster
    outs = [out_topic(desk.split(".")[0]) for desk in SENDERS]

    def one_killed(ground: ThreeNodes, chance: random.Random) -> None:
        ground.cluster.nodes[chance.choice(sorted(ground.cluster.nodes))].kill()
        all_told_and_nothing_sent(ledger)

    cluster.require_in_step(outs, 3)
    try:
        plan = Plan(5, MESSAGES, (Planned(MESSAGES // 4, one_killed),))
        faultless(play(stage, plan, ledger))
    finally:
        cluster.require_in_step(outs, 2)


def test_what_the_hub_cannot_write_into_enough_copies_it_does_not_let_go_of(
    stage: Theatre[ThreeNodes],
) -> None:
    feeds = [feed_topic(desk) for desk in sorted(stage.bus.network.desks)]
    ledger, cluster = Ledger(), stage.ground.cluster

    def short_while_all_is_sent(ground: ThreeNodes, chance: random.Random) -> None:
        ground.cluster.nodes[chance.choice(sorted(ground.cluster.nodes))].kill()
        ledger.wait_for(MESSAGES, within_s=60)
        with pytest.raises(AssertionError, match="not committed"):
            wait_until_idle(ground.bus, within_s=5)

    cluster.require_in_step(feeds, 3)
    try:
        plan = Plan(6, MESSAGES, (Planned(MESSAGES // 4, short_while_all_is_sent),))
        faultless(play(stage, plan, ledger))
    finally:
        cluster.require_in_step(feeds, 2)


def test_a_node_whose_disk_is_full_ends_and_the_flow_goes_on(stage: Theatre[ThreeNodes]) -> None:
    ledger = Ledger()

    def filled(ground: ThreeNodes, chance: random.Random) -> None:
        del chance
        last = ground.cluster.nodes[max(ground.cluster.nodes)]
        ground.disk.fill()
        try:
            ledger.wait_for(MESSAGES, within_s=60)
            last.wait_ended(within_s=30)
        finally:
            ground.disk.relieve()

    played = play(stage, Plan(8, MESSAGES, (Planned(MESSAGES // 4, filled),)), ledger)
    faultless(played)
    assert played.verdict.slowest_s < RESUMES_WITHIN_S


def all_told_and_nothing_sent(ledger: Ledger) -> None:
    """Each sender hears twice that the bus is away, and nothing is SENT in between."""
    ledger.wait_until_told(len(SENDERS), within_s=15)
    before = len(ledger.sent)
    ledger.wait_until_told(len(SENDERS) * 2, within_s=15)
    assert len(ledger.sent) == before


def faultless(played: Played[ThreeNodes]) -> None:
    print(played.told())  # noqa: T201 - what was measured is part of the result
    assert played.verdict.faultless, played
    assert played.verdict.messages == played.plan.messages

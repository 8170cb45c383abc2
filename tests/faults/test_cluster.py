"""Three nodes of real Kafka, three copies of everything, two of them in step before it counts.

Each test prints what it measured (``pytest -s``).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import pytest

from natcbus.routing.topics import feed_topic, out_topic
from tests.faults.breaking import passes
from tests.faults.breaking_nodes import NODE_FAULTS, ThreeNodes, three_nodes
from tests.faults.judging import wait_until_idle
from tests.faults.scenario import Plan, Planned, Played, Theatre, play
from tests.faults.sending import SENDERS, Ledger

MESSAGES: Final = 480
RESUMES_WITHIN_S: Final = 30.0
ANSWERED_WITHIN_S: Final = 15.0

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]


@pytest.fixture(scope="module")
def stage() -> Iterator[Theatre[ThreeNodes]]:
    with three_nodes() as made:
        yield made


@pytest.mark.parametrize("name", sorted(NODE_FAULTS.keys() - {"follower_frozen"}))
def test_flow_resumes_when_nodes_die_and_leaders_move(
    stage: Theatre[ThreeNodes], name: str
) -> None:
    played = play(stage, Plan(3, MESSAGES, (Planned(MESSAGES // 4, NODE_FAULTS[name]),)))
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
    """Each sender hears of every message, in time, that it is queued; and none is SENT."""
    ledger.wait_until_answered(MESSAGES, within_s=30)
    before = len(ledger.sent)
    assert before < MESSAGES
    assert ledger.slowest_answer_s < ANSWERED_WITHIN_S
    passes(2.0)
    assert len(ledger.sent) == before


def faultless(played: Played[ThreeNodes]) -> None:
    print(played.told())  # noqa: T201 - what was measured is part of the result
    assert played.verdict.faultless, played
    assert played.verdict.messages == played.plan.messages

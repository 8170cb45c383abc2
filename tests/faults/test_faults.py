"""Nothing lost, nobody wrong, in order, once: whatever breaks, on one real Kafka node.

Each test prints what it measured (``pytest -s``). A run can be seen again by its seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.faults.breaking import FAULTS, OneNode
from tests.faults.scenario import Plan, Planned, Played, Theatre, draw, play, theatre

MESSAGES: Final = 480
RESUMES_WITHIN_S: Final[Mapping[str, float]] = {
    "worker_killed": 25,
    "worker_cut_short": 25,
    "worker_frozen": 25,
    "workers_join_and_leave": 25,
    "hub_killed": 25,
    # A machine that starts one broker anew, not three nodes of which two are left.
    "broker_killed": 60,
    "broker_and_worker_killed": 60,
}
"""From handing a message to the SDK until its desk can read it, the slowest; else 30 s."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def stage() -> Iterator[Theatre[OneNode]]:
    with theatre() as made:
        yield made


def faultless(played: Played[OneNode]) -> None:
    print(played.told())  # noqa: T201 - what was measured is part of the result
    assert played.verdict.faultless, played
    assert played.verdict.messages == played.plan.messages


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_one_fault_in_the_middle_of_the_work(stage: Theatre[OneNode], name: str) -> None:
    played = play(stage, Plan(7, MESSAGES, (Planned(MESSAGES // 4, FAULTS[name], 7),)))
    faultless(played)
    assert played.verdict.slowest_s < RESUMES_WITHIN_S.get(name, 30)


@pytest.mark.parametrize("seed", [5])
def test_one_fault_after_the_other(stage: Theatre[OneNode], seed: int) -> None:
    faultless(play(stage, draw(seed, MESSAGES * 2, 4, FAULTS)))


@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_clock_of_the_senders_steps(stage: Theatre[OneNode], minutes: int) -> None:
    """Order comes from the topics: what is sent later comes later, whatever it says of itself."""
    clock = stepping(timedelta(minutes=minutes), after=MESSAGES // 8)
    faultless(play(stage, Plan(11, MESSAGES // 4, (), now=clock)))


def stepping(step: timedelta, after: int) -> Callable[[], datetime]:
    """A clock that jumps when it was looked at so many times."""
    looks = itertools.count()
    return lambda: datetime.now(UTC) + (step if next(looks) > after else timedelta())

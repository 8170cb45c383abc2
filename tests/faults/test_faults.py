"""Nothing lost, nobody wrong, in order, once: whatever breaks, on one real Kafka node.

Each test prints what it measured (``pytest -s``). A run can be seen again by its seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.faults.breaking import FAULTS, OneNode
from tests.faults.judging import place, wait_until_idle
from tests.faults.scenario import Plan, Planned, Played, Theatre, play, theatre
from tests.support.bus import Bus, a_hub

MESSAGES: Final = 480
RESUMES_WITHIN_S: Final[Mapping[str, float]] = {
    "worker_killed": 25,
    "worker_frozen": 25,
    "workers_join_and_leave": 25,
    # A machine that starts its one broker anew, which takes most of the time.
    "broker_killed": 60,
    "broker_and_worker_killed": 60,
    "connections_cut": 30,
    "connections_slow": 30,
    "connections_frozen": 30,
}
"""From handing a message to the SDK until its desk can read it, for the slowest."""
OTHERS: Final = sorted(FAULTS.keys() - RESUMES_WITHIN_S.keys())

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def stage() -> Iterator[Theatre[OneNode]]:
    with theatre() as made:
        yield made


def faultless(played: Played[OneNode]) -> None:
    print(played.told())  # noqa: T201 - what was measured is part of the result
    assert played.verdict.faultless, played
    assert played.verdict.messages == played.plan.messages


@pytest.mark.parametrize("name", RESUMES_WITHIN_S)
def test_one_fault_in_the_middle_of_the_work(stage: Theatre[OneNode], name: str) -> None:
    played = play(stage, Plan(7, MESSAGES, (Planned(MESSAGES // 4, FAULTS[name], 7),)))
    faultless(played)
    assert played.verdict.slowest_s < RESUMES_WITHIN_S[name]


@pytest.mark.long
def test_one_fault_after_the_other(stage: Theatre[OneNode]) -> None:
    assert len(OTHERS) == 4
    faults = tuple(
        Planned(MESSAGES * number // 5, FAULTS[name], number)
        for number, name in enumerate(OTHERS, start=1)
    )
    faultless(play(stage, Plan(5, MESSAGES, faults)))


@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_clock_of_the_senders_steps(stage: Theatre[OneNode], minutes: int) -> None:
    """Order comes from the topics: what is sent later comes later, whatever it says of itself."""
    clock = stepping(timedelta(minutes=minutes), after=MESSAGES // 8)
    faultless(play(stage, Plan(11, MESSAGES // 4, (), now=clock)))


def stepping(step: timedelta, after: int) -> Callable[[], datetime]:
    """A clock that jumps when it was looked at so many times."""
    looks = itertools.count()
    return lambda: datetime.now(UTC) + (step if next(looks) > after else timedelta())


@pytest.mark.long
def test_a_group_that_begins_anew_shows_nobody_anything_twice(
    stage: Theatre[OneNode], tmp_path: Path
) -> None:
    """Offsets that are gone: everything is decided and written again, and seen by nobody."""
    faultless(play(stage, Plan(12, MESSAGES // 4, ())))
    bus, begin = stage.bus, place(stage.bus)
    settings = {**bus.settings, "NATCBUS_HUB_GROUP": "hub.route.anew", "NATCBUS_HUB_STATE": ""}
    with a_hub(settings, tmp_path / "anew.log") as hub:
        hub.start().wait_ready()
        wait_until_idle(bus, 180, group="hub.route.anew")
        assert place(bus).decisions > begin.decisions
    assert shown(bus) == {}


def shown(bus: Bus) -> dict[str, int]:
    """How many deliveries each desk sees that it was not shown before."""
    found = {}
    for desk in bus.network.desks:
        with bus.subscriber(desk) as subscriber:
            found[desk] = len(list(subscriber))
    return {desk: number for desk, number in found.items() if number}

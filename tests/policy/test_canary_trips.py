"""When a canary is well: what comes back in time, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest

from natcbus.operations.canary.figures import CanaryFigures
from natcbus.operations.canary.round_trips import GIVEN_UP_SECONDS, RoundTrips

WITHIN: Final = 20.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trips(clock: Clock) -> RoundTrips:
    return RoundTrips(WITHIN, CanaryFigures(), clock)


def shown(trips: RoundTrips, name: str) -> str:
    lines = trips.figures.text().decode().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"natcbus_canary_{name} "))


def test_it_is_not_well_before_one_has_come_back(trips: RoundTrips, clock: Clock) -> None:
    trips.leaves("one")
    assert trips.look() == ["none has come back yet"]
    clock.now = 1.5
    trips.comes_back("one")
    assert trips.look() == []
    assert trips.last == 1.5
    assert shown(trips, "well") == "1.0"


def test_one_that_is_late_is_an_alarm_counted_once_until_it_is_back(
    trips: RoundTrips, clock: Clock
) -> None:
    trips.leaves("one")
    trips.comes_back("one")
    trips.leaves("two")
    clock.now = WITHIN + 1
    for _ in range(3):
        assert trips.look() == ["1 not back; the first left 21 s ago, 20 s are allowed"]
    assert shown(trips, "well") == "0.0"
    assert shown(trips, "late_total") == "1.0"
    trips.comes_back("two")
    assert trips.look() == []
    assert shown(trips, "returned_total") == "2.0"


def test_a_later_one_that_comes_back_does_not_hide_one_that_does_not(
    trips: RoundTrips, clock: Clock
) -> None:
    trips.leaves("lost")
    clock.now = WITHIN
    trips.leaves("two")
    trips.comes_back("two")
    clock.now = WITHIN + 1
    assert len(trips.look()) == 1
    clock.now = GIVEN_UP_SECONDS
    assert trips.look() == []


def test_what_an_earlier_process_sent_says_nothing(trips: RoundTrips) -> None:
    trips.comes_back("of yesterday")
    assert trips.look() == ["none has come back yet"]
    assert shown(trips, "returned_total") == "0.0"


def test_one_that_was_not_accepted_is_not_waited_for_and_its_cause_is_told(
    trips: RoundTrips, clock: Clock
) -> None:
    trips.leaves("one")
    trips.comes_back("one")
    trips.leaves("two")
    trips.never_left("two")
    trips.trouble("it cannot be sent", "JOURNAL_FULL: make room")
    clock.now = WITHIN * 2
    assert trips.look() == ["it cannot be sent: JOURNAL_FULL: make room"]
    trips.trouble("it cannot be sent", "")
    assert trips.look() == []

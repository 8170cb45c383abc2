"""When a partition counts as standing still: records are there, and nothing is committed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natcbus.hub.standstill import Reach, Standstills

HERE = ("member.rs.out", 0)
THERE = ("member.hu.out", 1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_partition_that_is_behind_without_a_commit_stands_still_after_the_limit() -> None:
    clock = Clock()
    standstills = Standstills(30, clock)
    reaches = {HERE: Reach(5, 0, 9), THERE: Reach(9, 0, 9)}
    assert standstills.found(reaches) == []
    clock.now = 30
    assert standstills.found(reaches) == []
    clock.now = 31
    assert standstills.found(reaches) == [HERE]


def test_every_commit_begins_the_time_anew() -> None:
    clock = Clock()
    standstills = Standstills(30, clock)
    for committed in range(20):
        clock.now += 20
        assert standstills.found({HERE: Reach(committed, 0, 100)}) == []


def test_a_partition_that_was_caught_up_begins_anew_with_the_next_record() -> None:
    clock = Clock()
    standstills = Standstills(30, clock)
    for end, now in ((9, 0), (5, 20), (6, 40), (6, 70)):
        clock.now = now
        assert standstills.found({HERE: Reach(5, 0, end)}) == []


def test_whoever_did_not_look_accuses_nobody() -> None:
    clock = Clock()
    standstills = Standstills(30, clock)
    standstills.found({HERE: Reach(5, 0, 9)})
    standstills.forget()
    clock.now = 100
    assert standstills.found({HERE: Reach(5, 0, 9)}) == []


def test_without_a_commit_everything_that_is_still_there_is_to_be_read() -> None:
    assert Reach(None, 0, 1).is_behind
    assert not Reach(None, 0, 0).is_behind
    assert not Reach(None, 7, 7).is_behind, "retention has removed all of it"
    assert not Reach(3, 7, 7).is_behind
    assert Reach(3, 7, 8).is_behind


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 3)), max_size=40))
def test_nobody_is_accused_within_the_limit_of_a_commit(
    steps: list[tuple[float, int]],
) -> None:
    clock = Clock()
    standstills = Standstills(30, clock)
    committed, moved_at = 0, 0.0
    standstills.found({HERE: Reach(0, 0, 1_000)})
    for seconds, more in steps:
        clock.now += seconds
        if more:
            committed, moved_at = committed + more, clock.now
        found = standstills.found({HERE: Reach(committed, 0, 1_000)})
        assert (found == [HERE]) == (clock.now - moved_at > 30)

"""The acknowledgement discipline: what is acknowledged, when, and when the process is left."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Final, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natcbus.hub.commits import Commits
from natcbus.hub.departure import Departure, Leave, Partition
from natcbus.hub.errors import Exit, OrderError
from natcbus.hub.window import State, Watchdog
from tests.support.window_world import (
    Left,
    Numbered,
    World,
    departure_of,
    feed,
    let_run,
    play,
    start,
)

SI: Final[Partition] = ("member.si.out", 0)
RS: Final[Partition] = ("member.rs.out", 0)

FAN_OUTS = st.lists(st.integers(0, 3), min_size=1, max_size=12)


def interleaved(si: list[int], rs: list[int]) -> list[Numbered]:
    of_si = [Numbered(SI, offset, fan_out) for offset, fan_out in enumerate(si)]
    of_rs = [Numbered(RS, offset, fan_out) for offset, fan_out in enumerate(rs)]
    return [message for pair in zip(of_si, of_rs, strict=False) for message in pair] + [
        *of_si[len(of_rs) :],
        *of_rs[len(of_si) :],
    ]


def check_invariants(world: World) -> None:
    open_events = {(m.tp, m.offset) for m, future in world.sent if not future.done()}
    for partition in (SI, RS):
        offsets = world.of(partition)
        assert offsets == list(range(len(offsets))), "acknowledged offsets are a prefix"
        assert not any((partition, offset) in open_events for offset in offsets)
        assert world.window.occupancy().get(partition, 0) <= world.size
    assert world.told == world.acknowledged


@settings(deadline=None)
@given(si=FAN_OUTS, rs=FAN_OUTS, size=st.integers(1, 6), data=st.data())
def test_whatever_the_order_of_deliveries_acknowledgements_are_a_prefix_of_each_partition(
    si: list[int], rs: list[int], size: int, data: st.DataObject
) -> None:
    async def story() -> None:
        world = World(size=size)
        task = start(world, interleaved(si, rs))
        await let_run()
        while waiting := world.waiting():
            waiting[data.draw(st.integers(0, len(waiting) - 1))].set_result(None)
            await let_run()
            check_invariants(world)
        await task
        assert world.of(SI) == list(range(len(si)))
        assert world.of(RS) == list(range(len(rs)))
        assert not world.departures

    play(story)


@settings(deadline=None)
@given(si=FAN_OUTS, rs=FAN_OUTS, cancel=st.booleans(), data=st.data())
def test_a_delivery_that_fails_leaves_with_71_and_nothing_is_acknowledged_from_there_on(
    si: list[int], rs: list[int], cancel: bool, data: st.DataObject
) -> None:
    async def story() -> None:
        world = World(size=4)
        task = start(world, interleaved([*si, 1], rs))
        await let_run()
        for _ in range(data.draw(st.integers(0, 10))):
            waiting = world.waiting()
            if len(waiting) > 1:
                waiting[data.draw(st.integers(0, len(waiting) - 1))].set_result(None)
                await let_run()
        message, future = data.draw(st.sampled_from([s for s in world.sent if not s[1].done()]))
        if cancel:
            future.cancel()
        else:
            future.set_exception(TimeoutError("with a secret in it"))
        await let_run()
        acknowledged = list(world.acknowledged)
        for other in world.waiting():
            other.set_result(None)
        await let_run()
        assert world.acknowledged == acknowledged
        assert (message.tp, message.offset) not in acknowledged
        assert world.departures[0].exit is Exit.FAILED
        assert "secret" not in world.departures[0].describe()
        task.cancel()
        await asyncio.wait([task])
        task.cancelled() or task.exception()

    play(story)


def test_a_full_window_takes_no_further_event_until_its_head_is_acknowledged() -> None:
    async def story() -> None:
        world = World(size=2)
        task = start(world, [Numbered(SI, n) for n in range(3)])
        await let_run()
        assert len(world.sent) == 2
        world.sent[1][1].set_result(None)
        await let_run()
        assert len(world.sent) == 2
        world.sent[0][1].set_result(None)
        await let_run()
        assert len(world.sent) == 3
        assert world.of(SI) == [0, 1]
        world.sent[2][1].set_result(None)
        await task

    play(story)


def test_an_entry_is_in_flight_until_all_is_durable_and_then_what_became_of_it() -> None:
    async def story() -> None:
        world = World()
        became = [State.DELIVERED, State.REFUSED, State.QUARANTINED, State.DELIVERED]
        messages = [Numbered(SI, n, finished_as=each) for n, each in enumerate(became)]
        await feed(world, messages)
        assert world.window.states()[SI] == {State.IN_FLIGHT: 4}
        for _, delivery in world.sent[1:]:
            delivery.set_result(None)
        await let_run()
        assert world.of(SI) == [], "the longest finished prefix is empty"
        assert world.window.states()[SI] == Counter(became[1:]) + Counter([State.IN_FLIGHT])
        world.sent[0][1].set_result(None)
        await let_run()
        assert world.of(SI) == [0, 1, 2, 3]
        assert world.window.states()[SI] == {}

    play(story)


def test_a_full_window_sends_nothing_and_decides_nothing_before_there_is_room() -> None:
    async def story() -> None:
        world = World(size=1)
        task = start(world, [Numbered(SI, 0), Numbered(SI, 1, fan_out=5)])
        await let_run()
        assert len(world.sent) == 1
        world.broken = ValueError("would have been raised by deciding")
        await let_run()
        assert not world.departures
        world.broken = None
        world.sent[0][1].set_result(None)
        await let_run()
        assert len(world.sent) == 6
        await task

    play(story)


@given(steps=st.lists(st.integers(0, 50), min_size=1))
def test_a_commit_never_goes_back_while_a_partition_is_held(steps: list[int]) -> None:
    commits, highest = Commits(), -1
    for offset in steps:
        if offset < highest:
            with pytest.raises(OrderError):
                commits.advance({SI: offset, RS: 0})
        else:
            commits.advance({SI: offset})
            highest = offset
    commits.forget()
    commits.advance({SI: 0})


def test_an_event_that_nothing_follows_from_waits_for_those_before_it() -> None:
    async def story() -> None:
        world = World()
        await feed(world, [Numbered(SI, 0), Numbered(SI, 1, fan_out=0)])
        assert world.of(SI) == []
        world.sent[0][1].set_result(None)
        await let_run()
        assert world.of(SI) == [0, 1]

    play(story)


def test_a_first_record_begins_at_the_commit() -> None:
    async def story() -> None:
        world = World(committed={SI: 5})
        await feed(world, [Numbered(SI, 5, fan_out=0)])
        assert world.of(SI) == [5]
        assert world.window.next_offset(SI, 1) == 6
        assert world.window.next_offset(SI, 2) is None

    play(story)


@pytest.mark.parametrize("first", [1, 7])
def test_a_record_that_skips_others_leaves_with_73_and_is_not_sent(first: int) -> None:
    async def story() -> None:
        world = World()
        task = start(world, [Numbered(SI, first)])
        await departure_of(task)
        assert [departure.exit for departure in world.departures] == [Exit.HOLE]
        assert world.departures[0].partition == SI
        assert world.departures[0].offset == first
        assert not world.sent

    play(story)


def test_a_hole_in_the_middle_leaves_with_73() -> None:
    async def story() -> None:
        world = World()
        task = start(world, [Numbered(SI, 0), Numbered(SI, 2)])
        await departure_of(task)
        assert world.departures[0].exit is Exit.HOLE

    play(story)


def test_records_that_retention_removed_are_counted_and_gone_over() -> None:
    async def story() -> None:
        world = World(committed={SI: 5}, oldest_kept={SI: 9})
        await feed(world, [Numbered(SI, 9, fan_out=0)])
        assert world.expired == [(SI, 4)]
        assert world.of(SI) == [9]

    play(story)


def test_a_hole_above_what_retention_removed_is_a_hole() -> None:
    async def story() -> None:
        world = World(committed={SI: 5}, oldest_kept={SI: 7})
        await departure_of(start(world, [Numbered(SI, 9)]))
        assert world.departures[0].exit is Exit.HOLE

    play(story)


def test_after_a_rebalance_events_read_again_wait_for_those_in_flight() -> None:
    async def story() -> None:
        world = World()
        old = [Numbered(SI, n) for n in range(3)]
        again = [Numbered(SI, n, generation_id=2) for n in range(3)]
        task = start(world, old + again)
        await let_run()
        assert len(world.sent) == 3
        for _, future in world.sent[:3]:
            future.set_result(None)
        await let_run()
        assert world.of(SI) == [0, 1, 2]
        for _, future in world.sent[3:]:
            future.set_result(None)
        await task
        await let_run()
        assert world.of(SI) == [0, 1, 2, 0, 1, 2]
        assert not world.departures

    play(story)


def test_a_rebalance_that_drops_records_leaves_with_73() -> None:
    async def story() -> None:
        world = World()
        task = start(world, [Numbered(SI, 0, 0), Numbered(SI, 2, 0, generation_id=2)])
        world.committed[SI] = 1
        await departure_of(task)
        assert world.departures[0].exit is Exit.HOLE

    play(story)


def test_records_read_again_in_the_same_assignment_are_taken_again() -> None:
    async def story() -> None:
        world = World()
        await feed(world, [Numbered(SI, n, fan_out=0) for n in (0, 1, 2, 1, 2, 3)])
        assert world.of(SI) == [0, 1, 2, 1, 2, 3]
        assert not world.departures

    play(story)


def test_an_error_of_the_router_leaves_with_71_without_its_text() -> None:
    async def story() -> None:
        world = World(broken=ValueError("Ana, +386"))
        await departure_of(start(world, [Numbered(SI, 0)]))
        assert world.departures[0].exit is Exit.FAILED
        assert "ValueError" in world.departures[0].describe()
        assert "Ana" not in world.departures[0].describe()
        assert world.of(SI) == []

    play(story)


def test_a_record_that_the_producer_refuses_leaves_with_71() -> None:
    async def story() -> None:
        world = World(refused=RuntimeError("too large"))
        await departure_of(start(world, [Numbered(SI, 0)]))
        assert world.departures[0].exit is Exit.FAILED
        assert world.of(SI) == []

    play(story)


def test_an_event_that_is_cancelled_while_it_waits_leaves_with_71() -> None:
    async def story() -> None:
        world = World(size=1)
        task = start(world, [Numbered(SI, 0), Numbered(SI, 1)])
        await let_run()
        task.cancel()
        await departure_of(task)
        assert world.departures[0].exit is Exit.FAILED
        assert world.departures[0].offset == 1

    play(story)


def test_the_watchdog_leaves_with_72_when_the_oldest_event_is_too_old() -> None:
    async def story() -> None:
        world = World()
        watchdog = Watchdog(world.window.oldest, limit=45, leave=world.leave)
        watchdog.look()
        await feed(world, [Numbered(SI, 0), Numbered(RS, 0)])
        world.now = 45.0
        watchdog.look()
        assert not world.departures
        world.sent[0][1].set_result(None)
        await let_run()
        world.now = 45.5
        with pytest.raises(Left):
            watchdog.look()
        assert world.departures[0].exit is Exit.STUCK
        assert (world.departures[0].partition, world.departures[0].offset) == (RS, 0)

    play(story)


def test_an_event_delivered_in_time_leaves_the_watchdog_calm() -> None:
    async def story() -> None:
        world = World()
        watchdog = Watchdog(world.window.oldest, limit=45, leave=world.leave)
        await feed(world, [Numbered(SI, 0)])
        world.sent[0][1].set_result(None)
        await let_run()
        world.now = 1000.0
        watchdog.look()
        assert world.window.oldest() is None

    play(story)


def test_the_watchdog_looks_from_a_thread_of_its_own() -> None:
    seen: list[tuple[Exit, int]] = []

    def leave(departure: Departure) -> None:
        seen.append((departure.exit, threading.get_ident()))
        watchdog.stop()

    watchdog = Watchdog(lambda: (60.0, SI, 3), 45, cast(Leave, leave), interval=0.001)
    watchdog.start()
    watchdog.join(5)
    assert not watchdog.is_alive()
    assert [code for code, _ in seen] == [Exit.STUCK]
    assert seen[0][1] != threading.get_ident()

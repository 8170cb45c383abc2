"""The acknowledgement discipline: the one place where an event counts as done.

An event is acknowledged when every record that follows from it is durable, and strictly in the
order of its partition. Several events are in flight at once (a bounded window per partition), and
delivery futures drive the acknowledgements, so that a rebalance or a stop completes while the
stream itself is paused. Whatever goes wrong, the process is left without a commit and the events
are read again.

The contiguity guard belongs to it: a record that was dropped on its way here would otherwise be
committed over by the next one. Hence the input topics are never compacted and never transactional.

Nothing here knows what an event says.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from natcbus.hub.departure import Departure, Leave, Partition, leave_process
from natcbus.hub.errors import DeliveryError, HoleError, OrderError, StuckError
from natcbus.hub.records import Outbound


class Message(Protocol):
    """A record as its source numbers it: Faust's message, or a test's.

    ``generation_id`` changes with every assignment of partitions.
    """

    offset: int
    generation_id: int | None

    @property
    def tp(self) -> Partition:
        """Topic and partition."""
        ...


M_contra = TypeVar("M_contra", bound=Message, contravariant=True)
M = TypeVar("M", bound=Message)


class Source(Protocol[M_contra]):
    """Where messages come from, and where they are acknowledged."""

    async def start_of(self, partition: Partition) -> int:
        """Return the first offset that this assignment has to deliver."""
        ...

    async def earliest(self, partition: Partition) -> int:
        """Return the first offset that the broker still holds."""
        ...

    def acknowledge(self, message: M_contra) -> None:
        """Let ``message`` and all before it be committed."""
        ...


class Send(Protocol):
    """Hands one record to the producer and returns the future of its delivery."""

    async def __call__(self, record: Outbound, /) -> asyncio.Future[object]:
        """Return as soon as the record is queued; order is the order of the calls."""
        ...


class State(StrEnum):
    """How far an entry of the window is. All but the first are finished."""

    IN_FLIGHT = "in flight"
    DELIVERED = "delivered"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Derived:
    """What must be durable before a message is acknowledged, and who wants to know when it is.

    ``finished_as`` is the state of its entry once it is.
    """

    records: tuple[Outbound, ...]
    when_acknowledged: Callable[[], None]
    finished_as: State = State.DELIVERED


@dataclass(slots=True)
class _Slot(Generic[M]):
    """An entry. ``pending`` counts its deliveries, and itself until all are started."""

    message: M
    since: float
    pending: int = 1
    derived: Derived | None = None

    @property
    def state(self) -> State:
        return State.IN_FLIGHT if self.derived is None or self.pending else self.derived.finished_as


@dataclass(slots=True)
class _Lane(Generic[M]):
    """One partition: what is in flight, and what may come next."""

    partition: Partition
    slots: deque[_Slot[M]] = field(default_factory=deque)
    progress: asyncio.Event = field(default_factory=asyncio.Event)
    generation: int | None = None
    expected: int = -1
    acknowledged: int = -1

    async def shrink_to(self, size: int) -> None:
        while len(self.slots) > size:
            self.progress.clear()
            await self.progress.wait()

    def begin(self, generation: int | None, expected: int) -> None:
        self.generation, self.expected, self.acknowledged = generation, expected, -1


class Window(Generic[M]):
    """Keeps up to ``size`` events of a partition in flight and acknowledges them in order.

    Parameters
    ----------
    derive
        Pure: what follows from a message. An exception is a bug and leaves the process.
    send
        The producer. The records of one message are started in their order, messages in theirs.
    source
        The consumer.
    size
        Events in flight per partition; a full window stops reading.
    on_expired
        Told the partition and the number of records that retention removed unread.
    """

    def __init__(  # noqa: PLR0913 - all by name, and each another neighbour
        self,
        *,
        derive: Callable[[M], Derived],
        send: Send,
        source: Source[M],
        size: int,
        on_expired: Callable[[Partition, int], None],
        leave: Leave = leave_process,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._derive = derive
        self._send = send
        self._source = source
        self._size = size
        self._on_expired = on_expired
        self._leave = leave
        self._clock = clock
        self._left = False
        self._lanes: dict[Partition, _Lane[M]] = {}

    async def submit(self, message: M) -> None:
        """Take the next message of its partition; return once all its records are on their way.

        One coroutine calls this, one message after the other: the order of the calls is the order
        of the feeds.
        """
        try:
            lane = self._lane(message.tp)
            await self._admit(lane, message)
            await self._start(lane, message)
        except BaseException as error:  # noqa: BLE001 - even a cancelled event must not be skipped
            self._go(Departure(error, message.tp, message.offset))

    def occupancy(self) -> Mapping[Partition, int]:
        """Return the number of events in flight per partition."""
        return {lane.partition: len(lane.slots) for lane in list(self._lanes.values())}

    def states(self) -> Mapping[Partition, Mapping[State, int]]:
        """Return how many entries of each partition are in which state.

        What is finished and still here waits for the head of its partition.
        """
        return {
            lane.partition: Counter(slot.state for slot in tuple(lane.slots))
            for lane in list(self._lanes.values())
        }

    def oldest(self) -> tuple[float, Partition, int] | None:
        """Return age in seconds, partition and offset of the oldest event in flight.

        Safe to call from another thread.
        """
        heads = [(slot.since, lane, slot) for lane in self._occupied() if (slot := _head(lane))]
        if not heads:
            return None
        since, lane, slot = min(heads, key=lambda head: head[0])
        return self._clock() - since, lane.partition, slot.message.offset

    def next_offset(self, partition: Partition, generation: int | None) -> int | None:
        """Return the first offset that is not acknowledged.

        None before the first message of this assignment: what was known of an earlier one says
        nothing, as others may have gone on since.
        """
        lane = self._lanes.get(partition)
        if lane is None or lane.generation != generation:
            return None
        slot = _head(lane)
        return lane.expected if slot is None else slot.message.offset

    def _lane(self, partition: Partition) -> _Lane[M]:
        lane = self._lanes.get(partition)
        if lane is None:
            lane = self._lanes[partition] = _Lane(partition)
        return lane

    def _occupied(self) -> list[_Lane[M]]:
        return [lane for lane in list(self._lanes.values()) if lane.slots]

    async def _admit(self, lane: _Lane[M], message: M) -> None:
        """Wait for room, and check that no record is missing before this one."""
        new_assignment = lane.generation != message.generation_id
        if new_assignment or message.offset < lane.expected:
            # Read again: what is still in flight from before must not be overtaken.
            await lane.shrink_to(0)
            start = (
                await self._source.start_of(lane.partition) if new_assignment else message.offset
            )
            lane.begin(message.generation_id, start)
        else:
            await lane.shrink_to(self._size - 1)
        if message.offset > lane.expected:
            await self._explain_gap(lane, message)
        lane.expected = message.offset + 1

    async def _explain_gap(self, lane: _Lane[M], message: M) -> None:
        """Go on over records that retention removed, and over nothing else."""
        if await self._source.earliest(lane.partition) < message.offset:
            raise HoleError(lane.expected, message.offset)
        self._on_expired(lane.partition, message.offset - lane.expected)

    async def _start(self, lane: _Lane[M], message: M) -> None:
        slot = _Slot(message, self._clock())
        lane.slots.append(slot)
        slot.derived = self._derive(message)
        for record in slot.derived.records:
            delivery = await self._send(record)
            slot.pending += 1
            delivery.add_done_callback(self._settler(lane, slot, record.topic))
        self._settle(lane, slot)

    def _settler(
        self, lane: _Lane[M], slot: _Slot[M], topic: str
    ) -> Callable[[asyncio.Future[object]], None]:
        def settled(delivery: asyncio.Future[object]) -> None:
            try:
                _check(delivery, topic)
                self._settle(lane, slot)
            except BaseException as error:  # noqa: BLE001 - the loop would only log it
                self._go(Departure(error, lane.partition, slot.message.offset))

        return settled

    def _settle(self, lane: _Lane[M], slot: _Slot[M]) -> None:
        slot.pending -= 1
        if slot.pending == 0:
            self._acknowledge_head(lane)

    def _acknowledge_head(self, lane: _Lane[M]) -> None:
        while not self._left and lane.slots and lane.slots[0].state != State.IN_FLIGHT:
            slot = lane.slots.popleft()
            offset = slot.message.offset
            if offset <= lane.acknowledged:
                raise OrderError(offset, lane.acknowledged)
            lane.acknowledged = offset
            self._source.acknowledge(slot.message)
            if slot.derived is not None:
                slot.derived.when_acknowledged()
        lane.progress.set()

    def _go(self, departure: Departure) -> None:
        self._left = True
        self._leave(departure)


class Watchdog(threading.Thread):
    """Leaves the process when the oldest event has been in flight for too long.

    The producer never gives a record up, and a hung event loop cannot watch itself: so the limit
    lies here, in a thread of its own.
    """

    def __init__(
        self,
        oldest: Callable[[], tuple[float, Partition, int] | None],
        limit: float,
        leave: Leave = leave_process,
        interval: float = 1.0,
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._oldest = oldest
        self._limit = limit
        self._leave = leave
        self._interval = interval
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look once per interval until stopped."""
        while not self._stopped.wait(self._interval):
            self.look()

    def look(self) -> None:
        """Leave if the oldest event is over the limit."""
        oldest = self._oldest()
        if oldest is None or oldest[0] <= self._limit:
            return
        age, partition, offset = oldest
        error = StuckError("The oldest event has been in flight", age, self._limit)
        self._leave(Departure(error, partition, offset))

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()


def _head(lane: _Lane[M]) -> _Slot[M] | None:
    try:
        return lane.slots[0]
    except IndexError:  # emptied meanwhile by the event loop's thread
        return None


def _check(delivery: asyncio.Future[object], topic: str) -> None:
    if delivery.cancelled():
        raise DeliveryError(topic, "cancelled")
    error = delivery.exception()
    if isinstance(error, DeliveryError):
        raise error
    if error is not None:
        raise DeliveryError(topic, type(error).__name__) from error

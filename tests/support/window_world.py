"""A broker, a producer and a process as a window sees them, in the hands of a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest

from natcbus.hub.departure import Departure, Partition
from natcbus.hub.records import Outbound
from natcbus.hub.window import Derived, State, Window


@dataclass(eq=False)
class Numbered:
    """A message that is nothing but its number; ``fan_out`` says how many records follow."""

    tp: Partition
    offset: int
    fan_out: int = 1
    generation_id: int | None = 1
    finished_as: State = State.DELIVERED


class Left(BaseException):
    """The process was left."""


@dataclass
class World:
    """A broker, a producer and a process, as far as a window sees them."""

    size: int = 8
    committed: dict[Partition, int] = field(default_factory=dict)
    oldest_kept: dict[Partition, int] = field(default_factory=dict)
    acknowledged: list[tuple[Partition, int]] = field(default_factory=list)
    told: list[tuple[Partition, int]] = field(default_factory=list)
    expired: list[tuple[Partition, int]] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)
    sent: list[tuple[Numbered, asyncio.Future[object]]] = field(default_factory=list)
    broken: Exception | None = None
    refused: Exception | None = None
    now: float = 0.0
    window: Window[Numbered] = field(init=False)
    _current: Numbered | None = None

    def __post_init__(self) -> None:
        self.window = Window(
            derive=self.derive,
            send=self.send,
            source=self,
            size=self.size,
            on_expired=lambda partition, records: self.expired.append((partition, records)),
            leave=self.leave,
            clock=lambda: self.now,
        )

    def derive(self, message: Numbered) -> Derived:
        if self.broken is not None:
            raise self.broken
        self._current = message
        records = tuple(Outbound(f"desk.{n}.feed", None, b"") for n in range(message.fan_out))
        return Derived(
            records,
            lambda: self.told.append((message.tp, message.offset)),
            message.finished_as,
        )

    async def send(self, record: Outbound, /) -> asyncio.Future[object]:
        del record
        if self.refused is not None:
            raise self.refused
        assert self._current is not None
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.sent.append((self._current, future))
        return future

    async def start_of(self, partition: Partition) -> int:
        return self.committed.get(partition) or await self.earliest(partition)

    async def earliest(self, partition: Partition) -> int:
        return self.oldest_kept.get(partition, 0)

    def acknowledge(self, message: Numbered) -> None:
        self.acknowledged.append((message.tp, message.offset))

    def leave(self, departure: Departure) -> NoReturn:
        self.departures.append(departure)
        raise Left

    def waiting(self) -> list[asyncio.Future[object]]:
        return [future for _, future in self.sent if not future.done()]

    def of(self, partition: Partition) -> list[int]:
        return [offset for where, offset in self.acknowledged if where == partition]


async def let_run() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a story in a loop that does not report what a departure throws into it."""

    async def quietly() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        await story()

    asyncio.run(quietly())


async def feed(world: World, messages: list[Numbered]) -> None:
    for message in messages:
        await world.window.submit(message)


def start(world: World, messages: list[Numbered]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(feed(world, messages))


async def departure_of(task: asyncio.Task[None]) -> None:
    with pytest.raises(Left):
        await task

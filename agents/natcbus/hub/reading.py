"""What librdkafka fetches for the hub, kept apart by partition until the hub takes it.

aiokafka stays the member of the group and says which partitions are this worker's, from where
(``docs/decisions/015``). Fetching is librdkafka's: its threads need no turn of the interpreter.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar, cast

import confluent_kafka
from confluent_kafka import OFFSET_INVALID, KafkaError, TopicPartition
from faust.types import TP

from natcbus.hub.departure import Partition
from natcbus.hub.errors import ReadingError
from natcbus.hub.librdkafka import ClientSettings
from natcbus.hub.logs import LIBRDKAFKA

TAKEN_AT_ONCE: Final = 256
"""Records that are shared out among the partitions: those of one flood keep no other waiting."""
LOOK_AGAIN_SECONDS: Final = 0.1
"""With nothing to take: how long until the caller may want other partitions."""
KEPT_BYTES: Final = 524_288
"""Of one partition, not taken yet: then it is fetched no more until half of it is."""

_RECORD_COSTS: Final = 256
"""Bytes of a record that are neither its key nor its value."""
_POLL_SECONDS: Final = 0.1
_SHORT_POLL_SECONDS: Final = 0.01
"""With a partition held back, which may be fetched again any moment."""
_ENDS_SECONDS: Final = 0.2
_STOP_SECONDS: Final = 5.0

_PASSING: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - librdkafka's public codes begin like that
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
    }
)

Record: TypeAlias = confluent_kafka.Message

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Lane:
    """One partition. ``arrived`` and ``end`` are the reading thread's to write, no one else's."""

    tp: TP
    kept: deque[Record] = field(default_factory=deque)
    end: int = -1
    arrived: int = 0
    taken: int = 0

    @property
    def kept_bytes(self) -> int:
        return self.arrived - self.taken

    def collect(self, most: int) -> list[Record]:
        records = [self.kept.popleft() for _ in range(min(most, len(self.kept)))]
        self.taken += sum(map(_size, records))
        return records


class Reading:
    """Reads the partitions of one assignment, each in its order.

    There is a new one for each assignment: what an earlier one still fetches lands where nobody
    takes it. The client is used by one thread alone: another one would wait for its poll to end.

    Parameters
    ----------
    told
        What librdkafka is told.
    starts
        For each partition the offset to begin at.
    """

    def __init__(self, told: ClientSettings, starts: Mapping[TP, int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._lanes: dict[Partition, _Lane] = {(*tp,): _Lane(tp) for tp in starts}
        self._held_back: set[Partition] = set()
        self._look_at_ends_at = 0.0
        self._news = asyncio.Event()
        self._failure: ReadingError | None = None
        self._stopped = threading.Event()
        self._client = confluent_kafka.Consumer(dict(told), logger=logging.getLogger(LIBRDKAFKA))
        self._client.assign([_place(tp, start) for tp, start in starts.items()])
        self._thread = threading.Thread(target=self._read, name="reading", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Fetch no more."""
        self._stopped.set()

    async def ended(self) -> None:
        """Return once the connections are closed, or when that takes too long."""
        await asyncio.to_thread(self._thread.join, _STOP_SECONDS)

    async def collect(self, wanted: Callable[[TP], bool]) -> dict[TP, list[Record]]:
        """Return a share of what has arrived of each wanted partition; nothing after a while.

        Raises
        ------
        ReadingError
            If the brokers refuse a partition, or what they sent is broken.
        """
        taken = self._shares(wanted)
        if not taken:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await self._news.wait()
            taken = self._shares(wanted)
        if self._failure is not None and not taken:
            raise self._failure
        return taken

    def look_again(self) -> None:
        """Let :meth:`collect` see at once that other partitions are wanted."""
        self._news.set()

    def end_of(self, tp: TP) -> int | None:
        """Return the end of the partition as a fetch saw it moments ago; None before the first.

        Not by ListOffsets: the embedded broker answers that one wrong.
        """
        lane = self._lanes.get((*tp,))
        return None if lane is None or lane.end < 0 else lane.end

    def _shares(self, wanted: Callable[[TP], bool]) -> dict[TP, list[Record]]:
        if self._stopped.is_set():
            return {}
        lanes = [lane for lane in self._lanes.values() if lane.kept and wanted(lane.tp)]
        share = TAKEN_AT_ONCE // max(1, len(lanes)) or 1
        return {lane.tp: lane.collect(share) for lane in lanes}

    def _keep(self, records: list[tuple[_Lane, Record]]) -> None:
        for lane, record in records:
            lane.kept.append(record)
        self._news.set()

    def _fail(self, failure: ReadingError) -> None:
        self._failure = self._failure or failure
        self._news.set()

    def _read(self) -> None:
        """Hand on what arrives, in a thread that waits for it without the interpreter."""
        try:
            while not self._stopped.is_set():
                self._hand_on(self._client.poll(self._patience))
                self._hold_back()
                self._look_at_ends()
        except Exception as error:  # noqa: BLE001 - or nothing would be read, and nobody told
            self._tell(self._fail, ReadingError("what the brokers send", type(error).__name__))
        self._client.close()

    @property
    def _patience(self) -> float:
        return _SHORT_POLL_SECONDS if self._held_back else _POLL_SECONDS

    def _hand_on(self, first: Record | None) -> None:
        if first is None:
            return
        good: list[tuple[_Lane, Record]] = []
        for record in (first, *self._client.consume(TAKEN_AT_ONCE, 0)):
            error = record.error()
            if error is None:
                good.append((self._lane_of(record), record))
            elif not _passing(error):
                what = f"{record.topic()}, partition {record.partition()}"
                self._tell(self._fail, ReadingError(what, error.name()))
        if good:
            self._tell(self._keep, good)

    def _lane_of(self, record: Record) -> _Lane:
        lane = self._lanes[cast(Partition, (record.topic(), record.partition()))]
        lane.arrived += _size(record)
        lane.end = max(lane.end, cast(int, record.offset()) + 1)
        return lane

    def _hold_back(self) -> None:
        """Fetch no more of what is taken too slowly, and again what has been taken."""
        for partition, lane in self._lanes.items():
            if partition in self._held_back:
                if lane.kept_bytes <= KEPT_BYTES // 2:
                    self._held_back.discard(partition)
                    self._client.resume([_place(lane.tp)])
            elif lane.kept_bytes > KEPT_BYTES:
                self._held_back.add(partition)
                self._client.pause([_place(lane.tp)])

    def _look_at_ends(self) -> None:
        if time.monotonic() < self._look_at_ends_at:
            return
        self._look_at_ends_at = time.monotonic() + _ENDS_SECONDS
        for lane in self._lanes.values():
            _, end = self._client.get_watermark_offsets(_place(lane.tp), cached=True)
            lane.end = max(lane.end, end)

    def _tell(self, how: Callable[[T], None], what: T) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(how, what)


def _passing(error: KafkaError) -> bool:
    """Whether librdkafka will get over it: a broker that starts, a leader that moves."""
    passing = error.code() in _PASSING or error.retriable()
    if passing:
        logger.warning("reading: %s; it is tried again", error.name())
    return passing


def _place(tp: TP, start: int = OFFSET_INVALID) -> TopicPartition:
    return TopicPartition(tp.topic, tp.partition, start)


def _size(record: Record) -> int:
    return len(record.value() or b"") + len(record.key() or b"") + _RECORD_COSTS

"""Members that publish through the SDK whatever breaks, and what they were promised."""

from __future__ import annotations

import copy
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from natcbus.client import Publisher
from natcbus.client.entries import State
from natcbus.client.publisher import Published
from natcbus.envelope.ids import ENTROPY_BYTES, member_of, new_message_id
from natcbus.routing.decision import Decision
from tests.support.bus import Bus
from tests.support.mutations import Json, mutants, without

SENDERS: Final = ("rs.spoc", "bg.cybercrime", "si.thb-police", "ro.spoc")
THREADS: Final = 12
"""Cases of each sender: what is said about one of them keeps its order."""
KINDS: Final = 30
"""Different events of each sender; each is published many times, under another id."""
MOST_DESKS: Final = 4
DESKS: Final = 16

View = tuple[str, tuple[str, ...]]
"""How a desk sees a message: the name of the view, and the compartments that it opens."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the SDK called SENT: where it stands, and who is to see what of it."""

    message_id: str
    thread_id: str
    number: int
    desks: Mapping[str, View]
    partition: int | None
    offset: int | None
    tried_at: float
    """When it was handed to the SDK for the first time: seconds of the epoch."""

    @property
    def member(self) -> str:
        return member_of(self.thread_id)


def utc_now() -> datetime:
    """The time, of a clock that is right."""
    return datetime.now(UTC)


class Ledger:
    """What all senders sent, and what they were told meanwhile.

    Attributes
    ----------
    sent
        By message id.
    queued
        How often a sender was told that a message is queued, as the bus is away.
    slowest_answer_s
        The longest time until a sender knew either.
    """

    def __init__(self) -> None:
        self.sent: dict[str, Sent] = {}
        self.queued = 0
        self.slowest_answer_s = 0.0
        self._changed = threading.Condition()

    def note(self, sent: Sent, waited: float) -> None:
        with self._changed:
            assert sent.message_id not in self.sent, "SENT twice"
            self.sent[sent.message_id] = sent
            self._answered(waited)

    def note_queued(self, waited: float) -> None:
        with self._changed:
            self.queued += 1
            self._answered(waited)

    def _answered(self, waited: float) -> None:
        self.slowest_answer_s = max(self.slowest_answer_s, waited)
        self._changed.notify_all()

    def wait_until_answered(self, number: int, within_s: float) -> None:
        """Return when so many messages are SENT or said to be queued."""
        with self._changed:
            enough = self._changed.wait_for(
                lambda: len(self.sent) + self.queued >= number, within_s
            )
        assert enough, f"{len(self.sent)} SENT, {self.queued} queued after {within_s} s"

    def owed(self) -> set[tuple[str, str]]:
        """Message and desk of every delivery that was promised."""
        return {(sent.message_id, desk) for sent in self.sent.values() for desk in sent.desks}

    def wait_for(self, number: int, within_s: float) -> None:
        """Return when so many messages are SENT."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.sent) >= number, within_s)
        assert enough, f"only {len(self.sent)} of {number} messages are SENT after {within_s} s"


class Sender(threading.Thread):
    """Publishes for one desk, in order, and waits until everything that is queued is SENT.

    Parameters
    ----------
    per_second
        How many, or 0 for as many as go.
    now
        Its clock.
    """

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        bus: Bus,
        ledger: Ledger,
        *,
        desk: str,
        events: Sequence[Json],
        bootstrap: str,
        per_second: float = 0.0,
        within_s: float = 120.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(name=f"sender-{desk}")
        context = replace(bus.context(member_of(desk)), bootstrap=bootstrap)
        self._publisher = Publisher(context, world=bus.world, now=now)
        self._ledger = ledger
        self._events = events
        self._pause = 1 / per_second if per_second else 0.0
        self._within_s = within_s
        self._tried_at: dict[str, float] = {}
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with self._publisher:
                self._publish()
        except BaseException as error:  # noqa: BLE001 - `finish` raises it where it is seen
            self.failure = error

    def finish(self) -> None:
        """Wait for the end; raise what went wrong."""
        self.join()
        if self.failure is not None:
            raise self.failure

    def _publish(self) -> None:
        queued = []
        for number, published in enumerate(self._publisher.publish_all(self._paced())):
            waited = time.time() - self._tried_at[published.message_id]
            if published.state is State.SENT:
                self._ledger.note(self._sent(published, number), waited)
            else:
                assert published.state is State.QUEUED, published
                self._ledger.note_queued(waited)
                queued.append(number)
        why = self._publisher.drain(self._within_s)
        assert not why, f"{len(queued)} messages of {self.name} were not sent: {why}"
        for number in queued:
            # Asked again under its id, it is not sent again.
            again = self._publisher.publish(self._events[number])
            assert again.state is State.SENT, again
            self._ledger.note(self._sent(again, number), 0.0)

    def _paced(self) -> Iterator[Json]:
        for event in self._events:
            if self._pause:
                threading.Event().wait(self._pause)
            self._tried_at[event["header"]["message_id"]] = time.time()
            yield event

    def _sent(self, published: Published, number: int) -> Sent:
        return Sent(
            published.message_id,
            published.thread_id,
            number,
            views(published.decision),
            published.partition,
            published.offset,
            self._tried_at[published.message_id],
        )


def views(decision: Decision) -> dict[str, View]:
    """Who is to see what."""
    return {row.desk: (row.view.value, row.compartments) for row in decision.deliveries}


def templates(bus: Bus, seed: int) -> Mapping[str, Sequence[Json]]:
    """Events of each sender, addressed in every way there is, that reach a few of some desks.

    Some desks, not all: to open each feed and read it takes most of the time of a short run.
    """
    found = {desk: list(islice(_reaching(bus, desk, seed), KINDS * 4)) for desk in SENDERS}
    reached = Counter(
        desk for events in found.values() for _, desks in events for desk in sorted(desks)
    )
    some = {desk for desk, _ in reached.most_common(DESKS)}
    return {
        sender: [event for event, desks in events if desks <= some][:KINDS]
        for sender, events in found.items()
    }


def _reaching(bus: Bus, desk: str, seed: int) -> Iterator[tuple[Json, frozenset[str]]]:
    """Events that few desks get, and which."""
    with Publisher(bus.context(member_of(desk)), world=bus.world) as publisher:
        for event in mutants(seed, bus.network, [desk]):
            objections = [problem.pointer for problem in publisher.preview(event).problems]
            mended = without(event, objections)
            previewed = publisher.preview(mended)
            desks = frozenset(views(previewed.decision))
            if not previewed.problems and 1 <= len(desks) <= MOST_DESKS:
                yield mended, desks


def cases(templates: Sequence[Json], desk: str, number: int, chance: random.Random) -> list[Json]:
    """So many events of a desk, spread over its cases, each with an id of its own."""
    now = datetime.now(UTC)
    member = member_of(desk)
    threads = [
        f"{member}.{new_message_id(now, chance.randbytes(ENTROPY_BYTES))}" for _ in range(THREADS)
    ]
    found = []
    for _ in range(number):
        event = copy.deepcopy(chance.choice(templates))
        event["header"]["message_id"] = new_message_id(now, chance.randbytes(ENTROPY_BYTES))
        event["header"]["thread_id"] = chance.choice(threads)
        found.append(event)
    return found

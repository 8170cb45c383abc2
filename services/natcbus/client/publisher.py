"""Publishing: from an event to a message that is on its way whatever happens."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from natcbus.client import contexts
from natcbus.client.composing import (
    Composed,
    EventLike,
    Preview,
    compose,
    preview,
    recalls_of,
    undeliverable_of,
    validate,
)
from natcbus.client.contexts import Context
from natcbus.client.courier import Courier, Outcome, Ticket
from natcbus.client.entries import Entry, State
from natcbus.client.errors import IncompatibleError, NatcbusError
from natcbus.client.failpoints import Point, passing
from natcbus.client.journal import Journal, journal_path
from natcbus.client.keystore import Keystore
from natcbus.client.repeats import Fingerprints, refuse_another, retell, stated_id
from natcbus.client.threads import read_thread
from natcbus.client.world import World
from natcbus.client.worlds import worlds_of
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header
from natcbus.envelope.errors import MissingKeyError
from natcbus.envelope.ids import member_of
from natcbus.envelope.keys import SigningKey
from natcbus.routing.decision import Decision
from natcbus.routing.topics import out_topic

IN_FLIGHT: Final = 256
PATIENCE_S: Final = 8.5
"""How long ``publish`` waits for a message to be durable, before it says that it is queued."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of an event that was accepted.

    Attributes
    ----------
    state
        SENT; or QUEUED: it is on this side's disk and will be sent, do not publish it again. Of an
        event that was accepted earlier also EXPIRED.
    why
        What keeps a message that is QUEUED; empty where nothing does.
    decision
        The sender's own decision; the hub takes the same one unless its network is another.
    undeliverable
        Decided desks that have no public key yet: they will not get it.
    recalls
        Earlier recipients of the thread that it does not go to: each is owed a recall.
    header
        As it was sent, complete.
    partition, offset
        Where it is durable, if it is.
    """

    message_id: str
    thread_id: str
    state: State
    why: str
    decision: Decision
    undeliverable: tuple[str, ...]
    recalls: tuple[str, ...]
    header: Header
    topic: str
    partition: int | None
    offset: int | None


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A message in the journal: what is told of it, what becomes of it, and since when."""

    told: Published
    ticket: Ticket
    since: float


def _now() -> datetime:
    return datetime.now(UTC)


class Publisher:
    """Publishes events for the member of a context; several threads may share one.

    What it accepts is in its journal, on disk, before it is sent. What is queued there from
    earlier is sent first, and as long as the publisher is open it goes on trying.

    Parameters
    ----------
    context
        A context or its name; the current one where it is left out.
    world
        The Network, where it is loaded already.
    now, entropy
        The clock and the randomness of ids, for tests.

    Raises
    ------
    IncompatibleError
        The context, the Network, the member's signing key or its journal cannot be used.
    UnavailableError
        STATE_IN_USE: another process publishes for this member from this state; NO_SPACE.
    """

    def __init__(
        self,
        context: Context | str | None = None,
        *,
        world: World | None = None,
        now: Callable[[], datetime] = _now,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.context = context if isinstance(context, Context) else contexts.load(context)
        self._now = now
        self._entropy = entropy
        self._signer = Keystore(self.context.keys).signing_key(self.context.member)
        self._fingerprints = Fingerprints(self._signer)
        self._worlds = worlds_of(self.context, world)
        try:
            _certified(self.world, self.context.member, self._signer)
            self._journal = Journal(journal_path(self.context.state, self.context.member))
        except BaseException:
            self._worlds.close()
            raise
        self.earlier: Final = tuple(self._journal.queued())
        """What was queued when it was opened."""
        self._courier = Courier(self.context, self._journal, now)

    @property
    def world(self) -> World:
        """The version of the Network that holds now, with everybody's public keys."""
        return self._worlds.current()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def preview(self, event: EventLike) -> Preview:
        """Who would get the event; nothing is sent. What it objects to, ``publish`` refuses.

        For an UPDATE or CANCEL the bus is asked for the member's receipts: whoever has what it
        replaces gets it too, unless a rule says no.

        Raises
        ------
        RejectedError
            The event breaks the contract.
        UnavailableError, IncompatibleError
            The receipts cannot be read.
        """
        return self._preview(event, self.world)

    def _preview(self, event: EventLike, world: World) -> Preview:
        previewed = self._previewed(event, world)
        if member_of(previewed.event.header.from_) == self.context.member:
            return previewed
        text = f"context {self.context.name} publishes for {self.context.member} only"
        foreign = Problem("/header/from", "FOREIGN_ORIGIN", text)
        return replace(previewed, problems=tuple(sorted([foreign, *previewed.problems])))

    def _previewed(self, event: EventLike, world: World) -> Preview:
        now = self._now()
        read = validate(event, world, now, self._entropy)
        if read.header.supersedes is None:
            return preview(read, world, now)
        thread = read_thread(self.context, read.header.supersedes.message_id)
        complete = validate(event, world, now, self._entropy, thread)
        return preview(complete, world, now, thread)

    def publish(self, event: EventLike) -> Published:
        """Accepts one event and returns when it is durable, or queued: within 10 s.

        An event that is published again under its ``header.message_id`` is sent once: this tells
        what became of it.

        Raises
        ------
        RejectedError
            With every problem; nothing was accepted. Of an UPDATE or CANCEL also what the member's
            receipts say: REFERENCE_UNKNOWN, REFERENCE_DIGEST, REFERENCE_MISMATCH, and
            ALREADY_SUPERSEDED with the id of the message that was first. ID_REUSED: another event
            was accepted under its id.
        UnavailableError
            Nothing was accepted: JOURNAL_FULL, NO_SPACE, or no answer from the bus about what an
            UPDATE or CANCEL replaces.
        IncompatibleError
            Nothing was accepted: the bus, the keys or the journal do not fit this member.
        """
        [published] = self.publish_all([event])
        return published

    def publish_all(self, events: Iterable[EventLike]) -> Iterator[Published]:
        """Publishes many, several at a time, and yields them in their order.

        Up to 256 events are taken ahead of what is yielded. Go on to the end: whoever stops before
        does not learn what became of those.

        Raises
        ------
        NatcbusError
            As ``publish``, at the first event that fails.
        """
        waiting: deque[_Accepted] = deque()
        for event in events:
            try:
                waiting.append(self._accept(event))
            except NatcbusError:
                while waiting:
                    yield _awaited(waiting.popleft())
                raise
            while len(waiting) >= IN_FLIGHT:
                yield _awaited(waiting.popleft())
        while waiting:
            yield _awaited(waiting.popleft())

    def drain(self, seconds: float) -> str:
        """Waits until everything that is queued is sent, at most so long.

        Returns
        -------
        str
            Why something still is queued; empty if nothing is.
        """
        return self._courier.wait_until_empty(seconds)

    def state(self, message_id: str) -> State | None:
        """QUEUED, SENT or EXPIRED; None for what this journal does not remember.

        Raises
        ------
        NatcbusError
            The journal cannot be read.
        """
        return self._courier.state(message_id)

    def close(self) -> None:
        """Sends what can be sent at once; what is still queued is sent by the next publisher."""
        try:
            self._courier.close()
        finally:
            self._journal.close()
            self._worlds.close()

    def _accept(self, event: EventLike) -> _Accepted:
        since = time.monotonic()
        passing(Point.CALLED)
        content = self._fingerprints.of(event)
        known = self._journal.find(stated_id(event) or "")
        if known is not None:
            refuse_another(known, event, content)
            return _Accepted(self._retold(known), self._courier.follow(known), since)
        composed = self._compose(event)
        passing(Point.COMPOSED)
        kept, ticket = self._courier.put(self._entry(composed, content))
        # Another thread may have been first with this id.
        refuse_another(kept, event, content)
        return _Accepted(self._told(composed), ticket, since)

    def _compose(self, event: EventLike) -> Composed:
        try:
            # One version from the decision to the signature, though a new one may come meanwhile.
            world = _certified(self.world, self.context.member, self._signer)
            return compose(self._preview(event, world), world, self._signer)
        except MissingKeyError as error:
            raise IncompatibleError.bad_network(error.text) from error

    def _entry(self, composed: Composed, content: bytes) -> Entry:
        return Entry(
            message_id=composed.message_id,
            thread_id=composed.thread_id,
            content=content,
            accepted_at=self._now(),
            expires_at=composed.header.expires_at,
            headers=composed.headers,
            outline=composed.outline,
            value=composed.value,
        )

    def _told(self, composed: Composed) -> Published:
        return Published(
            message_id=composed.message_id,
            thread_id=composed.thread_id,
            state=State.QUEUED,
            why="",
            decision=composed.decision,
            undeliverable=composed.undeliverable,
            recalls=composed.recalls,
            header=composed.header,
            topic=out_topic(self.context.member),
            partition=None,
            offset=None,
        )

    def _retold(self, entry: Entry) -> Published:
        retold = retell(entry, self.world)
        return Published(
            message_id=entry.message_id,
            thread_id=entry.thread_id,
            state=entry.state,
            why="",
            decision=retold.decision,
            undeliverable=undeliverable_of(retold.decision, self.world),
            recalls=recalls_of(retold.decision, retold.prior, retold.header),
            header=retold.header,
            topic=out_topic(self.context.member),
            partition=None,
            offset=None,
        )


def _awaited(accepted: _Accepted) -> Published:
    """What is known of a message when it is settled, or patience ends."""
    outcome = _outcome(accepted)
    passing(Point.ANSWERED)
    return replace(
        accepted.told,
        state=outcome.state,
        why=outcome.why,
        partition=outcome.partition,
        offset=outcome.offset,
    )


def _outcome(accepted: _Accepted) -> Outcome:
    left = accepted.since + PATIENCE_S - time.monotonic()
    try:
        return accepted.ticket.result(max(left, 0.01))
    except (TimeoutError, CancelledError):
        # One that is cancelled is sent all the same, and never withdrawn.
        if accepted.ticket.cancel():
            return Outcome(State.QUEUED, why="not durable yet")
        return accepted.ticket.result(1)


def _certified(world: World, member: str, signer: SigningKey) -> World:
    """``world``, in which the member is known by the key that it signs with."""
    try:
        known = world.keys.signing_key(member)
    except MissingKeyError as error:
        raise IncompatibleError.bad_network(error.text) from error
    if known.key_id != signer.key_id:
        raise IncompatibleError.other_key(member, signer.key_id)
    return world

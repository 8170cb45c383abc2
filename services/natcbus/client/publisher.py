"""Publishing: from an event to a record that is durable at the broker."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from kafka.errors import KafkaError, KafkaTimeoutError

from natcbus.client import contexts
from natcbus.client.composing import Composed, EventLike, Preview, compose, preview, validate
from natcbus.client.connection import (
    DELIVERY_MS,
    REFUSALS,
    Producer,
    Sending,
    abandon,
    is_missing,
    open_producer,
    why,
)
from natcbus.client.contexts import Context
from natcbus.client.errors import (
    IncompatibleError,
    NatcbusError,
    UnavailableError,
)
from natcbus.client.in_doubt import InDoubt
from natcbus.client.keystore import Keystore
from natcbus.client.threads import read_thread
from natcbus.client.world import World, read_world
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header
from natcbus.envelope.errors import MissingKeyError
from natcbus.envelope.ids import member_of
from natcbus.envelope.keys import SigningKey
from natcbus.routing.decision import Decision
from natcbus.routing.topics import out_topic

IN_FLIGHT: Final = 256


class State(StrEnum):
    """How far a message is known to be."""

    SENT = "SENT"
    """Durable at the broker."""
    ROUTED = "ROUTED"
    """Decided by the hub."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of an event that was published.

    Attributes
    ----------
    decision
        The sender's own decision; the hub takes the same one unless its network is another.
    undeliverable
        Decided desks that have no public key yet: they will not get it.
    recalls
        Earlier recipients of the thread that it does not go to: each is owed a recall.
    header
        As it was sent, complete.
    """

    message_id: str
    thread_id: str
    state: State
    decision: Decision
    undeliverable: tuple[str, ...]
    recalls: tuple[str, ...]
    header: Header
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    """A message that was handed over: the future of its delivery, and since when."""

    event: EventLike
    composed: Composed
    delivery: Sending
    since: float


def _now() -> datetime:
    return datetime.now(UTC)


class Publisher:
    """Publishes events for the member of a context. Use it as a context manager, in one thread.

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
        The context, the Network or the member's signing key cannot be used.
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
        self.world = world or read_world(self.context.network, self.context.public_keys)
        self._signer = _signer(self.context, self.world)
        self._now = now
        self._entropy = entropy
        self._producer: Producer | None = None
        self._in_doubt = InDoubt()

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
        previewed = self._previewed(event)
        if member_of(previewed.event.header.from_) == self.context.member:
            return previewed
        text = f"context {self.context.name} publishes for {self.context.member} only"
        foreign = Problem("/header/from", "FOREIGN_ORIGIN", text)
        return replace(previewed, problems=tuple(sorted([foreign, *previewed.problems])))

    def _previewed(self, event: EventLike) -> Preview:
        now = self._now()
        read = validate(event, self.world, now, self._entropy)
        if read.header.supersedes is None:
            return preview(read, self.world, now)
        thread = read_thread(self.context, read.header.supersedes.message_id)
        complete = validate(event, self.world, now, self._entropy, thread)
        return preview(complete, self.world, now, thread)

    def publish(self, event: EventLike) -> Published:
        """Publishes one event and returns when it is durable.

        Raises
        ------
        RejectedError
            With every problem; nothing was sent. Of an UPDATE or CANCEL also what the member's
            receipts say: REFERENCE_UNKNOWN, REFERENCE_DIGEST, REFERENCE_MISMATCH, and
            ALREADY_SUPERSEDED with the id of the message that was first.
        UnavailableError
            Within 10 s when the bus does not answer. The message may have been written: publish it
            again under the same ``header.message_id``, and it is delivered once. This publisher
            then sends the same bytes again.
        IncompatibleError
            The bus or the keys do not fit this member.
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
            As ``publish``, at the first event that fails; those that were yielded are durable, and
            ``UnavailableError.in_doubt`` names those that may be.
        """
        waiting: deque[_OnItsWay] = deque()
        try:
            for event in events:
                try:
                    waiting.append(self._send(event))
                except NatcbusError:
                    while waiting:
                        yield self._settle(waiting)
                    raise
                while len(waiting) >= IN_FLIGHT:
                    yield self._settle(waiting)
            while waiting:
                yield self._settle(waiting)
        except UnavailableError:
            # After one record has expired an idempotent producer of this library never sends again.
            producer, self._producer = self._producer, None
            if producer is not None:
                abandon(producer)
            raise

    def close(self) -> None:
        """Closes the connection, after a last wait for what is still on its way.

        What was returned is durable already.
        """
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                producer.close(timeout=DELIVERY_MS / 1000)
            except KafkaError:
                abandon(producer)

    def _send(self, event: EventLike) -> _OnItsWay:
        since = time.monotonic()
        composed = self._in_doubt.recall(event) or self._compose(event)
        topic = out_topic(self.context.member)
        try:
            if self._producer is None:
                self._producer = open_producer(self.context)
            delivery = self._producer.send(
                topic,
                key=composed.thread_id.encode(),
                value=composed.value,
                headers=list(composed.headers),
            )
        except KafkaError as error:
            connected = self._producer is not None
            if (
                connected
                and isinstance(error, KafkaTimeoutError)
                and is_missing(self.context, topic)
            ):
                raise IncompatibleError.not_permitted(topic) from error
            raise self._failure(error, composed) from error
        return _OnItsWay(event, composed, delivery, since)

    def _compose(self, event: EventLike) -> Composed:
        try:
            return compose(self.preview(event), self.world, self._signer)
        except MissingKeyError as error:
            raise IncompatibleError.bad_network(error.text) from error

    def _settle(self, waiting: deque[_OnItsWay]) -> Published:
        """The first of ``waiting``, durable."""
        first = waiting.popleft()
        left = first.since + DELIVERY_MS / 1000 + 1 - time.monotonic()
        try:
            written = first.delivery.get(timeout=max(left, 0.1))
        except KafkaError as error:
            in_doubt = [first, *waiting]
            for each in in_doubt:
                self._in_doubt.remember(each.event, each.composed)
            raise self._failure(error, first.composed, in_doubt) from error
        self._in_doubt.forget(first.composed)
        return Published(
            message_id=first.composed.message_id,
            thread_id=first.composed.thread_id,
            state=State.SENT,
            decision=first.composed.decision,
            undeliverable=first.composed.undeliverable,
            recalls=first.composed.recalls,
            header=first.composed.header,
            topic=written.topic,
            partition=written.partition,
            offset=written.offset,
        )

    def _failure(
        self, error: KafkaError, composed: Composed, in_doubt: Iterable[_OnItsWay] = ()
    ) -> NatcbusError:
        if isinstance(error, REFUSALS):
            return IncompatibleError.not_permitted(out_topic(self.context.member))
        return UnavailableError(
            self.context.bootstrap,
            why(error, self.context),
            composed.message_id,
            composed.thread_id,
            [each.composed.message_id for each in in_doubt],
        )


def _signer(context: Context, world: World) -> SigningKey:
    """The member's signing key, if it is the one that the Network knows the member by."""
    signer = Keystore(context.keys).signing_key(context.member)
    try:
        known = world.keys.signing_key(context.member)
    except MissingKeyError as error:
        raise IncompatibleError.bad_network(error.text) from error
    if known.key_id != signer.key_id:
        raise IncompatibleError.other_key(context.member, signer.key_id)
    return signer

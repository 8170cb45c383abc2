"""Publishing: from an event to a record that is durable at the broker."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAuthorizationFailedError

from natcbus.client import contexts
from natcbus.client.composing import Composed, EventLike, Preview, compose, preview, validate
from natcbus.client.connection import DELIVERY_MS, PRODUCER
from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError, RejectedError, UnavailableError
from natcbus.client.keystore import Keystore
from natcbus.client.world import World, read_world
from natcbus.contract.problems import Problem
from natcbus.envelope.errors import MissingKeyError
from natcbus.envelope.ids import member_of
from natcbus.envelope.keys import SigningKey
from natcbus.routing.decision import Decision
from natcbus.routing.topics import out_topic

IN_FLIGHT: Final = 256
_CLOSE_SECONDS: Final = 0.5


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
    """

    message_id: str
    thread_id: str
    state: State
    decision: Decision
    undeliverable: tuple[str, ...]
    topic: str
    partition: int
    offset: int


@dataclass(slots=True)
class _Sending:
    """A message on its way: the future of its delivery, and when it was handed over."""

    composed: Composed
    delivery: Any
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
        self._signer: SigningKey = Keystore(self.context.keys).signing_key(self.context.member)
        self._now = now
        self._entropy = entropy
        self._producer: Any = None  # kafka-python publishes no types

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
        """Who would get the event; nothing is sent.

        Raises
        ------
        RejectedError
            The event breaks the contract.
        """
        now = self._now()
        return preview(validate(event, self.world, now, self._entropy), self.world, now)

    def publish(self, event: EventLike) -> Published:
        """Publishes one event and returns when it is durable.

        Raises
        ------
        RejectedError
            With every problem; nothing was sent.
        UnavailableError
            Within 10 s when the bus does not answer. The message may have been written: publish it
            again under the same ``header.message_id``, and it is delivered once.
        IncompatibleError
            The bus or the keys do not fit this member.
        """
        return self._settle(self._send(self._compose(event)))

    def publish_all(self, events: Iterable[EventLike]) -> Iterator[Published]:
        """Publishes many, several at a time, and yields them in their order.

        Raises
        ------
        NatcbusError
            As ``publish``, at the first event that fails; those before it are durable.
        """
        waiting: deque[_Sending] = deque()
        for event in events:
            waiting.append(self._send(self._compose(event)))
            while len(waiting) >= IN_FLIGHT:
                yield self._settle(waiting.popleft())
        while waiting:
            yield self._settle(waiting.popleft())

    def close(self) -> None:
        """Closes the connection. What was returned is durable already."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # With records pending and the broker away it raises: there is nothing left to do then.
            with suppress(KafkaError):
                producer.close(timeout=_CLOSE_SECONDS)

    def _compose(self, event: EventLike) -> Composed:
        previewed = self.preview(event)
        self._refuse_other_member(previewed)
        try:
            return compose(previewed, self.world, self._signer)
        except MissingKeyError as error:
            raise IncompatibleError.bad_network(error.text) from error

    def _refuse_other_member(self, previewed: Preview) -> None:
        sender = previewed.event.header.from_
        if member_of(sender) != self.context.member:
            text = f"context {self.context.name} publishes for {self.context.member} only"
            raise RejectedError([Problem("/header/from", "FOREIGN_ORIGIN", text)])

    def _send(self, composed: Composed) -> _Sending:
        since = time.monotonic()
        topic = out_topic(self.context.member)
        try:
            delivery = self._connected(composed).send(
                topic,
                key=composed.thread_id.encode(),
                value=composed.value,
                headers=list(composed.headers),
            )
        except TopicAuthorizationFailedError as error:
            raise IncompatibleError.not_permitted(topic) from error
        except KafkaError as error:
            raise self._unavailable(error, composed.message_id) from error
        return _Sending(composed, delivery, since)

    def _settle(self, sending: _Sending) -> Published:
        composed = sending.composed
        left = sending.since + DELIVERY_MS / 1000 + 1 - time.monotonic()
        try:
            written = sending.delivery.get(timeout=max(left, 0.1))
        except TopicAuthorizationFailedError as error:
            topic = out_topic(self.context.member)
            raise IncompatibleError.not_permitted(topic) from error
        except KafkaError as error:
            raise self._unavailable(error, composed.message_id) from error
        return Published(
            message_id=composed.message_id,
            thread_id=composed.thread_id,
            state=State.SENT,
            decision=composed.decision,
            undeliverable=composed.undeliverable,
            topic=written.topic,
            partition=written.partition,
            offset=written.offset,
        )

    def _connected(self, composed: Composed) -> Any:  # noqa: ANN401 - kafka-python has no types
        if self._producer is None:
            try:
                self._producer = KafkaProducer(
                    bootstrap_servers=self.context.bootstrap.split(","),
                    **PRODUCER,
                    **self.context.security(),
                )
            except KafkaError as error:
                raise self._unavailable(error, composed.message_id, sent=False) from error
        return self._producer

    def _unavailable(
        self, error: KafkaError, message_id: str, *, sent: bool = True
    ) -> UnavailableError:
        # After one record has expired an idempotent producer of this library never sends again.
        self.close()
        cause = "timed out" if isinstance(error, KafkaTimeoutError) else type(error).__name__
        return UnavailableError(self.context.bootstrap, cause, message_id if sent else "")

"""One attempt at sending: some messages, and what became of each.

A producer is kept as long as nothing goes wrong. One of this library whose record has expired never
sends again, and one whose record was not taken fails every other with the same error.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from kafka.errors import KafkaError, KafkaTimeoutError

from natcbus.client.connection import (
    DELIVERY_MS,
    REFUSALS,
    UNFIT,
    Producer,
    Sending,
    abandon,
    is_missing,
    open_producer,
    why,
)
from natcbus.client.contexts import Context
from natcbus.client.entries import Entry
from natcbus.client.errors import IncompatibleError, NatcbusError
from natcbus.client.failpoints import Point, passing
from natcbus.client.journal import Durable, Journal
from natcbus.routing.topics import out_topic

_CLOSE_S: Final = 2.0


@dataclass(slots=True)
class Attempt:
    """What became of the messages of one attempt.

    Attributes
    ----------
    refused
        With the error of each that the bus, or this installation, does not take.
    suspect
        As ``refused``, but the error may be that of another message.
    in_doubt
        The ids of those that may have been written, or will be, though nobody said so.
    away
        Why the bus could not be reached; empty if it answered.
    """

    durable: list[Durable] = field(default_factory=list)
    refused: list[tuple[Entry, NatcbusError]] = field(default_factory=list)
    suspect: list[tuple[Entry, NatcbusError]] = field(default_factory=list)
    in_doubt: set[str] = field(default_factory=set)
    away: str = ""


class Attempts:
    """Attempts at one member's topic, for one thread."""

    def __init__(self, context: Context, journal: Journal) -> None:
        self._context = context
        self._journal = journal
        self._topic = out_topic(context.member)
        self._producer: Producer | None = None

    def send(self, entries: Sequence[Entry]) -> Attempt:
        """Sends each once, and waits for what becomes of it: some seconds at most."""
        if not entries:
            return Attempt()
        done = self._together(entries)
        suspect, done.suspect = done.suspect, []
        if suspect or done.refused:
            # It goes on refusing, also when the brokers would take it.
            self.discard()
        if len(entries) == 1:
            done.refused += suspect
            return done
        for entry, _ in suspect:
            if not done.away:
                self._alone(entry, done)
        return done

    def discard(self) -> None:
        """Gives up the producer; the next attempt makes a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            abandon(producer)

    def close(self) -> None:
        """Closes the connection."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                producer.close(timeout=_CLOSE_S)
            except KafkaError:
                abandon(producer)

    def _alone(self, entry: Entry, done: Attempt) -> None:
        """Sends one again that failed beside others, by a producer of its own."""
        alone = self._together([entry])
        if alone.suspect:
            # The brokers do not take it, so they did not the first time.
            self.discard()
        else:
            done.in_doubt.add(entry.message_id)
        done.durable += alone.durable
        done.refused += [*alone.refused, *alone.suspect]
        done.away = alone.away

    def _together(self, entries: Sequence[Entry]) -> Attempt:
        done = Attempt()
        on_their_way = self._hand_over(entries, done)
        give_up = time.monotonic() + DELIVERY_MS / 1000 + 1
        for entry, sending in on_their_way:
            try:
                written = sending.get(timeout=max(give_up - time.monotonic(), 0.1))
            except KafkaError as error:
                self._failed([entry], error, done)
                if done.away:
                    done.in_doubt.add(entry.message_id)
            else:
                passing(Point.DURABLE)
                done.durable.append(Durable(entry, written.partition, written.offset))
        return done

    def _hand_over(self, entries: Sequence[Entry], done: Attempt) -> list[tuple[Entry, Sending]]:
        """Gives messages to the Kafka client, up to the first for which the bus is away."""
        on_their_way: list[tuple[Entry, Sending]] = []
        try:
            producer = self._producer = self._producer or open_producer(self._context)
        except (KafkaError, IncompatibleError) as error:
            self._failed(entries, error, done)
            return on_their_way
        passing(Point.CONNECTED)
        for number, entry in enumerate(entries):
            try:
                self._journal.check(entry)
                sending = producer.send(
                    self._topic,
                    key=entry.thread_id.encode(),
                    value=entry.value,
                    headers=list(entry.headers),
                )
            except KafkaTimeoutError as error:
                missing = is_missing(self._context, self._topic)
                cause = IncompatibleError.not_permitted(self._topic) if missing else error
                self._failed(entries[number:], cause, done)
                break
            except (KafkaError, IncompatibleError) as error:
                self._failed([entry], error, done)
            else:
                on_their_way.append((entry, sending))
                passing(Point.HANDED_OVER)
        return on_their_way

    def _failed(
        self, entries: Iterable[Entry], error: KafkaError | NatcbusError, done: Attempt
    ) -> None:
        if isinstance(error, UNFIT):
            unfit = IncompatibleError.not_taken(self._topic, type(error).__name__)
            done.suspect += [(entry, unfit) for entry in entries]
            return
        if isinstance(error, REFUSALS):
            error = IncompatibleError.not_permitted(self._topic)
        if isinstance(error, NatcbusError):
            done.refused += [(entry, error) for entry in entries]
        else:
            cause = why(error, self._context)
            done.away = f"no answer from {self._context.bootstrap} ({cause})"

"""What a person has done with held records: sent again unchanged, or returned to their sender.

Nothing is removed and nothing is edited. Before anything is done to a record, a treatment is
written behind it that says who does what, and why; when it is done, another that says where the
result stands. Whatever fails, or ends this process, leaves the record held and the attempt on
record. What is done twice harms nobody: the hub knows a message that it has routed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from kafka import KafkaProducer
from kafka.errors import KafkaError

from natcbus.client.connection import DELIVERY_MS, PRODUCER, abandon
from natcbus.contract.codec import encode_record, frame, schema_id_of
from natcbus.contract.types.hub import Action, Source, Step, Treatment
from natcbus.operations.errors import (
    BrokerUnreachableError,
    HeldRecordMissingError,
    NotHeldAnyMoreError,
)
from natcbus.operations.quarantine import Content, Held, State, contents
from natcbus.routing.topics import QUARANTINE, receipts_topic, speaker

_NO_SECURITY: Final[Mapping[str, object]] = {}
_LARGEST: Final = {"max_request_size": 1_048_576}
"""What the broker took from a member, it takes again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, by whom and why; the same for every record of one run."""

    action: Action
    by: str
    reason: str
    run: str

    @classmethod
    def new(cls, action: Action, by: str, reason: str) -> Order:
        """An order that nobody has given before."""
        return cls(action, by, reason, str(uuid4()))


@dataclass(frozen=True, slots=True)
class Treated:
    """What became of one record; ``ended`` is done or failed."""

    held: Held
    ended: Treatment


def select_numbers(held: Sequence[Held], numbers: Sequence[int]) -> list[Held]:
    """The records of these numbers, each once, in order.

    Raises
    ------
    HeldRecordMissingError
        One of them was never put aside, or is kept no longer.
    NotHeldAnyMoreError
        One of them was re-sent or returned already.
    """
    known = {each.number: each for each in held}
    selected = []
    for number in sorted(set(numbers)):
        found = known.get(number)
        if found is None:
            raise HeldRecordMissingError(number)
        if found.done is not None:
            raise NotHeldAnyMoreError(number, found.state, found.done.by)
        selected.append(found)
    return selected


def select_code(held: Sequence[Held], code: str) -> list[Held]:
    """The records that are held for this reason now, in order."""
    return [each for each in held if each.code == code and each.state is State.HELD]


def treat(
    bootstrap: str,
    selected: Sequence[Held],
    order: Order,
    security: Mapping[str, object] = _NO_SECURITY,
) -> Iterator[Treated]:
    """Do what ``order`` says to the ``selected`` records, one after the other, and to no other.

    A record that cannot be treated stays held, and the others go on.

    Raises
    ------
    BrokerUnreachableError
        What is to be done cannot be written down, so nothing more is done.
    """
    numbers = [each.number for each in selected]
    by_number = {each.number: each for each in selected}
    with closing(_Writer(bootstrap, security)) as writer:
        clerk = _Clerk(writer, order)
        for number, content in contents(bootstrap, numbers, security):
            yield clerk.treat(by_number.pop(number), content)
        for gone in by_number.values():
            yield Treated(gone, clerk.failed(gone, "it is kept no longer"))


class _Clerk:
    def __init__(self, writer: _Writer, order: Order) -> None:
        self._writer = writer
        self._order = order

    def treat(self, held: Held, content: Content) -> Treated:
        self._note(self._treatment(held, Step.BEGUN))
        try:
            placed = self._place(held, content)
        except (KafkaError, ValueError) as error:
            return Treated(held, self.failed(held, type(error).__name__))
        done = replace(self._treatment(held, Step.DONE), placed=placed)
        self._note(done)
        return Treated(held, done)

    def failed(self, held: Held, why: str) -> Treatment:
        failed = replace(self._treatment(held, Step.FAILED), failure=why)
        self._note(failed)
        return failed

    def _place(self, held: Held, content: Content) -> Source:
        """Write what the action asks for; ValueError where no member's topic is known."""
        member = speaker(held.topic)
        if self._order.action is Action.RESEND:
            # No headers, no other partition: the hub reads the same record once more.
            partition = max(held.partition, 0)
            return self._writer.write(held.topic, content.value, content.key, partition)
        notice = self._treatment(held, Step.DONE)
        return self._writer.write(receipts_topic(member), _framed(notice))

    def _note(self, treatment: Treatment) -> None:
        try:
            self._writer.write(QUARANTINE, _framed(treatment))
        except KafkaError as error:
            raise BrokerUnreachableError(self._writer.bootstrap, DELIVERY_MS / 1000) from error

    def _treatment(self, held: Held, step: Step) -> Treatment:
        return Treatment(
            run=self._order.run,
            number=held.number,
            record_sha256=held.sha256,
            source=Source(topic=held.topic, partition=held.partition, offset=held.offset),
            code=held.code,
            action=self._order.action,
            step=step,
            by=self._order.by,
            reason=self._order.reason,
            at=datetime.now(UTC),
        )


def _framed(treatment: Treatment) -> bytes:
    return frame(schema_id_of(Treatment), encode_record(treatment))


class _Writer:
    """Writes one record at a time, and says where it stands once it is durable."""

    def __init__(self, bootstrap: str, security: Mapping[str, object]) -> None:
        self.bootstrap = bootstrap
        self._settings = {**PRODUCER, **_LARGEST, **security}
        self._producer: KafkaProducer | None = None

    def write(
        self, topic: str, value: bytes, key: bytes | None = None, partition: int = 0
    ) -> Source:
        try:
            if self._producer is None:
                servers = self.bootstrap.split(",")
                self._producer = KafkaProducer(bootstrap_servers=servers, **self._settings)
            sending = self._producer.send(topic, key=key, value=value, partition=partition)
            written: Any = sending.get(timeout=DELIVERY_MS / 1000 + 1)
        except KafkaError:
            # After one refusal an idempotent producer of this library never sends again.
            self.close()
            raise
        return Source(topic=topic, partition=written.partition, offset=written.offset)

    def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            abandon(producer)

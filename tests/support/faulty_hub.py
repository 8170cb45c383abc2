"""A hub that makes mistakes: the real router's records, changed before they are written.

Whoever plants a fault says what a sender sent, gets what the real router would write, and writes
what it likes with a plain client that knows nothing of the bus.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from natcbus.client.composing import Composed, compose, preview, validate
from natcbus.client.keystore import Keystore
from natcbus.contract.codec import (
    Tail,
    decode_message,
    decode_record,
    encode_record,
    encode_tail,
    frame,
    read_frame,
    unframe,
)
from natcbus.contract.types.hub import DecisionRecord, Receipt, Relay
from natcbus.envelope.sign import RELAY, make_part, read_part
from natcbus.hub.records import Inbound, Outbound
from natcbus.hub.router import HubRouter
from natcbus.hub.world import load_world
from natcbus.operations.reconciling import Finding, Report, reconcile
from natcbus.routing.signed import OpenedNetwork
from natcbus.routing.topics import DECISIONS, feed_topic, out_topic, receipts_topic
from tests.support.bus import Bus
from tests.support.mutations import Json, example

MEMBER: Final = "rs"
DESKS: Final = ("hu.hotline", "hu.spoc", "hu.thb-police", "ro.spoc")
Seen = tuple[str, str, str]
"""Code, place and desk of a finding."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A record on the topic of ``rs``."""

    composed: Composed
    value: bytes
    partition: int
    offset: int

    @property
    def place(self) -> str:
        """As findings write it."""
        return f"{out_topic(MEMBER)}-{self.partition}@{self.offset}"

    @property
    def message_id(self) -> str:
        """Of the message."""
        return self.composed.message_id


@dataclass(frozen=True, slots=True)
class Routed:
    """What the real router makes of a record."""

    records: tuple[Outbound, ...]

    def to(self, topic: str) -> Outbound:
        """The one record for a topic."""
        [found] = [each for each in self.records if each.topic == topic]
        return found

    def feed(self, desk: str) -> Outbound:
        """The record for a desk."""
        return self.to(feed_topic(desk))

    @property
    def desks(self) -> list[str]:
        """Who gets it."""
        topics = [each.topic for each in self.records if each.topic.startswith("desk.")]
        return sorted(each.removeprefix("desk.").removesuffix(".feed") for each in topics)

    @property
    def feeds(self) -> list[Outbound]:
        """The records for desks."""
        return [self.feed(desk) for desk in self.desks]

    def without(self, topic: str) -> Routed:
        """The same but for the record of one topic."""
        return Routed(tuple(each for each in self.records if each.topic != topic))

    def changed(self, topic: str, change: Callable[[bytes], bytes]) -> Routed:
        """The same with another value in the record of one topic."""
        return Routed(
            tuple(
                replace(each, value=change(each.value)) if each.topic == topic else each
                for each in self.records
            )
        )

    def decided(self, **changes: Any) -> Routed:  # noqa: ANN401 - any field
        """The same with another decision, in receipt and record alike."""

        def rewritten(record: DecisionRecord) -> DecisionRecord:
            return replace(record, **changes)

        return self.changed(DECISIONS, deciding(rewritten)).changed(
            receipts_topic(MEMBER), telling(rewritten)
        )

    def receipted_for(self, record_sha256: bytes) -> Routed:
        """The same with a receipt for a record of other bytes."""

        def changed(value: bytes) -> bytes:
            schema_id, body = unframe(value)
            receipt = replace(decode_record(Receipt, body), record_sha256=record_sha256)
            return frame(schema_id, encode_record(receipt))

        return self.changed(receipts_topic(MEMBER), changed)

    @property
    def decision(self) -> DecisionRecord:
        """The decision."""
        return decode_record(DecisionRecord, unframe(self.to(DECISIONS).value)[1])


def deciding(change: Callable[[DecisionRecord], DecisionRecord]) -> Callable[[bytes], bytes]:
    """Changes a record of ``hub.decisions``."""

    def changed(value: bytes) -> bytes:
        schema_id, body = unframe(value)
        return frame(schema_id, encode_record(change(decode_record(DecisionRecord, body))))

    return changed


def telling(change: Callable[[DecisionRecord], DecisionRecord]) -> Callable[[bytes], bytes]:
    """Changes the decision in a receipt."""

    def changed(value: bytes) -> bytes:
        schema_id, body = unframe(value)
        receipt = decode_record(Receipt, body)
        return frame(schema_id, encode_record(replace(receipt, decision=change(receipt.decision))))

    return changed


def with_tail(change: Callable[[Tail], Tail]) -> Callable[[bytes], bytes]:
    """Changes what follows the signed bytes of a message."""

    def changed(value: bytes) -> bytes:
        event_type, body = read_frame(value)
        message = decode_message(event_type, body)
        tail = encode_tail(event_type, change(message.tail))
        return frame(event_type.schema_id, message.signed_bytes + tail)

    return changed


class FaultyHub:
    """Writes to the topics of a bus whose own hub has ended."""

    def __init__(self, bus: Bus) -> None:
        world = load_world(
            bus.network_folder, bus.folder / "public", bus.folder / "private/hub/hub.sign.pem"
        )
        self.bus = bus
        self.world = world
        self._router = HubRouter(world)
        self._producer = KafkaProducer(bootstrap_servers=bus.bootstrap, acks="all")
        self._signer = Keystore(bus.folder / "private" / MEMBER).signing_key(MEMBER)
        self.while_at_work: list[Report] = []
        self._known: set[Seen] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._producer.close(timeout=5)

    def send(
        self, thread: str | None = None, message_id: str | None = None, event: Json | None = None
    ) -> Sent:
        """A missing person for a few desks, or another event; sent by ``rs`` as its SDK would."""
        event = copy.deepcopy(event) if event is not None else _event()
        ids = {"thread_id": thread, "message_id": message_id}
        event["header"] |= {name: value for name, value in ids.items() if value is not None}
        composed = self._composed(event)
        return self.send_again(composed, composed.value)

    def composed(self) -> Sent:
        """A missing person that is ready to be sent, and is not; its place is made up."""
        composed = self._composed(_event())
        return Sent(composed, composed.value, 0, 1_000_000)

    def _composed(self, event: Json) -> Composed:
        now = datetime.now(UTC)
        read = validate(event, self.bus.world, now, os.urandom)
        return compose(preview(read, self.bus.world, now), self.bus.world, self._signer)

    def send_again(self, composed: Composed, value: bytes) -> Sent:
        """The record of a message, or one that somebody changed."""
        key = composed.thread_id.encode()
        written = self._producer.send(out_topic(MEMBER), key=key, value=value).get(timeout=10)
        return Sent(composed, value, written.partition, written.offset)

    def route(self, sent: Sent) -> Routed:
        """What follows from a record; nothing is written."""
        now = datetime.now(UTC)
        topic, key = out_topic(MEMBER), sent.composed.thread_id.encode()
        record = Inbound(topic, sent.partition, sent.offset, now, key, sent.value)
        return Routed(self._router.route(record, now).outbound)

    def write(self, records: Iterable[Outbound]) -> dict[str, str]:
        """Topic -> the place of the last record that was written to it."""
        sendings = [
            self._producer.send(
                each.topic, each.value, each.key, list(each.headers), each.partition
            )
            for each in records
        ]
        written = [each.get(timeout=10) for each in sendings]
        return {each.topic: f"{each.topic}-{each.partition}@{each.offset}" for each in written}

    def relayed(self, **changes: Any) -> Callable[[Tail], Tail]:  # noqa: ANN401 - any field
        """A tail with another relay, which the hub's own key signs."""

        def changed(tail: Tail) -> Tail:
            assert tail.relay is not None
            relay: Relay = replace(read_part(RELAY, tail.relay), **changes)
            return replace(tail, relay=make_part(RELAY, relay, self.world.signer))

        return changed

    def forget(self, topic: str, before: int) -> None:
        """Delete the records of a partition before an offset, as retention would."""
        admin = KafkaAdminClient(bootstrap_servers=self.bus.bootstrap)
        try:
            admin.delete_records({TopicPartition(topic, 0): before})
        finally:
            admin.close()

    def reconciled(self, **changes: Any) -> Report:  # noqa: ANN401 - any argument
        """What the checker says; nothing is waited for."""
        rules = OpenedNetwork(self.bus.network, self.bus.world.keys)
        settings: Mapping[str, Any] = {"grace": timedelta(0), **changes}
        return reconcile(self.bus.bootstrap, [rules], **settings)

    def found(self) -> list[Seen]:
        """What is found now and was not when this was asked last."""
        seen = set(map(_seen, self.reconciled().findings))
        new, self._known = seen - self._known, seen
        return sorted(new)


def _event() -> Json:
    event = copy.deepcopy(example("missing_person"))
    event["header"]["addressing"] = {"desks": list(DESKS), "only": True}
    return event


def _seen(finding: Finding) -> Seen:
    return finding.code.value, str(finding.place), finding.desk

"""The records of ``natcbus.hub``.

Generated from the .avsc files by ``python -m natcbus.contract.generate``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

Native = dict[str, Any]
"""What the Avro codec hands over; checked by the codec, typed from here on."""


class Action(StrEnum):
    """See natcbus.hub.Action."""

    UNKNOWN = "UNKNOWN"
    RESEND = "RESEND"
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """See natcbus.hub.Source."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            topic=native["topic"],
            partition=native["partition"],
            offset=native["offset"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
        }


class Outcome(StrEnum):
    """See natcbus.hub.Outcome."""

    UNKNOWN = "UNKNOWN"
    ROUTED = "ROUTED"
    REFUSED = "REFUSED"
    QUARANTINED = "QUARANTINED"
    REPEATED = "REPEATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """See natcbus.hub.ProblemRow."""

    pointer: str
    code: str
    text: str

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            pointer=native["pointer"],
            code=native["code"],
            text=native["text"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "pointer": self.pointer,
            "code": self.code,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRef:
    """The network version that a decision was taken under."""

    version: int
    digest: bytes

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            version=native["version"],
            digest=native["digest"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "version": self.version,
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    """A reason code and what it is about (countries, topics)."""

    code: str
    about: tuple[str, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            code=native["code"],
            about=tuple(native["about"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "code": self.code,
            "about": list(self.about),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A desk that may have the message, the compartments it may open, and why."""

    desk: str
    compartments: tuple[str, ...]
    because: tuple[ReasonRow, ...]

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            desk=native["desk"],
            compartments=tuple(native["compartments"]),
            because=tuple(ReasonRow.from_native(item) for item in native["because"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "desk": self.desk,
            "compartments": list(self.compartments),
            "because": [item.to_native() for item in self.because],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """See natcbus.hub.Outgoing."""

    delivery_id: str
    row: DeliveryRow
    undelivered: str | None = None
    """Why a decided delivery could not leave, for example NO_USABLE_GRANT."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            delivery_id=native["delivery_id"],
            row=DeliveryRow.from_native(native["row"]),
            undelivered=native["undelivered"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "delivery_id": self.delivery_id,
            "row": self.row.to_native(),
            "undelivered": self.undelivered,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialRow:
    """See natcbus.hub.DenialRow."""

    desk: str
    code: str

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            desk=native["desk"],
            code=native["code"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "desk": self.desk,
            "code": self.code,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What the hub decided about one record of a member's topic; one for every record."""

    message_id: str
    """Empty where the record could not be read."""
    thread_id: str
    sender: str
    """The member whose topic the record stood on."""
    type: str
    status: str
    kind: str = ""
    """What the message does to its thread."""
    supersedes: str | None = None
    """The message that it replaces."""
    sent_at: datetime | None = None
    signed_sha256: bytes | None = None
    present: tuple[str, ...] = ()
    """The compartments that the message seals: what a full view holds."""
    source: Source
    outcome: Outcome
    problems: tuple[ProblemRow, ...] = ()
    network: NetworkRef
    engine: int
    decision_digest: bytes | None = None
    """Of the hub's own decision."""
    slip_digest: bytes | None = None
    """Of the sender's decision; a difference is intersected, and both stand here."""
    deliveries: tuple[Outgoing, ...] = ()
    denials: tuple[DenialRow, ...] = ()
    recalls: tuple[str, ...] = ()
    """Earlier recipients of the thread that do not get this message: each is owed a recall."""
    decided_at: datetime

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            message_id=native["message_id"],
            thread_id=native["thread_id"],
            sender=native["sender"],
            type=native["type"],
            status=native["status"],
            kind=native["kind"],
            supersedes=native["supersedes"],
            sent_at=native["sent_at"],
            signed_sha256=native["signed_sha256"],
            present=tuple(native["present"]),
            source=Source.from_native(native["source"]),
            outcome=Outcome(native["outcome"]),
            problems=tuple(ProblemRow.from_native(item) for item in native["problems"]),
            network=NetworkRef.from_native(native["network"]),
            engine=native["engine"],
            decision_digest=native["decision_digest"],
            slip_digest=native["slip_digest"],
            deliveries=tuple(Outgoing.from_native(item) for item in native["deliveries"]),
            denials=tuple(DenialRow.from_native(item) for item in native["denials"]),
            recalls=tuple(native["recalls"]),
            decided_at=native["decided_at"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "message_id": self.message_id,
            "thread_id": self.thread_id,
            "sender": self.sender,
            "type": self.type,
            "status": self.status,
            "kind": self.kind,
            "supersedes": self.supersedes,
            "sent_at": self.sent_at,
            "signed_sha256": self.signed_sha256,
            "present": list(self.present),
            "source": self.source.to_native(),
            "outcome": self.outcome.value,
            "problems": [item.to_native() for item in self.problems],
            "network": self.network.to_native(),
            "engine": self.engine,
            "decision_digest": self.decision_digest,
            "slip_digest": self.slip_digest,
            "deliveries": [item.to_native() for item in self.deliveries],
            "denials": [item.to_native() for item in self.denials],
            "recalls": list(self.recalls),
            "decided_at": self.decided_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """See natcbus.hub.Due."""

    clock: str
    at: datetime

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            clock=native["clock"],
            at=native["at"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "clock": self.clock,
            "at": self.at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The keys of some compartments for one desk, or for the sender's own member key."""

    signed_sha256: bytes
    to: str
    """A desk, or the sending member itself."""
    compartments: tuple[str, ...]
    """In the order of the wrapped keys; empty for a notice."""
    recipient_key_id: str
    wrapped: bytes
    """HPKE (RFC 9180 base mode): encapsulated key, then ciphertext of the 32-byte keys end to end; empty for a notice."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            signed_sha256=native["signed_sha256"],
            to=native["to"],
            compartments=tuple(native["compartments"]),
            recipient_key_id=native["recipient_key_id"],
            wrapped=native["wrapped"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "signed_sha256": self.signed_sha256,
            "to": self.to,
            "compartments": list(self.compartments),
            "recipient_key_id": self.recipient_key_id,
            "wrapped": self.wrapped,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorRow:
    """An earlier recipient of the thread and what it could open."""

    desk: str
    compartments: tuple[str, ...]

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            desk=native["desk"],
            compartments=tuple(native["compartments"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "desk": self.desk,
            "compartments": list(self.compartments),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a member's record, for that member: the hub's whole decision."""

    record_sha256: bytes
    """Of the record's value as it stood on the member's topic."""
    decision: DecisionRecord

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            record_sha256=native["record_sha256"],
            decision=DecisionRecord.from_native(native["decision"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "record_sha256": self.record_sha256,
            "decision": self.decision.to_native(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """What the hub says to one desk about one message: why it is here and by when it is due."""

    signed_sha256: bytes
    desk: str
    delivery_id: str
    grant_sha256: bytes
    """Of the grant's body."""
    compartments: tuple[str, ...]
    because: tuple[ReasonRow, ...]
    due: tuple[Due, ...]
    """The clocks that run from receipt at the hub."""
    indicators: tuple[ReasonRow, ...] = ()
    """Derived from the open part; always a machine assessment."""
    decision_digest: bytes
    network: NetworkRef
    engine: int
    received_at: datetime
    """When the broker stored the message."""
    routed_at: datetime

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            signed_sha256=native["signed_sha256"],
            desk=native["desk"],
            delivery_id=native["delivery_id"],
            grant_sha256=native["grant_sha256"],
            compartments=tuple(native["compartments"]),
            because=tuple(ReasonRow.from_native(item) for item in native["because"]),
            due=tuple(Due.from_native(item) for item in native["due"]),
            indicators=tuple(ReasonRow.from_native(item) for item in native["indicators"]),
            decision_digest=native["decision_digest"],
            network=NetworkRef.from_native(native["network"]),
            engine=native["engine"],
            received_at=native["received_at"],
            routed_at=native["routed_at"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "signed_sha256": self.signed_sha256,
            "desk": self.desk,
            "delivery_id": self.delivery_id,
            "grant_sha256": self.grant_sha256,
            "compartments": list(self.compartments),
            "because": [item.to_native() for item in self.because],
            "due": [item.to_native() for item in self.due],
            "indicators": [item.to_native() for item in self.indicators],
            "decision_digest": self.decision_digest,
            "network": self.network.to_native(),
            "engine": self.engine,
            "received_at": self.received_at,
            "routed_at": self.routed_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """The sender's own decision; for the hub alone, never forwarded."""

    signed_sha256: bytes
    network: NetworkRef
    engine: int
    decision_digest: bytes
    deliveries: tuple[DeliveryRow, ...]
    grants: tuple[bytes, ...] = ()
    """Fingerprints of the grants: by one signature the sender vouches for all of them."""
    prior: tuple[PriorRow, ...] = ()
    match_tokens: tuple[bytes, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            signed_sha256=native["signed_sha256"],
            network=NetworkRef.from_native(native["network"]),
            engine=native["engine"],
            decision_digest=native["decision_digest"],
            deliveries=tuple(DeliveryRow.from_native(item) for item in native["deliveries"]),
            grants=tuple(native["grants"]),
            prior=tuple(PriorRow.from_native(item) for item in native["prior"]),
            match_tokens=tuple(native["match_tokens"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "signed_sha256": self.signed_sha256,
            "network": self.network.to_native(),
            "engine": self.engine,
            "decision_digest": self.decision_digest,
            "deliveries": [item.to_native() for item in self.deliveries],
            "grants": list(self.grants),
            "prior": [item.to_native() for item in self.prior],
            "match_tokens": list(self.match_tokens),
        }


class Step(StrEnum):
    """See natcbus.hub.Step."""

    UNKNOWN = "UNKNOWN"
    BEGUN = "BEGUN"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What a person had done with a record in quarantine: written before it is done, and again when it is."""

    run: str
    """Of the command that did it."""
    number: int
    """Of the record: its offset in hub.quarantine."""
    record_sha256: bytes
    """Of the record's value."""
    source: Source
    """Where the record stood on its member's topic."""
    code: str
    """Why it was put aside."""
    action: Action
    step: Step
    by: str
    """Who had it done."""
    reason: str
    """In that person's words."""
    at: datetime
    placed: Source | None = None
    """Where what was written stands: the record again, or the sender's notice."""
    failure: str = ""
    """Why it could not be done."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            run=native["run"],
            number=native["number"],
            record_sha256=native["record_sha256"],
            source=Source.from_native(native["source"]),
            code=native["code"],
            action=Action(native["action"]),
            step=Step(native["step"]),
            by=native["by"],
            reason=native["reason"],
            at=native["at"],
            placed=None if native["placed"] is None else Source.from_native(native["placed"]),
            failure=native["failure"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "run": self.run,
            "number": self.number,
            "record_sha256": self.record_sha256,
            "source": self.source.to_native(),
            "code": self.code,
            "action": self.action.value,
            "step": self.step.value,
            "by": self.by,
            "reason": self.reason,
            "at": self.at,
            "placed": None if self.placed is None else self.placed.to_native(),
            "failure": self.failure,
        }


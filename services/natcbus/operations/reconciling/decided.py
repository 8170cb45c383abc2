"""A decision as it was written down: on ``hub.decisions``, or inside a member's receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from natcbus.contract.codec import decode_record, encode_record, schema_id_of, unframe
from natcbus.contract.errors import DecodingError
from natcbus.contract.types.hub import DecisionRecord, Receipt
from natcbus.operations.reconciling.report import Place

R = TypeVar("R", DecisionRecord, Receipt)

_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
ROUTED: Final = "ROUTED"
QUARANTINED: Final = "QUARANTINED"
REPEATED: Final = "REPEATED"


class Row(NamedTuple):
    """One delivery of a decision; ``undelivered`` is the hub's code, empty where it left."""

    desk: str
    compartments: tuple[str, ...]
    undelivered: str = ""


class Rules(NamedTuple):
    """What a decision was taken under: network version and digest, and version of the engine."""

    version: int
    digest: bytes
    engine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is compared of a decision.

    Attributes
    ----------
    place
        Where it stands.
    source
        The record that it is about.
    digest
        Of the signed bytes; empty where the record could not be read.
    claims, explained
        Digests of what it says of the message, and of its reasons, denials and recalls.
    substance
        Digest of all of it but the time: equal when a record was decided twice.
    decided_at
        Milliseconds since 1970.
    """

    place: Place
    source: Place
    sender: str
    message_id: str
    thread: str
    digest: bytes
    outcome: str
    rules: Rules
    decision_digest: bytes
    slip_digest: bytes
    claims: bytes
    explained: bytes
    substance: bytes
    decided_at: int
    rows: tuple[Row, ...] = ()


def read_decision(value: bytes, place: Place) -> Decided:
    """The decision in a record of ``hub.decisions``.

    Raises
    ------
    DecodingError
        It is none.
    """
    return _decided(_framed(DecisionRecord, value), place)


def read_receipt(value: bytes, place: Place) -> tuple[Decided, bytes]:
    """The decision in a receipt, and the SHA-256 of the record that it is for.

    Raises
    ------
    DecodingError
        It is none.
    """
    receipt = _framed(Receipt, value)
    return _decided(receipt.decision, place), receipt.record_sha256


def _framed(kind: type[R], value: bytes) -> R:
    schema_id, body = unframe(value)
    if schema_id != schema_id_of(kind):
        raise DecodingError("UNKNOWN_SCHEMA", f"schema id {schema_id} is not {kind.__name__}")
    return decode_record(kind, body)


def _decided(record: DecisionRecord, place: Place) -> Decided:
    return Decided(
        place=place,
        source=Place(record.source.topic, record.source.partition, record.source.offset),
        sender=record.sender,
        message_id=record.message_id,
        thread=record.thread_id,
        digest=record.signed_sha256 or b"",
        outcome=record.outcome.value,
        rules=Rules(record.network.version, record.network.digest, record.engine),
        decision_digest=record.decision_digest or b"",
        slip_digest=record.slip_digest or b"",
        claims=fingerprint(
            record.type,
            record.status,
            record.kind,
            record.supersedes,
            record.sent_at,
            sorted(record.present),
        ),
        explained=fingerprint(
            sorted((row.desk, row.code) for row in record.denials),
            sorted(record.recalls),
            reasons((each.row.desk, each.row.because) for each in record.deliveries),
        ),
        substance=hashlib.sha256(encode_record(replace(record, decided_at=_ALWAYS))).digest(),
        decided_at=int(record.decided_at.timestamp() * 1000),
        rows=tuple(
            Row(each.row.desk, tuple(sorted(each.row.compartments)), each.undelivered or "")
            for each in record.deliveries
        ),
    )


class Because(Protocol):
    """A reason, of a record or of a decision that was just taken."""

    @property
    def code(self) -> str:
        """Its code."""
        ...

    @property
    def about(self) -> tuple[str, ...]:
        """The countries or topics that it is about."""
        ...


def reasons(rows: Iterable[tuple[str, Sequence[Because]]]) -> Sequence[object]:
    """Desks with their reasons, in one order."""
    return sorted(
        (desk, sorted((each.code, each.about) for each in because)) for desk, because in rows
    )


def fingerprint(*parts: str | datetime | Iterable[object] | None) -> bytes:
    """A digest by which two sides compare what both can write down."""
    return hashlib.sha256(repr(parts).encode()).digest()

"""What is written down about a record: a decision for the Network, a receipt for its sender.

Every record of a member's topic gets both, whatever became of it, and both are durable before it is
acknowledged. What a record says of itself stands in them only where it is well formed, because it
may be forged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from natcbus.contract.codec import Message, encode_record, frame, schema_id_of
from natcbus.contract.formats import FORMATS
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import (
    DecisionRecord,
    DenialRow,
    NetworkRef,
    Outcome,
    Outgoing,
    ProblemRow,
    Receipt,
    Source,
)
from natcbus.hub.cloud_events import event_headers
from natcbus.hub.records import Inbound, Outbound
from natcbus.routing.decision import ENGINE
from natcbus.routing.topics import DECISIONS, receipts_topic, speaker

_MOST_PROBLEMS: Final = 64
_MOST_COMPARTMENTS: Final = 16
_LONGEST_TEXT: Final = 512
_LONGEST_POINTER: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a record says that it is: empty where it cannot be read or is not well formed."""

    message_id: str = ""
    thread_id: str = ""
    type: str = ""
    status: str = ""
    kind: str = ""
    supersedes: str | None = None
    sent_at: datetime | None = None
    signed_sha256: bytes | None = None
    present: tuple[str, ...] = ()


UNREADABLE: Final = Particulars()


def particulars(message_type: str, message: Message, signed_sha256: bytes) -> Particulars:
    """The particulars of a message; ``message_type`` is that of its frame."""
    header = message.signed.header
    return Particulars(
        message_id=_well_formed("uuid", header.message_id),
        thread_id=_well_formed("thread", header.thread_id),
        type=message_type,
        status=header.status.value,
        kind=header.kind.value,
        supersedes=_superseded(header),
        sent_at=header.sent_at,
        signed_sha256=signed_sha256,
        present=_compartments(message),
    )


def _superseded(header: Header) -> str | None:
    reference = header.supersedes
    return None if reference is None else _well_formed("uuid", reference.message_id) or None


def _compartments(message: Message) -> tuple[str, ...]:
    names = {_well_formed("compartment", seal.compartment) for seal in message.signed.seals} - {""}
    return tuple(sorted(names)[:_MOST_COMPARTMENTS])


def _well_formed(form: str, text: str) -> str:
    return text if FORMATS[form].accepts(text) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the hub says about one record; the fields are those of the decision record."""

    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    decision_digest: bytes | None = None
    slip_digest: bytes | None = None
    deliveries: tuple[Outgoing, ...] = ()
    denials: tuple[DenialRow, ...] = ()
    recalls: tuple[str, ...] = ()


def written_down(
    record: Inbound, about: Particulars, ruling: Ruling, network: NetworkRef, now: datetime
) -> tuple[Outbound, Outbound]:
    """The decision and the receipt of ``record``."""
    decision = _decision(record, about, ruling, network, now)
    decided = encode_record(decision)
    # A receipt is the digest of the record and then the decision, whose bytes are the same.
    receipt = hashlib.sha256(record.value or b"").digest() + decided
    key = about.thread_id.encode() or None
    position = f"{record.topic}/{record.partition}/{record.offset}"
    return (
        Outbound(
            DECISIONS,
            key,
            frame(schema_id_of(DecisionRecord), decided),
            event_headers(f"decision/{position}", "decision", now),
        ),
        Outbound(
            receipts_topic(decision.sender),
            key,
            frame(schema_id_of(Receipt), receipt),
            event_headers(f"receipt/{position}", "receipt", now),
        ),
    )


def _decision(
    record: Inbound, about: Particulars, ruling: Ruling, network: NetworkRef, now: datetime
) -> DecisionRecord:
    return DecisionRecord(
        message_id=about.message_id,
        thread_id=about.thread_id,
        sender=speaker(record.topic),
        type=about.type,
        status=about.status,
        kind=about.kind,
        supersedes=about.supersedes,
        sent_at=about.sent_at,
        signed_sha256=about.signed_sha256,
        present=about.present,
        source=Source(topic=record.topic, partition=record.partition, offset=record.offset),
        outcome=ruling.outcome,
        problems=_rows(ruling.problems),
        network=network,
        engine=ENGINE,
        decision_digest=ruling.decision_digest,
        slip_digest=ruling.slip_digest,
        deliveries=ruling.deliveries,
        denials=ruling.denials,
        recalls=ruling.recalls,
        decided_at=now,
    )


def _rows(problems: Sequence[Problem]) -> tuple[ProblemRow, ...]:
    shown = list(problems[:_MOST_PROBLEMS])
    if len(problems) > _MOST_PROBLEMS:
        text = (
            f"{len(problems) - _MOST_PROBLEMS + 1} more problems are not listed: mend these first"
        )
        shown[-1] = Problem("", "MORE_PROBLEMS", text)
    return tuple(
        ProblemRow(
            pointer=each.pointer[:_LONGEST_POINTER], code=each.code, text=each.text[:_LONGEST_TEXT]
        )
        for each in shown
    )

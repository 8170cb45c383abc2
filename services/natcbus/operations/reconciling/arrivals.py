"""Judges the records of the desks' feeds, one by one: may the desk have it, and is it whole.

Each record gets one answer: it arrived as it should, or the gravest thing that is wrong with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from natcbus.contract.errors import DecodingError
from natcbus.contract.types.core import Part
from natcbus.contract.types.hub import Grant, Relay
from natcbus.envelope.errors import BadIdError, EnvelopeError, MissingKeyError
from natcbus.envelope.grant import read_grant
from natcbus.envelope.ids import delivery_id, member_of
from natcbus.envelope.keys import VerifyKey
from natcbus.envelope.relay import open_relay
from natcbus.envelope.sign import GRANT, RELAY, read_part, verify_message, verify_part
from natcbus.operations.reconciling.codes import Code
from natcbus.operations.reconciling.decided import ROUTED
from natcbus.operations.reconciling.deciding_again import Said, read_said
from natcbus.operations.reconciling.ledger import Content, Ledger, Permitted, Standing
from natcbus.operations.reconciling.report import Finding, Place
from natcbus.routing.signed import OpenedNetwork

Networks = Mapping[tuple[int, bytes], OpenedNetwork]
"""The rules at hand, by version and digest of the network."""


_NO_DECISION: Final = (Code.DELIVERY_WITHOUT_DECISION, "no decision lets this message leave")


class Arrived(NamedTuple):
    """A delivery that arrived as it should."""

    desk: str
    content: int
    offset: int


class Undecided(NamedTuple):
    """A record that no decision lets stand here, as far as was read.

    ``received_at`` is when the hub got its message, as its relay says.
    """

    finding: Finding
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Record:
    """A readable record of a feed, with what was decided about its message."""

    place: Place
    desk: str
    said: Said
    sender: str
    relay: Relay | None
    permitted: Sequence[Permitted]
    networks: Sequence[OpenedNetwork]
    content: Content | None

    @property
    def rows(self) -> Iterator[Permitted]:
        """The decisions that let the message leave for this desk."""
        return (
            each
            for each in self.permitted
            if each.outcome == ROUTED and each.row is not None and not each.row.undelivered
        )

    @property
    def parcels(self) -> list[str]:
        """The compartments that came."""
        return [parcel.compartment for parcel in self.said.message.tail.parcels]


def judge_arrival(
    value: bytes, place: Place, desk: str, ledger: Ledger, networks: Networks
) -> Arrived | Finding | Undecided:
    """What a record of the feed of ``desk`` is."""
    try:
        said = read_said(value)
        sender = member_of(said.header.from_)
    except (DecodingError, BadIdError) as error:
        return Finding(Code.UNREADABLE, place, f"no message ({error.code})", desk=desk)
    contents = ledger.contents_of(sender, said.header.message_id)
    content = contents.get(said.digest)
    permitted = [] if content is None else ledger.permitted(content.id, desk)
    relay = _relay(said)
    record = _Record(place, desk, said, sender, relay, permitted, _under(relay, networks), content)
    objection = next(_objections(record, known=bool(contents)), None)
    if content is not None and objection is None:
        return Arrived(desk, content.id, place.offset)
    code, what = objection or _NO_DECISION
    found = Finding(code, place, what, sender, said.header.message_id, desk)
    if code is Code.DELIVERY_WITHOUT_DECISION:
        return Undecided(found, None if relay is None else relay.received_at)
    return found


def _relay(said: Said) -> Relay | None:
    """What the relay says, whoever signed it."""
    part = said.message.tail.relay
    if part is not None:
        with suppress(EnvelopeError):
            return read_part(RELAY, part)
    return None


def _under(relay: Relay | None, networks: Networks) -> list[OpenedNetwork]:
    """The network that the relay names, else all: keys are looked up in it."""
    if relay is not None:
        named = networks.get((relay.network.version, relay.network.digest))
        if named is not None:
            return [named]
    return list(networks.values())


def _objections(record: _Record, *, known: bool) -> Iterator[tuple[Code, str]]:
    """Everything against a record, the gravest first."""
    tail = record.said.message.tail
    if known and not record.permitted:
        yield Code.ALTERED, "other signed bytes than its sender sent under this id"
    if not _signed_by_sender(record):
        yield Code.BAD_SIGNATURE, f"not signed by {record.sender}"
    yield from _entitlement(record)
    yield from _foreign(record, tail.grants)
    if tail.slip is not None:
        yield Code.SLIP_IN_FEED, "it holds its sender's slip, which is for the hub alone"
    yield from _altered_parcels(record)
    yield from _granting(record)
    yield from _relaying(record)
    yield from _completeness(record)


def _signed_by_sender(record: _Record) -> bool:
    signed = record.said.message
    if record.content is not None and record.content.signature == signed.tail.signature:
        return True
    for key in _keys(record.sender, record.networks):
        with suppress(EnvelopeError):
            verify_message(
                record.said.type.schema_id, signed.signed_bytes, signed.tail.signature, key
            )
            return True
    return False


def _keys(member: str, networks: Sequence[OpenedNetwork]) -> Iterator[VerifyKey]:
    for each in networks:
        with suppress(MissingKeyError):
            yield each.keys.signing_key(member)


def _entitlement(record: _Record) -> Iterator[tuple[Code, str]]:
    routed = [each for each in record.permitted if each.outcome == ROUTED]
    if not routed:
        yield _NO_DECISION
    elif not any(True for _ in record.rows):
        ruled = any(each.standing is not Standing.UNJUDGED for each in routed)
        why = "the rules do" if ruled else "its decision does"
        yield Code.NOT_ENTITLED, f"{why} not give it to {record.desk}"
    else:
        allowed = {name for each in record.rows if each.row for name in each.row.compartments}
        wider = sorted(set(record.parcels) - allowed)
        if wider:
            yield Code.TOO_MUCH, f"{record.desk} may not have {', '.join(wider)}"


def _foreign(record: _Record, grants: Sequence[Part]) -> Iterator[tuple[Code, str]]:
    """Whether what stands here is for another desk."""
    meant_for = {each.to for each in map(_readable, grants) if each is not None}
    others = sorted(meant_for - {record.desk})
    relayed_to = record.relay.desk if record.relay is not None else record.desk
    if relayed_to != record.desk:
        yield Code.MISPLACED, f"it is the record of {relayed_to}"
    elif others:
        yield Code.FOREIGN_GRANT, f"it holds the grant of {', '.join(others)}"


def _readable(part: Part) -> Grant | None:
    with suppress(EnvelopeError):
        return read_grant(part)
    return None


def _altered_parcels(record: _Record) -> Iterator[tuple[Code, str]]:
    seals = {seal.compartment: seal for seal in record.said.message.signed.seals}
    for parcel in record.said.message.tail.parcels:
        seal = seals.get(parcel.compartment)
        sealed = None if seal is None else seal.ciphertext_sha256
        if hashlib.sha256(parcel.ciphertext).digest() != sealed:
            yield Code.ALTERED, f"the sealed part {parcel.compartment} is not what was sent"


def _relaying(record: _Record) -> Iterator[tuple[Code, str]]:
    tail = record.said.message.tail
    if tail.relay is None:
        yield Code.BAD_RELAY, "it has no relay"
        return
    why = "no key of the hub is at hand"
    for each in record.networks:
        try:
            relay = open_relay(
                tail.relay,
                signed_sha256=record.said.digest,
                desk=record.desk,
                delivery_id=_delivery_id(record),
                grant=tail.grants[0],
                hub=each.keys.hub_key(),
            )
        except EnvelopeError as error:
            why = f"{error.code}: {error.text}"
        else:
            yield from _names_a_decision(record, relay)
            return
    yield Code.BAD_RELAY, f"its relay does not hold ({why})"


def _names_a_decision(record: _Record, relay: Relay) -> Iterator[tuple[Code, str]]:
    if relay.decision_digest not in {each.decision_digest for each in record.rows}:
        yield Code.DELIVERY_WITHOUT_DECISION, "the decision that its relay names is not recorded"


def _delivery_id(record: _Record) -> str:
    with suppress(BadIdError):
        return delivery_id(record.sender, record.said.header.message_id, record.desk)
    return ""


def _granting(record: _Record) -> Iterator[tuple[Code, str]]:
    grants = record.said.message.tail.grants
    if len(grants) != 1:
        yield Code.BAD_GRANT, f"it has {len(grants)} grants"
        return
    for key in _keys(record.sender, record.networks):
        with suppress(EnvelopeError):
            grant = verify_part(GRANT, grants[0], key)
            if grant.signed_sha256 != record.said.digest:
                yield Code.BAD_GRANT, "its grant is of another message"
            elif grant.to != record.desk:
                yield Code.BAD_GRANT, "its grant is for another desk"
            elif set(record.parcels) - set(grant.compartments):
                yield Code.BAD_GRANT, "its grant has no key for a sealed part that came"
            return
    yield Code.BAD_GRANT, f"its grant was not made by {record.sender}"


def _completeness(record: _Record) -> Iterator[tuple[Code, str]]:
    decided = {frozenset(each.row.compartments) for each in record.rows if each.row is not None}
    relayed = frozenset() if record.relay is None else frozenset(record.relay.compartments)
    came = frozenset(record.parcels)
    if came not in decided or came != relayed or len(record.parcels) != len(came):
        lacking = sorted(max(decided, key=len) - came)
        yield Code.INCOMPLETE, f"{record.desk} lacks {', '.join(lacking) or 'what its relay names'}"

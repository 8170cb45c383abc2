"""What leaves for each desk, and what of it stays behind.

A feed record is the message made smaller: the signed bytes and their signature as they came, the
parcels of the desk's compartments, the desk's own grant, and a relay by which the hub says why it
is here. The slip, every other grant and every other parcel stay behind. Only the tail is encoded;
nothing that was signed ever is.

A delivery that was decided and cannot leave is recorded with a code:

================  ================================================================================
NOT_ON_SLIP       The hub decided it and the sender did not.
NO_USABLE_GRANT   No grant for this desk, its present key and these bytes that the slip vouches for.
RECORD_TOO_LARGE  With the relay it would be larger than any message may be.
================  ================================================================================
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from natcbus.contract.codec import MAX_MESSAGE_BYTES, Tail, encode_tail, frame
from natcbus.contract.types.core import Part
from natcbus.contract.types.hub import (
    DeliveryRow,
    Due,
    Grant,
    NetworkRef,
    Outgoing,
    ReasonRow,
    Relay,
    Slip,
)
from natcbus.enrichment import held
from natcbus.enrichment.enrich import enrich
from natcbus.envelope.errors import EnvelopeError
from natcbus.envelope.grant import grant_fingerprint, read_grant
from natcbus.envelope.ids import delivery_id
from natcbus.envelope.sign import RELAY, make_part
from natcbus.hub.authenticity import Authentic
from natcbus.hub.cloud_events import event_headers
from natcbus.hub.records import Outbound
from natcbus.hub.world import World
from natcbus.routing.clocks import due_times
from natcbus.routing.decision import Decision, Delivery
from natcbus.routing.narrowing import intersect
from natcbus.routing.topics import feed_topic
from natcbus.routing.views import view_of

NOT_ON_SLIP: Final = "NOT_ON_SLIP"
NO_USABLE_GRANT: Final = "NO_USABLE_GRANT"
RECORD_TOO_LARGE: Final = "RECORD_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What became of one delivery of the decision.

    Attributes
    ----------
    outgoing
        Its row in the decision record, with the compartments that really left.
    record
        What to write to the desk's feed; None where it cannot leave.
    counts_as
        The view that the desk gets, or the code of why nothing leaves.
    """

    outgoing: Outgoing
    record: Outbound | None
    counts_as: str


class _Granted(NamedTuple):
    part: Part
    grant: Grant


@dataclass(frozen=True, slots=True)
class _Dispatch:
    """What the deliveries of one message have in common."""

    read: Authentic
    decision: Decision
    world: World
    grants: Mapping[str, _Granted]
    due: tuple[Due, ...]
    indicators: tuple[ReasonRow, ...]
    network: NetworkRef
    received_at: datetime
    routed_at: datetime


def forward(  # noqa: PLR0913 - each another fact about one message
    read: Authentic,
    decision: Decision,
    slip: Slip,
    world: World,
    received_at: datetime,
    routed_at: datetime,
    *,
    earlier_held: bool = False,
) -> tuple[Forwarded, ...]:
    """One entry for each delivery that the hub decided, in the order of the decision.

    Parameters
    ----------
    read
        A message that was admitted.
    decision
        The hub's own.
    slip
        The sender's; what only one of the two allows does not leave.
    received_at
        When the broker stored the message: the clocks of the relay run from here.
    earlier_held
        Whether an earlier message of the thread is in quarantine.
    """
    header, open_part = read.message.signed.header, read.message.signed.open
    dispatch = _Dispatch(
        read=read,
        decision=decision,
        world=world,
        grants=dict(_grants(read, slip, world)),
        due=due_times(read.type.name, header, received_at, world.network),
        indicators=(
            *enrich(read.type.name, header, open_part, world.network),
            *held.indicators(header.kind, earlier_held=earlier_held),
        ),
        network=world.network_ref,
        received_at=received_at,
        routed_at=routed_at,
    )
    agreed = {delivery.desk: delivery for delivery in intersect(decision, slip)}
    return tuple(
        _forward(dispatch, delivery, agreed.get(delivery.desk)) for delivery in decision.deliveries
    )


def _grants(read: Authentic, slip: Slip, world: World) -> Iterator[tuple[str, _Granted]]:
    """The last grant for each desk that names these bytes and its present key.

    Only those that the slip vouches for: the slip was verified, so a grant that somebody else made
    is not among them. Recipients verify each grant's own signature.
    """
    vouched_for = frozenset(slip.grants)
    for part in read.message.tail.grants:
        if grant_fingerprint(part) not in vouched_for:
            continue
        try:
            grant = read_grant(part)
            current = world.keys.desk_key(grant.to).key_id
        except EnvelopeError:
            continue
        if grant.signed_sha256 == read.signed_sha256 and grant.recipient_key_id == current:
            yield grant.to, _Granted(part, grant)


def _forward(dispatch: _Dispatch, decided: Delivery, agreed: Delivery | None) -> Forwarded:
    if agreed is None:
        return _stays(dispatch, decided, NOT_ON_SLIP)
    granted = dispatch.grants.get(agreed.desk)
    if granted is None:
        return _stays(dispatch, agreed, NO_USABLE_GRANT)
    row = _row(agreed, [name for name in agreed.compartments if name in granted.grant.compartments])
    outgoing = Outgoing(delivery_id=_delivery_id(dispatch, agreed.desk), row=row)
    value = _value(dispatch, outgoing, granted.part)
    if len(value) > MAX_MESSAGE_BYTES:
        return _stays(dispatch, agreed, RECORD_TOO_LARGE)
    view = view_of(row.compartments, dispatch.read.present)
    return Forwarded(outgoing, _record(dispatch, outgoing, value), view.value)


def _stays(dispatch: _Dispatch, delivery: Delivery, why: str) -> Forwarded:
    outgoing = Outgoing(
        delivery_id=_delivery_id(dispatch, delivery.desk),
        row=_row(delivery, delivery.compartments),
        undelivered=why,
    )
    return Forwarded(outgoing, None, why)


def _row(delivery: Delivery, compartments: Iterable[str]) -> DeliveryRow:
    because = tuple(ReasonRow(code=reason.code, about=reason.about) for reason in delivery.because)
    return DeliveryRow(desk=delivery.desk, compartments=tuple(compartments), because=because)


def _delivery_id(dispatch: _Dispatch, desk: str) -> str:
    return delivery_id(dispatch.read.sender, dispatch.read.message.signed.header.message_id, desk)


def _value(dispatch: _Dispatch, outgoing: Outgoing, grant: Part) -> bytes:
    message, event_type = dispatch.read.message, dispatch.read.type
    tail = Tail(
        signature=message.tail.signature,
        slip=None,
        parcels=tuple(
            each for each in message.tail.parcels if each.compartment in outgoing.row.compartments
        ),
        grants=(grant,),
        relay=make_part(RELAY, _relay(dispatch, outgoing, grant), dispatch.world.signer),
    )
    return frame(event_type.schema_id, message.signed_bytes + encode_tail(event_type, tail))


def _relay(dispatch: _Dispatch, outgoing: Outgoing, grant: Part) -> Relay:
    return Relay(
        signed_sha256=dispatch.read.signed_sha256,
        desk=outgoing.row.desk,
        delivery_id=outgoing.delivery_id,
        grant_sha256=hashlib.sha256(grant.body).digest(),
        compartments=outgoing.row.compartments,
        because=outgoing.row.because,
        due=dispatch.due,
        indicators=dispatch.indicators,
        decision_digest=dispatch.decision.digest,
        network=dispatch.network,
        engine=dispatch.decision.engine,
        received_at=dispatch.received_at,
        routed_at=dispatch.routed_at,
    )


def _record(dispatch: _Dispatch, outgoing: Outgoing, value: bytes) -> Outbound:
    event_type = f"delivery.{dispatch.read.type.name}"
    headers = event_headers(outgoing.delivery_id, event_type, dispatch.routed_at)
    thread = dispatch.read.message.signed.header.thread_id
    return Outbound(feed_topic(outgoing.row.desk), thread.encode(), value, headers)

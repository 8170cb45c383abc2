"""Decides a message again, under the rules that its decision names, and compares.

Nothing of the hub is asked: what a record of a member's topic says, the network, everybody's public
keys and ``decide`` suffice. Sealed parts stay sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from natcbus.contract.catalogue import EventType
from natcbus.contract.codec import MAX_MESSAGE_BYTES, Message, decode_message, read_frame
from natcbus.contract.types.core import Header, Kind
from natcbus.contract.types.hub import Slip
from natcbus.envelope.errors import BadIdError, EnvelopeError, MissingKeyError
from natcbus.envelope.grant import grant_fingerprint, read_grant
from natcbus.envelope.ids import member_of, owner_of
from natcbus.envelope.sign import SLIP, signed_sha256, verify_message, verify_part
from natcbus.operations.reconciling.decided import ROUTED, Row, fingerprint, reasons
from natcbus.operations.reconciling.ledger import Written
from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision
from natcbus.routing.digests import decision_digest
from natcbus.routing.narrowing import intersect, owed_recalls, withheld
from natcbus.routing.signed import OpenedNetwork

_ANYONE_INVOLVED: Final = frozenset({Kind.EVIDENCE, Kind.RESPONSE})
_ROOM_FOR_A_RELAY: Final = 65_536
"""The largest body of a part: whether a feed record would be too large is known up to this."""


class UnprovenError(Exception):
    """It cannot be shown that the member of the topic sent this message; the text says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it stands on a member's topic; ``size`` is that of the whole record."""

    type: EventType
    message: Message
    digest: bytes
    size: int

    @property
    def header(self) -> Header:
        """Of the signed part."""
        return self.message.signed.header

    @property
    def present(self) -> frozenset[str]:
        """The compartments that it seals."""
        return frozenset(seal.compartment for seal in self.message.signed.seals)

    @property
    def claims(self) -> bytes:
        """What a decision says of it, if that is right."""
        header = self.header
        return fingerprint(
            self.type.name,
            header.status.value,
            header.kind.value,
            None if header.supersedes is None else header.supersedes.message_id,
            header.sent_at,
            sorted(self.present),
        )


@dataclass(frozen=True, slots=True)
class Again:
    """A message decided again.

    Attributes
    ----------
    decision
        What the rules say.
    agreed
        Desk -> compartments: what sender and rules both allow.
    explained
        Reasons, denials and recalls, as a decision's own are compared.
    """

    decision: Decision
    slip: Slip
    agreed: Mapping[str, frozenset[str]]
    explained: bytes

    def rows(self) -> list[Row]:
        """What may leave at most."""
        return [Row(desk, tuple(sorted(names))) for desk, names in sorted(self.agreed.items())]


def read_said(value: bytes) -> Said:
    """The message of a record.

    Raises
    ------
    DecodingError
        It is none.
    """
    event_type, body = read_frame(value)
    message = decode_message(event_type, body)
    return Said(event_type, message, signed_sha256(message.signed_bytes), len(value))


def decide_again(said: Said, member: str, under: OpenedNetwork, *, left: bool) -> Again:
    """The decision of a message on the topic of ``member``; ``left`` if the hub says it left.

    Raises
    ------
    UnprovenError
        Its member did not send it, or its slip is not its sender's.
    """
    header = said.header
    slip = _proved(said, member, under)
    prior = {row.desk: frozenset(row.compartments) for row in slip.prior}
    mine = decide(
        said.type.name, header, said.message.signed.open, said.present, under.network, prior
    )
    both = intersect(mine, slip)
    denials = {each.desk: each.code for each in (*withheld(mine, slip), *mine.denials)}
    owed = owed_recalls(replace(mine, deliveries=both), prior) if left else ()
    recalls = [desk for desk in owed if desk != header.from_]
    return Again(
        decision=mine,
        slip=slip,
        agreed={each.desk: frozenset(each.compartments) for each in both},
        explained=fingerprint(
            sorted(denials.items()),
            sorted(recalls),
            reasons((each.desk, each.because) for each in mine.deliveries),
        ),
    )


def _proved(said: Said, member: str, under: OpenedNetwork) -> Slip:
    header, tail = said.header, said.message.tail
    try:
        if member_of(header.from_) != member:
            raise UnprovenError(f"it says that {member_of(header.from_)} sends")
        if header.kind not in _ANYONE_INVOLVED and owner_of(header.thread_id) != member:
            raise UnprovenError("its thread is another member's")
        key = under.keys.signing_key(member)
        verify_message(said.type.schema_id, said.message.signed_bytes, tail.signature, key)
        if tail.slip is None:
            raise UnprovenError("it has no slip")
        slip = verify_part(SLIP, tail.slip, key)
        own = decision_digest(
            slip.deliveries, slip.network.version, slip.network.digest, slip.engine
        )
    except (BadIdError, MissingKeyError) as error:
        raise UnprovenError(error.text) from error
    except EnvelopeError as error:
        raise UnprovenError(f"{error.code}: {error.text}") from error
    except OverflowError as error:
        raise UnprovenError("its slip names versions that cannot be") from error
    if slip.signed_sha256 != said.digest or slip.decision_digest != own:
        raise UnprovenError("its slip is of another message or another decision")
    return slip


def contradiction(
    written: Written, rows: Sequence[Row], said: Said, again: Again
) -> tuple[str, str] | None:
    """How a decision differs from the one that its rules give, and the desk; None if it does not.

    Rows that only say that something did not leave are not looked at here; see ``unfounded``.
    """
    mine, named = again.decision, {row.desk for row in rows}
    decided = {each.desk for each in mine.deliveries}
    for desk in sorted(named - decided):
        return f"{desk} is in it, and the rules do not give it this message", desk
    for desk in sorted(decided - named):
        return f"{desk} is not in it, and the rules give it this message", desk
    for row in rows:
        wider = set(row.compartments) - again.agreed.get(row.desk, frozenset())
        if wider and not row.undelivered:
            return f"{row.desk} gets {', '.join(sorted(wider))}, which it may not open", row.desk
    for name, found, right in (
        ("digest", written.decision_digest, mine.digest),
        ("digest of the sender's decision", written.slip_digest, again.slip.decision_digest),
        ("list of reasons, denials or recalls", written.explained, again.explained),
    ):
        if found != right:
            return f"its {name} is another", ""
    if written.outcome == ROUTED and written.claims != said.claims:
        return "what it says of the message is not what the message says", ""
    return None


def unfounded(
    rows: Sequence[Row], said: Said, again: Again, under: OpenedNetwork
) -> Iterator[tuple[Row, str]]:
    """The deliveries that hold less than they should, without a reason that can be seen."""
    keys: Mapping[str, frozenset[str]] | None = None
    for row in rows:
        allowed = again.agreed.get(row.desk)
        if allowed is None:
            if row.undelivered != "NOT_ON_SLIP":
                yield row, "the sender did not mean it, and the decision says otherwise"
            continue
        if not row.undelivered and set(row.compartments) == allowed:
            continue
        if keys is None:
            keys = _usable_grants(said, again.slip, under)
        granted = keys.get(row.desk)
        if row.undelivered:
            why = _why_it_should_have_left(row, said, granted)
            if why:
                yield row, why
        elif granted is None or set(row.compartments) != allowed & granted:
            lacking = sorted(allowed & (granted or frozenset()) - set(row.compartments))
            yield row, f"it lacks {', '.join(lacking) or 'a grant'}"


def _why_it_should_have_left(row: Row, said: Said, granted: frozenset[str] | None) -> str:
    if row.undelivered == "NO_USABLE_GRANT":
        return "" if granted is None else "its sender made a usable grant"
    if row.undelivered == "RECORD_TOO_LARGE":
        return "" if said.size + _ROOM_FOR_A_RELAY > MAX_MESSAGE_BYTES else "it is not too large"
    return "the sender meant it"


def _usable_grants(said: Said, slip: Slip, under: OpenedNetwork) -> dict[str, frozenset[str]]:
    """Desk -> the compartments whose keys it was granted, under its present key."""
    vouched_for, usable = frozenset(slip.grants), {}
    for part in said.message.tail.grants:
        if grant_fingerprint(part) not in vouched_for:
            continue
        try:
            grant = read_grant(part)
            current = under.keys.desk_key(grant.to).key_id
        except EnvelopeError:
            continue
        if grant.signed_sha256 == said.digest and grant.recipient_key_id == current:
            usable[grant.to] = frozenset(grant.compartments)
    return usable


def sha256(value: bytes) -> bytes:
    """Of a record, by which a receipt names it."""
    return hashlib.sha256(value).digest()

"""A hub with its Network and all keys, and messages as senders make them, open to every change.

``a_letter`` makes what a correct sender sends. A ``Letter`` can be taken apart and changed: what
the sender would sign again is made with ``resigned``, what somebody on the way would do with
``with_tail``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from natcbus.contract.catalogue import EventType, load_catalogue
from natcbus.contract.codec import (
    Signed,
    Tail,
    encode_compartment,
    encode_signed,
    encode_tail,
    frame,
)
from natcbus.contract.golden import example
from natcbus.contract.types.core import CountryRole, Header, Native, Parcel, Part, Seal
from natcbus.contract.types.hub import DeliveryRow, NetworkRef, PriorRow, ReasonRow, Slip
from natcbus.envelope.certificates import Use
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.grant import grant_fingerprint, make_grant
from natcbus.envelope.issuing import issue_hub_keys, issue_member_keys, private_file
from natcbus.envelope.keys import SealingKey, SigningKey
from natcbus.envelope.seal import SealPlace, new_key, seal
from natcbus.envelope.sign import SLIP, make_part, sign_message, signed_sha256
from natcbus.hub.records import Inbound
from natcbus.hub.world import World
from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision, Prior
from natcbus.routing.network import Network
from natcbus.routing.topics import out_topic
from tests.support.building import MISSING, SENT_AT, a_desk, a_header, a_network, addressed

NOW: Final = SENT_AT + timedelta(seconds=2)
STORED_AT: Final = SENT_AT + timedelta(seconds=1)
TYPE: Final[EventType] = load_catalogue().types[MISSING]


@dataclass(frozen=True)
class Parties:
    """The hub's world, and the private keys of everybody in it."""

    world: World
    private: Mapping[str, bytes]

    def signer(self, member: str) -> SigningKey:
        """The signing key of a member."""
        return SigningKey.from_pem(self.private[private_file(member, Use.SIGN)])

    def opener(self, party: str) -> SealingKey:
        """The key that opens what is granted to a desk, or to a member itself."""
        return SealingKey.from_pem(self.private[private_file(party, Use.SEAL)])


def parties(network: Network) -> Parties:
    """Keys for everybody in ``network``."""
    hub = issue_hub_keys()
    public, private = {hub.public_name: hub.public}, dict(hub.private)
    for member in network.members:
        desks = [desk.id for desk in network.desks.values() if desk.member == member]
        issued = issue_member_keys(member, desks, SENT_AT)
        public[issued.public_name] = issued.public
        private |= issued.private
    signer = SigningKey.from_pem(hub.private[private_file("hub", Use.SIGN)])
    return Parties(World(network, KeyDirectory.parse(public), signer), private)


@cache
def balkans() -> Parties:
    """Serbia, Hungary, Romania and Bulgaria with a few desks each, and a partner."""
    return parties(
        a_network(
            a_desk("rs.spoc"),
            a_desk("rs.border", "BORDER_POLICE"),
            a_desk("hu.spoc"),
            a_desk("hu.border", "BORDER_POLICE"),
            a_desk("ro.spoc"),
            a_desk("ro.exercises", statuses=("EXERCISE",)),
            a_desk("bg.spoc"),
            a_desk("bg.shelter", "NGO_SHELTER"),
            a_desk("bg.coordinator", "NATIONAL_COORDINATOR"),
            a_desk("techco.safety", "PARTNER_TECH"),
        )
    )


ADDRESSING: Final = addressed(
    desks=("bg.coordinator",),
    roles=(CountryRole.LAST_SEEN, CountryRole.HEADING, CountryRole.ADJACENT),
)
"""Reaches Serbia and Hungary in full, Romania and Bulgaria reduced, the coordinator as a notice."""


@dataclass(frozen=True)
class Letter:
    """A message in its parts."""

    type: EventType
    signed: Signed
    tail: Tail

    @property
    def header(self) -> Header:
        """Of the signed part."""
        return self.signed.header

    @property
    def signed_bytes(self) -> bytes:
        """What is signed."""
        return encode_signed(self.type, self.signed)

    @property
    def digest(self) -> bytes:
        """Of what is signed."""
        return signed_sha256(self.signed_bytes)

    @property
    def value(self) -> bytes:
        """The framed record."""
        return frame(self.type.schema_id, self.signed_bytes + encode_tail(self.type, self.tail))

    def with_tail(self, **changes: Any) -> Letter:  # noqa: ANN401 - any field
        """The same signed part with another tail."""
        return replace(self, tail=replace(self.tail, **changes))

    def record(self, *, offset: int = 7, stored_at: datetime = STORED_AT) -> Inbound:
        """The record on its sender's topic."""
        return inbound(
            self.value, member=self.header.from_.split(".")[0], offset=offset, stored_at=stored_at
        )


def inbound(
    value: bytes | None,
    *,
    member: str = "rs",
    key: bytes | None = b"a key",
    offset: int = 7,
    stored_at: datetime = STORED_AT,
) -> Inbound:
    """A record on a member's topic."""
    return Inbound(out_topic(member), 3, offset, stored_at, key, value)


def header_of(**changes: Any) -> Header:  # noqa: ANN401 - any field
    """The header of an alert that is addressed in several ways; ``changes`` as for ``a_header``."""
    return a_header(**{"addressing": ADDRESSING, **changes})


def a_letter(
    sides: Parties,
    header: Header | None = None,
    open_part: Native | None = None,
    sealed: Mapping[str, bytes] | None = None,
    prior: Prior | None = None,
) -> Letter:
    """What a correct sender makes of a missing person; the contract's example by default.

    ``sealed`` maps compartments to plaintexts.
    """
    return letter_of(
        sides,
        TYPE,
        header_of() if header is None else header,
        example(TYPE).open if open_part is None else open_part,
        example_compartments() if sealed is None else sealed,
        prior,
    )


def letter_of(
    sides: Parties,
    event_type: EventType,
    header: Header,
    open_part: Native,
    sealed: Mapping[str, bytes],
    prior: Prior | None = None,
) -> Letter:
    """A message as a correct sender makes it: decided, sealed, granted, slipped and signed."""
    member = header.from_.split(".")[0]
    signer, directory = sides.signer(member), sides.world.keys
    keys, seals, parcels = _sealed(event_type, header, sealed)
    decision = decide(event_type.name, header, open_part, keys, sides.world.network, prior or {})
    signed = Signed(header, open_part, seals)
    signed_bytes = encode_signed(event_type, signed)
    digest = signed_sha256(signed_bytes)
    grants = [make_grant(digest, member, keys, directory.member_key(member), signer)]
    for row in decision.deliveries:
        granted = {name: keys[name] for name in row.compartments}
        grants.append(make_grant(digest, row.desk, granted, directory.desk_key(row.desk), signer))
    tail = Tail(
        signature=sign_message(event_type.schema_id, signed_bytes, signer),
        slip=make_part(SLIP, slip_of(digest, decision, grants, prior), signer),
        parcels=parcels,
        grants=tuple(grants),
        relay=None,
    )
    return Letter(event_type, signed, tail)


def slip_of(
    digest: bytes, decision: Decision, grants: Iterable[Part], prior: Prior | None = None
) -> Slip:
    """The slip of a decision, which vouches for these grants."""
    rows = tuple(
        DeliveryRow(
            desk=row.desk,
            compartments=row.compartments,
            because=tuple(
                ReasonRow(code=reason.code, about=reason.about) for reason in row.because
            ),
        )
        for row in decision.deliveries
    )
    earlier = tuple(
        PriorRow(desk=desk, compartments=tuple(sorted(had)))
        for desk, had in sorted((prior or {}).items())
    )
    return Slip(
        signed_sha256=digest,
        network=NetworkRef(version=decision.network_version, digest=decision.network_digest),
        engine=decision.engine,
        decision_digest=decision.digest,
        deliveries=rows,
        grants=tuple(grant_fingerprint(part) for part in grants),
        prior=earlier,
    )


def with_slip(
    sides: Parties, letter: Letter, slip: Slip, signer: SigningKey | None = None
) -> Letter:
    """The letter with another slip, signed by its sender unless the test says otherwise."""
    member = letter.header.from_.split(".")[0]
    part = make_part(SLIP, slip, sides.signer(member) if signer is None else signer)
    return letter.with_tail(slip=part)


def resigned(
    sides: Parties,
    letter: Letter,
    *,
    by: str | None = None,
    **changes: Any,  # noqa: ANN401 - any field
) -> Letter:
    """The letter with other signed fields and a new signature, of the member ``by`` if given."""
    signed = replace(letter.signed, **changes)
    member = by or signed.header.from_.split(".")[0]
    again = Letter(letter.type, signed, letter.tail)
    signature = sign_message(letter.type.schema_id, again.signed_bytes, sides.signer(member))
    return again.with_tail(signature=signature)


@cache
def example_compartments() -> Mapping[str, bytes]:
    """The plaintexts of the contract's example."""
    return {
        name: encode_compartment(TYPE, name, content)
        for name, content in example(TYPE).sealed.items()
    }


def _sealed(
    event_type: EventType, header: Header, plaintexts: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[Seal, ...], tuple[Parcel, ...]]:
    keys: dict[str, bytes] = {}
    seals: list[Seal] = []
    parcels: list[Parcel] = []
    for name, plaintext in sorted(plaintexts.items()):
        keys[name] = new_key()
        place = SealPlace(header.from_.split(".")[0], event_type.name, header.message_id, name)
        schema_id = event_type.compartments[name].schema.id
        sealed, ciphertext = seal(place, schema_id, plaintext, keys[name])
        seals.append(sealed)
        parcels.append(Parcel(compartment=name, ciphertext=ciphertext))
    return keys, tuple(seals), tuple(parcels)

"""One message in its pieces, always the same: fixed keys, fixed ephemeral keys, fixed times.

Serbia's desk sends the published example; Hungary's desk gets it reduced, its coordinator a
notice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import (
    Signed,
    Tail,
    encode_compartment,
    encode_signed,
    encode_tail,
    frame,
)
from natcbus.contract.golden import EXAMPLE_DEFAULTS
from natcbus.contract.reading import Event, parse_json, read_event
from natcbus.contract.types.core import Parcel, Seal
from natcbus.contract.types.hub import (
    DeliveryRow,
    Due,
    Grant,
    NetworkRef,
    ReasonRow,
    Relay,
    Slip,
)
from natcbus.envelope.grant import grant_fingerprint
from natcbus.envelope.ids import delivery_id
from natcbus.envelope.keys import SealingKey, SigningKey
from natcbus.envelope.lengths import length_prefixed
from natcbus.envelope.relay import grant_sha256
from natcbus.envelope.seal import SealPlace, seal
from natcbus.envelope.sign import (
    GRANT,
    RELAY,
    SLIP,
    make_part,
    sign_message,
    signed_sha256,
)
from natcbus.routing.digests import decision_digest
from tests.support import hpke_by_hand

TYPE: Final = load_catalogue().types["missing_person"]
NOW: Final = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NETWORK: Final = NetworkRef(version=7, digest=hashlib.sha256(b"a network").digest())
ENGINE: Final = 1
DECIDED: Final[Mapping[str, tuple[str, ...]]] = {
    "hu.coordinator": (),
    "hu.spoc": ("identity", "recognition"),
}
BECAUSE: Final = (ReasonRow(code="ROLE_HEADING", about=("HU",)),)


def _published() -> Event:
    # The published example never changes; the one in the folder may, with every new version.
    path = f"events/{TYPE.name}/v1/golden/1.0/event.json"
    text = files("natcbus.contract").joinpath(path).read_text("utf-8")
    return read_event(parse_json(text), load_catalogue(), EXAMPLE_DEFAULTS)


EVENT: Final = _published()


def raw(name: str) -> bytes:
    """The 32 bytes of the secret with this name."""
    return hashlib.sha256(f"natcbus test vector, {name}".encode()).digest()


ROOT: Final = SigningKey.from_raw(raw("rs root"))
SIGN: Final = SigningKey.from_raw(raw("rs sign"))
HUB: Final = SigningKey.from_raw(raw("hub sign"))
OPENERS: Final = {
    party: SealingKey.from_raw(raw(f"{party} seal"))
    for party in ("rs", "rs.spoc", "hu.spoc", "hu.coordinator")
}


@dataclass(frozen=True)
class Pieces:
    """What a message is made of before it is framed."""

    sealed: Mapping[str, tuple[Seal, bytes]]
    signed_bytes: bytes
    slip: Slip
    grants: Mapping[str, Grant]
    relay: Relay

    @property
    def sent(self) -> Tail:
        """As it stands on the sender's topic."""
        return Tail(
            signature=sign_message(TYPE.schema_id, self.signed_bytes, SIGN),
            slip=make_part(SLIP, self.slip, SIGN),
            parcels=tuple(self.parcel(name) for name in self.sealed),
            grants=tuple(make_part(GRANT, grant, SIGN) for grant in self.grants.values()),
            relay=None,
        )

    @property
    def narrowed(self) -> Tail:
        """As it stands on the feed of ``hu.spoc``."""
        return Tail(
            signature=sign_message(TYPE.schema_id, self.signed_bytes, SIGN),
            slip=None,
            parcels=tuple(self.parcel(name) for name in self.relay.compartments),
            grants=(make_part(GRANT, self.grants["hu.spoc"], SIGN),),
            relay=make_part(RELAY, self.relay, HUB),
        )

    def parcel(self, name: str) -> Parcel:
        """The parcel of a compartment."""
        return Parcel(compartment=name, ciphertext=self.sealed[name][1])


def framed(signed_bytes: bytes, tail: Tail) -> bytes:
    """A whole record."""
    return frame(TYPE.schema_id, signed_bytes + encode_tail(TYPE, tail))


@cache
def pieces() -> Pieces:
    """Of the message of the vectors."""
    return pieces_of({name: sealed(place(name)) for name in sorted(EVENT.sealed)})


def pieces_of(
    compartments: Mapping[str, tuple[Seal, bytes]], keys: Mapping[str, bytes] | None = None
) -> Pieces:
    """Of a message with these seals and ciphertexts; ``keys`` are those to grant."""
    granted = {name: compartment_key(name) for name in compartments} if keys is None else keys
    signed = Signed(EVENT.header, EVENT.open, tuple(each for each, _ in compartments.values()))
    signed_bytes = encode_signed(TYPE, signed)
    digest = signed_sha256(signed_bytes)
    meant = {**DECIDED, "rs": tuple(compartments)}
    grants = {to: grant(digest, to, {name: granted[name] for name in meant[to]}) for to in meant}
    slip = _slip(digest, grants.values())
    return Pieces(compartments, signed_bytes, slip, grants, relay(digest, grants["hu.spoc"]))


def place(compartment: str, message_id: str = EVENT.header.message_id) -> SealPlace:
    """Where a compartment of the message belongs."""
    return SealPlace("rs", TYPE.name, message_id, compartment)


def compartment_key(name: str) -> bytes:
    """The key that a compartment is sealed with."""
    return raw(f"compartment {name}")


def plaintext(name: str) -> bytes:
    """An encoded compartment."""
    return encode_compartment(TYPE, name, EVENT.sealed[name])


def sealed(at: SealPlace) -> tuple[Seal, bytes]:
    """The example's compartment, sealed for ``at``."""
    name = at.compartment
    schema_id = TYPE.compartments[name].schema.id
    return seal(at, schema_id, plaintext(name), compartment_key(name))


def wrap_info(digest: bytes, to: str) -> bytes:
    """What the wrapping of a grant is bound to."""
    return length_prefixed("natcbus/1/grant-wrap", digest, to, OPENERS[to].key_id)


def grant(digest: bytes, to: str, keys: Mapping[str, bytes]) -> Grant:
    """The grant that ``make_grant`` would make with a fixed ephemeral key."""
    recipient, together = OPENERS[to].public, b"".join(keys.values())
    wrapped = b""
    if keys:
        info = wrap_info(digest, to)
        wrapped = hpke_by_hand.wrap(together, recipient.raw, info, raw(f"ephemeral {to}"))
    return Grant(
        signed_sha256=digest,
        to=to,
        compartments=tuple(keys),
        recipient_key_id=recipient.key_id,
        wrapped=wrapped,
    )


def relay(digest: bytes, granted: Grant) -> Relay:
    """What the hub says to the desk of ``granted``."""
    return Relay(
        signed_sha256=digest,
        desk=granted.to,
        delivery_id=delivery_id("rs", EVENT.header.message_id, granted.to),
        grant_sha256=grant_sha256(make_part(GRANT, granted, SIGN)),
        compartments=granted.compartments,
        because=BECAUSE,
        due=(Due(clock="read", at=datetime(2026, 11, 24, 8, 15, tzinfo=UTC)),),
        decision_digest=_slip(digest, ()).decision_digest,
        network=NETWORK,
        engine=ENGINE,
        received_at=NOW,
        routed_at=NOW,
    )


def _slip(digest: bytes, grants: Iterable[Grant]) -> Slip:
    rows = tuple(
        DeliveryRow(desk=desk, compartments=names, because=BECAUSE)
        for desk, names in DECIDED.items()
    )
    return Slip(
        signed_sha256=digest,
        network=NETWORK,
        engine=ENGINE,
        decision_digest=decision_digest(rows, NETWORK.version, NETWORK.digest, ENGINE),
        deliveries=rows,
        grants=tuple(grant_fingerprint(make_part(GRANT, each, SIGN)) for each in grants),
    )

"""Records on a feed that a reader must refuse: each is the good one with one thing wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from natcbus.contract.types.core import Parcel
from natcbus.envelope.sign import GRANT, RELAY, SLIP, make_part, sign_message
from tests.support.wire_pieces import (
    DECIDED,
    HUB,
    SIGN,
    TYPE,
    Pieces,
    compartment_key,
    framed,
    grant,
    pieces,
    pieces_of,
    place,
    raw,
    relay,
    sealed,
)

_OTHER: Final = "01939e7e-8400-7000-8000-00000000ffff"


def refusals() -> list[tuple[str, str, bytes]]:
    """What is wrong, the code, and the record, as ``hu.spoc`` finds it on its feed."""
    good = pieces()
    whole = framed(good.signed_bytes, good.narrowed)
    return [
        ("no frame", "NOT_FRAMED", b"\x01" + whole[1:]),
        ("a schema id that nobody knows", "UNKNOWN_SCHEMA", b"\x00\x00\x00\x00\x01" + whole[5:]),
        ("the last byte is missing", "NOT_THIS_SCHEMA", whole[:-1]),
        ("a byte follows the record", "TRAILING_BYTES", whole + b"\x00"),
        ("a letter of the sending desk changed", "BAD_SIGNATURE", _with_other_desk(good)),
        *_signatures(good),
        *_grants(good),
        *_relays(good),
        *_seals(good),
    ]


def _with_other_desk(good: Pieces) -> bytes:
    assert good.signed_bytes.count(b"rs.spoc") == 1
    return framed(good.signed_bytes.replace(b"rs.spoc", b"rs.spod"), good.narrowed)


def _signatures(good: Pieces) -> list[tuple[str, str, bytes]]:
    by_hub = sign_message(TYPE.schema_id, good.signed_bytes, HUB)
    as_other_type = sign_message(TYPE.schema_id + 1, good.signed_bytes, SIGN)
    return [
        ("the hub signed the message", "WRONG_KEY", _changed(good, signature=by_hub)),
        (
            "signed under another schema id",
            "BAD_SIGNATURE",
            _changed(good, signature=as_other_type),
        ),
    ]


def _grants(good: Pieces) -> list[tuple[str, str, bytes]]:
    digest, mine = good.relay.signed_sha256, good.grants["hu.spoc"]
    notice = make_part(GRANT, good.grants["hu.coordinator"], SIGN)
    as_slip = make_part(SLIP, good.slip, SIGN)
    invented = make_part(GRANT, mine, HUB)
    other_message = make_part(GRANT, grant(raw("another"), "hu.spoc", _keys()), SIGN)
    short = make_part(GRANT, replace(mine, wrapped=mine.wrapped[:-1]), SIGN)
    twisted = make_part(GRANT, replace(grant(digest, "rs", _keys()), to="hu.spoc"), SIGN)
    return [
        ("the grant of another desk", "NOT_FOR_THIS_DESK", _changed(good, grants=(notice,))),
        ("a slip in the place of a grant", "BAD_SIGNATURE", _changed(good, grants=(as_slip,))),
        ("a grant that the hub made", "WRONG_KEY", _changed(good, grants=(invented,))),
        (
            "the grant of another message",
            "NOT_FOR_THIS_MESSAGE",
            _changed(good, grants=(other_message,)),
        ),
        ("wrapped bytes of the wrong length", "BAD_GRANT", _changed(good, grants=(short,))),
        ("wrapped for another key", "NOT_FOR_THIS_KEY", _changed(good, grants=(twisted,))),
    ]


def _relays(good: Pieces) -> list[tuple[str, str, bytes]]:
    digest = good.relay.signed_sha256
    of_sender = make_part(RELAY, good.relay, SIGN)
    of_other = make_part(RELAY, relay(digest, good.grants["hu.coordinator"]), HUB)
    other_message = make_part(RELAY, relay(raw("another"), good.grants["hu.spoc"]), HUB)
    other_grant = make_part(RELAY, replace(good.relay, grant_sha256=bytes(32)), HUB)
    return [
        ("a relay that the sender made", "WRONG_KEY", _changed(good, relay=of_sender)),
        ("the relay of another desk", "NOT_FOR_THIS_DESK", _changed(good, relay=of_other)),
        (
            "the relay of another message",
            "NOT_FOR_THIS_MESSAGE",
            _changed(good, relay=other_message),
        ),
        ("the relay of another grant", "OTHER_GRANT", _changed(good, relay=other_grant)),
    ]


def _seals(good: Pieces) -> list[tuple[str, str, bytes]]:
    swapped = Parcel(compartment="identity", ciphertext=good.sealed["recognition"][1])
    elsewhere = pieces_of({name: sealed(place(name, _OTHER)) for name in good.sealed})
    keys = {name: raw(f"other {name}") for name in good.sealed}
    other_keys = pieces_of(good.sealed, keys)
    return [
        ("the parcel of another compartment", "WRONG_PARCEL", _changed(good, parcels=(swapped,))),
        (
            "sealed for another message",
            "BAD_SEAL",
            framed(elsewhere.signed_bytes, elsewhere.narrowed),
        ),
        (
            "granted keys other than the committed",
            "BAD_COMMITMENT",
            framed(other_keys.signed_bytes, other_keys.narrowed),
        ),
    ]


def _keys() -> Mapping[str, bytes]:
    return {name: compartment_key(name) for name in DECIDED["hu.spoc"]}


def _changed(good: Pieces, **changes: object) -> bytes:
    return framed(good.signed_bytes, replace(good.narrowed, **changes))  # type: ignore[arg-type]

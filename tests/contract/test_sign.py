"""A signature holds for these bytes, under this schema, as this kind of thing, by this key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Signature
from natcbus.contract.types.hub import Grant, NetworkRef, Relay, Slip
from natcbus.envelope.errors import PartRefusedError, SignatureRefusedError
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.relay import grant_sha256, open_relay
from natcbus.envelope.sign import (
    GRANT,
    RELAY,
    SLIP,
    make_part,
    read_part,
    sign_message,
    signed_sha256,
    verify_message,
    verify_part,
)

SENDER = SigningKey.from_raw(bytes(range(32)))
OTHER = SigningKey.from_raw(bytes(range(1, 33)))
NETWORK = NetworkRef(version=7, digest=bytes(32))
SIGNED = b"the exact bytes of header, open part and seals"
DIGEST = signed_sha256(SIGNED)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

A_SLIP = Slip(
    signed_sha256=DIGEST, network=NETWORK, engine=1, decision_digest=bytes(32), deliveries=()
)
A_GRANT = Grant(
    signed_sha256=DIGEST,
    to="hu.spoc",
    compartments=(),
    recipient_key_id="0" * 16,
    wrapped=b"",
)
GRANT_PART = make_part(GRANT, A_GRANT, SENDER)
A_RELAY = Relay(
    signed_sha256=DIGEST,
    desk="hu.spoc",
    delivery_id="rs/01939e7e-8400-7000-8000-000000000001/hu.spoc",
    grant_sha256=grant_sha256(GRANT_PART),
    compartments=(),
    because=(),
    due=(),
    decision_digest=bytes(32),
    network=NETWORK,
    engine=1,
    received_at=NOON,
    routed_at=NOON,
)
MADE: Final[dict[str, tuple[Any, Any]]] = {
    "slip": (SLIP, A_SLIP),
    "grant": (GRANT, A_GRANT),
    "relay": (RELAY, A_RELAY),
}


def refusal(schema_id: int, signed: bytes, signature: Signature, key: SigningKey) -> str:
    with pytest.raises(SignatureRefusedError) as caught:
        verify_message(schema_id, signed, signature, key.public)
    return caught.value.code


@given(st.binary(max_size=100), st.integers(0, 2**31 - 1))
def test_a_signed_message_verifies(signed: bytes, schema_id: int) -> None:
    verify_message(schema_id, signed, sign_message(schema_id, signed, SENDER), SENDER.public)


@given(st.integers(0, len(SIGNED) * 8 - 1))
def test_any_flipped_bit_of_the_message_is_refused(bit: int) -> None:
    signature = sign_message(5, SIGNED, SENDER)
    assert refusal(5, flipped(SIGNED, bit), signature, SENDER) == "BAD_SIGNATURE"


@given(st.integers(0, 64 * 8 - 1))
def test_any_flipped_bit_of_the_signature_is_refused(bit: int) -> None:
    signature = sign_message(5, SIGNED, SENDER)
    changed = replace(signature, value=flipped(signature.value, bit))
    assert refusal(5, SIGNED, changed, SENDER) == "BAD_SIGNATURE"


@given(st.integers(-(2**63), 2**63 - 1).filter(lambda other: other != 5))
def test_a_message_is_signed_under_its_schema(other: int) -> None:
    assert refusal(other, SIGNED, sign_message(5, SIGNED, SENDER), SENDER) == "BAD_SIGNATURE"


def test_a_signature_of_another_key_is_told_apart_from_a_changed_message() -> None:
    signature = sign_message(5, SIGNED, OTHER)
    assert refusal(5, SIGNED, signature, SENDER) == "WRONG_KEY"
    lying = replace(signature, key_id=SENDER.key_id)
    assert refusal(5, SIGNED, lying, SENDER) == "BAD_SIGNATURE"


@pytest.mark.parametrize("name", MADE)
def test_a_part_verifies_as_its_own_kind_and_gives_its_record(name: str) -> None:
    kind, record = MADE[name]
    part = make_part(kind, record, SENDER)
    assert verify_part(kind, part, SENDER.public) == record
    assert read_part(kind, part) == record


@pytest.mark.parametrize("name", MADE)
def test_a_part_verifies_as_no_other_kind(name: str) -> None:
    kind, record = MADE[name]
    part = make_part(kind, record, SENDER)
    for other, _ in MADE.values():
        if other is not kind:
            with pytest.raises(SignatureRefusedError, match="BAD_SIGNATURE"):
                verify_part(other, part, SENDER.public)


@pytest.mark.parametrize("name", MADE)
def test_the_signature_of_a_part_is_none_of_a_message(name: str) -> None:
    kind, record = MADE[name]
    part = make_part(kind, record, SENDER)
    assert refusal(part.schema_id, part.body, part.signature, SENDER) == "BAD_SIGNATURE"
    as_message = sign_message(part.schema_id, part.body, SENDER)
    with pytest.raises(SignatureRefusedError, match="BAD_SIGNATURE"):
        verify_part(kind, replace(part, signature=as_message), SENDER.public)


@given(st.integers(0, len(GRANT_PART.body) * 8 - 1))
def test_any_flipped_bit_of_a_part_is_refused(bit: int) -> None:
    with pytest.raises(SignatureRefusedError, match="BAD_SIGNATURE"):
        verify_part(GRANT, replace(GRANT_PART, body=flipped(GRANT_PART.body, bit)), SENDER.public)


@given(st.integers(-(2**63), 2**63 - 1).filter(lambda other: other != GRANT_PART.schema_id))
def test_a_part_is_signed_under_its_schema(other: int) -> None:
    with pytest.raises(SignatureRefusedError, match="BAD_SIGNATURE"):
        verify_part(GRANT, replace(GRANT_PART, schema_id=other), SENDER.public)


@given(st.binary(max_size=100))
def test_signed_nonsense_is_refused_as_nonsense(body: bytes) -> None:
    """A signer may sign anything, a broken client for example."""
    covered = GRANT.context + b"\0" + GRANT_PART.schema_id.to_bytes(4, "big") + body
    signature = Signature(key_id=SENDER.key_id, value=SENDER.sign(covered))
    with pytest.raises(PartRefusedError, match="BAD_PART"):
        verify_part(GRANT, replace(GRANT_PART, body=body, signature=signature), SENDER.public)


def test_a_part_of_a_newer_schema_is_refused_as_unreadable() -> None:
    value = SENDER.sign(GRANT.context + b"\0" + (6).to_bytes(4, "big") + GRANT_PART.body)
    part = replace(GRANT_PART, schema_id=6, signature=Signature(key_id=SENDER.key_id, value=value))
    with pytest.raises(PartRefusedError, match="schema id 6"):
        verify_part(GRANT, part, SENDER.public)


def relay_refusal(relay: Relay, signer: SigningKey = OTHER) -> str:
    with pytest.raises((PartRefusedError, SignatureRefusedError)) as caught:
        open_relay(
            make_part(RELAY, relay, signer),
            signed_sha256=DIGEST,
            desk="hu.spoc",
            delivery_id=A_RELAY.delivery_id,
            grant=GRANT_PART,
            hub=OTHER.public,
        )
    return caught.value.code


def test_a_relay_is_by_the_hub_for_this_message_this_desk_and_this_grant() -> None:
    opened = open_relay(
        make_part(RELAY, A_RELAY, OTHER),
        signed_sha256=DIGEST,
        desk="hu.spoc",
        delivery_id=A_RELAY.delivery_id,
        grant=GRANT_PART,
        hub=OTHER.public,
    )
    assert opened == A_RELAY
    assert relay_refusal(A_RELAY, signer=SENDER) == "WRONG_KEY"
    other_message = replace(A_RELAY, signed_sha256=bytes(32))
    assert relay_refusal(other_message) == "NOT_FOR_THIS_MESSAGE"
    assert relay_refusal(replace(A_RELAY, desk="ro.spoc")) == "NOT_FOR_THIS_DESK"
    assert relay_refusal(replace(A_RELAY, delivery_id="rs/x/hu.spoc")) == "NOT_FOR_THIS_DESK"
    assert relay_refusal(replace(A_RELAY, grant_sha256=bytes(32))) == "OTHER_GRANT"


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)

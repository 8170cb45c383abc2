"""What the hub asks of a slip, and of the parcels that the seals name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from natcbus.contract.types.core import Part, Signature
from natcbus.contract.types.hub import PriorRow
from natcbus.envelope.sign import SLIP, read_part, signature_input
from tests.support.messages import Letter, a_letter, balkans, resigned, with_slip
from tests.support.rulings import refused_with, ruled

SIDES: Final = balkans()


def test_without_a_slip_nothing_leaves() -> None:
    refused_with(ruled(SIDES, a_letter(SIDES).with_tail(slip=None)), "SLIP_MISSING")


def test_a_slip_is_signed_by_its_sender() -> None:
    letter = a_letter(SIDES)
    slip = read_part(SLIP, sent_slip(letter))
    refused_with(
        ruled(SIDES, with_slip(SIDES, letter, slip, signer=SIDES.signer("hu"))), "SLIP_SIGNATURE"
    )


def test_a_slip_that_was_changed_does_not_hold() -> None:
    letter = a_letter(SIDES)
    part = sent_slip(letter)
    refused_with(
        ruled(SIDES, letter.with_tail(slip=replace(part, body=part.body + b"\x00"))),
        "SLIP_SIGNATURE",
    )


def test_a_grant_is_no_slip() -> None:
    letter = a_letter(SIDES)
    refused_with(ruled(SIDES, letter.with_tail(slip=letter.tail.grants[0])), "SLIP_SIGNATURE")


def test_a_signed_slip_that_is_none_is_unreadable() -> None:
    letter = a_letter(SIDES)
    other = letter.tail.grants[0]
    signature = sign_with(SLIP.context, other.schema_id, other.body)
    refused_with(
        ruled(SIDES, letter.with_tail(slip=replace(other, signature=signature))), "SLIP_UNREADABLE"
    )


def test_a_slip_belongs_to_one_message() -> None:
    letter, other = a_letter(SIDES), a_letter(SIDES)
    refused_with(ruled(SIDES, letter.with_tail(slip=other.tail.slip)), "SLIP_OTHER_MESSAGE")


def test_a_slips_digest_is_that_of_what_it_says() -> None:
    letter = a_letter(SIDES)
    slip = read_part(SLIP, sent_slip(letter))
    for lie in (
        replace(slip, decision_digest=bytes(32)),
        replace(slip, deliveries=slip.deliveries[1:]),
        replace(slip, engine=-1),
        replace(slip, network=replace(slip.network, version=2)),
    ):
        refused_with(ruled(SIDES, with_slip(SIDES, letter, lie)), "SLIP_DIGEST")


def test_a_slip_has_the_form_that_the_contract_asks_for() -> None:
    letter = a_letter(SIDES)
    slip = read_part(SLIP, sent_slip(letter))
    shouting = replace(slip, prior=(PriorRow(desk="Not a desk, but a sentence", compartments=()),))
    refused_with(ruled(SIDES, with_slip(SIDES, letter, shouting)), "BAD_FORMAT")


# Seals and parcels.


def test_a_parcel_is_the_ciphertext_that_its_seal_names() -> None:
    letter = a_letter(SIDES)
    first, *rest = letter.tail.parcels
    parcels = (replace(first, ciphertext=first.ciphertext + b"\x00"), *rest)
    refused_with(ruled(SIDES, letter.with_tail(parcels=parcels)), "PARCEL_DIGEST")


def test_every_seal_has_its_parcel() -> None:
    letter = a_letter(SIDES)
    refused_with(ruled(SIDES, letter.with_tail(parcels=letter.tail.parcels[1:])), "PARCEL_MISSING")


def test_a_parcel_that_no_seal_asks_for_does_not_travel() -> None:
    letter = a_letter(SIDES)
    stowaway = replace(letter.tail.parcels[0], compartment="stowaway")
    refused_with(
        ruled(SIDES, letter.with_tail(parcels=(*letter.tail.parcels, stowaway))), "PARCEL_UNSEALED"
    )
    twice = (*letter.tail.parcels, letter.tail.parcels[0])
    refused_with(ruled(SIDES, letter.with_tail(parcels=twice)), "PARCEL_UNSEALED")


def test_a_compartment_is_sealed_once() -> None:
    letter = a_letter(SIDES)
    twice = resigned(SIDES, letter, seals=(*letter.signed.seals, letter.signed.seals[0]))
    refused_with(ruled(SIDES, twice), "SEALED_TWICE", "SLIP_OTHER_MESSAGE")


def test_a_seal_names_the_schema_of_its_compartment() -> None:
    letter = a_letter(SIDES)
    first, *rest = letter.signed.seals
    changed = resigned(SIDES, letter, seals=(replace(first, schema_id=first.schema_id + 1), *rest))
    refused_with(ruled(SIDES, changed), "SEAL_SCHEMA", "SLIP_OTHER_MESSAGE")


def sent_slip(letter: Letter) -> Part:
    assert letter.tail.slip is not None
    return letter.tail.slip


def sign_with(context: bytes, schema_id: int, body: bytes) -> Signature:
    signer = SIDES.signer("rs")
    return Signature(
        key_id=signer.key_id, value=signer.sign(signature_input(context, schema_id, body))
    )

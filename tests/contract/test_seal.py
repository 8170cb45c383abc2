"""A sealed compartment opens at its place, with its key, unchanged; and in no other way."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.envelope.errors import BadKeyError, SealRefusedError
from natcbus.envelope.seal import (
    TAG_BYTES,
    SealPlace,
    check_parcel,
    new_key,
    open_seal,
    seal,
)

PLACE = SealPlace("rs", "missing_person", "01939e7e-8400-7000-8000-000000000001", "identity")
KEY = bytes(range(32))
SEAL, CIPHERTEXT = seal(PLACE, 5, b"who the person is", KEY)
WORDS = st.text(st.characters(codec="ascii"), max_size=20)


def code_of(*opening: object) -> str:
    with pytest.raises(SealRefusedError) as caught:
        open_seal(*opening)  # type: ignore[arg-type]
    return caught.value.code


@given(WORDS, WORDS, WORDS, WORDS, st.binary(max_size=200), st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_at_its_place(
    sender: str, kind: str, message_id: str, compartment: str, plaintext: bytes, key: bytes
) -> None:
    place = SealPlace(sender, kind, message_id, compartment)
    sealed, ciphertext = seal(place, 5, plaintext, key)
    assert open_seal(place, sealed, ciphertext, key) == plaintext
    assert len(ciphertext) == len(plaintext) + TAG_BYTES


def test_the_sender_signs_digests_of_ciphertext_and_key_and_none_of_the_plaintext() -> None:
    assert SEAL.compartment == "identity"
    assert SEAL.schema_id == 5
    assert SEAL.ciphertext_sha256 == hashlib.sha256(CIPHERTEXT).digest()
    assert SEAL.key_commitment == hashlib.sha256(b"natcbus/1/commitment\0" + KEY).digest()


@given(st.integers(0, len(CIPHERTEXT) * 8 - 1))
def test_any_flipped_bit_of_the_parcel_is_refused(bit: int) -> None:
    assert code_of(PLACE, SEAL, flipped(CIPHERTEXT, bit), KEY) == "WRONG_PARCEL"


@given(st.integers(0, len(CIPHERTEXT) * 8 - 1))
def test_even_a_seal_that_names_the_changed_parcel_does_not_open(bit: int) -> None:
    changed = flipped(CIPHERTEXT, bit)
    lying = replace(SEAL, ciphertext_sha256=hashlib.sha256(changed).digest())
    assert code_of(PLACE, lying, changed, KEY) == "BAD_SEAL"


@given(st.integers(0, 255))
def test_any_flipped_bit_of_the_key_is_refused(bit: int) -> None:
    assert code_of(PLACE, SEAL, CIPHERTEXT, flipped(KEY, bit)) == "BAD_COMMITMENT"


@given(st.sampled_from(["sender", "type", "message_id"]), WORDS)
def test_a_parcel_opens_for_no_other_sender_type_or_message(field: str, other: str) -> None:
    place = replace(PLACE, **{field: other})
    assert place == PLACE or code_of(place, SEAL, CIPHERTEXT, KEY) == "BAD_SEAL"


def test_a_parcel_opens_in_no_other_compartment() -> None:
    place = replace(PLACE, compartment="recognition")
    assert code_of(place, SEAL, CIPHERTEXT, KEY) == "WRONG_COMPARTMENT"
    renamed = replace(SEAL, compartment="recognition")
    assert code_of(place, renamed, CIPHERTEXT, KEY) == "BAD_SEAL"


@given(WORDS, WORDS, st.integers(0, 3))
def test_moving_a_letter_from_one_name_to_the_next_makes_another_place(
    first: str, second: str, at: int
) -> None:
    joined = first + "a" + second
    one = SealPlace(joined[: at + 1], joined[at + 1 :], "m", "c")
    two = SealPlace(joined[:at], joined[at:], "m", "c")
    assert one == two or one.binding() != two.binding()


def test_the_parcel_can_be_checked_without_a_key() -> None:
    check_parcel(SEAL, CIPHERTEXT)
    with pytest.raises(SealRefusedError, match="WRONG_PARCEL"):
        check_parcel(SEAL, CIPHERTEXT + b"\0")


def test_a_second_key_that_happens_to_open_the_parcel_is_still_refused() -> None:
    other = new_key()
    forged, ciphertext = seal(PLACE, 5, b"another text", other)
    promised = replace(forged, key_commitment=SEAL.key_commitment)
    assert code_of(PLACE, promised, ciphertext, other) == "BAD_COMMITMENT"


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_a_key_has_32_bytes(size: int) -> None:
    with pytest.raises(BadKeyError):
        seal(PLACE, 5, b"", bytes(size))
    with pytest.raises(BadKeyError):
        open_seal(PLACE, SEAL, CIPHERTEXT, bytes(size))


def test_a_parcel_shorter_than_its_tag_is_refused() -> None:
    short = replace(SEAL, ciphertext_sha256=hashlib.sha256(b"x").digest())
    assert code_of(PLACE, short, b"x", KEY) == "BAD_SEAL"


def test_new_keys_differ() -> None:
    assert len({new_key() for _ in range(100)}) == 100
    assert len(new_key()) == 32


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)

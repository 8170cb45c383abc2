"""Bytes that are not a record of the contract are refused, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import (
    MAX_MESSAGE_BYTES,
    decode_message,
    decode_record,
    encode_record,
    frame,
    read_frame,
    schema_id_of,
    unframe,
)
from natcbus.contract.errors import DecodingError
from natcbus.contract.golden import golden_files
from natcbus.contract.types.hub import Grant, Slip

TYPE = load_catalogue().types["missing_person"]
GOLDEN = golden_files(TYPE)["message.bin"]


def refusal(value: bytes) -> str:
    with pytest.raises(DecodingError) as caught:
        decode_message(*read_frame(value))
    return caught.value.code


def assert_read_or_refused(value: bytes) -> None:
    """Either a message, or our own error: nothing else may come out of a decoder."""
    code = "READ"
    try:
        decode_message(*read_frame(value))
    except DecodingError as error:
        code = error.code
    assert code in {"READ", "NOT_THIS_SCHEMA", "TRAILING_BYTES"}


def test_a_record_is_framed_as_any_kafka_tool_expects() -> None:
    assert frame(0x01020304, b"body") == b"\x00\x01\x02\x03\x04body"
    assert unframe(b"\x00\x01\x02\x03\x04body") == (0x01020304, b"body")


def test_the_schema_id_is_out_of_the_way_of_other_registries() -> None:
    assert all(
        0x4000_0000 <= each.schema_id < 0x8000_0000 for each in load_catalogue().types.values()
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"", "NOT_FRAMED"),
        (b"\x00\x01", "NOT_FRAMED"),
        (b'{"type": "missing_person"}', "NOT_FRAMED"),
        (frame(7, b""), "UNKNOWN_SCHEMA"),
        (bytes(MAX_MESSAGE_BYTES + 1), "MESSAGE_TOO_LARGE"),
        (frame(TYPE.schema_id, b""), "NOT_THIS_SCHEMA"),
        (GOLDEN + b"\x00", "TRAILING_BYTES"),
        (GOLDEN[:-1], "NOT_THIS_SCHEMA"),
    ],
)
def test_a_refusal_says_what_is_wrong(value: bytes, code: str) -> None:
    assert refusal(value) == code


@given(st.data())
def test_damaged_records_raise_nothing_but_a_decoding_error(data: st.DataObject) -> None:
    value = bytearray(GOLDEN)
    for _ in range(data.draw(st.integers(1, 8))):
        value[data.draw(st.integers(5, len(value) - 1))] = data.draw(st.integers(0, 255))
    assert_read_or_refused(bytes(value[: data.draw(st.integers(5, len(value)))]))


@given(st.binary(max_size=400))
def test_garbage_behind_a_good_frame_raises_nothing_but_a_decoding_error(garbage: bytes) -> None:
    assert_read_or_refused(frame(TYPE.schema_id, garbage))


def test_records_of_the_hub_read_back() -> None:
    grant = Grant(
        signed_sha256=bytes(32),
        to="rs.spoc",
        compartments=("identity",),
        recipient_key_id="0" * 16,
        wrapped=b"w",
    )
    assert decode_record(Grant, encode_record(grant)) == grant
    assert schema_id_of(Grant) != schema_id_of(Slip)
    with pytest.raises(DecodingError):
        decode_record(Slip, encode_record(grant))

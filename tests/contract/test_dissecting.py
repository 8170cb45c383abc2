"""What a record is made of, byte by byte, and where it stops being what its frame says."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.catalogue import EventType, load_catalogue
from natcbus.contract.codec import (
    MAX_MESSAGE_BYTES,
    decode_message,
    frame,
    read_frame,
)
from natcbus.contract.dissecting import Difference, Dissection, dissect, shown_values
from natcbus.contract.errors import DecodingError
from natcbus.contract.golden import golden_files

TYPES: Final = load_catalogue().types
GOLDEN: Final = {name: golden_files(each)["message.bin"] for name, each in TYPES.items()}
MISSING: Final = GOLDEN["missing_person"]


def difference(value: bytes) -> Difference:
    found = dissect(value).difference
    assert found is not None
    return found


def place(dissection: Dissection, path: str, kind: str) -> int:
    return next(each.at for each in dissection.pieces if (each.path, each.kind) == (path, kind))


@pytest.mark.parametrize("event_type", TYPES.values(), ids=TYPES)
def test_a_message_is_read_whole_and_each_value_stands_where_it_says(event_type: EventType) -> None:
    value = GOLDEN[event_type.name]
    read = dissect(value)
    assert read.difference is None
    assert read.schema == event_type.message.name
    assert all(first.at <= second.at for first, second in pairwise(read.pieces))
    header = decode_message(*read_frame(value)).signed.header
    said = {each.path: each.text for each in shown_values(read)}
    assert said["/signed/header/message_id"] == header.message_id
    assert said["/signed/header/kind"] == header.kind.value
    assert said["/signed/header/handling/tlp"] == header.handling.tlp.value
    assert said["/signed/header/sent_at"][:10] == header.sent_at.date().isoformat()
    at = place(read, "/signed/header/message_id", "length") + 1
    assert value[at:].startswith(header.message_id.encode())


def test_no_content_of_a_byte_string_is_shown() -> None:
    parcels = decode_message(*read_frame(MISSING)).tail.parcels
    said = {each.path: each.text for each in dissect(MISSING).pieces if each.kind == "bytes"}
    for index, parcel in enumerate(parcels):
        assert said[f"/parcels/{index}/ciphertext"] == f"{len(parcel.ciphertext)} bytes"


@given(st.integers(0, len(MISSING) - 1))
def test_a_truncated_message_stops_where_it_ends(size: int) -> None:
    cut = MISSING[:size]
    found = difference(cut)
    assert found.at <= size
    assert dissect(cut).pieces == dissect(MISSING).pieces[: len(dissect(cut).pieces)]


def test_what_stands_behind_the_record_is_the_difference() -> None:
    found = difference(MISSING + b"abc")
    assert found == Difference(len(MISSING), "", "the end of the record", "3 more bytes")


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/signed/header/message_id", "length", "string: that many bytes (2147483647)"),
        ("/signed/header/kind", "enum", "a symbol of Kind, 0 to"),
        ("/slip", "branch", "a type of 0 to 1"),
    ],
)
def test_the_first_value_that_cannot_be_is_named(path: str, kind: str, expected: str) -> None:
    at = place(dissect(MISSING), path, kind)
    absurd = MISSING[:at] + b"\xfe\xff\xff\xff\x0f" + MISSING[at + 1 :]
    found = difference(absurd)
    assert found.path == path
    assert found.expected.startswith(expected)
    assert found.at in {at, at + 5}


def test_a_list_without_end_stops_at_the_end_of_the_bytes() -> None:
    at = place(dissect(MISSING), "/signed/header/addressing/desks", "count")
    absurd = MISSING[:at] + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f" + MISSING[at + 1 :]
    assert difference(absurd).path.startswith("/signed/header/addressing/desks/")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", "0x00"),
        (b"\x01" + MISSING[1:], "0x00"),
        (frame(7, MISSING[5:]), "the schema id of a message"),
        (bytes(MAX_MESSAGE_BYTES + 1), "at most 262144 bytes"),
    ],
)
def test_what_is_no_message_at_all_is_said_too(value: bytes, expected: str) -> None:
    assert dissect(value).pieces == ()
    assert difference(value).expected.startswith(expected)


@given(st.binary(max_size=400), st.integers(5, len(MISSING)))
def test_any_bytes_are_read_as_far_as_the_codec_would_read_them(tail: bytes, keep: int) -> None:
    value = MISSING[:keep] + tail
    read = dissect(value)
    try:
        decode_message(*read_frame(value))
    except DecodingError:
        return
    assert read.difference is None

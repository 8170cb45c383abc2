"""What a schema allows survives every form it takes: native, Avro, JSON, typed."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import (
    Signed,
    Tail,
    decode_compartment,
    decode_message,
    encode_compartment,
    encode_signed,
    encode_tail,
)
from natcbus.contract.problems import Problem
from natcbus.contract.rules import compartment_shape, header_shape, open_shape
from natcbus.contract.types.core import Header, Parcel, Part, Signature
from tests.support.natives import natives

TYPES = load_catalogue().types
COMPARTMENTS = [(event, name) for event, each in TYPES.items() for name in each.compartments]


@pytest.mark.parametrize(("event", "name"), COMPARTMENTS)
@given(data=st.data())
def test_a_compartment_reads_back_as_it_was_written(
    event: str, name: str, data: st.DataObject
) -> None:
    shape = compartment_shape(TYPES[event], name)
    content = data.draw(natives(shape))
    assert isinstance(content, dict)

    assert (
        decode_compartment(TYPES[event], name, encode_compartment(TYPES[event], name, content))
        == content
    )

    problems: list[Problem] = []
    assert shape.read(shape.write(content), "", problems) == content
    shape.check(content, "", problems)
    assert problems == []


@pytest.mark.parametrize("event", TYPES)
@given(data=st.data())
def test_a_message_reads_back_and_its_signed_bytes_are_a_prefix(
    event: str, data: st.DataObject
) -> None:
    header = Header.from_native(data.draw(natives(header_shape(TYPES[event]))))  # type: ignore[arg-type]
    open_part = data.draw(natives(open_shape(TYPES[event])))
    assert isinstance(open_part, dict)
    part = Part(schema_id=1, body=b"body", signature=Signature(key_id="0" * 16, value=bytes(64)))
    signed = Signed(header, open_part, ())
    tail = Tail(
        part.signature, part, (Parcel(compartment="identity", ciphertext=b"x"),), (part, part), None
    )

    prefix = encode_signed(TYPES[event], signed)
    message = decode_message(TYPES[event], prefix + encode_tail(TYPES[event], tail))

    assert (message.signed, message.signed_bytes, message.tail) == (signed, prefix, tail)


@pytest.mark.parametrize("event", TYPES)
@given(data=st.data())
def test_the_generated_types_hold_what_the_codec_holds(event: str, data: st.DataObject) -> None:
    module = importlib.import_module(f"natcbus.contract.types.{event}")
    open_part = data.draw(natives(open_shape(TYPES[event])))

    assert module.Open.from_native(open_part).to_native() == open_part

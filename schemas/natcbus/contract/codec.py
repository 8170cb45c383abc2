"""Bytes and back: Confluent framing around Avro, with limits, and no byte left over.

A message is read in two steps. Its first field, ``signed``, is read with a schema of its own, and
the bytes it took are kept: they are what the sender signed. The tail is read and written apart, so
nobody who narrows a message ever encodes those bytes again.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Final, Protocol, Self, TypeVar

import fastavro

from natcbus.contract.catalogue import Catalogue, EventType, load_catalogue
from natcbus.contract.errors import DecodingError
from natcbus.contract.schema import Schema
from natcbus.contract.types.core import Header, Native, Parcel, Part, Seal, Signature

MAX_MESSAGE_BYTES: Final = 262_144
"""The largest framed message: a photograph of 128 kB, its case, and grants for every desk fit."""
_FRAME: Final = struct.Struct(">BI")
_MAGIC: Final = 0


class _Record(Protocol):
    @classmethod
    def from_native(cls, native: Native) -> Self: ...
    def to_native(self) -> Native: ...


R = TypeVar("R", bound=_Record)


@dataclass(frozen=True, slots=True)
class Signed:
    """What the sender signs. ``open`` is the open part in the codec's native form."""

    header: Header
    open: Native
    seals: tuple[Seal, ...]


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows the signed bytes: the hub narrows this part and nothing else."""

    signature: Signature
    slip: Part | None
    parcels: tuple[Parcel, ...]
    grants: tuple[Part, ...]
    relay: Part | None


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message; ``signed_bytes`` are the exact bytes that were signed."""

    signed: Signed
    signed_bytes: bytes
    tail: Tail


def frame(schema_id: int, body: bytes) -> bytes:
    """``body`` behind the Confluent frame: a zero byte and the schema id, big endian."""
    return _FRAME.pack(_MAGIC, schema_id) + body


def unframe(value: bytes) -> tuple[int, bytes]:
    """Schema id and body of a framed record.

    Raises
    ------
    DecodingError
        NOT_FRAMED.
    """
    if len(value) < _FRAME.size or value[0] != _MAGIC:
        raise DecodingError("NOT_FRAMED", "expected 0x00, a 4-byte schema id and an Avro body")
    _, schema_id = _FRAME.unpack_from(value)
    return schema_id, value[_FRAME.size :]


def read_frame(value: bytes, catalogue: Catalogue | None = None) -> tuple[EventType, bytes]:
    """Event type and body of a framed message.

    ``catalogue`` is the package's own where it is not given; it may know more versions.

    Raises
    ------
    DecodingError
        MESSAGE_TOO_LARGE, NOT_FRAMED or UNKNOWN_SCHEMA.
    """
    if len(value) > MAX_MESSAGE_BYTES:
        raise DecodingError(
            "MESSAGE_TOO_LARGE", f"{len(value)} bytes; at most {MAX_MESSAGE_BYTES} are allowed"
        )
    schema_id, body = unframe(value)
    event_type = (catalogue or load_catalogue()).by_schema_id(schema_id)
    if event_type is None:
        raise DecodingError(
            "UNKNOWN_SCHEMA", f"schema id {schema_id} is no message of this contract"
        )
    return event_type, body


def encode_signed(event_type: EventType, signed: Signed) -> bytes:
    """The bytes to sign."""
    return _encode(
        event_type.signed,
        {
            "header": signed.header.to_native(),
            "open": signed.open,
            "seals": [seal.to_native() for seal in signed.seals],
        },
    )


def encode_tail(event_type: EventType, tail: Tail) -> bytes:
    """What to write behind the signed bytes."""
    return _encode(
        event_type.tail,
        {
            "signature": tail.signature.to_native(),
            "slip": None if tail.slip is None else tail.slip.to_native(),
            "parcels": [parcel.to_native() for parcel in tail.parcels],
            "grants": [grant.to_native() for grant in tail.grants],
            "relay": None if tail.relay is None else tail.relay.to_native(),
        },
        # Whoever narrows a newer minor leaves what only that knows at its default.
        allow_default=True,
    )


def decode_message(event_type: EventType, body: bytes) -> Message:
    """A message body, whole.

    Raises
    ------
    DecodingError
        NOT_THIS_SCHEMA or TRAILING_BYTES.
    """
    stream = BytesIO(body)
    known = event_type.read_as or event_type
    first = _read(stream, event_type.signed, known.signed)
    split = stream.tell()
    rest = _read(stream, event_type.tail, known.tail)
    _refuse_rest(stream, body)
    try:
        signed = Signed(
            Header.from_native(first["header"]),
            first["open"],
            tuple(map(Seal.from_native, first["seals"])),
        )
        tail = Tail(
            Signature.from_native(rest["signature"]),
            None if rest["slip"] is None else Part.from_native(rest["slip"]),
            tuple(map(Parcel.from_native, rest["parcels"])),
            tuple(map(Part.from_native, rest["grants"])),
            None if rest["relay"] is None else Part.from_native(rest["relay"]),
        )
    except ValueError as error:
        text = f"{event_type.message.name}: {type(error).__name__}"
        raise DecodingError("NOT_THIS_SCHEMA", text) from None
    return Message(signed, body[:split], tail)


def encode_compartment(event_type: EventType, name: str, content: Native) -> bytes:
    """The plaintext of a compartment."""
    return _encode(event_type.compartments[name].schema, content)


def decode_compartment(event_type: EventType, name: str, plaintext: bytes) -> Native:
    """The content of a compartment in native form.

    Raises
    ------
    DecodingError
        NOT_THIS_SCHEMA or TRAILING_BYTES.
    """
    written = event_type.compartments[name].schema
    known = (event_type.read_as or event_type).compartments.get(name)
    return _decode(written, plaintext, written if known is None else known.schema)


def schema_id_of(kind: type[_Record]) -> int:
    """The schema id of a fixed record of the hub."""
    return _hub_schema(kind.__name__).id


def encode_record(record: _Record) -> bytes:
    """The body of a fixed record of the hub, unframed."""
    return _encode(_hub_schema(type(record).__name__), record.to_native())


def decode_record(kind: type[R], body: bytes) -> R:
    """A fixed record of the hub from its unframed body.

    Raises
    ------
    DecodingError
        NOT_THIS_SCHEMA or TRAILING_BYTES.
    """
    schema = _hub_schema(kind.__name__)
    native = _decode(schema, body, schema)
    try:
        return kind.from_native(native)
    except ValueError as error:
        text = f"the bytes do not follow {schema.name} ({type(error).__name__})"
        raise DecodingError("NOT_THIS_SCHEMA", text) from None


@cache
def _hub_schema(name: str) -> Schema:
    return load_catalogue().hub[name]


def _encode(schema: Schema, native: Native, *, allow_default: bool = False) -> bytes:
    stream = BytesIO()
    fastavro.schemaless_writer(
        stream,
        schema.parsed,  # type: ignore[arg-type]
        native,
        strict=not allow_default,
        strict_allow_default=allow_default,
    )
    return stream.getvalue()


def _decode(written: Schema, body: bytes, known: Schema) -> Native:
    stream = BytesIO(body)
    native = _read(stream, written, known)
    _refuse_rest(stream, body)
    return native


def _read(stream: BytesIO, written: Schema, known: Schema) -> Native:
    """What was written under one version, in the shape of the version that is known here."""
    reader = None if written is known else known.parsed
    try:
        native = fastavro.schemaless_reader(stream, written.parsed, reader)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - see below
        # Hostile bytes make the library raise EOFError, IndexError, OverflowError and more, and the
        # texts of some quote what was read: of a person, perhaps.
        text = f"the bytes do not follow {written.name} ({type(error).__name__})"
        raise DecodingError("NOT_THIS_SCHEMA", text) from None
    if not isinstance(native, dict):
        raise DecodingError("NOT_THIS_SCHEMA", f"{written.name} is a record")
    return native


def _refuse_rest(stream: BytesIO, body: bytes) -> None:
    if stream.tell() != len(body):
        raise DecodingError(
            "TRAILING_BYTES", f"{len(body) - stream.tell()} bytes follow the record"
        )

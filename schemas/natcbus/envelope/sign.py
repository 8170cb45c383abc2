"""Signing: the message itself, and the parts that travel beside it.

What is signed is always ``context 0x00 schema-id bytes``: the context says what kind of thing it
is, so that a signature over one kind never holds for another, and the bytes are those that travel.
Nothing is encoded again in order to verify it.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from natcbus.contract.codec import decode_record, encode_record, schema_id_of
from natcbus.contract.errors import DecodingError
from natcbus.contract.types.core import Part, Signature
from natcbus.contract.types.hub import Grant, Relay, Slip
from natcbus.envelope.errors import PartRefusedError, SignatureRefusedError
from natcbus.envelope.keys import SigningKey, VerifyKey

MESSAGE_CONTEXT: Final = b"natcbus/1/message"
CERTIFICATE_CONTEXT: Final = b"natcbus/1/certificate"

_SCHEMA_ID: Final = struct.Struct(">I")
_MAX_SCHEMA_ID: Final = 2**31 - 1

R = TypeVar("R", Slip, Grant, Relay)


@dataclass(frozen=True, slots=True)
class PartKind(Generic[R]):
    """A kind of part: the context of its signature, and the record in its body."""

    context: bytes
    record: type[R]

    @property
    def name(self) -> str:
        """``slip``, ``grant`` or ``relay``."""
        return self.record.__name__.lower()


SLIP: Final = PartKind(b"natcbus/1/slip", Slip)
"""By the sender, for the hub."""
GRANT: Final = PartKind(b"natcbus/1/grant", Grant)
"""By the sender, for one desk or for its own member."""
RELAY: Final = PartKind(b"natcbus/1/relay", Relay)
"""By the hub, for one desk."""


def signature_input(context: bytes, schema_id: int, body: bytes) -> bytes:
    """The bytes under a signature; ``schema_id`` is 0 where the body is no Avro record."""
    return context + b"\x00" + _SCHEMA_ID.pack(schema_id) + body


def signed_sha256(signed_bytes: bytes) -> bytes:
    """By what slip, grants and relay name their message: SHA-256 of the exact signed bytes."""
    return hashlib.sha256(signed_bytes).digest()


def sign_message(schema_id: int, signed_bytes: bytes, signer: SigningKey) -> Signature:
    """The main signature: over the exact bytes of the message's first field.

    Parameters
    ----------
    schema_id
        Of the frame.
    signed_bytes
        The encoded field ``signed``, which is a prefix of the message's body.
    signer
        The signing key of the sending member.
    """
    return _signature(MESSAGE_CONTEXT, schema_id, signed_bytes, signer)


def verify_message(
    schema_id: int, signed_bytes: bytes, signature: Signature, key: VerifyKey
) -> None:
    """Refuses a message that the owner of ``key`` did not sign.

    Raises
    ------
    SignatureRefusedError
        WRONG_KEY or BAD_SIGNATURE.
    """
    _verify("message", MESSAGE_CONTEXT, schema_id, signed_bytes, signature, key)


def make_part(kind: PartKind[R], record: R, signer: SigningKey) -> Part:
    """``record`` encoded once and signed as ``kind``."""
    schema_id, body = schema_id_of(kind.record), encode_record(record)
    return Part(
        schema_id=schema_id,
        body=body,
        signature=_signature(kind.context, schema_id, body, signer),
    )


def verify_part(kind: PartKind[R], part: Part, key: VerifyKey) -> R:
    """The record of a part that the owner of ``key`` signed as ``kind``.

    Whether it belongs to this message, and to this desk, is for the caller to compare.

    Raises
    ------
    SignatureRefusedError
        WRONG_KEY or BAD_SIGNATURE.
    PartRefusedError
        Signed, and still no record that this version can read.
    """
    _verify(kind.name, kind.context, part.schema_id, part.body, part.signature, key)
    return read_part(kind, part)


def read_part(kind: PartKind[R], part: Part) -> R:
    """The record of a part **without** a look at its signature, to find one's own among many.

    Raises
    ------
    PartRefusedError
        Another schema, or bytes that do not follow it.
    """
    if part.schema_id != schema_id_of(kind.record):
        raise PartRefusedError.unreadable(kind.name, f"schema id {part.schema_id} is another")
    try:
        return decode_record(kind.record, part.body)
    except DecodingError as error:
        raise PartRefusedError.unreadable(kind.name, error.code) from error


def _signature(context: bytes, schema_id: int, body: bytes, signer: SigningKey) -> Signature:
    value = signer.sign(signature_input(context, schema_id, body))
    return Signature(key_id=signer.key_id, value=value)


def _verify(
    what: str, context: bytes, schema_id: int, body: bytes, signature: Signature, key: VerifyKey
) -> None:
    if signature.key_id != key.key_id:
        raise SignatureRefusedError.other_key(signature.key_id, key.key_id)
    # Codecs read an Avro int as up to 64 bits with a sign; what is no schema id was never signed.
    if not 0 <= schema_id <= _MAX_SCHEMA_ID or not key.verifies(
        signature.value, signature_input(context, schema_id, body)
    ):
        raise SignatureRefusedError.not_over_these_bytes(what)

"""Sealing: one compartment, one fresh key, one ciphertext, bound to the place where it belongs.

AES-256-GCM. Every key seals one compartment of one message and nothing else, so the nonce can be
twelve zero bytes. AES-GCM does not bind its key: the commitment does, so that nobody can be shown
another text under another key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from natcbus.contract.types.core import Seal
from natcbus.envelope.errors import BadKeyError, SealRefusedError
from natcbus.envelope.lengths import length_prefixed

KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
"""By which a ciphertext is longer than its plaintext."""

_CONTEXT: Final = b"natcbus/1/seal"
_COMMITMENT: Final = b"natcbus/1/commitment\x00"
_NONCE: Final = bytes(12)


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where a compartment belongs: it opens nowhere else.

    Attributes
    ----------
    sender
        The sending member.
    type
        The event type.
    message_id
        The message.
    compartment
        Its name in the event type.
    """

    sender: str
    type: str
    message_id: str
    compartment: str

    def binding(self) -> bytes:
        """The additional authenticated data."""
        return length_prefixed(_CONTEXT, self.sender, self.type, self.message_id, self.compartment)


def new_key() -> bytes:
    """A key for one compartment of one message; a second use would reveal both texts."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def commitment(key: bytes) -> bytes:
    """What the sender signs about a key: 32 bytes that fit this key alone and do not tell it."""
    return hashlib.sha256(_COMMITMENT + key).digest()


def seal(place: SealPlace, schema_id: int, plaintext: bytes, key: bytes) -> tuple[Seal, bytes]:
    """Seals a compartment.

    Parameters
    ----------
    place
        Where it belongs.
    schema_id
        Of the plaintext.
    plaintext
        The encoded compartment.
    key
        From :func:`new_key`, for this call and no other.

    Returns
    -------
    Seal
        What the sender signs.
    bytes
        The ciphertext, which travels as a parcel.

    Raises
    ------
    BadKeyError
        The key is not 32 bytes.
    """
    ciphertext = _cipher(key).encrypt(_NONCE, plaintext, place.binding())
    digest = hashlib.sha256(ciphertext).digest()
    return (
        Seal(
            compartment=place.compartment,
            schema_id=schema_id,
            ciphertext_sha256=digest,
            key_commitment=commitment(key),
        ),
        ciphertext,
    )


def check_parcel(seal: Seal, ciphertext: bytes) -> None:
    """Refuses a ciphertext that the sender did not sign for; needs no key.

    Raises
    ------
    SealRefusedError
        WRONG_PARCEL.
    """
    if hashlib.sha256(ciphertext).digest() != seal.ciphertext_sha256:
        raise SealRefusedError.other_parcel(seal.compartment)


def open_seal(place: SealPlace, seal: Seal, ciphertext: bytes, key: bytes) -> bytes:
    """The plaintext of a compartment whose seal was signed by its sender.

    Raises
    ------
    SealRefusedError
        WRONG_COMPARTMENT, WRONG_PARCEL, BAD_COMMITMENT or BAD_SEAL.
    BadKeyError
        The key is not 32 bytes.
    """
    if seal.compartment != place.compartment:
        raise SealRefusedError.other_compartment(seal.compartment, place.compartment)
    check_parcel(seal, ciphertext)
    cipher = _cipher(key)
    if commitment(key) != seal.key_commitment:
        raise SealRefusedError.other_key(seal.compartment)
    try:
        return cipher.decrypt(_NONCE, ciphertext, place.binding())
    except (InvalidTag, ValueError) as error:
        raise SealRefusedError.does_not_open(seal.compartment) from error


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise BadKeyError(f"a compartment key of {KEY_BYTES} bytes")
    return AESGCM(key)

"""Granting: the keys of some compartments for one desk, proved to be meant for it by its sender.

The keys are wrapped together with HPKE (RFC 9180 base mode: X25519, HKDF-SHA256, AES-256-GCM),
bound to the message, to the party and to its key. The grant is a signed part. The hub narrows a
delivery by withholding parcels, so a grant may hold keys whose parcels never arrive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from natcbus.contract.formats import FORMATS
from natcbus.contract.types.core import Part
from natcbus.contract.types.hub import Grant
from natcbus.envelope.errors import PartRefusedError
from natcbus.envelope.keys import WRAP_OVERHEAD, SealedTo, SealingKey, SigningKey, VerifyKey
from natcbus.envelope.lengths import length_prefixed
from natcbus.envelope.seal import KEY_BYTES
from natcbus.envelope.sign import GRANT, make_part, read_part, verify_part

MAX_COMPARTMENTS: Final = 16

_CONTEXT: Final = b"natcbus/1/grant-wrap"
_FINGERPRINT: Final = b"natcbus/1/grant-fingerprint"


def make_grant(
    signed_sha256: bytes,
    to: str,
    keys: Mapping[str, bytes],
    recipient: SealedTo,
    signer: SigningKey,
) -> Part:
    """A grant of ``keys`` to ``to``; without keys it is a notice.

    Parameters
    ----------
    signed_sha256
        Of the message's signed bytes.
    to
        A desk, or the sending member itself.
    keys
        Compartment name to its 32-byte key.
    recipient
        The public key of ``to``.
    signer
        The signing key of the sending member.

    Raises
    ------
    PartRefusedError
        BAD_GRANT: a name, a key or their number is out of bounds, or two compartments share a
        key.
    """
    compartments = tuple(sorted(keys))
    _check_keys(keys)
    wrapped = b""
    if compartments:
        together = b"".join(keys[name] for name in compartments)
        wrapped = recipient.wrap(together, _info(signed_sha256, to, recipient.key_id))
    grant = Grant(
        signed_sha256=signed_sha256,
        to=to,
        compartments=compartments,
        recipient_key_id=recipient.key_id,
        wrapped=wrapped,
    )
    _check_form(grant)
    return make_part(GRANT, grant, signer)


def read_grant(part: Part) -> Grant:
    """What a grant says of itself, **without** a look at its signature.

    The hub finds the grant of a desk by it, and a desk its own.

    Raises
    ------
    PartRefusedError
        BAD_PART or BAD_GRANT.
    """
    grant = read_part(GRANT, part)
    _check_form(grant)
    return grant


def grant_fingerprint(part: Part) -> bytes:
    """By what a slip names a grant: SHA-256 over its body, key id and signature.

    The slip's signature covers the fingerprints, so the hub need not verify each grant again.
    """
    signature = part.signature
    return hashlib.sha256(
        length_prefixed(_FINGERPRINT, part.body, signature.key_id, signature.value)
    ).digest()


def open_grant(
    part: Part, *, signed_sha256: bytes, to: str, key: SealingKey, sender: VerifyKey
) -> dict[str, bytes]:
    """The keys that the sender of this message meant for this party, by compartment.

    Parameters
    ----------
    part
        The grant.
    signed_sha256
        Of the signed bytes that it came with.
    to
        The desk or member that is reading.
    key
        Its private key.
    sender
        The verified sender's signing key.

    Raises
    ------
    SignatureRefusedError
        WRONG_KEY or BAD_SIGNATURE.
    PartRefusedError
        BAD_PART, BAD_GRANT, NOT_FOR_THIS_MESSAGE, NOT_FOR_THIS_DESK or NOT_FOR_THIS_KEY.
    """
    grant = verify_part(GRANT, part, sender)
    _check_form(grant)
    _check_meant(grant, signed_sha256, to, key)
    if not grant.compartments:
        return {}
    together = key.unwrap(grant.wrapped, _info(signed_sha256, to, key.key_id))
    if together is None:
        raise PartRefusedError.bad_grant("the keys do not unwrap: ask the sender for a new grant")
    pieces = (together[at : at + KEY_BYTES] for at in range(0, len(together), KEY_BYTES))
    return dict(zip(grant.compartments, pieces, strict=True))


def _info(signed_sha256: bytes, to: str, recipient_key_id: str) -> bytes:
    return length_prefixed(_CONTEXT, signed_sha256, to, recipient_key_id)


def _check_keys(keys: Mapping[str, bytes]) -> None:
    if any(len(key) != KEY_BYTES for key in keys.values()):
        raise PartRefusedError.bad_grant(f"a compartment key has {KEY_BYTES} bytes")
    # Every key is used with the same nonce: shared by two compartments it would reveal both.
    if len(set(keys.values())) != len(keys):
        raise PartRefusedError.bad_grant("two compartments share a key: seal each with its own")


def _check_form(grant: Grant) -> None:
    names = grant.compartments
    if len(names) > MAX_COMPARTMENTS:
        raise PartRefusedError.bad_grant(f"{len(names)} compartments, at most {MAX_COMPARTMENTS}")
    if list(names) != sorted(set(names)) or not all(map(FORMATS["compartment"].accepts, names)):
        raise PartRefusedError.bad_grant("compartments are named once each, in order")
    if not FORMATS["party"].accepts(grant.to):
        raise PartRefusedError.bad_grant("a grant is for a desk or a member")
    if not FORMATS["key_id"].accepts(grant.recipient_key_id):
        raise PartRefusedError.bad_grant("the recipient's key id is 16 hexadecimal digits")
    expected = WRAP_OVERHEAD + KEY_BYTES * len(names) if names else 0
    if len(grant.wrapped) != expected:
        raise PartRefusedError.bad_grant(
            f"{len(grant.wrapped)} wrapped bytes for {len(names)} compartments, expected {expected}"
        )


def _check_meant(grant: Grant, signed_sha256: bytes, to: str, key: SealingKey) -> None:
    if grant.signed_sha256 != signed_sha256:
        raise PartRefusedError.other_message("grant")
    if grant.to != to:
        raise PartRefusedError.other_party("grant", grant.to, to)
    if grant.recipient_key_id != key.key_id:
        raise PartRefusedError.other_key(grant.recipient_key_id, key.key_id)

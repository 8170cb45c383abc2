"""HPKE base mode written out from RFC 9180, for one message and without AAD.

A second implementation beside the library's: it shows that ``docs/wire.md`` says enough, and with a
given ephemeral key it makes vectors that do not change.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEM: Final = b"KEM" + (0x0020).to_bytes(2, "big")
_HPKE: Final = b"HPKE" + b"".join(each.to_bytes(2, "big") for each in (0x0020, 0x0001, 0x0002))
_BASE_MODE: Final = b"\x00"


def wrap(plaintext: bytes, recipient: bytes, info: bytes, ephemeral: bytes) -> bytes:
    """Encapsulated key, then ciphertext; keys are raw, ``ephemeral`` is the private one to use."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    encapsulated = private.public_key().public_bytes_raw()
    secret = private.exchange(X25519PublicKey.from_public_bytes(recipient))
    key, nonce = _schedule(_shared(secret, encapsulated + recipient), info)
    return encapsulated + AESGCM(key).encrypt(nonce, plaintext, b"")


def unwrap(wrapped: bytes, recipient: bytes, info: bytes) -> bytes:
    """The plaintext; ``recipient`` is the raw private key."""
    private = X25519PrivateKey.from_private_bytes(recipient)
    encapsulated, ciphertext = wrapped[:32], wrapped[32:]
    secret = private.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    context = encapsulated + private.public_key().public_bytes_raw()
    key, nonce = _schedule(_shared(secret, context), info)
    return AESGCM(key).decrypt(nonce, ciphertext, b"")


def _shared(secret: bytes, context: bytes) -> bytes:
    extracted = _extract(_KEM, b"", b"eae_prk", secret)
    return _expand(_KEM, extracted, b"shared_secret", context, 32)


def _schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    no_psk = _extract(_HPKE, b"", b"psk_id_hash", b"")
    context = _BASE_MODE + no_psk + _extract(_HPKE, b"", b"info_hash", info)
    secret = _extract(_HPKE, shared, b"secret", b"")
    return (
        _expand(_HPKE, secret, b"key", context, 32),
        _expand(_HPKE, secret, b"base_nonce", context, 12),
    )


def _extract(suite: bytes, salt: bytes, label: bytes, keying: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + keying, hashlib.sha256)


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    # One block of HKDF is enough: nothing here is longer than a SHA-256.
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labelled + b"\x01", hashlib.sha256)[:length]

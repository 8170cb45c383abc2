"""Keys: Ed25519 to sign with, X25519 to wrap for. No files: whoever keeps keys has the files.

A public key is 32 bytes, base64 in JSON. A private key is PKCS8 in PEM. The id of a key is the
beginning of the SHA-256 of the public key; it tells keys apart and proves nothing.

What the cryptography library raises about keys, signatures and wrapped texts ends here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self, TypeVar

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from natcbus.envelope.errors import BadKeyError

KEY_BYTES: Final = 32
"""Of a raw key of either kind."""
WRAP_OVERHEAD: Final = 32 + 16
"""Bytes that wrapping adds: the encapsulated key and the authentication tag."""

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

_FIELD: Final = 2**255 - 19
_ORDER_EIGHT: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# Under a key of small order one signature fits many messages: its owner could deny what it signed.
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _ORDER_EIGHT, _FIELD - _ORDER_EIGHT})

_Private = TypeVar("_Private", Ed25519PrivateKey, X25519PrivateKey)


def key_id_of(raw: bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a raw public key."""
    return hashlib.sha256(raw).hexdigest()[:16]


def raw_from_base64(text: str) -> bytes:
    """A raw public key from its one base64 form (standard alphabet, padded).

    Raises
    ------
    BadKeyError
        Not 32 bytes, or another spelling of them.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKeyError("32 bytes in base64") from error
    if len(raw) != KEY_BYTES or base64.b64encode(raw).decode() != text:
        raise BadKeyError("32 bytes in base64, padded, spelt in the one standard way")
    return raw


@dataclass(frozen=True, slots=True)
class _Public:
    """A raw public key and its id."""

    raw: bytes = field(repr=False)
    key_id: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise BadKeyError(f"{KEY_BYTES} bytes")
        object.__setattr__(self, "key_id", key_id_of(self.raw))

    @classmethod
    def from_base64(cls, text: str) -> Self:
        """The key of its base64 form.

        Raises
        ------
        BadKeyError
            Not 32 bytes in base64, or a key that is unsafe to use.
        """
        return cls(raw_from_base64(text))

    def to_base64(self) -> str:
        """The form in JSON."""
        return base64.b64encode(self.raw).decode()


@dataclass(frozen=True, slots=True)
class VerifyKey(_Public):
    """The public half of a key that signs.

    Raises
    ------
    BadKeyError
        Not 32 bytes, not the canonical form of a point, or a point of small order.
    """

    def __post_init__(self) -> None:
        _Public.__post_init__(self)
        y = int.from_bytes(self.raw, "little") & (1 << 255) - 1
        if y >= _FIELD or y in _SMALL_ORDER:
            raise BadKeyError("an Ed25519 public key of full order")

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether ``signature`` (64 bytes) was made over ``data`` with the private half."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SealedTo(_Public):
    """The public half of a key that opens: what something is wrapped for.

    Raises
    ------
    BadKeyError
        Not 32 bytes, or a point of small order, for which everybody could open.
    """

    def __post_init__(self) -> None:
        _Public.__post_init__(self)
        try:
            _PROBE.exchange(X25519PublicKey.from_public_bytes(self.raw))
        except ValueError as error:
            raise BadKeyError("an X25519 public key of full order") from error

    def wrap(self, plaintext: bytes, info: bytes) -> bytes:
        """HPKE (RFC 9180 base mode, one message, no AAD): encapsulated key, then ciphertext."""
        return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(self.raw), info)


_PROBE: Final = X25519PrivateKey.from_private_bytes(bytes(range(KEY_BYTES)))


class SigningKey:
    """A private key that signs (Ed25519, RFC 8032)."""

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public: Final = VerifyKey(private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """The key of its 32 private bytes.

        Raises
        ------
        BadKeyError
            Not 32 bytes.
        """
        return cls(_from_raw(Ed25519PrivateKey.from_private_bytes, raw))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key of a PEM text (PKCS8, not encrypted).

        Raises
        ------
        BadKeyError
            Anything else.
        """
        private = _load_pem(pem)
        if not isinstance(private, Ed25519PrivateKey):
            raise BadKeyError("an Ed25519 private key in PEM (PKCS8, not encrypted)")
        return cls(private)

    @property
    def key_id(self) -> str:
        """The id of the public half."""
        return self.public.key_id

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(data)

    def to_pem(self) -> bytes:
        """PKCS8, not encrypted: keep it in a file that only its owner can read."""
        return _to_pem(self._private)

    def __repr__(self) -> str:
        return f"SigningKey(key_id={self.key_id!r})"


class SealingKey:
    """A private key that opens what was wrapped for it (X25519, RFC 7748)."""

    __slots__ = ("_private", "public")

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self.public: Final = SealedTo(private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """The key of its 32 private bytes.

        Raises
        ------
        BadKeyError
            Not 32 bytes.
        """
        return cls(_from_raw(X25519PrivateKey.from_private_bytes, raw))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key of a PEM text (PKCS8, not encrypted).

        Raises
        ------
        BadKeyError
            Anything else.
        """
        private = _load_pem(pem)
        if not isinstance(private, X25519PrivateKey):
            raise BadKeyError("an X25519 private key in PEM (PKCS8, not encrypted)")
        return cls(private)

    @property
    def key_id(self) -> str:
        """The id of the public half."""
        return self.public.key_id

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes | None:
        """What was wrapped for this key under ``info``, or None if this was not."""
        try:
            return _SUITE.decrypt(wrapped, self._private, info)
        except (InvalidTag, ValueError):
            return None

    def to_pem(self) -> bytes:
        """PKCS8, not encrypted: keep it in a file that only its owner can read."""
        return _to_pem(self._private)

    def __repr__(self) -> str:
        return f"SealingKey(key_id={self.key_id!r})"


def _from_raw(load: Callable[[bytes], _Private], raw: bytes) -> _Private:
    try:
        return load(raw)
    except ValueError as error:
        raise BadKeyError(f"{KEY_BYTES} private bytes") from error


def _load_pem(pem: bytes) -> object:
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _to_pem(private: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

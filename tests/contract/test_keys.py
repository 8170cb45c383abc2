"""Keys survive every form they are stored in, and nothing else is taken for a key."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from natcbus.envelope.errors import BadKeyError
from natcbus.envelope.keys import SealedTo, SealingKey, SigningKey, VerifyKey

RAW = st.binary(min_size=32, max_size=32)
FIELD = 2**255 - 19
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD


@given(RAW)
def test_a_signing_key_comes_back_from_pem_and_its_public_half_from_json(raw: bytes) -> None:
    key = SigningKey.from_raw(raw)
    again = SigningKey.from_pem(key.to_pem())
    assert again.public == key.public == VerifyKey.from_base64(key.public.to_base64())
    assert again.key_id == key.key_id == hashlib.sha256(key.public.raw).hexdigest()[:16]
    assert again.sign(b"x") == key.sign(b"x")


@given(RAW)
def test_a_sealing_key_comes_back_from_pem_and_its_public_half_from_json(raw: bytes) -> None:
    key = SealingKey.from_raw(raw)
    again = SealingKey.from_pem(key.to_pem())
    assert again.public == key.public == SealedTo.from_base64(key.public.to_base64())
    assert again.unwrap(key.public.wrap(b"text", b"info"), b"info") == b"text"


@given(RAW, st.binary(max_size=64), st.binary(max_size=64))
def test_a_signature_holds_for_what_was_signed_and_for_nothing_else(
    raw: bytes, data: bytes, other: bytes
) -> None:
    key = SigningKey.from_raw(raw)
    signature = key.sign(data)
    assert key.public.verifies(signature, data)
    assert key.public.verifies(signature, other) is (other == data)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_what_is_no_signature_is_refused_without_an_exception(signature: bytes) -> None:
    assert SigningKey.generate().public.verifies(signature, b"data") is False


@given(st.binary(max_size=200))
def test_what_was_not_wrapped_opens_for_nobody(wrapped: bytes) -> None:
    assert SealingKey.from_raw(bytes(range(32))).unwrap(wrapped, b"") is None


def test_what_was_wrapped_opens_for_its_key_and_its_info_alone() -> None:
    mine, other = SealingKey.generate(), SealingKey.generate()
    wrapped = mine.public.wrap(b"text", b"info")
    assert mine.unwrap(wrapped, b"info") == b"text"
    assert mine.unwrap(wrapped, b"another info") is None
    assert other.unwrap(wrapped, b"info") is None


def test_wrapping_twice_gives_different_bytes() -> None:
    key = SealingKey.generate().public
    assert key.wrap(b"text", b"info") != key.wrap(b"text", b"info")


@given(st.binary(max_size=64).filter(lambda raw: len(raw) != 32))
def test_a_raw_key_has_32_bytes(raw: bytes) -> None:
    for make in (SigningKey.from_raw, SealingKey.from_raw, VerifyKey, SealedTo):
        with pytest.raises(BadKeyError, match="BAD_KEY"):
            make(raw)


@given(st.text(max_size=60))
def test_what_is_no_base64_of_32_bytes_is_no_key(text: str) -> None:
    with pytest.raises(BadKeyError):
        VerifyKey.from_base64(text)


def test_a_public_key_has_one_spelling() -> None:
    text = SigningKey.from_raw(bytes(32)).public.to_base64()
    # The last digit carries four bits; two more are free, and a lenient reader drops them.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    sloppy = text[:-2] + alphabet[alphabet.index(text[-2]) + 1] + "="
    assert base64.b64decode(sloppy) == base64.b64decode(text)
    for spelling in (
        sloppy,
        text.rstrip("="),
        text + "\n",
        f" {text}",
        text.replace("+", "-")[:-1],
    ):
        with pytest.raises(BadKeyError):
            VerifyKey.from_base64(spelling)


def small_order_ys() -> set[int]:
    """The y of every point of order 1, 2, 4 or 8, from the curve's equation."""
    # Doubled, a point of order 8 has y = 0, hence x^2 = -y^2; with that the curve
    # -x^2 + y^2 = 1 + d x^2 y^2 becomes d y^4 + 2 y^2 = 1.
    ys = {0, 1, FIELD - 1}
    discriminant = pow(1 + CURVE, (FIELD + 3) // 8, FIELD)
    roots = {discriminant, discriminant * pow(2, (FIELD - 1) // 4, FIELD) % FIELD}
    for root in (each for each in roots if each * each % FIELD == (1 + CURVE) % FIELD):
        for sign in (root, -root):
            square = (-1 + sign) * pow(CURVE, -1, FIELD) % FIELD
            y = pow(square, (FIELD + 3) // 8, FIELD)
            for candidate in (y, y * pow(2, (FIELD - 1) // 4, FIELD) % FIELD):
                if candidate * candidate % FIELD == square:
                    ys |= {candidate, FIELD - candidate}
    return ys


def test_no_key_of_small_order_verifies_anything() -> None:
    ys = small_order_ys()
    assert len(ys) == 5
    for y in ys | {FIELD, FIELD + 1}:
        for sign in (0, 1 << 255):
            with pytest.raises(BadKeyError, match="full order"):
                VerifyKey((y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("u", [0, 1, FIELD - 1, FIELD, FIELD + 1])
def test_nothing_is_wrapped_for_a_key_of_small_order(u: int) -> None:
    with pytest.raises(BadKeyError, match="full order"):
        SealedTo(u.to_bytes(32, "little"))


def refused_pems() -> list[bytes]:
    pem = SigningKey.generate().to_pem()
    private = load_pem_private_key(pem, None)
    encrypted = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    elliptic = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return [b"", b"no key", pem[:-40], encrypted, elliptic]


def test_a_pem_is_the_right_kind_of_key_or_refused() -> None:
    for pem in [*refused_pems(), SealingKey.generate().to_pem()]:
        with pytest.raises(BadKeyError, match="Ed25519 private key in PEM"):
            SigningKey.from_pem(pem)
    for pem in [*refused_pems(), SigningKey.generate().to_pem()]:
        with pytest.raises(BadKeyError, match="X25519 private key in PEM"):
            SealingKey.from_pem(pem)


def test_a_private_key_does_not_show_itself() -> None:
    raw = hashlib.sha256(b"a secret of this test").digest()
    signing, sealing = SigningKey.from_raw(raw), SealingKey.from_raw(raw)
    assert repr(signing) == f"SigningKey(key_id='{signing.key_id}')"
    assert repr(sealing) == f"SealingKey(key_id='{sealing.key_id}')"

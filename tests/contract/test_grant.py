"""A grant opens for its desk, in its message, and for nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Part
from natcbus.contract.types.hub import Grant
from natcbus.envelope.errors import EnvelopeError, PartRefusedError
from natcbus.envelope.grant import MAX_COMPARTMENTS, make_grant, open_grant, read_grant
from natcbus.envelope.keys import SealingKey, SigningKey
from natcbus.envelope.sign import GRANT, make_part, signed_sha256

SENDER = SigningKey.from_raw(bytes(range(32)))
HUB = SigningKey.from_raw(bytes(range(1, 33)))
DESKS = {
    desk: SealingKey.from_raw(bytes([number]) * 32)
    for number, desk in enumerate(("hu.spoc", "ro.spoc", "bg.spoc", "hu.border", "rs"), start=1)
}
DIGEST = signed_sha256(b"signed bytes")
KEYS = {"recognition": b"r" * 32, "identity": b"i" * 32}
NAMES = st.from_regex(r"[a-z][a-z_]{2,10}", fullmatch=True)


def a_grant(to: str = "hu.spoc", keys: dict[str, bytes] | None = None) -> Part:
    return make_grant(DIGEST, to, KEYS if keys is None else keys, DESKS[to].public, SENDER)


def opened(part: Part, to: str = "hu.spoc", **changes: object) -> dict[str, bytes]:
    opening: dict[str, object] = {
        "signed_sha256": DIGEST,
        "to": to,
        "key": DESKS[to],
        "sender": SENDER.public,
    }
    return open_grant(part, **{**opening, **changes})  # type: ignore[arg-type]


def refusal(part: Part, to: str = "hu.spoc", **changes: object) -> str:
    with pytest.raises(EnvelopeError) as caught:
        opened(part, to, **changes)
    return caught.value.code


@given(
    st.dictionaries(NAMES, st.binary(min_size=32, max_size=32), max_size=MAX_COMPARTMENTS).filter(
        lambda keys: len(set(keys.values())) == len(keys)
    ),
    st.sampled_from(sorted(DESKS)),
)
def test_a_grant_opens_for_its_desk_and_for_no_other(keys: dict[str, bytes], to: str) -> None:
    part = a_grant(to, keys)
    assert opened(part, to) == keys
    for other in DESKS.keys() - {to}:
        assert refusal(part, other) == "NOT_FOR_THIS_DESK"
        assert refusal(part, to, key=DESKS[other]) == "NOT_FOR_THIS_KEY"


def test_a_desk_that_lies_about_its_name_and_key_id_still_cannot_unwrap() -> None:
    grant = read_grant(a_grant())
    for other in DESKS.keys() - {"hu.spoc"}:
        stolen = replace(grant, to=other, recipient_key_id=DESKS[other].key_id)
        assert refusal(make_part(GRANT, stolen, SENDER), other) == "BAD_GRANT"


def test_the_wrapping_is_bound_to_message_party_and_key() -> None:
    grant = read_grant(a_grant())
    moved = make_part(GRANT, replace(grant, signed_sha256=bytes(32)), SENDER)
    assert refusal(moved, signed_sha256=bytes(32)) == "BAD_GRANT"
    renamed = make_part(GRANT, replace(grant, to="hu.border"), SENDER)
    assert refusal(renamed, "hu.border", key=DESKS["hu.spoc"]) == "BAD_GRANT"


def test_what_it_is_for_stands_in_clear_and_in_order() -> None:
    grant = read_grant(a_grant())
    assert grant.to == "hu.spoc"
    assert grant.compartments == ("identity", "recognition")
    assert grant.recipient_key_id == DESKS["hu.spoc"].key_id
    assert all(key not in grant.wrapped for key in KEYS.values())


def test_a_notice_is_a_grant_without_keys() -> None:
    part = a_grant(keys={})
    assert read_grant(part).wrapped == b""
    assert opened(part) == {}
    assert refusal(part, "ro.spoc") == "NOT_FOR_THIS_DESK"


def test_the_senders_own_member_gets_a_grant_like_a_desk() -> None:
    assert opened(a_grant("rs"), "rs") == KEYS


def test_a_grant_of_another_message_is_refused() -> None:
    assert refusal(a_grant(), signed_sha256=signed_sha256(b"other")) == "NOT_FOR_THIS_MESSAGE"


def test_a_grant_that_the_hub_invents_is_refused() -> None:
    invented = make_grant(DIGEST, "hu.spoc", KEYS, DESKS["hu.spoc"].public, HUB)
    assert refusal(invented) == "WRONG_KEY"
    lying = replace(invented.signature, key_id=SENDER.key_id)
    assert refusal(replace(invented, signature=lying)) == "BAD_SIGNATURE"


@given(st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    part = a_grant()
    bit = data.draw(st.integers(0, len(part.body) * 8 - 1))
    changed = bytearray(part.body)
    changed[bit // 8] ^= 1 << bit % 8
    assert refusal(replace(part, body=bytes(changed))) == "BAD_SIGNATURE"


@given(st.integers(0, 32 + 64 + 16 - 1), st.integers(0, 7))
def test_flipped_wrapped_bits_are_refused_even_when_signed(at: int, bit: int) -> None:
    grant = read_grant(a_grant())
    wrapped = bytearray(grant.wrapped)
    wrapped[at] ^= 1 << bit
    assert refusal(make_part(GRANT, replace(grant, wrapped=bytes(wrapped)), SENDER)) == "BAD_GRANT"


@pytest.mark.parametrize(
    "changes",
    [
        {"compartments": ("recognition", "identity")},
        {"compartments": ("identity", "identity")},
        {"compartments": ("identity",)},
        {"compartments": ()},
        {"compartments": ("identity", "Recognition")},
        {"compartments": tuple(f"part_{chr(97 + number)}" for number in range(17))},
        {"to": "HU"},
        {"to": ""},
        {"recipient_key_id": "0"},
        {"wrapped": b""},
        {"wrapped": bytes(111)},
    ],
)
def test_a_grant_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    grant: Grant = replace(read_grant(a_grant()), **changes)  # type: ignore[arg-type]
    part = make_part(GRANT, grant, SENDER)
    assert refusal(part) == "BAD_GRANT"
    with pytest.raises(PartRefusedError, match="BAD_GRANT"):
        read_grant(part)


@pytest.mark.parametrize(
    ("to", "keys"),
    [
        ("hu.spoc", {"identity": b"short"}),
        ("hu.spoc", {"Identity": b"i" * 32}),
        ("hu.spoc", {"identity": b"i" * 32, "recognition": b"i" * 32}),
        ("hu.spoc", {f"part_{chr(97 + number)}": bytes([number] * 32) for number in range(17)}),
        ("HU", {"identity": b"i" * 32}),
    ],
)
def test_nothing_is_granted_that_a_reader_would_refuse(to: str, keys: dict[str, bytes]) -> None:
    with pytest.raises(PartRefusedError, match="BAD_GRANT"):
        make_grant(DIGEST, to, keys, DESKS["hu.spoc"].public, SENDER)

"""The vectors of ``docs/wire.md``, read twice: by hand from the page, and by the envelope.

The first half uses primitives, an Avro library and the published schemas alone: what it can do, a
client in another language can do.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import fastavro
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.errors import ContractError
from natcbus.envelope.errors import EnvelopeError
from tests.support import hpke_by_hand, wire_vectors
from tests.support.desk_reading import DeskReading, read_delivery

VECTORS: dict[str, Any] = json.loads(wire_vectors.FILE.read_text("utf-8"))
FEED = bytes.fromhex(VECTORS["messages"]["desk.hu.spoc.feed"])


def test_the_file_is_what_the_code_makes() -> None:
    # If it is not: `python -m tests.support.wire_vectors`, and say in docs/wire.md what changed.
    assert wire_vectors.FILE.read_text("utf-8") == wire_vectors.text()


# By hand.


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def prefixed(*items: bytes | str) -> bytes:
    raw = [item.encode() if isinstance(item, str) else item for item in items]
    return b"".join(len(item).to_bytes(4, "big") + item for item in raw)


def verify(name: str, signature: str, covered: bytes) -> None:
    public = octets(VECTORS["keys"][name]["public"])
    Ed25519PublicKey.from_public_bytes(public).verify(octets(signature), covered)


def signed_as(context: str, schema_id: int, body: bytes) -> bytes:
    return context.encode() + b"\0" + schema_id.to_bytes(4, "big") + body


def split(record: bytes) -> tuple[int, bytes, Mapping[str, Any]]:
    """Schema id, the bytes of ``signed``, and the whole record."""
    event_type = load_catalogue().types["missing_person"]
    schema = event_type.message.definition
    fields: Any = schema["fields"]
    stream = BytesIO(record[5:])
    fastavro.schemaless_reader(stream, fields[0]["type"], None)
    end = 5 + stream.tell()
    whole: Any = fastavro.schemaless_reader(BytesIO(record[5:]), schema, None)
    return int.from_bytes(record[1:5], "big"), record[5:end], whole


def test_key_ids_begin_the_digest_of_the_public_key() -> None:
    for key in VECTORS["keys"].values():
        assert hashlib.sha256(octets(key["public"])).hexdigest().startswith(key["key_id"])


def test_a_network_document_is_signed_over_lengths_and_digests() -> None:
    vector = VECTORS["network"]
    read = json.loads(octets(vector["document"]))

    def listed(texts: Mapping[str, str]) -> bytes:
        digests = {name: hashlib.sha256(text.encode()).digest() for name, text in texts.items()}
        rows = (prefixed(name, digests[name]) for name in sorted(texts))
        return len(texts).to_bytes(4, "big") + b"".join(rows)

    times = (read["not_before"], read["expires_at"])
    head = prefixed(str(read["version"]), octets(read["digest"]), *times)
    body = head + listed(read["files"]) + listed(read["key_files"])
    covered = signed_as("natcbus/1/network", 0, body)
    assert covered == octets(vector["covered"])
    assert hashlib.sha256(covered).hexdigest() == vector["fingerprint"]
    names = {VECTORS["keys"][name]["key_id"]: name for name in VECTORS["keys"]}
    for signature in read["signatures"]:
        value = base64.b64decode(signature["value"]).hex()
        verify(names[signature["key_id"]], value, covered)


def test_schema_ids_follow_the_formula() -> None:
    for row in VECTORS["schema_ids"]:
        names = ("natcbus/1/schema", row["name"], row["compartment"], row["version"])
        digest = hashlib.sha256("\0".join(names).encode("ascii")).digest()
        assert row["is"] == int.from_bytes(digest[:4], "big") & 0x3FFFFFFF | 0x40000000


def test_a_frame_is_a_zero_byte_the_schema_id_and_the_body() -> None:
    vector = VECTORS["frame"]
    assert octets(vector["is"]) == b"\0" + vector["schema_id"].to_bytes(4, "big") + octets("0102")


def test_a_message_id_is_put_together_from_time_and_random_bits() -> None:
    vector = VECTORS["ids"]["message_id"]
    random = int.from_bytes(octets(vector["random"]), "big")
    bits = f"{vector['milliseconds']:048b}" + "0111" + f"{random:080b}"[6:18]
    bits += "10" + f"{random:080b}"[18:]
    assert int(vector["is"].replace("-", ""), 16) == int(bits, 2)


def test_a_certificate_covers_subject_use_key_and_time() -> None:
    vector = VECTORS["certificates"]
    public = octets(VECTORS["keys"]["rs sign"]["public"])
    covered = prefixed("rs", "sign", public, "2026-11-24T08:00:00Z")
    assert covered == octets(vector["covered"])
    verify("rs root", vector["signature"], signed_as("natcbus/1/certificate", 0, covered))


def test_the_signature_covers_the_prefix_of_the_record() -> None:
    schema_id, signed, whole = split(FEED)
    assert signed == octets(VECTORS["signature"]["signed"])
    covered = signed_as("natcbus/1/message", schema_id, signed)
    assert hashlib.sha256(covered).hexdigest() == VECTORS["signature"]["input_sha256"]
    assert whole["signature"]["value"] == octets(VECTORS["signature"]["signature"])
    verify("rs sign", VECTORS["signature"]["signature"], covered)


def test_the_hub_copies_what_was_signed_and_withholds_the_rest() -> None:
    *signed_by_sender, sent = split(octets(VECTORS["messages"]["member.rs.out"]))
    *copied, relayed = split(FEED)
    assert copied == signed_by_sender
    assert len(sent["grants"]) == 3
    assert [each in sent["grants"] for each in relayed["grants"]] == [True]
    assert [each["compartment"] for each in sent["parcels"]] == sorted(VECTORS["seals"])
    assert [each["compartment"] for each in relayed["parcels"]] == ["identity", "recognition"]
    assert (relayed["slip"], sent["relay"]) == (None, None)


@pytest.mark.parametrize("kind", ["slip", "relay"])
def test_a_part_is_signed_under_its_own_context(kind: str) -> None:
    part = VECTORS[kind]
    covered = signed_as(f"natcbus/1/{kind}", part["schema_id"], octets(part["body"]))
    verify("hub sign" if kind == "relay" else "rs sign", part["signature"], covered)


@pytest.mark.parametrize("to", VECTORS["grants"])
def test_a_grant_unwraps_to_the_keys_in_order(to: str) -> None:
    grant = VECTORS["grants"][to]
    covered = signed_as("natcbus/1/grant", grant["schema_id"], octets(grant["body"]))
    verify("rs sign", grant["signature"], covered)
    own = VECTORS["keys"][f"{to} seal"]
    digest = octets(VECTORS["signature"]["signed_sha256"])
    info = prefixed("natcbus/1/grant-wrap", digest, to, own["key_id"])
    assert info == octets(grant["info"])
    expected = b"".join(octets(VECTORS["seals"][name]["key"]) for name in grant["compartments"])
    if expected:
        unwrapped = hpke_by_hand.unwrap(octets(grant["wrapped"]), octets(own["private"]), info)
        assert unwrapped == expected
    else:
        assert grant["wrapped"] == ""


def test_wrapping_with_the_given_ephemeral_key_gives_the_given_bytes() -> None:
    grant = VECTORS["grants"]["hu.spoc"]
    ephemeral = octets(grant["ephemeral_private"])
    public = X25519PrivateKey.from_private_bytes(ephemeral).public_key().public_bytes_raw()
    assert grant["wrapped"].startswith(public.hex())


@pytest.mark.parametrize("name", VECTORS["seals"])
def test_a_seal_opens_with_its_key_at_its_place(name: str) -> None:
    vector = VECTORS["seals"][name]
    key, ciphertext = octets(vector["key"]), octets(vector["ciphertext"])
    place = (vector["sender"], vector["type"], vector["message_id"], name)
    binding = prefixed("natcbus/1/seal", *place)
    assert binding == octets(vector["additional_data"])
    assert AESGCM(key).decrypt(bytes(12), ciphertext, binding) == octets(vector["plaintext"])
    assert hashlib.sha256(ciphertext).hexdigest() == vector["ciphertext_sha256"]
    commitment = hashlib.sha256(b"natcbus/1/commitment\0" + key).hexdigest()
    assert commitment == vector["key_commitment"]


def test_the_digest_of_a_decision_is_over_its_canonical_bytes() -> None:
    vector = VECTORS["decision"]

    def words(items: list[str]) -> bytes:
        return len(items).to_bytes(4, "big") + prefixed(*sorted(items))

    canonical = prefixed("natcbus/1/decision")
    canonical += vector["engine"].to_bytes(4, "big")
    canonical += vector["network_version"].to_bytes(4, "big")
    canonical += prefixed(octets(vector["network_digest"]))
    canonical += len(vector["deliveries"]).to_bytes(4, "big")
    for row in vector["deliveries"]:
        canonical += prefixed(row["desk"]) + words(row["compartments"]) + words(row["codes"])
    assert hashlib.sha256(canonical).hexdigest() == vector["digest"]


# By the envelope.


def test_the_desk_reads_what_was_meant_for_it() -> None:
    read = read_as("hu.spoc", FEED)
    assert sorted(read.opened) == ["identity", "recognition"]
    for name, plaintext in read.opened.items():
        assert plaintext == octets(VECTORS["seals"][name]["plaintext"])
    assert read.relay.delivery_id == VECTORS["ids"]["delivery_id"]["is"]


@pytest.mark.parametrize("desk", ["rs.spoc", "hu.coordinator"])
def test_no_other_desk_reads_it(desk: str) -> None:
    assert refusal(FEED, desk) == "NOT_FOR_THIS_DESK"


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["because"])
def test_a_record_that_is_wrong_is_refused(case: Mapping[str, str]) -> None:
    assert refusal(octets(case["value"])) == case["code"]


@given(st.integers(0, len(FEED) * 8 - 1))
def test_any_flipped_bit_of_a_record_is_refused(bit: int) -> None:
    changed = bytearray(FEED)
    changed[bit // 8] ^= 1 << bit % 8
    assert refusal(bytes(changed))


def read_as(desk: str, value: bytes) -> DeskReading:
    files = VECTORS["certificates"]["files"]
    return read_delivery(value, desk, octets(VECTORS["keys"][f"{desk} seal"]["private"]), files)


def refusal(value: bytes, desk: str = "hu.spoc") -> str:
    with pytest.raises((EnvelopeError, ContractError)) as caught:
        read_as(desk, value)
    error = caught.value
    assert isinstance(error, EnvelopeError | ContractError)
    return error.code

"""The test vectors of ``docs/wire.md``: ``python -m tests.support.wire_vectors`` writes them anew.

Bytes are in hexadecimal. The keys are for these vectors alone and protect nothing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from natcbus.contract.codec import frame, schema_id_of
from natcbus.contract.types.core import Part
from natcbus.contract.types.hub import DecisionRecord, Grant, Receipt, Relay, Slip, Treatment
from natcbus.envelope.certificates import certificate_time, certify
from natcbus.envelope.ids import delivery_id, new_message_id
from natcbus.envelope.keys import SealedTo, VerifyKey
from natcbus.envelope.lengths import length_prefixed
from natcbus.envelope.network_document import covered_bytes
from natcbus.envelope.public_files import MemberFile, hub_text
from natcbus.envelope.sign import (
    GRANT,
    MESSAGE_CONTEXT,
    RELAY,
    SLIP,
    make_part,
    sign_message,
    signature_input,
)
from tests.support.network_vectors import SECRETARIAT, network_document
from tests.support.wire_pieces import (
    BECAUSE,
    DECIDED,
    ENGINE,
    EVENT,
    HUB,
    NETWORK,
    NOW,
    OPENERS,
    ROOT,
    SIGN,
    TYPE,
    Pieces,
    compartment_key,
    framed,
    pieces,
    place,
    plaintext,
    raw,
    wrap_info,
)
from tests.support.wire_refusals import refusals

FILE: Final = Path(__file__).parents[1] / "contract" / "vectors" / "wire.json"
Vector = dict[str, Any]


def vectors() -> Vector:
    """All of them."""
    good = pieces()
    return {
        "about": "Test vectors of docs/wire.md. Bytes are hexadecimal. The keys protect nothing.",
        "keys": _keys(),
        "ids": _ids(),
        "schema_ids": _schema_ids(),
        "frame": {"schema_id": 0x40000001, "body": "0102", "is": frame(0x40000001, b"\1\2").hex()},
        "certificates": _certificates(),
        "network": _network(),
        "seals": {name: _seal(name, good) for name in good.sealed},
        "signature": _signature(good.signed_bytes),
        "decision": _decision(good.slip),
        "slip": _part(make_part(SLIP, good.slip, SIGN)),
        "grants": {to: _grant(grant) for to, grant in good.grants.items()},
        "relay": _part(make_part(RELAY, good.relay, HUB)),
        "messages": {
            "member.rs.out": framed(good.signed_bytes, good.sent).hex(),
            "desk.hu.spoc.feed": framed(good.signed_bytes, good.narrowed).hex(),
        },
        "refused": [
            {"because": because, "code": code, "value": value.hex()}
            for because, code, value in refusals()
        ],
    }


def text() -> str:
    """The file."""
    return json.dumps(vectors(), indent=1) + "\n"


def _keys() -> Vector:
    public: dict[str, VerifyKey | SealedTo] = {
        "rs root": ROOT.public,
        "rs sign": SIGN.public,
        "hub sign": HUB.public,
        "secretariat 1": SECRETARIAT[0].public,
        "secretariat 2": SECRETARIAT[1].public,
    } | {f"{party} seal": key.public for party, key in OPENERS.items()}
    return {
        name: {"private": raw(name).hex(), "public": key.raw.hex(), "key_id": key.key_id}
        for name, key in public.items()
    }


def _ids() -> Vector:
    entropy = bytes(range(0xF0, 0xFA))
    message_id = EVENT.header.message_id
    return {
        "message_id": {
            "milliseconds": int(NOW.timestamp() * 1000),
            "random": entropy.hex(),
            "is": new_message_id(NOW, entropy),
        },
        "delivery_id": {
            "sender": "rs",
            "message_id": message_id,
            "desk": "hu.spoc",
            "is": delivery_id("rs", message_id, "hu.spoc"),
        },
    }


def _schema_ids() -> list[Vector]:
    hub = {
        "hub.slip": Slip,
        "hub.grant": Grant,
        "hub.relay": Relay,
        "hub.decision": DecisionRecord,
        "hub.receipt": Receipt,
        "hub.treatment": Treatment,
    }
    names = [
        (TYPE.name, "" if name == "message" else name, TYPE.version, schema.id)
        for name, schema in TYPE.schemas()
    ] + [(name, "", "1.0", schema_id_of(kind)) for name, kind in hub.items()]
    return [
        {"name": name, "compartment": compartment, "version": version, "is": schema_id}
        for name, compartment, version, schema_id in names
    ]


def _certificates() -> Vector:
    certificates = (
        certify("rs", SIGN.public, NOW, ROOT),
        certify("rs", OPENERS["rs"].public, NOW, ROOT),
        certify("rs.spoc", OPENERS["rs.spoc"].public, NOW, ROOT),
    )
    first = certificates[0]
    time = certificate_time(first.not_before)
    return {
        "covered": length_prefixed(first.subject, first.use, first.key, time).hex(),
        "signature": first.signature.hex(),
        "files": {
            "rs.json": json.loads(MemberFile("rs", ROOT.public, certificates).to_text()),
            "hub.json": json.loads(hub_text(HUB.public)),
        },
    }


def _network() -> Vector:
    document = network_document()
    return {
        "document": document.to_bytes().hex(),
        "covered": covered_bytes(document).hex(),
        "fingerprint": document.fingerprint.hex(),
    }


def _seal(name: str, good: Pieces) -> Vector:
    seal, ciphertext = good.sealed[name]
    return {
        "sender": "rs",
        "type": TYPE.name,
        "message_id": EVENT.header.message_id,
        "schema_id": seal.schema_id,
        "key": compartment_key(name).hex(),
        "additional_data": place(name).binding().hex(),
        "plaintext": plaintext(name).hex(),
        "ciphertext": ciphertext.hex(),
        "ciphertext_sha256": seal.ciphertext_sha256.hex(),
        "key_commitment": seal.key_commitment.hex(),
    }


def _signature(signed_bytes: bytes) -> Vector:
    signature = sign_message(TYPE.schema_id, signed_bytes, SIGN)
    covered = signature_input(MESSAGE_CONTEXT, TYPE.schema_id, signed_bytes)
    return {
        "schema_id": TYPE.schema_id,
        "signed": signed_bytes.hex(),
        "signed_sha256": hashlib.sha256(signed_bytes).hexdigest(),
        "input_sha256": hashlib.sha256(covered).hexdigest(),
        "key_id": signature.key_id,
        "signature": signature.value.hex(),
    }


def _decision(slip: Slip) -> Vector:
    return {
        "engine": ENGINE,
        "network_version": NETWORK.version,
        "network_digest": NETWORK.digest.hex(),
        "deliveries": [
            {"desk": desk, "compartments": list(names), "codes": [row.code for row in BECAUSE]}
            for desk, names in DECIDED.items()
        ],
        "digest": slip.decision_digest.hex(),
    }


def _grant(grant: Grant) -> Vector:
    return {
        "to": grant.to,
        "compartments": list(grant.compartments),
        "info": wrap_info(grant.signed_sha256, grant.to).hex(),
        "ephemeral_private": raw(f"ephemeral {grant.to}").hex() if grant.compartments else "",
        "wrapped": grant.wrapped.hex(),
        **_part(make_part(GRANT, grant, SIGN)),
    }


def _part(part: Part) -> Vector:
    return {
        "schema_id": part.schema_id,
        "body": part.body.hex(),
        "key_id": part.signature.key_id,
        "signature": part.signature.value.hex(),
    }


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), "utf-8")

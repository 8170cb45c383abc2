"""What a desk does with a record of its feed, in the order of ``docs/wire.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from natcbus.contract.codec import Message, decode_message, read_frame
from natcbus.contract.types.hub import Relay
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import PartRefusedError, SealRefusedError
from natcbus.envelope.grant import open_grant
from natcbus.envelope.ids import delivery_id, member_of
from natcbus.envelope.keys import SealingKey
from natcbus.envelope.relay import open_relay
from natcbus.envelope.seal import SealPlace, open_seal
from natcbus.envelope.sign import signed_sha256, verify_message


@dataclass(frozen=True)
class DeskReading:
    """What the desk may see."""

    message: Message
    relay: Relay
    opened: Mapping[str, bytes]


def read_delivery(
    value: bytes, desk: str, private: bytes, files: Mapping[str, object]
) -> DeskReading:
    """The record as ``desk`` reads it with its raw private key and the directory's files."""
    directory = KeyDirectory.parse({name: json.dumps(file) for name, file in files.items()})
    event_type, body = read_frame(value)
    message = decode_message(event_type, body)
    header, tail = message.signed.header, message.tail
    sender = member_of(header.from_)
    key = directory.signing_key(sender)
    verify_message(event_type.schema_id, message.signed_bytes, tail.signature, key)
    digest = signed_sha256(message.signed_bytes)
    if tail.slip is not None or tail.relay is None or len(tail.grants) != 1:
        raise PartRefusedError.unreadable("delivery", "it has one relay, one grant and no slip")
    opener = SealingKey.from_raw(private)
    keys = open_grant(tail.grants[0], signed_sha256=digest, to=desk, key=opener, sender=key)
    relay = open_relay(
        tail.relay,
        signed_sha256=digest,
        desk=desk,
        delivery_id=delivery_id(sender, header.message_id, desk),
        grant=tail.grants[0],
        hub=directory.hub_key(),
    )
    seals = {seal.compartment: seal for seal in message.signed.seals}
    opened = {}
    for parcel in tail.parcels:
        name = parcel.compartment
        if name not in seals or name not in keys or name not in relay.compartments:
            raise SealRefusedError.other_parcel(name)
        place = SealPlace(sender, event_type.name, header.message_id, name)
        opened[name] = open_seal(place, seals[name], parcel.ciphertext, keys[name])
    if len(tail.parcels) != len(relay.compartments):
        raise SealRefusedError.other_parcel("a compartment that the hub relayed")
    return DeskReading(message, relay, opened)

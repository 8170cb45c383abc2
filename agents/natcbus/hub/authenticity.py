"""Did this member send this message? What cannot be shown to be so is put aside, raw.

The questions are asked in this order, and the first no decides:

==================== ============================================================================
MESSAGE_TOO_LARGE    The record is larger than any message may be.
NOT_FRAMED           No Confluent frame, or no value at all.
UNKNOWN_SCHEMA       The frame names no message of this contract.
NOT_THIS_SCHEMA      The bytes do not follow the schema that the frame names.
TRAILING_BYTES       Something stands behind the record.
FOREIGN_ORIGIN       ``header.from`` is a desk of another member than the topic's.
UNKNOWN_SENDER_DESK  ``header.from`` is no desk of the Network.
FOREIGN_THREAD       The thread is another member's, and this kind of message is its owner's alone.
UNKNOWN_KEY          The signature names no key that the member's root certified for signing.
BAD_SIGNATURE        The signature does not hold for exactly these bytes.
==================== ============================================================================

Rights on Kafka let a member write to its own topic alone, and the signature covers who sends: the
two must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from natcbus.contract.catalogue import EventType
from natcbus.contract.codec import MAX_MESSAGE_BYTES, Message, decode_message, read_frame
from natcbus.contract.errors import DecodingError
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Kind
from natcbus.envelope.errors import BadIdError, MissingKeyError, SignatureRefusedError
from natcbus.envelope.ids import member_of, owner_of
from natcbus.envelope.sign import signed_sha256, verify_message
from natcbus.hub.decisions import UNREADABLE, Particulars, particulars
from natcbus.hub.records import Inbound
from natcbus.hub.world import World
from natcbus.routing.topics import speaker

_SDK: Final = "publish with an SDK of the Network"
_ANYONE_INVOLVED: Final = frozenset({Kind.EVIDENCE, Kind.RESPONSE})
# The codec's own texts may quote what it was reading, which belongs in the quarantine alone.
_UNREADABLE: Final = {
    "MESSAGE_TOO_LARGE": f"over {MAX_MESSAGE_BYTES} bytes: send a smaller photograph, fewer grants",
    "NOT_FRAMED": f"no Confluent frame (0x00, a 4-byte schema id, an Avro body): {_SDK}",
    "UNKNOWN_SCHEMA": f"the frame's schema id is no message of this contract: {_SDK}",
    "NOT_THIS_SCHEMA": f"the bytes do not follow the schema that their frame names: {_SDK}",
    "TRAILING_BYTES": "bytes stand behind the record: write one record and nothing else",
}


@dataclass(frozen=True, slots=True)
class Authentic:
    """A message that its member really sent.

    Attributes
    ----------
    sender
        The member.
    signed_sha256
        Of the signed bytes: what slip, grants and relay name.
    present
        The names of the compartments that are sealed in it.
    """

    type: EventType
    message: Message
    sender: str
    signed_sha256: bytes
    present: frozenset[str]
    about: Particulars


@dataclass(frozen=True, slots=True)
class Unproven:
    """A record that nobody can be shown to have sent, and why."""

    problem: Problem
    about: Particulars


def authenticate(record: Inbound, world: World) -> Authentic | Unproven:
    """The message in ``record``, or why it is none of the member whose topic it stands on."""
    try:
        event_type, body = read_frame(record.value or b"", world.catalogue)
        message = decode_message(event_type, body)
    except DecodingError as error:
        return Unproven(Problem("", error.code, _UNREADABLE.get(error.code, _SDK)), UNREADABLE)
    digest = signed_sha256(message.signed_bytes)
    about = particulars(event_type.name, message, digest)
    present = frozenset([seal.compartment for seal in message.signed.seals])
    read = Authentic(event_type, message, speaker(record.topic), digest, present, about)
    doubt = next(_doubts(read, world), None)
    return read if doubt is None else Unproven(doubt, about)


def _doubts(read: Authentic, world: World) -> Iterator[Problem]:
    header, sender = read.message.signed.header, read.sender
    if _claimed(member_of, header.from_) != sender:
        text = f"this is the topic of {sender}: send from one of its desks"
        yield Problem("/header/from", "FOREIGN_ORIGIN", text)
    if header.from_ not in world.network.desks:
        text = "no desk of this network: send from a desk that `natcbus network show` lists"
        yield Problem("/header/from", "UNKNOWN_SENDER_DESK", text)
    if header.kind not in _ANYONE_INVOLVED and _claimed(owner_of, header.thread_id) != sender:
        text = f"the thread is not one of {sender}: start a thread of your own, or answer its owner"
        yield Problem("/header/thread_id", "FOREIGN_THREAD", text)
    yield from _signature(read, world)


def _claimed(reading: Callable[[str], str], text: str) -> str | None:
    try:
        return reading(text)
    except BadIdError:
        return None


def _signature(read: Authentic, world: World) -> Iterator[Problem]:
    signature = read.message.tail.signature
    try:
        key = world.keys.signing_key(read.sender)
        verify_message(read.type.schema_id, read.message.signed_bytes, signature, key)
    except MissingKeyError:
        text = f"no signing key of {read.sender} is certified: add the file of `natcbus keys init`"
        yield Problem("/signature/key_id", "UNKNOWN_KEY", text)
    except SignatureRefusedError as error:
        if error.code == "WRONG_KEY":
            text = f"not the certified key of {read.sender}: sign with that, or have this certified"
            yield Problem("/signature/key_id", "UNKNOWN_KEY", text)
        else:
            text = "the signature does not cover these bytes: send what was signed, unchanged"
            yield Problem("/signature/value", "BAD_SIGNATURE", text)

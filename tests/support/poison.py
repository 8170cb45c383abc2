"""Records that no member should write, made from messages that a member could have written.

Seeded: the same seed makes the same choices, over messages whose keys and ids are new each time.
Each recipe names what may become of its record; nothing of any of them may ever reach a desk.
"""

from __future__ import annotations

import gzip
import pickle
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import (
    MAX_MESSAGE_BYTES,
    Message,
    Signed,
    Tail,
    decode_message,
    encode_signed,
    encode_tail,
    frame,
    read_frame,
    schema_id_of,
)
from natcbus.contract.dissecting import dissect
from natcbus.contract.types.core import Kind
from natcbus.contract.types.hub import DecisionRecord, Outcome, Receipt, Treatment
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.sign import sign_message

Headers = list[tuple[str, bytes]]

ASIDE: Final = frozenset({Outcome.QUARANTINED})
NO: Final = frozenset({Outcome.REFUSED})
AGAIN: Final = frozenset({Outcome.REPEATED})


class NotUtf8(str):
    """A header's name that a broker takes and few clients can read."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        """What stands on the wire."""
        return b"\xff\xfe"


@dataclass(frozen=True)
class Larder:
    """What the poison of one member is made of.

    Attributes
    ----------
    fresh
        Messages of the member that were never sent.
    routed
        Messages of the member that the hub has routed.
    foreign
        Messages of other members, never sent.
    """

    member: str
    signer: SigningKey
    fresh: Sequence[bytes]
    routed: Sequence[bytes]
    foreign: Sequence[bytes]


@dataclass(frozen=True)
class Poison:
    """One record for a member's topic, and what may become of it."""

    recipe: str
    member: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    may: frozenset[Outcome]


Recipe = Callable[[random.Random, Larder], bytes | None]


def poisons(
    seed: int, larders: Sequence[Larder], keys: Mapping[str, Sequence[bytes]]
) -> Iterator[Poison]:
    """Endlessly many records, of all members in turn; ``keys`` are those of their good messages."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    weights = [weight for _, _, weight in RECIPES]
    while True:
        for larder in larders:
            [(recipe, may, _)] = chance.choices(RECIPES, weights)
            key = chance.choice([*keys[larder.member], None, chance.randbytes(9), b"rs.x"])
            value = recipe(chance, larder)
            yield Poison(
                recipe.__name__,
                larder.member,
                # A client refuses to write nothing under nothing.
                b"" if key is None and value is None else key,
                value,
                chance.choice(HEADERS)(chance),
                may,
            )


# Bytes.


def wrong_magic(chance: random.Random, larder: Larder) -> bytes:
    return bytes([chance.randrange(1, 256)]) + chance.choice(larder.fresh)[1:]


def wrong_id(chance: random.Random, larder: Larder) -> bytes:
    body = chance.choice(larder.fresh)[5:]
    hubs = [schema_id_of(each) for each in (DecisionRecord, Receipt, Treatment)]
    return frame(chance.choice([0, 1, 2**31 - 1, 2**32 - 1, chance.getrandbits(32), *hubs]), body)


def id_of_another_type(chance: random.Random, larder: Larder) -> bytes:
    value = chance.choice(larder.fresh)
    own = read_frame(value)[0]
    others = [each for each in load_catalogue().types.values() if each.name != own.name]
    return frame(chance.choice(others).schema_id, value[5:])


def truncated(chance: random.Random, larder: Larder) -> bytes:
    value = chance.choice(larder.fresh)
    return value[: chance.randrange(len(value))]


def trailing(chance: random.Random, larder: Larder) -> bytes:
    return chance.choice(larder.fresh) + chance.randbytes(chance.randrange(1, 40))


def twice(chance: random.Random, larder: Larder) -> bytes:
    return chance.choice(larder.fresh) * 2


def absurd_number(chance: random.Random, larder: Larder) -> bytes:
    """A length, a count or a choice of the signed part is one that cannot be."""
    value = chance.choice(larder.fresh)
    at = chance.choice(_numbers_of_signed_part(value))
    absurd = [2**31 - 1, 2**31, 2**62, -1, -(2**31), -(2**63), 10**9, MAX_MESSAGE_BYTES]
    return value[:at] + _zigzag(chance.choice(absurd)) + value[at + 1 :]


def endless_number(chance: random.Random, larder: Larder) -> bytes:
    value = chance.choice(larder.fresh)
    at = chance.choice(_numbers_of_signed_part(value))
    return value[:at] + b"\xff" * chance.choice([10, 11, 64, 4096]) + value[at:]


def flipped(chance: random.Random, larder: Larder) -> bytes:
    value = chance.choice(larder.fresh)
    at = chance.randrange(5, _signed_end(value))
    return value[:at] + bytes([value[at] ^ (1 << chance.randrange(8))]) + value[at + 1 :]


def overwritten(chance: random.Random, larder: Larder) -> bytes:
    value = chance.choice(larder.fresh)
    at = chance.randrange(5, _signed_end(value) - 12)
    return value[:at] + bytes(each ^ 0x55 for each in value[at : at + 12]) + value[at + 12 :]


def cut_out(chance: random.Random, larder: Larder) -> bytes:
    value = chance.choice(larder.fresh)
    at = chance.randrange(5, _signed_end(value) - 1)
    return value[:at] + value[at + chance.randrange(1, 40) :]


def too_large(chance: random.Random, larder: Larder) -> bytes:
    value = chance.choice(larder.fresh)
    return value + bytes(MAX_MESSAGE_BYTES + 1 - len(value) + chance.randrange(1000))


def something_else(chance: random.Random, larder: Larder) -> bytes | None:
    """Whatever else a program may write to a topic by mistake, or to see what happens."""
    return chance.choice(
        [
            None,
            b"",
            b"\x00",
            chance.randbytes(chance.randrange(1, 400)),
            b'{"__faust": {"ns": "natcbus.hub.records.Inbound"}, "topic": "hub.network"}',
            b'{"type": "missing_person", "header": {"from": "rs.spoc"}}',
            pickle.dumps({"topic": larder.member}),
            gzip.compress(bytes(100_000), mtime=0),
            b"Obj\x01\x04\x16avro.schema",
            b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'/>",
            "Ђурђица \u202e\x1b[2J".encode(),
        ]
    )


# Who says so.


def wrong_signature(chance: random.Random, larder: Larder) -> bytes:
    mine, other = (_message(chance.choice(each)) for each in (larder.fresh, larder.foreign))
    signature = mine.tail.signature
    wrong = [
        bytes(64),
        chance.randbytes(64),
        bytes(reversed(signature.value)),
        other.tail.signature.value,
    ]
    return _with_tail(mine, signature=replace(signature, value=chance.choice(wrong)))


def wrong_key(chance: random.Random, larder: Larder) -> bytes:
    mine, other = (_message(chance.choice(each)) for each in (larder.fresh, larder.foreign))
    key_id = chance.choice(["", "0" * 16, "\x00", other.tail.signature.key_id])
    return _with_tail(mine, signature=replace(mine.tail.signature, key_id=key_id))


def foreign_origin(chance: random.Random, larder: Larder) -> bytes:
    return chance.choice(larder.foreign)


def foreign_in_own_name(chance: random.Random, larder: Larder) -> bytes:
    """What another member says, signed by this one."""
    return _signed_by(larder.signer, _message(chance.choice(larder.foreign)))


def foreign_thread(chance: random.Random, larder: Larder) -> bytes:
    thread = _message(chance.choice(larder.foreign)).signed.header.thread_id
    wrong = chance.choice([thread, "", "nobody.at-all", f"{larder.member}", "\u202e"])
    return _signed_by(larder.signer, _message(chance.choice(larder.fresh)), thread_id=wrong)


def unknown_desk(chance: random.Random, larder: Larder) -> bytes:
    desk = chance.choice([f"{larder.member}.nobody", larder.member, "", ".", "hub"])
    return _signed_by(larder.signer, _message(chance.choice(larder.fresh)), from_=desk)


# What is said.


def expired(chance: random.Random, larder: Larder) -> bytes:
    mine = _message(chance.choice(larder.fresh))
    ended = mine.signed.header.sent_at - timedelta(seconds=chance.randrange(1, 10**6))
    return _signed_by(larder.signer, mine, expires_at=ended)


def sent_tomorrow(chance: random.Random, larder: Larder) -> bytes:
    mine = _message(chance.choice(larder.fresh))
    later = mine.signed.header.sent_at + timedelta(hours=chance.randrange(1, 99))
    times = {"sent_at": later, "expires_at": later + timedelta(days=1)}
    return _signed_by(larder.signer, mine, **times)


def not_supported(chance: random.Random, larder: Larder) -> bytes:
    kind = chance.choice([Kind.REQUEST, Kind.RESPONSE, Kind.RECALL, Kind.GRANT, Kind.EVIDENCE])
    return _signed_by(larder.signer, _message(chance.choice(larder.fresh)), kind=kind)


def reused_id(chance: random.Random, larder: Larder) -> bytes:
    routed = _message(chance.choice(larder.routed)).signed.header
    ids = {"message_id": routed.message_id, "thread_id": routed.thread_id}
    return _signed_by(larder.signer, _message(chance.choice(larder.fresh)), **ids)


def without_slip(chance: random.Random, larder: Larder) -> bytes:
    return _with_tail(_message(chance.choice(larder.fresh)), slip=None)


def slip_of_another(chance: random.Random, larder: Larder) -> bytes:
    mine, other = (_message(chance.choice(each)) for each in (larder.fresh, larder.foreign))
    return _with_tail(mine, slip=chance.choice([other.tail.slip, mine.tail.grants[0]]))


def parcels_of_another(chance: random.Random, larder: Larder) -> bytes:
    mine, other = _message(_with_parcels(chance, larder)), _message(chance.choice(larder.foreign))
    parcels = list(mine.tail.parcels)
    wrong = [
        parcels[1:],
        parcels * 2,
        [replace(each, ciphertext=each.ciphertext[:-1]) for each in parcels],
        [replace(each, compartment="nothing") for each in parcels],
        [*parcels, replace(parcels[0], compartment=parcels[0].compartment + "2")],
        [replace(each, ciphertext=other.signed_bytes[:99]) for each in parcels],
    ]
    return _with_tail(mine, parcels=tuple(chance.choice(wrong)))


def replayed(chance: random.Random, larder: Larder) -> bytes:
    return chance.choice(larder.routed)


RECIPES: Final[Sequence[tuple[Recipe, frozenset[Outcome], float]]] = (
    *((recipe, ASIDE, 3.0) for recipe in (wrong_magic, wrong_id, id_of_another_type, truncated)),
    *((recipe, ASIDE, 3.0) for recipe in (trailing, twice, flipped, overwritten, cut_out)),
    *((recipe, ASIDE, 5.0) for recipe in (absurd_number, something_else, wrong_signature)),
    *((recipe, ASIDE, 2.0) for recipe in (endless_number, wrong_key, foreign_origin)),
    *((recipe, ASIDE, 2.0) for recipe in (foreign_in_own_name, foreign_thread, unknown_desk)),
    (too_large, ASIDE, 0.05),
    *((recipe, NO, 2.0) for recipe in (expired, sent_tomorrow, not_supported, reused_id)),
    *((recipe, NO, 2.0) for recipe in (without_slip, slip_of_another, parcels_of_another)),
    (replayed, AGAIN, 4.0),
)
"""Each with what may become of it and how often it is taken."""


# Kafka headers.


def no_headers(_: random.Random) -> Headers:
    return []


def reply_here(chance: random.Random) -> Headers:
    to = chance.choice([b"exfiltrated", b"hub.network", b"desk.hu.spoc.feed"])
    return [("Faust-Ag-ReplyTo", to), ("Faust-Ag-CorrelationId", b"1"), ("__faust", b"{}")]


def many_headers(chance: random.Random) -> Headers:
    return [(f"h{number}", b"") for number in range(chance.choice([20, 20, 20, 20, 1000]))]


def unreadable_name(_: random.Random) -> Headers:
    return [(NotUtf8("x"), b"")]


def as_if_by_the_hub(_: random.Random) -> Headers:
    return [("natcbus_code", b"NONE"), ("natcbus_topic", b"member.hu.out"), ("ce_id", b"\xff")]


HEADERS: Final[Sequence[Callable[[random.Random], Headers]]] = (
    *[no_headers] * 12,
    reply_here,
    many_headers,
    unreadable_name,
    as_if_by_the_hub,
)


@cache
def _message(value: bytes) -> Message:
    return decode_message(*read_frame(value))


def _with_tail(message: Message, **changes: Any) -> bytes:  # noqa: ANN401 - any field
    return _written(message.signed, message.signed_bytes, replace(message.tail, **changes))


def _written(signed: Signed, signed_bytes: bytes, tail: Tail) -> bytes:
    event_type = load_catalogue().types[signed.header.type]
    return frame(event_type.schema_id, signed_bytes + encode_tail(event_type, tail))


def _signed_by(signer: SigningKey, message: Message, **changes: Any) -> bytes:  # noqa: ANN401
    event_type = load_catalogue().types[message.signed.header.type]
    signed = replace(message.signed, header=replace(message.signed.header, **changes))
    signed_bytes = encode_signed(event_type, signed)
    signature = sign_message(event_type.schema_id, signed_bytes, signer)
    return _written(signed, signed_bytes, replace(message.tail, signature=signature))


def _with_parcels(chance: random.Random, larder: Larder) -> bytes:
    return chance.choice([each for each in larder.fresh if len(_message(each).tail.parcels) > 1])


@cache
def _numbers_of_signed_part(value: bytes) -> Sequence[int]:
    """Where the one-byte lengths, counts and choices stand."""
    numbers = {"length", "count", "branch", "enum"}
    return [
        piece.at
        for piece in dissect(value).pieces
        if piece.kind in numbers and piece.path.startswith("/signed/") and value[piece.at] < 0x80
    ]


def _signed_end(value: bytes) -> int:
    return 5 + len(_message(value).signed_bytes)


def _zigzag(number: int) -> bytes:
    raw = (number << 1) ^ (number >> 63)
    raw &= 2**64 - 1
    written = bytearray()
    while raw >= 0x80:
        written.append(raw & 0x7F | 0x80)
        raw >>= 7
    written.append(raw)
    return bytes(written)

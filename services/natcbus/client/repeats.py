"""An event that is published again under its id is the same message, or a contradiction.

A message that is composed anew has new keys and another digest: under the id of one that was
written already, hub and desks would refuse it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from natcbus.client.composing import EventLike
from natcbus.client.entries import Entry
from natcbus.client.errors import RejectedError
from natcbus.client.world import World
from natcbus.contract.assembly import Json
from natcbus.contract.codec import decode_message, read_frame
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.problems import Problem
from natcbus.contract.reading import parse_json
from natcbus.contract.types.core import Header
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.sign import SLIP, read_part, signature_input
from natcbus.routing.decide import NO_PRIOR, decide
from natcbus.routing.decision import Decision, Prior

_IDS: Final = ("message_id", "thread_id")
_KEY_ID: Final = 16
"""Hexadecimal digits of a key's id."""
_CONTEXT: Final = b"natcbus/1/journal"


class Fingerprints:
    """What tells events apart without holding them.

    Keyed with what only the member's signing key can make: whoever gets hold of a journal cannot
    try out names on it.
    """

    def __init__(self, signer: SigningKey) -> None:
        self._secret = signer.sign(signature_input(_CONTEXT, 0, b""))
        self._key_id = signer.key_id.encode()

    def of(self, event: EventLike) -> bytes:
        """Of everything that the event says but its ids; empty for what is no event."""
        value, header = _parts(event)
        rest = {key: each for key, each in header.items() if key not in _IDS}
        try:
            text = json.dumps({**value, "header": rest}, sort_keys=True)
        except (TypeError, ValueError):
            return b""
        return self._key_id + hmac.digest(self._secret, text.encode(), hashlib.sha256)


def stated_id(event: EventLike) -> str:
    """The message id that the event's author gave it; empty if there is none."""
    _, header = _parts(event)
    return str(header.get("message_id") or "")


def refuse_another(entry: Entry, event: EventLike, content: bytes) -> None:
    """Refuses an event that says something else than the one that was accepted under its id.

    Raises
    ------
    RejectedError
        ID_REUSED.
    """
    _, header = _parts(event)
    by, digest = entry.content[:_KEY_ID], entry.content[_KEY_ID:]
    # Fingerprints by two keys cannot be compared: after a change of keys the id alone counts.
    differs = digest != content[_KEY_ID:] and by == content[:_KEY_ID]
    if differs or header.get("thread_id") not in (None, entry.thread_id):
        text = "was accepted with other content: an event that says something else takes a new id"
        raise RejectedError([Problem("/header/message_id", "ID_REUSED", text)])


class Retold(NamedTuple):
    """What a publisher was told of a message when it was accepted."""

    header: Header
    decision: Decision
    prior: Prior


def retell(entry: Entry, world: World) -> Retold:
    """What the outline of a journalled message says: its decision, made again from the open part.

    Raises
    ------
    DecodingError
        It is none.
    """
    event_type, body = read_frame(entry.outline, world.catalogue)
    message = decode_message(event_type, body)
    header, slip = message.signed.header, message.tail.slip
    prior = NO_PRIOR
    if slip is not None:
        prior = {row.desk: frozenset(row.compartments) for row in read_part(SLIP, slip).prior}
    present = [each.compartment for each in message.signed.seals]
    decision = decide(event_type.name, header, message.signed.open, present, world.network, prior)
    return Retold(header, decision, prior)


def _parts(event: EventLike) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    """The event and its header; both empty for what is no event."""
    try:
        value: Json = parse_json(event) if isinstance(event, str | bytes) else dict(event)
    except (InvalidEventError, TypeError, ValueError):
        return {}, {}
    header = value.get("header") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(header, dict):
        return {}, {}
    return value, header

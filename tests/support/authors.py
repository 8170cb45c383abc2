"""Messages as a member's side makes them, not sent: to be changed, held back, or sent by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from natcbus.client.composing import Composed, Preview, compose, preview, validate
from natcbus.client.keystore import Keystore
from natcbus.contract.codec import decode_message, encode_tail, frame, read_frame
from natcbus.envelope.keys import SigningKey
from tests.support.bus import Bus
from tests.support.mutations import example, mutants, without


def composed(bus: Bus, event: Mapping[str, Any] | None = None, **header: Any) -> Composed:  # noqa: ANN401 - any field
    """The message of an event, the missing person of the contract by default."""
    written = dict(example("missing_person") if event is None else event)
    previewed = _previewed(bus, written, header)
    assert previewed.problems == (), previewed.problems
    return _composed(bus, previewed)


def authored(bus: Bus, sender: str, seed: int, **header: Any) -> Iterator[Composed]:  # noqa: ANN401 - any field
    """Endlessly many messages of a desk, each of which somebody gets; seeded but for their keys."""
    for event in mutants(seed, bus.network, [sender]):
        objections = [each.pointer for each in _previewed(bus, event, header).problems]
        previewed = _previewed(bus, without(event, objections), header)
        if not previewed.problems:
            yield _composed(bus, previewed)


def signing_key(bus: Bus, member: str) -> SigningKey:
    """The key that a member signs with."""
    return Keystore(bus.context(member).keys).signing_key(member)


def forged(value: bytes) -> bytes:
    """The message with a signature that does not hold for it."""
    event_type, body = read_frame(value)
    message = decode_message(event_type, body)
    signature = message.tail.signature
    wrong = bytes(each ^ 1 for each in signature.value)
    tail = replace(message.tail, signature=replace(signature, value=wrong))
    return frame(event_type.schema_id, message.signed_bytes + encode_tail(event_type, tail))


def _previewed(bus: Bus, event: Mapping[str, Any], header: Mapping[str, Any]) -> Preview:
    now = datetime.now(UTC)
    written = {**event, "header": {**event["header"], "sent_at": now.isoformat(), **header}}
    return preview(validate(written, bus.world, now, os.urandom), bus.world, now)


def _composed(bus: Bus, previewed: Preview) -> Composed:
    member = previewed.event.header.from_.split(".")[0]
    return compose(previewed, bus.world, signing_key(bus, member))

"""Messages as a member's side makes them, not sent: to be changed, held back, or sent by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from natcbus.client.composing import Composed, compose, preview, validate
from natcbus.client.keystore import Keystore
from natcbus.contract.codec import decode_message, encode_tail, frame, read_frame
from tests.support.bus import Bus
from tests.support.mutations import example


def composed(bus: Bus, event: Mapping[str, Any] | None = None, **header: Any) -> Composed:  # noqa: ANN401 - any field
    """The message of an event, the missing person of the contract by default."""
    written = dict(example("missing_person") if event is None else event)
    now = datetime.now(UTC)
    written["header"] = {**written["header"], "sent_at": now.isoformat(), **header}
    member = written["header"]["from"].split(".")[0]
    signer = Keystore(bus.context(member).keys).signing_key(member)
    read = validate(written, bus.world, now, os.urandom)
    previewed = preview(read, bus.world, now)
    assert previewed.problems == (), previewed.problems
    return compose(previewed, bus.world, signer)


def forged(value: bytes) -> bytes:
    """The message with a signature that does not hold for it."""
    event_type, body = read_frame(value)
    message = decode_message(event_type, body)
    signature = message.tail.signature
    wrong = bytes(each ^ 1 for each in signature.value)
    tail = replace(message.tail, signature=replace(signature, value=wrong))
    return frame(event_type.schema_id, message.signed_bytes + encode_tail(event_type, tail))

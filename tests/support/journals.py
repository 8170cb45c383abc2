"""Entries of a journal, composed for real or made up."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from natcbus.client.composing import Composed, compose, preview, validate
from natcbus.client.entries import Entry
from natcbus.client.keystore import Keystore
from natcbus.envelope.ids import member_of
from tests.support.bus import Bus
from tests.support.mutations import Json
from tests.support.sides import NOW


def entry_for(composed: Composed, content: bytes) -> Entry:
    """What a publisher journals of a message."""
    return Entry(
        message_id=composed.message_id,
        thread_id=composed.thread_id,
        content=content,
        accepted_at=NOW,
        expires_at=composed.header.expires_at,
        headers=composed.headers,
        outline=composed.outline,
        value=composed.value,
    )


def composed_for(bus: Bus, event: Json) -> Composed:
    """What the member's side of a real bus makes of an event."""
    now = datetime.now(UTC)
    read = validate(event, bus.world, now, os.urandom)
    member = member_of(read.header.from_)
    signer = Keystore(bus.context(member).keys).signing_key(member)
    return compose(preview(read, bus.world, now), bus.world, signer)

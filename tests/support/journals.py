"""Entries of a journal, composed for real or made up."""

from __future__ import annotations

from natcbus.client.composing import Composed
from natcbus.client.entries import Entry
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

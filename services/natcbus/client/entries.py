"""One accepted message, and its row in the journal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

COLUMNS: Final = (
    "number, message_id, thread_id, content, accepted_at, expires_at, headers, outline, value, "
    "digest, state, topic_partition, record_offset"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """How far a message is known to be."""

    QUEUED = "QUEUED"
    """On this side's disk, and will be sent: do not publish it again."""
    SENT = "SENT"
    """Durable at the broker."""
    ROUTED = "ROUTED"
    """Decided by the hub."""
    EXPIRED = "EXPIRED"
    """Was still queued when it expired, and is not sent any more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the journal.

    Attributes
    ----------
    content
        A fingerprint of the event that it was made of, which only the sender can compute.
    accepted_at, expires_at
        To the millisecond.
    headers
        Of the Kafka record.
    outline
        The record without what is sealed and without grants.
    value
        The record; empty when it is settled.
    number
        Its place in the order of acceptance; 0 before the journal has given one.
    partition, offset
        Where it is durable.
    """

    message_id: str
    thread_id: str
    content: bytes = field(repr=False)
    accepted_at: datetime
    expires_at: datetime
    headers: tuple[tuple[str, bytes], ...] = field(repr=False)
    outline: bytes = field(repr=False)
    value: bytes = field(repr=False)
    number: int = 0
    state: State = State.QUEUED
    partition: int | None = None
    offset: int | None = None


def digest_of(entry: Entry) -> bytes:
    """Of all that is sent of an entry."""
    return hashlib.sha256(f"{entry.thread_id} {_written(entry)} ".encode() + entry.value).digest()


def _written(entry: Entry) -> str:
    return json.dumps({name: value.decode() for name, value in entry.headers})


def row_of(entry: Entry) -> tuple[object, ...]:
    """The row of a queued entry."""
    return (
        entry.number or None,
        entry.message_id,
        entry.thread_id,
        entry.content,
        milliseconds(entry.accepted_at),
        milliseconds(entry.expires_at),
        _written(entry),
        entry.outline,
        entry.value,
        digest_of(entry),
        entry.state.value,
        entry.partition,
        entry.offset,
    )


def entry_of(row: tuple[object, ...]) -> Entry:
    """The entry of a row.

    Raises
    ------
    ValueError
        It is the row of none.
    """
    number, message_id, thread_id, content, accepted_at, expires_at, headers, *rest = row
    outline, value, _, state, partition, offset = rest
    return Entry(
        message_id=str(message_id),
        thread_id=str(thread_id),
        content=_bytes(content),
        accepted_at=instant(accepted_at),
        expires_at=instant(expires_at),
        headers=tuple((name, text.encode()) for name, text in json.loads(str(headers)).items()),
        outline=_bytes(outline),
        value=_bytes(value),
        number=_integer(number),
        state=State(str(state)),
        partition=None if partition is None else _integer(partition),
        offset=None if offset is None else _integer(offset),
    )


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _integer(value: object) -> int:
    if not isinstance(value, int):
        text = f"not a number: {value!r}"
        raise ValueError(text)  # noqa: TRY004 - what is wrong is a value in a file
    return value


def instant(milliseconds: object) -> datetime:
    """The time so many after 1970."""
    return _EPOCH + timedelta(milliseconds=_integer(milliseconds))


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)

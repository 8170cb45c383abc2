"""What became of a member's own messages: its receipts, each with the hub's whole decision."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from natcbus.client.contexts import Context
from natcbus.client.following import Follower
from natcbus.contract.codec import decode_record, schema_id_of, unframe
from natcbus.contract.errors import DecodingError
from natcbus.contract.types.hub import Receipt, Source, Treatment
from natcbus.routing.topics import receipts_topic

_CLOCKS_DIFFER: Final = timedelta(minutes=15)
_R = TypeVar("_R", Receipt, Treatment)


def receipts(context: Context, *, until_end: bool = True) -> Iterator[Receipt]:
    """The member's receipts from the oldest on; to the end as it is now, or for ever.

    Raises
    ------
    UnavailableError
        The bus does not answer.
    IncompatibleError
        TOPIC_REFUSED.
    """
    return _read(Receipt, context, since=None, until_end=until_end)


def returned(context: Context, source: Source | None = None) -> Iterator[Treatment]:
    """What the host returned of the member's records that were put aside: by whom, and why.

    A record that was returned will not be routed: mend what is wrong and publish anew. ``source``
    asks for one record, by its place on the member's topic.

    Raises
    ------
    NatcbusError
        As ``receipts``.
    """
    found = _read(Treatment, context, since=None, until_end=True)
    return (each for each in found if source is None or each.source == source)


def trace(context: Context, message_id: str) -> list[Receipt]:
    """Every receipt of a message, the oldest first; none if the hub has not decided it yet.

    Raises
    ------
    NatcbusError
        As ``receipts``.
    """
    since = _before(message_id)
    found = (
        []
        if since is None
        else list(_about(message_id, _read(Receipt, context, since, until_end=True)))
    )
    # A sender may choose an id whose time says nothing.
    return found or list(_about(message_id, receipts(context)))


def thread_receipts(context: Context, thread_id: str, message_id: str) -> Iterator[Receipt]:
    """The receipts of a thread, the oldest first; ``message_id`` is one of its messages.

    Raises
    ------
    NatcbusError
        As ``receipts``.
    """
    begun = [_before(thread_id.partition(".")[2]), _before(message_id)]
    known = [each for each in begun if each is not None]
    # A thread whose id does not say when it began may have begun at any time.
    since = min(known) if len(known) == len(begun) else None
    found = _read(Receipt, context, since, until_end=True)
    return (each for each in found if each.decision.thread_id == thread_id)


def wait_for_receipt(context: Context, message_id: str, seconds: float) -> Receipt | None:
    """The first receipt of a message, or None if none comes in time.

    Raises
    ------
    NatcbusError
        As ``receipts``.
    """
    coming = _read(Receipt, context, _before(message_id), until_end=False, seconds=seconds)
    with closing(coming):
        return next(_about(message_id, coming), None)


def _about(message_id: str, found: Iterator[Receipt]) -> Iterator[Receipt]:
    return (each for each in found if each.decision.message_id == message_id)


def made_at(message_id: str) -> datetime | None:
    """When a message was made, by its id; None for an id that does not say."""
    with suppress(ValueError, OverflowError, OSError):
        uuid = UUID(message_id)
        if uuid.version == 7:  # noqa: PLR2004 - RFC 9562 section 5.7
            return datetime.fromtimestamp((uuid.int >> 80) / 1000, UTC)
    return None


def _before(message_id: str) -> datetime | None:
    """A time before any receipt of this message."""
    made = made_at(message_id)
    return None if made is None else min(made, datetime.now(UTC)) - _CLOCKS_DIFFER


def _read(
    kind: type[_R],
    context: Context,
    since: datetime | None,
    *,
    until_end: bool,
    seconds: float | None = None,
) -> Generator[_R, None, None]:
    with closing(Follower(context, receipts_topic(context.member))) as follower:
        if since is None:
            follower.begin()
        else:
            follower.begin_since(since)
        for record in follower.records(until_end=until_end, seconds=seconds):
            found = _record_of(kind, record.value)
            if found is not None:
                yield found


def _record_of(kind: type[_R], value: bytes | None) -> _R | None:
    """A record of this kind, or None for one that is none: only hub and host may write here."""
    with suppress(DecodingError):
        schema_id, body = unframe(value or b"")
        if schema_id == schema_id_of(kind):
            return decode_record(kind, body)
    return None

"""Looks at the records that the hub put aside, and at why; nothing here changes or moves one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from natcbus.operations.errors import HeldRecordMissingError
from natcbus.operations.topic_reading import Stored, stored_records
from natcbus.routing.topics import QUARANTINE

_PREFIX: Final = "natcbus_"
_NO_SECURITY: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True)
class Held:
    """A quarantined record.

    Attributes
    ----------
    number
        Its offset in ``hub.quarantine``: the name to ask for it by.
    at
        When it was put aside.
    code, text
        Why.
    topic, partition, offset
        Where it stood; the topic names the member that wrote it.
    key, value
        As they came.
    """

    number: int
    at: datetime
    code: str
    text: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes


def held_records(bootstrap: str, security: Mapping[str, object] = _NO_SECURITY) -> Iterator[Held]:
    """Every record that is held now, oldest first.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    TopicMissingError
        The brokers have no quarantine.
    """
    yield from map(held, stored_records(bootstrap, [QUARANTINE], security))


def held_record(bootstrap: str, number: int, security: Mapping[str, object] = _NO_SECURITY) -> Held:
    """The record of this number.

    Raises
    ------
    BrokerUnreachableError, TopicMissingError
        As for ``held_records``.
    HeldRecordMissingError
        There is none.
    """
    with closing(stored_records(bootstrap, [QUARANTINE], security, start=number)) as found:
        first = next(found, None)
    if first is None or first.offset != number:
        raise HeldRecordMissingError(number)
    return held(first)


def held(record: Stored) -> Held:
    """A record of ``hub.quarantine``, with what the hub says of it in its headers."""
    headers = {
        name.removeprefix(_PREFIX): value.decode("utf-8", "replace")
        for name, value in record.headers
        if name.startswith(_PREFIX) and value is not None
    }
    return Held(
        number=record.offset,
        at=record.at,
        code=headers.get("code", "UNKNOWN"),
        text=headers.get("text", ""),
        topic=headers.get("topic", ""),
        partition=_number(headers.get("partition")),
        offset=_number(headers.get("offset")),
        key=record.key,
        value=record.value,
    )


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else -1

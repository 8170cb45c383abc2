"""Reads batches of records that aiokafka would end the whole consumer over.

A Kafka header's name is any bytes to the broker and UTF-8 to aiokafka: one record of one member
would stop the hub for everybody, at every start again. The hub uses no header of others, so such
a batch is read without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

_FETCHER: Final[Any] = import_module("aiokafka.consumer.fetcher")
_BATCHES: Final[Any] = import_module("aiokafka.record.default_records")
_VARINT: Final[Any] = import_module("aiokafka.record.util").decode_varint
_CORRUPT: Final[Any] = import_module("aiokafka.errors").CorruptRecordException
_RECORDS: Final[Any] = _FETCHER.MemoryRecords

_LENGTH_AT: Final = 8
_AFTER_LENGTH: Final = 12
_LOG_APPEND_TIME: Final = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A record without its headers, as aiokafka's fetcher takes it."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: tuple[()] = ()
    checksum: None = None


def tolerate_header_names() -> None:
    """Make aiokafka's fetcher in this process read what a member's header names would break."""
    _FETCHER.MemoryRecords = TolerantRecords


class TolerantRecords:
    """The batches of one fetched partition; stands in for aiokafka's ``MemoryRecords``."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records = _RECORDS(data)
        self._at = 0

    def has_next(self) -> bool:
        """Whether there is another whole batch."""
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        """Return the size of what was fetched."""
        return len(self._data)

    def next_batch(self) -> _TolerantBatch:
        """Return the next batch."""
        start, length_at = self._at, self._at + _LENGTH_AT
        after_length = start + _AFTER_LENGTH
        self._at = after_length + int.from_bytes(self._data[length_at:after_length], "big")
        return _TolerantBatch(self._records.next_batch(), self._data[start : self._at])


class _TolerantBatch:
    def __init__(self, batch: Any, raw: bytes) -> None:  # noqa: ANN401 - aiokafka is not typed
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> object:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except (UnicodeDecodeError, _CORRUPT):
            return iter(list(records_without_headers(self._raw)))


def records_without_headers(raw: bytes) -> Iterator[Record]:
    """Read a batch of format 2 (Kafka 0.11 and later) and skip each record's headers.

    Every record begins with its length, so that what follows the value need not be understood.
    """
    batch = iter(_BATCHES._DefaultRecordBatchPy(raw))  # noqa: SLF001 - it also decompresses
    buffer, at = bytes(batch._buffer), batch._pos  # noqa: SLF001
    by_broker = batch.timestamp_type == _LOG_APPEND_TIME
    for _ in range(batch._num_records):  # noqa: SLF001
        length, at = _VARINT(buffer, at)
        end = at + length
        _attributes, at = _VARINT(buffer, at)
        later, at = _VARINT(buffer, at)
        offset, at = _VARINT(buffer, at)
        key, at = _bytes(buffer, at)
        value, at = _bytes(buffer, at)
        yield Record(
            offset=batch.base_offset + offset,
            timestamp=batch.max_timestamp if by_broker else batch.first_timestamp + later,
            timestamp_type=batch.timestamp_type,
            key=key,
            value=value,
        )
        at = end


def _bytes(buffer: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = _VARINT(buffer, at)
    if length < 0:
        return None, at
    if at + length > len(buffer):
        raise _CORRUPT
    return buffer[at : at + length], at + length

"""Reads records whose header names kafka-python would give up a whole topic over.

A Kafka header's name is any bytes to the broker and UTF-8 to the library: one record of one member
would keep everybody who checks the bus from reading that member's topic. No header of a member
means anything, so such a record is read without them. The hub reads likewise, by another library.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

_RECORDS: Final[Any] = import_module("kafka.record.default_records")
_VARINT: Final[Any] = _RECORDS.decode_varint
_STRICTLY: Final[Any] = _RECORDS.DefaultRecordBatch._read_msg  # noqa: SLF001 - it has no other hook


def tolerate_header_names() -> None:
    """Make kafka-python in this process read what a member's header names would break."""
    _RECORDS.DefaultRecordBatch._read_msg = _read  # noqa: SLF001


def _read(batch: Any) -> object:  # noqa: ANN401 - kafka-python is not typed
    """Return the next record of a batch of format 2 (Kafka 0.11 and later)."""
    try:
        return _STRICTLY(batch)
    except UnicodeDecodeError:
        return _without_headers(batch)


def _without_headers(batch: Any) -> object:  # noqa: ANN401
    """Every record begins with its length, so what follows the value need not be understood."""
    buffer = batch._buffer  # noqa: SLF001
    length, at = _VARINT(buffer, batch._pos)  # noqa: SLF001
    end = at + length
    _attributes, at = _VARINT(buffer, at)
    later, at = _VARINT(buffer, at)
    offset, at = _VARINT(buffer, at)
    key, at = _bytes(buffer, at)
    value, at = _bytes(buffer, at)
    batch._pos = end  # noqa: SLF001
    by_broker = batch.timestamp_type == batch.LOG_APPEND_TIME
    stamp = batch.max_timestamp if by_broker else batch.first_timestamp + later
    place = batch.base_offset + offset
    return _RECORDS.DefaultRecord(length, place, stamp, batch.timestamp_type, key, value, [])


def _bytes(buffer: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = _VARINT(buffer, at)
    if length < 0:
        return None, at
    return bytes(buffer[at : at + length]), at + length

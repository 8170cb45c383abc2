"""The headers of what the hub writes: CloudEvents 1.0 for Kafka, binary mode, for tools alone.

Nobody on the bus trusts a header, and none of an inbound record is ever copied on.

- ``ce_source`` is ``natcbus:hub``: the hub produced this record, whoever said what is in it.
- ``ce_id`` is unique within the source and the same when a record is written again after a crash:
  the delivery id for a feed, and the position of the source record behind ``decision/`` or
  ``receipt/``.
- ``ce_type`` is ``natcbus.delivery.<event type>``, ``natcbus.decision`` or ``natcbus.receipt``.
- ``content-type`` is ``application/vnd.confluent.avro``: Avro behind the Confluent frame. It is not
  registered, and is what tools around the Confluent registry use; ``application/avro`` would
  promise a value without the frame.
- There is no ``ce_subject``: the thread is the case, and the case is nobody's business who only
  looks at headers.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

from natcbus.contract.shapes import write_instant

Headers = tuple[tuple[str, bytes], ...]

CONTENT_TYPE: Final = "application/vnd.confluent.avro"
SOURCE: Final = "natcbus:hub"

_CONTENT_TYPE: Final = CONTENT_TYPE.encode()
_SOURCE: Final = SOURCE.encode()


def event_headers(event_id: str, event_type: str, time: datetime) -> Headers:
    """The headers of one record; ``event_type`` without its ``natcbus.`` prefix."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", _SOURCE),
        ("ce_type", f"natcbus.{event_type}".encode()),
        ("ce_time", _written(time)),
        ("content-type", _CONTENT_TYPE),
    )


@lru_cache(maxsize=16)
def _written(time: datetime) -> bytes:
    """Cached: all that follows from one record is written at one time."""
    return write_instant(time).encode()

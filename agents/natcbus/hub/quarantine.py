"""The shape of a quarantined record: raw value and key as they came, the reason beside them.

The value is never touched, so that a re-sent record still carries its signature. What the hub has
to say stands in headers of its own, all UTF-8 text: ``natcbus_code`` and ``natcbus_text`` give the
reason, ``natcbus_topic``, ``natcbus_partition`` and ``natcbus_offset`` the place it was read from,
``natcbus_quarantined_at`` the instant. There are no CloudEvents headers: nobody knows what this is.
A record without a value is kept with an empty one, which no reader can mistake for something, since
not even a frame is there.
"""

from __future__ import annotations

from datetime import datetime

from natcbus.contract.problems import Problem
from natcbus.contract.shapes import write_instant
from natcbus.hub.records import Inbound, Outbound
from natcbus.routing.topics import QUARANTINE


def quarantined(record: Inbound, problem: Problem, now: datetime) -> Outbound:
    """``record`` as it is put aside."""
    reason = {
        "natcbus_code": problem.code,
        "natcbus_text": problem.text,
        "natcbus_topic": record.topic,
        "natcbus_partition": str(record.partition),
        "natcbus_offset": str(record.offset),
        "natcbus_quarantined_at": write_instant(now),
    }
    headers = tuple((name, text.encode()) for name, text in reason.items())
    return Outbound(QUARANTINE, record.key, record.value or b"", headers)

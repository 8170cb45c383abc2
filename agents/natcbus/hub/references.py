"""May this message replace the one that it names? Refused only where the hub's memory knows better.

The memory holds what was routed and acknowledged since this process began. So a message that is
read again after a crash is never refused for having been routed before, and a reference that is
older than the memory is believed: its sender, who has every receipt, was the first to check it.
"""

from __future__ import annotations

from datetime import datetime

from natcbus.contract.changes import Earlier, reference_problems
from natcbus.contract.problems import Problem
from natcbus.hub.authenticity import Authentic
from natcbus.hub.replays import SeenSet


def known_problems(read: Authentic, seen: SeenSet, now: datetime) -> list[Problem]:
    """What the memory says against the reference of an UPDATE or CANCEL.

    Codes: those of ``changes.reference_problems``.
    """
    header = read.message.signed.header
    if header.supersedes is None:
        return []
    replaced = header.supersedes.message_id
    known = seen.sighting_of(read.sender, replaced, now)
    earlier = None
    if known is not None:
        earlier = Earlier(
            known.message_id, known.thread_id, known.type, known.status, known.signed_sha256
        )
    first = seen.successor_of(read.sender, replaced, now)
    return list(reference_problems(header, earlier, first))

"""Which threads have a message in quarantine, so that later messages of them can say so.

A held record may be unreadable; its Kafka key names the thread all the same. Nobody vouches for a
key, so it marks nothing but later records of the same member's own partition. In memory alone: what
was held before a restart is not said any more.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from natcbus.contract.formats import FORMATS
from natcbus.hub.records import Inbound

THREADS_PER_MEMBER: Final = 1024
RECORDS_PER_THREAD: Final = 64

_THREAD: Final = FORMATS["thread"]
_Offsets = dict[bytes, int]
_Threads = OrderedDict[tuple[int, str], _Offsets]


class HeldThreads:
    """The threads of held records; per member the newest ``limit``. Not thread-safe."""

    def __init__(self, limit: int = THREADS_PER_MEMBER) -> None:
        self._limit = limit
        self._of: dict[str, _Threads] = {}

    def hold(self, record: Inbound) -> None:
        """Remember that ``record`` was put aside, if its key is a thread."""
        thread_id = (record.key or b"").decode(errors="replace")
        if not _THREAD.accepts(thread_id):
            return
        threads = self._of.setdefault(record.topic, OrderedDict())
        held = threads.setdefault((record.partition, thread_id), {})
        # One that is re-sent in vain comes again: its first place counts.
        if len(held) < RECORDS_PER_THREAD:
            held.setdefault(_digest(record), record.offset)
        if len(threads) > self._limit:
            threads.popitem(last=False)

    def holds_before(self, record: Inbound, thread_id: str) -> bool:
        """Whether a record of the thread is held that came before this one."""
        offsets = self._offsets(record, thread_id).values()
        return any(offset < record.offset for offset in offsets)

    def let_go(self, record: Inbound, thread_id: str) -> None:
        """Forget that ``record`` was held: sent again, it proved to be its sender's."""
        held = self._offsets(record, thread_id)
        if held and held.pop(_digest(record), None) is not None and not held:
            del self._of[record.topic][record.partition, thread_id]

    def _offsets(self, record: Inbound, thread_id: str) -> _Offsets:
        threads = self._of.get(record.topic)
        return {} if threads is None else threads.get((record.partition, thread_id), {})


def _digest(record: Inbound) -> bytes:
    return hashlib.sha256(record.value or b"").digest()

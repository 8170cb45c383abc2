"""What the hub has routed lately: the memory that tells a repetition from a message.

A message counts as seen once everything that followed from it is durable and acknowledged, and not
before. A record that is read again after a crash, a stop or a rebalance is therefore never taken
for a replay: it is routed again, under the same delivery ids, and its recipients remove what they
already have.

Hence also what happens while a message is in flight. A second copy with the same digest is routed
again: its recipients see one. A second copy with another digest is routed too, and its recipients
refuse it, as they must in any case, because this memory ends with the process. Afterwards the hub
itself ignores the one and refuses the other.

What was refused is not remembered: nobody received it, so its sender may mend it and publish it
under its id again. The memory ends for a message when it expires, since nothing that has expired is
routed, and at ``limit`` messages, those that expire soonest first.
"""

from __future__ import annotations

from datetime import datetime
from heapq import heappop, heappush
from typing import Final, NamedTuple

DEFAULT_LIMIT: Final = 100_000
"""About 50 MB, and a day of one message per second."""


class Sighting(NamedTuple):
    """A routed message, to be remembered until it expires."""

    expires_at: datetime
    sender: str
    message_id: str
    signed_sha256: bytes


class SeenSet:
    """Routed messages by sender and id. Not thread-safe."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._digests: dict[tuple[str, str], bytes] = {}
        self._by_expiry: list[Sighting] = []

    def __len__(self) -> int:
        """How many messages are remembered."""
        return len(self._digests)

    def digest_of(self, sender: str, message_id: str, now: datetime) -> bytes | None:
        """The digest with which this id was routed, or None; forgets what has expired."""
        while self._by_expiry and self._by_expiry[0].expires_at <= now:
            self._forget_first()
        return self._digests.get((sender, message_id))

    def remember(self, sighting: Sighting) -> None:
        """Count a message as seen. The first digest of an id stays."""
        key = (sighting.sender, sighting.message_id)
        if key in self._digests:
            return
        self._digests[key] = sighting.signed_sha256
        heappush(self._by_expiry, sighting)
        if len(self._by_expiry) > self._limit:
            self._forget_first()

    def _forget_first(self) -> None:
        first = heappop(self._by_expiry)
        del self._digests[first.sender, first.message_id]

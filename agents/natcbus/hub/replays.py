"""What the hub has routed lately: the memory that tells a repetition from a message.

A message counts as seen once everything that followed from it is durable and acknowledged, and not
before. A record that is read again after a crash, a stop or a rebalance is therefore never taken
for a replay: it is routed again, under the same delivery ids, and its recipients remove what they
already have.

Hence also what happens while a message is in flight. A second copy with the same digest is routed
again: its recipients see one. A second copy with another digest is routed too, and its recipients
refuse it, as they must in any case, because this memory ends with the process. Afterwards the hub
itself ignores the one and refuses the other.

The same memory knows which message replaced which, so that each is replaced once (``references``).

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
    """A routed message, to be remembered until it expires.

    ``supersedes`` is the id of the message of the same sender that it replaced.
    """

    expires_at: datetime
    sender: str
    message_id: str
    signed_sha256: bytes
    thread_id: str = ""
    type: str = ""
    status: str = ""
    supersedes: str | None = None


class SeenSet:
    """Routed messages by sender and id. Not thread-safe."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._sightings: dict[tuple[str, str], Sighting] = {}
        self._successors: dict[tuple[str, str], str] = {}
        self._by_expiry: list[Sighting] = []

    def __len__(self) -> int:
        """How many messages are remembered."""
        return len(self._sightings)

    def digest_of(self, sender: str, message_id: str, now: datetime) -> bytes | None:
        """The digest with which this id was routed, or None."""
        found = self.sighting_of(sender, message_id, now)
        return None if found is None else found.signed_sha256

    def sighting_of(self, sender: str, message_id: str, now: datetime) -> Sighting | None:
        """The message that was routed under this id, or None."""
        self._forget_expired(now)
        return self._sightings.get((sender, message_id))

    def successor_of(self, sender: str, message_id: str, now: datetime) -> str | None:
        """The id of the message that replaced this one first, or None."""
        self._forget_expired(now)
        return self._successors.get((sender, message_id))

    def remember(self, sighting: Sighting) -> None:
        """Count a message as seen. The first digest of an id stays, and its first successor."""
        key = (sighting.sender, sighting.message_id)
        if key in self._sightings:
            return
        self._sightings[key] = sighting
        if sighting.supersedes is not None:
            self._successors.setdefault((sighting.sender, sighting.supersedes), sighting.message_id)
        heappush(self._by_expiry, sighting)
        if len(self._by_expiry) > self._limit:
            self._forget_first()

    def _forget_expired(self, now: datetime) -> None:
        while self._by_expiry and self._by_expiry[0].expires_at <= now:
            self._forget_first()

    def _forget_first(self) -> None:
        first = heappop(self._by_expiry)
        del self._sightings[first.sender, first.message_id]
        replaced = (first.sender, first.supersedes or "")
        if self._successors.get(replaced) == first.message_id:
            del self._successors[replaced]

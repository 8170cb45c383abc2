"""What can be found, by a stable code, and what to do about each.

A *fault* is a promise that was not kept. A *note* is what whoever reads the result should know, and
what no promise forbids.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """The code of a finding; the faults first, the gravest of them on top."""

    NOT_ENTITLED = "NOT_ENTITLED"
    TOO_MUCH = "TOO_MUCH"
    FOREIGN_GRANT = "FOREIGN_GRANT"
    SLIP_IN_FEED = "SLIP_IN_FEED"
    MISPLACED = "MISPLACED"
    MISSING = "MISSING"
    INCOMPLETE = "INCOMPLETE"
    WITHHELD = "WITHHELD"
    PASSED_OVER = "PASSED_OVER"
    OVERDUE = "OVERDUE"
    IGNORED = "IGNORED"
    ALTERED = "ALTERED"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    BAD_RELAY = "BAD_RELAY"
    BAD_GRANT = "BAD_GRANT"
    UNREADABLE = "UNREADABLE"
    DUPLICATE = "DUPLICATE"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    DELIVERY_WITHOUT_DECISION = "DELIVERY_WITHOUT_DECISION"
    DECISION_WITHOUT_SOURCE = "DECISION_WITHOUT_SOURCE"
    DECISION_DIFFERS = "DECISION_DIFFERS"
    DECISION_MISSING = "DECISION_MISSING"
    ROUTED_UNPROVEN = "ROUTED_UNPROVEN"
    RECEIPT_MISSING = "RECEIPT_MISSING"
    RECEIPT_DIFFERS = "RECEIPT_DIFFERS"
    RECEIPT_WITHOUT_SOURCE = "RECEIPT_WITHOUT_SOURCE"
    QUARANTINE_MISSING = "QUARANTINE_MISSING"
    QUARANTINE_DIFFERS = "QUARANTINE_DIFFERS"
    REMOVED = "REMOVED"
    RULES_NOT_AT_HAND = "RULES_NOT_AT_HAND"

    REPEATED = "REPEATED"
    UNDELIVERED = "UNDELIVERED"
    QUARANTINED = "QUARANTINED"
    WAITING = "WAITING"
    RETAINED_OUT = "RETAINED_OUT"

    @property
    def is_fault(self) -> bool:
        """Whether a promise was not kept."""
        return self not in NOTES


NOTES: Final = frozenset(
    {Code.REPEATED, Code.UNDELIVERED, Code.QUARANTINED, Code.WAITING, Code.RETAINED_OUT}
)

_HUB: Final = "stop the hub and look at its version and at who can write to this topic"

TO_DO: Final[Mapping[Code, str]] = {
    Code.NOT_ENTITLED: f"tell the data-protection officer now, recall it from the desk, {_HUB}",
    Code.TOO_MUCH: f"tell the data-protection officer now, recall it from the desk, {_HUB}",
    Code.FOREIGN_GRANT: "tell the data-protection officer: who reads this feed and holds the other "
    f"desk's key can open it; {_HUB}",
    Code.SLIP_IN_FEED: "tell the sender: its decision and the earlier recipients of the thread "
    f"show in this feed; {_HUB}",
    Code.MISPLACED: "the desk refuses it and nothing is lost; find out who can write to this feed",
    Code.MISSING: "tell the desk and the sender now; the sender publishes the same record "
    "again, under its id, which every other desk sees once",
    Code.INCOMPLETE: "the desk refuses it: tell the desk and the sender now, who publishes the "
    "same record again once the hub is mended",
    Code.WITHHELD: f"tell the desk and the sender now, then {_HUB}",
    Code.PASSED_OVER: "the hub went past it: tell the sender, who publishes the same record again; "
    "then find out what moved the hub's offsets",
    Code.OVERDUE: "the hub is down or behind: start it, or more workers, and look again",
    Code.IGNORED: "nobody got it: tell the sender, who publishes it again under a new id",
    Code.ALTERED: "the desk refuses it; find out who can write to this feed",
    Code.BAD_SIGNATURE: "the desk refuses it; find out who can write to this feed",
    Code.BAD_RELAY: "the desk refuses it; find out who can write to this feed, or whether the hub "
    "signs with another key than hub.json lists",
    Code.BAD_GRANT: "the desk refuses it: tell the sender, who publishes it anew with the newest "
    "network and keys",
    Code.UNREADABLE: "its readers refuse it; find out who can write to this topic, or update this "
    "natcbus if a newer one wrote it",
    Code.DUPLICATE: "the desk shows one of the two and refuses the other: tell the sender to give "
    "every message an id of its own, and the desk which one holds",
    Code.OUT_OF_ORDER: "tell the desk which message is the newer one; then find out what wrote to "
    "this feed out of turn",
    Code.DELIVERY_WITHOUT_DECISION: "nobody can say why it is there; find out who can write to "
    "this feed",
    Code.DECISION_WITHOUT_SOURCE: "no member sent this; find out who can write to hub.decisions",
    Code.DECISION_DIFFERS: f"{_HUB}: deciding again does not give this",
    Code.DECISION_MISSING: "the member has a receipt and the Network has no record: find out who "
    "deleted from hub.decisions, which is kept for good",
    Code.ROUTED_UNPROVEN: f"it cannot be shown that its member sent it; {_HUB}",
    Code.RECEIPT_MISSING: "its sender does not know who got it: send it what `natcbus trace` would "
    "say, from the decision",
    Code.RECEIPT_DIFFERS: "its sender was told something else than what was decided: tell it, and "
    "find out who can write to this topic",
    Code.RECEIPT_WITHOUT_SOURCE: "the member never sent this: tell it, and find out who can write "
    "to this topic",
    Code.QUARANTINE_MISSING: "what was put aside is gone: ask its sender to publish it again",
    Code.QUARANTINE_DIFFERS: "never send it on: find out who can write to hub.quarantine",
    Code.REMOVED: "it was deleted before its time: find out by whom, and compare the topic's "
    "retention with `natcbus topology plan`",
    Code.RULES_NOT_AT_HAND: "nothing that was decided under these rules was judged: name a "
    "directory of that version with --network, or its secretariat with --trusted",
    Code.REPEATED: "nothing: its reader shows it once",
    Code.UNDELIVERED: "tell the desk's member to publish its newest keys, and the sender to "
    "publish the message anew with them",
    Code.QUARANTINED: "look at it with `natcbus quarantine show`, and tell its member",
    Code.WAITING: "look again later",
    Code.RETAINED_OUT: "look more often than the topics forget",
}
"""What to do about each, in the imperative."""

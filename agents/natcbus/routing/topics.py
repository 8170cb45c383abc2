"""The names of the topics: members' words, what became of them, desks' feeds, the hub's own.

Every part that reads or writes a topic takes its name from here, so that the closed set of topics,
the rights on them and what is written agree.
"""

from __future__ import annotations

from typing import Final

DECISIONS: Final = "hub.decisions"
"""What the hub decided about every record of every member."""
QUARANTINE: Final = "hub.quarantine"
"""Records that nobody can be shown to have sent, raw."""

NETWORK: Final = "hub.network"
"""The signed versions of the Network, each whole; hub and nodes follow it."""
SCHEMAS: Final = "hub.schemas"
"""Every version of every schema, by schema id: what an older installation reads a newer one by."""

_MEMBER: Final = "member."
_OUT: Final = ".out"


def out_topic(member: str) -> str:
    """The topic of everything that a member says."""
    return f"{_MEMBER}{member}{_OUT}"


def receipts_topic(member: str) -> str:
    """The topic of what became of a member's records; that member reads it."""
    return f"{_MEMBER}{member}.receipts"


def feed_topic(desk: str) -> str:
    """The topic of what a desk gets, with one partition: human order."""
    return f"desk.{desk}.feed"


def speaker(topic: str) -> str:
    """The member whose ``out_topic`` this is.

    Raises
    ------
    ValueError
        It is no such topic: whoever subscribed to it made a mistake.
    """
    if not (topic.startswith(_MEMBER) and topic.endswith(_OUT)):
        message = f"{topic} is no topic of a member: the hub reads member.<member>.out alone"
        raise ValueError(message)
    return topic[len(_MEMBER) : -len(_OUT)]

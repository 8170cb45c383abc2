"""What was decided about one message, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ENGINE: Final = 1
"""Version of the rules as code; part of every digest. A change of behaviour raises it."""


class View(StrEnum):
    """What people call the set of compartments that a desk can open."""

    FULL = "full"
    REDUCED = "reduced"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """Why a desk is a candidate: a code, and the countries or topics it is about."""

    code: str
    about: tuple[str, ...] = ()


class Withheld(StrEnum):
    """Why a desk that gets a message does not open one of its compartments."""

    AUDIENCE = "AUDIENCE"
    FIELD_MASKED_PII = "FIELD_MASKED_PII"
    SMALL_CELL = "SMALL_CELL"
    REACH = "REACH"
    PURPOSE_REACH = "PURPOSE_REACH"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A desk that gets the message, what it may open and why; both sorted.

    ``withheld`` explains: for each compartment of the message that the desk does not open, sorted,
    the first rule that keeps it back. It is no part of the digest, and empty where a delivery was
    read from a record and not decided.
    """

    desk: str
    compartments: tuple[str, ...]
    because: tuple[Reason, ...]
    view: View
    withheld: tuple[tuple[str, Withheld], ...] = ()


@dataclass(frozen=True, slots=True)
class Denial:
    """A candidate that failed a gate: the first gate that said no."""

    desk: str
    code: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Who gets a message, under one network version.

    ``deliveries`` and ``denials`` are sorted by desk. ``digest`` is SHA-256 over the deliveries
    (desk, compartments, reason codes), the network version and the engine version.
    """

    deliveries: tuple[Delivery, ...]
    denials: tuple[Denial, ...]
    network_version: int
    network_digest: bytes
    engine: int
    digest: bytes


Prior = Mapping[str, frozenset[str]]
"""Earlier recipients of the thread: desk -> compartments it could open."""

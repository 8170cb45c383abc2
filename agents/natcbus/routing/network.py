"""The Network as routing sees it: members, desks, neighbours and policy, compiled and indexed.

Everything here is a value. ``loading.load_network`` makes one from YAML text; nothing changes it
afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import Clearance


class Tier(StrEnum):
    """How a party belongs to the Network."""

    MEMBER = "MEMBER"
    OBSERVER = "OBSERVER"
    GUEST = "GUEST"
    PARTNER = "PARTNER"

    # Enum's own is written in Python, and deciding looks these up all the time.
    __hash__ = str.__hash__


class Reach(StrEnum):
    """How much of a message a reason may bring to a desk, before the audience table is applied."""

    FULL = "F"
    REDUCED = "R"
    NOTICE = "N"

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Member:
    """A country or an organisation of the Network.

    ``country`` is ISO 3166-1 alpha-2 (or XK) and None for organisations.
    """

    code: str
    name: str
    tier: Tier
    country: str | None
    local_names: tuple[tuple[str, str], ...] = ()
    """Pairs of BCP 47 tag and name, sorted."""
    suspended: bool = False
    """Its desks get nothing, and it publishes nothing but what takes something back."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A staffed contact point: the only thing that receives.

    ``organisation`` is a type of ``domain`` list C.2 (``SPOC_24_7``, ``BORDER_POLICE``, ...);
    ``competences`` are topics it can be found by; ``purposes`` what it is accredited for;
    ``statuses`` which of ACTUAL, EXERCISE, TEST, SYSTEM it is enrolled for.
    """

    id: str
    member: str
    name: str
    organisation: str
    competences: frozenset[str]
    purposes: frozenset[str]
    statuses: frozenset[str]
    regime: str
    languages: tuple[str, ...]
    hours: str
    local_names: tuple[tuple[str, str], ...] = ()
    """Pairs of BCP 47 tag and name, sorted."""
    clearance: Clearance = Clearance.NONE
    """What it is cleared for: messages that demand no more."""
    majors: frozenset[int] = frozenset({1})
    """The major versions of event types that it reads."""
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """A basis on which members may give personal data to other members.

    ``from_`` and ``to`` name members, or groups of the policy.
    """

    name: str
    from_: frozenset[str]
    to: frozenset[str]
    regimes: frozenset[str]
    """Regimes of the receiving desks that it covers: LED, GDPR."""
    basis: str
    """ADEQUACY, AGREEMENT or SAFEGUARDS (Directive (EU) 2016/680 Art. 36, 37; GDPR Art. 45, 46)."""
    until: date | None = None
    """The last day on which it holds; None: until it is taken out."""
    crossing: bool = False
    """Whether it also lets data of police and justice (LED) go to desks under GDPR."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """An agreement, seen from one sending member: the members that may receive."""

    agreement: Agreement
    receivers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Corridor:
    """A route of migration that the secretariat names: one version of a list of countries."""

    name: str
    version: int
    countries: frozenset[str]


@dataclass(frozen=True, slots=True)
class BorderPoint:
    """A place where two countries meet.

    ``locode`` tells a UN/LOCODE (UNECE Recommendation 16) from a code of the same form that this
    Network gave, because no such code is known to exist.
    """

    code: str
    name: str
    between: frozenset[str]
    locode: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the event x country role matrix.

    How much, and to which organisation types (None: any).
    """

    reach: Reach
    to: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RoleRow:
    """The matrix row of an event type for some urgencies (None: any other urgency)."""

    urgencies: frozenset[str] | None
    roles: Mapping[str, Cell]
    topics: Cell | None


@dataclass(frozen=True, slots=True)
class TlpScope:
    """Who may receive without being named: tier -> organisation types (None: any)."""

    tiers: Mapping[Tier, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline that runs from receipt at the hub."""

    name: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class ClockRow:
    """The clocks of an event type for some urgencies (None: any other urgency)."""

    urgencies: frozenset[str] | None
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of the Network, each a closed table."""

    roles: Mapping[str, tuple[RoleRow, ...]]
    """Event type -> rows; the first whose urgencies match applies."""
    purposes: Mapping[str, Mapping[str, Reach]]
    """Purpose -> organisation type -> reach; an absent organisation type is not admitted."""
    tlp: Mapping[str, TlpScope]
    competence: Mapping[str, frozenset[str]]
    """Event type -> organisation types that may deal with it."""
    publishes: Mapping[Tier, frozenset[str]]
    """Tier -> event types that it may publish."""
    clocks: Mapping[str, tuple[ClockRow, ...]]
    lifetimes: Mapping[str, timedelta]
    """Event type -> how long a message lives when its sender does not say."""
    agreements: tuple[Agreement, ...] = ()
    """Sorted by name. What none covers is not given to another member, unless it is public."""
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Group -> its members; for agreements alone."""
    corridors: Mapping[str, Corridor] = field(default_factory=dict)
    small_cell: int = 0
    """Counts below this are sealed from desks that were not named; 0: none are."""


@dataclass(frozen=True, slots=True)
class Network:
    """One version of the Network.

    ``digest`` is SHA-256 over the canonical policy (keys left out, order of YAML irrelevant).
    """

    version: int
    digest: bytes
    name: str
    example: bool
    designations: Mapping[str, str]
    """Country code -> note that must be shown with its name (XK)."""
    members: Mapping[str, Member]
    desks: Mapping[str, Desk]
    neighbours: Mapping[str, frozenset[str]]
    policy: Policy
    audiences: Mapping[str, Audience]
    desks_by_country: Mapping[str, tuple[Desk, ...]]
    desks_by_topic: Mapping[str, tuple[Desk, ...]]
    topics: Mapping[str, str] = field(default_factory=dict)
    """Every topic that a desk can have as a competence: what it is about."""
    about: str = ""
    """What readers must know, such as that it is an example."""
    expires_at: datetime | None = None
    """From when it no longer holds; None: it says nothing, and cannot be signed."""
    border_points: Mapping[str, BorderPoint] = field(default_factory=dict)
    transfers: Mapping[str, tuple[Transfer, ...]] = field(default_factory=dict)
    """Sending member -> the agreements that it is a party to."""

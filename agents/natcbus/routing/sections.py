"""The sections in which the Network is written: the keys of each, its words and its forms."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

from natcbus.contract.countries import COUNTRIES
from natcbus.contract.formats import FORMATS, Format
from natcbus.routing.days import Day
from natcbus.routing.documents import Entries, Items, Node, Word
from natcbus.routing.entries import (
    About,
    AgreementEntry,
    BorderPointEntry,
    CellEntry,
    CorridorEntry,
    DeskEntry,
    MemberEntry,
    RoleRowEntry,
    Rows,
    Scope,
    TierEntry,
    Words,
)
from natcbus.routing.notation import (
    At,
    Choice,
    Duration,
    Field,
    Flag,
    ListOf,
    MapOf,
    Maybe,
    Notation,
    Record,
    Text,
    Whole,
    WordOr,
)
from natcbus.routing.vocabulary import (
    BASES,
    CLEARANCES,
    COUNTRY_ROLES,
    EVERYBODY,
    ORGANISATION_TYPES,
    OTHERWISE,
    PURPOSES,
    REACHES,
    REGIMES,
    STATUSES,
    TIERS,
    TLP_LEVELS,
    URGENCIES,
)

NAME: Final = Format(re.compile(r"\S(?:[^\n]{0,118}\S)?"), "a name of at most 120 characters")
NOTE: Final = Format(
    re.compile(r"\S(?:[^\n]{0,598}\S)?"), "one paragraph of at most 600 characters"
)
HOURS: Final = Format(
    re.compile(
        r"24/7|(?:Mo|Tu|We|Th|Fr|Sa|Su)-(?:Mo|Tu|We|Th|Fr|Sa|Su)"
        r" [0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]"
    ),
    "24/7, or days and local time such as Mo-Fr 08:00-16:00",
)
_LAST_VERSION: Final = 2_147_483_647
_LAST_MAJOR: Final = 999
_LARGEST_CELL: Final = 1000

TYPE: Final = Choice("organisation type", ORGANISATION_TYPES)
TIER: Final = Choice("tier", TIERS)
PURPOSE: Final = Choice("purpose", PURPOSES)
STATUS: Final = Choice("status", STATUSES)
ROLE: Final = Choice("role", COUNTRY_ROLES)
REACH: Final = Choice("reach", REACHES)
REGIME: Final = Choice("regime", REGIMES)
TLP: Final = Choice("tlp level", TLP_LEVELS)
CLEARANCE: Final = Choice("clearance", CLEARANCES)
BASIS: Final = Choice("basis", BASES)
URGENCY: Final = Choice("urgency", URGENCIES | {OTHERWISE})
COUNTRY: Final = Choice("country", COUNTRIES, "write an ISO 3166-1 alpha-2 code, or XK")
LANGUAGE: Final = Text(FORMATS["language"])
TYPES: Final = ListOf(TYPE)
SCOPE: Final = WordOr(Choice("scope", frozenset({EVERYBODY})), TYPES)
LOCAL_NAMES: Final = MapOf(LANGUAGE, Text(NAME))
PARTIES: Final = ListOf(Text(FORMATS["member"]), 1)
"""Members or groups."""
BETWEEN: Final = ListOf(COUNTRY, 2, 2)


_CELL: Final = WordOr(
    REACH,
    Record(
        "cell",
        CellEntry,
        {
            "reach": Field(REACH, "F full by competence, R reduced, N notice"),
            "to": Field(
                SCOPE, "organisation types, or ALL; the row's when left out", required=False
            ),
        },
    ),
)
_ROLE_ROW: Final = Record(
    "role row",
    RoleRowEntry,
    {
        "to": Field(
            SCOPE,
            "organisation types of every cell that names none; ALL when left out",
            required=False,
        ),
        "roles": Field(
            MapOf(ROLE, _CELL), "country role: reach; a role that is left out reaches nobody"
        ),
        "topics": Field(
            _CELL, "reach of desks found by topic; nobody when left out", required=False
        ),
    },
)
_NETWORK: Final = Record(
    "network",
    About,
    {
        "version": Field(Whole(1, _LAST_VERSION), "raised by one with every change"),
        "name": Field(Text(NAME), "name of the Network"),
        "example": Field(Flag(), "true for a configuration that is no claim about who is a member"),
        "expires": Field(
            Day(), "last day on which this version holds, UTC; needed to sign it", required=False
        ),
        "about": Field(Text(NOTE), "what readers must know", required=False),
        "designations": Field(
            MapOf(COUNTRY, Text(NOTE)), "notes that stand with a country's name", required=False
        ),
    },
)


def _agreement(**keys: At[object]) -> AgreementEntry:
    """An agreement of its keys; ``from`` is a word of Python's own."""
    named: dict[str, Any] = {f"{key}_" if key == "from" else key: at for key, at in keys.items()}
    return AgreementEntry(**named)


_AGREEMENT: Final = Record(
    "agreement",
    _agreement,
    {
        "name": Field(Text(NAME), "what it is called"),
        "from": Field(PARTIES, "members or groups that give"),
        "to": Field(PARTIES, "members or groups that receive"),
        "regimes": Field(ListOf(REGIME, 1), "regimes of the receiving desks that it covers"),
        "basis": Field(BASIS, "ADEQUACY, AGREEMENT or SAFEGUARDS"),
        "until": Field(
            Maybe(Day()), "the last day on which it holds, in UTC; null: no end", required=False
        ),
        "crossing": Field(
            Flag(), "true when data under LED may go to desks under GDPR", required=False
        ),
    },
)
_CORRIDOR: Final = Record(
    "corridor",
    CorridorEntry,
    {
        "name": Field(Text(FORMATS["corridor"]), "the name that senders write"),
        "version": Field(Whole(1, _LAST_VERSION), "raised by one when the list changes"),
        "countries": Field(ListOf(COUNTRY, 2), "the countries on the route"),
    },
)
_BORDER_POINT: Final = Record(
    "border point",
    BorderPointEntry,
    {
        "code": Field(Text(FORMATS["border_point"]), "UN/LOCODE without space, or the Network's"),
        "name": Field(Text(NAME), "name of the place"),
        "between": Field(BETWEEN, "the two countries that meet there"),
        "locode": Field(
            Flag(), "true for a UN/LOCODE; left out for a code of the Network", required=False
        ),
    },
)


class Section(NamedTuple):
    """A section of the Network: how it is written, what for, and as what kind of node."""

    notation: Notation[object]
    about: str
    written_as: type[Node] = Entries


@dataclass(frozen=True, slots=True)
class Grammar:
    """How each section is written, for the event types of a contract."""

    network: Record[About]
    topics: MapOf[str]
    members: MapOf[MemberEntry]
    adjacency: MapOf[Words]
    roles: MapOf[Rows[RoleRowEntry]]
    purposes: MapOf[Rows[str]]
    tlp: MapOf[Rows[Scope]]
    competence: MapOf[Words]
    tiers: MapOf[TierEntry]
    clocks: MapOf[Rows[Rows[timedelta]]]
    lifetimes: MapOf[timedelta]
    groups: MapOf[Words]
    agreements: ListOf[AgreementEntry]
    corridors: ListOf[CorridorEntry]
    border_points: ListOf[BorderPointEntry]
    small_cell: Whole

    def sections(self) -> Mapping[str, Section]:
        """Every section by name."""
        return {
            "network": Section(self.network, "version and name"),
            "topics": Section(self.topics, "topics by which desks are found: what each is about"),
            "members": Section(self.members, "members by code, each with its desks"),
            "adjacency": Section(
                self.adjacency, "country: its neighbours by land, written on both sides"
            ),
            "roles": Section(self.roles, "event type, urgency: what each country role brings"),
            "purposes": Section(
                self.purposes, "purpose: organisation types that it admits; others are not admitted"
            ),
            "tlp": Section(self.tlp, "TLP level, tier: who may receive without being named"),
            "competence": Section(
                self.competence, "event type: organisation types that may deal with it"
            ),
            "tiers": Section(self.tiers, "tier: what it may publish"),
            "clocks": Section(
                self.clocks, "event type, urgency, clock: by when, from receipt at the hub"
            ),
            "lifetimes": Section(
                self.lifetimes, "event type: how long a message lives if its sender does not say"
            ),
            "groups": Section(self.groups, "groups of members, for agreements: their members"),
            "agreements": Section(
                self.agreements,
                "bases of transfers between members; what none covers is not transferred",
                Items,
            ),
            "corridors": Section(self.corridors, "named routes of migration", Items),
            "border_points": Section(self.border_points, "places where two countries meet", Items),
            "small_cell": Section(
                self.small_cell,
                "counts of persons below this open for named desks alone; 0: no such rule",
                Word,
            ),
        }


def grammar_for(event_types: Collection[str], topics: Collection[str] | None = None) -> Grammar:
    """How the Network is written; ``topics`` is None as long as they are not known."""
    events = frozenset(event_types)
    event = Choice("event type", events)
    topic = Text(FORMATS["topic"])
    rows = frozenset({OTHERWISE})
    return Grammar(
        network=_NETWORK,
        topics=MapOf(topic, Text(NOTE)),
        members=MapOf(
            Text(FORMATS["member"]),
            _member(topic if topics is None else Choice("topic", frozenset(topics))),
        ),
        adjacency=MapOf(COUNTRY, ListOf(COUNTRY)),
        roles=MapOf(event, MapOf(URGENCY, _ROLE_ROW, rows), events),
        purposes=MapOf(PURPOSE, MapOf(TYPE, REACH), PURPOSES),
        tlp=MapOf(TLP, MapOf(TIER, SCOPE), TLP_LEVELS),
        competence=MapOf(event, TYPES, events),
        tiers=MapOf(
            TIER,
            Record(
                "tier rule",
                TierEntry,
                {"publishes": Field(ListOf(event), "event types that it may publish")},
            ),
            TIERS,
        ),
        clocks=MapOf(
            event, MapOf(URGENCY, MapOf(Text(FORMATS["clock"]), Duration()), rows), events
        ),
        lifetimes=MapOf(event, Duration(), events),
        groups=MapOf(Text(FORMATS["member"]), ListOf(Text(FORMATS["member"]), 1)),
        agreements=ListOf(_AGREEMENT),
        corridors=ListOf(_CORRIDOR),
        border_points=ListOf(_BORDER_POINT),
        small_cell=Whole(0, _LARGEST_CELL),
    )


def _member(topic: Notation[str]) -> Record[MemberEntry]:
    desk = Record(
        "desk",
        DeskEntry,
        {
            "name": Field(Text(NAME), "name in English"),
            "local_names": Field(LOCAL_NAMES, "language: name", required=False),
            "organisation": Field(TYPE, "organisation type, which decides what it may open"),
            "competences": Field(ListOf(topic), "topics it can be found by", required=False),
            "purposes": Field(ListOf(PURPOSE, 1), "purposes it is accredited for"),
            "statuses": Field(
                ListOf(STATUS, 1), "what it is enrolled for: ACTUAL, EXERCISE, TEST, SYSTEM"
            ),
            "regime": Field(REGIME, "LED or GDPR, or the national law in its place"),
            "languages": Field(ListOf(LANGUAGE, 1), "BCP 47 tags"),
            "hours": Field(Text(HOURS), "24/7, or days and local time such as Mo-Fr 08:00-16:00"),
            "clearance": Field(
                CLEARANCE, "what it is cleared for; NONE when left out", required=False
            ),
            "majors": Field(
                ListOf(Whole(1, _LAST_MAJOR), 1),
                "major versions of event types that it reads; [1] when left out",
                required=False,
            ),
            "suspended": Field(Flag(), "true: it gets nothing", required=False),
        },
    )
    return Record(
        "member",
        MemberEntry,
        {
            "name": Field(Text(NAME), "name in English"),
            "local_names": Field(LOCAL_NAMES, "language: name", required=False),
            "tier": Field(TIER, "MEMBER, OBSERVER, GUEST or PARTNER"),
            "country": Field(
                COUNTRY, "ISO 3166-1 alpha-2 or XK; left out for an organisation", required=False
            ),
            "suspended": Field(Flag(), "true: none of its desks gets anything", required=False),
            "desks": Field(
                MapOf(Text(FORMATS["desk"]), desk), "desks by id, <member>.<desk>", required=False
            ),
        },
    )

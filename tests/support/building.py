"""Small networks and headers written in the test that uses them, as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypedDict, Unpack

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import (
    Addressing,
    Change,
    Clearance,
    CountryInRole,
    CountryRole,
    EuropolCode,
    Handling,
    Header,
    Kind,
    LegalBasis,
    Pap,
    Purpose,
    Reference,
    Regime,
    Retention,
    Status,
    Tlp,
    Urgency,
)
from natcbus.routing.network import (
    Agreement,
    BorderPoint,
    Cell,
    Clock,
    ClockRow,
    Corridor,
    Desk,
    Member,
    Network,
    Policy,
    Reach,
    RoleRow,
    Tier,
    TlpScope,
)
from natcbus.routing.transfers import transfers_by_sender

MISSING: Final = "missing_person"
EVERY_PURPOSE: Final = tuple(purpose.value for purpose in Purpose if purpose is not Purpose.UNKNOWN)
SEALED: Final = frozenset({"identity", "recognition", "circumstances", "source"})
SENT_AT: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

LAST_SEEN_IN_SERBIA: Final[Mapping[str, object]] = {
    "last_seen": {"country": "RS"},
    "likely_heading": [{"country": "HU"}, {"country": "AT"}],
}

_COUNTRIES: Final = {
    "rs": "RS",
    "hu": "HU",
    "ro": "RO",
    "bg": "BG",
    "si": "SI",
    "xk": "XK",
    "tr": "TR",
}
EVERYBODY: Final = "all"
"""The group of every member that a test can have."""
_GROUPS: Final = {EVERYBODY: frozenset({*_COUNTRIES, "techco", "gone"})}
_NAMES: Final = {
    "rs": "Serbia",
    "hu": "Hungary",
    "ro": "Romania",
    "bg": "Bulgaria",
    "si": "Slovenia",
    "xk": "Kosovo",
    "tr": "Türkiye",
}

AUDIENCE: Final = Audience(
    compartments={
        "SPOC_24_7": SEALED,
        "POLICE_THB": SEALED,
        "BORDER_POLICE": frozenset({"identity", "recognition", "circumstances"}),
        "HOTLINE": frozenset({"recognition", "circumstances"}),
        "NGO_SHELTER": frozenset({"recognition"}),
        "PARTNER_TECH": frozenset({"recognition"}),
        "NATIONAL_COORDINATOR": frozenset(),
    },
    reduced=frozenset({"identity", "recognition"}),
    named_only=frozenset({"source"}),
    country_roles={"LAST_SEEN": ("/last_seen/country",), "HEADING": ("/likely_heading/*/country",)},
)

_AUTHORITIES: Final = frozenset(
    {"SPOC_24_7", "POLICE_THB", "BORDER_POLICE", "NATIONAL_COORDINATOR"}
)
_SERVICES: Final = frozenset({"HOTLINE", "NGO_SHELTER"})

BORDER_POINTS: Final = (
    BorderPoint("RSHRG", "Horgoš", frozenset({"RS", "HU"})),
    BorderPoint("HUROZ", "Röszke", frozenset({"HU", "RS"})),
    BorderPoint("BGKAN", "Kapitan Andreevo", frozenset({"BG", "TR"})),
)
CORRIDORS: Final = {
    "TR-BG-RS-HU": Corridor("TR-BG-RS-HU", 1, frozenset({"TR", "BG", "RS", "HU"})),
    "RO-HU": Corridor("RO-HU", 1, frozenset({"RO", "HU"})),
}

ROLE_ROWS: Final = (
    RoleRow(
        urgencies=frozenset({"IMMEDIATE"}),
        roles={
            "LAST_SEEN": Cell(Reach.FULL),
            "HEADING": Cell(Reach.FULL),
            "NATIONALITY": Cell(Reach.FULL),
            "ORIGIN": Cell(Reach.NOTICE),
            "ADJACENT": Cell(Reach.REDUCED, frozenset({"SPOC_24_7", "BORDER_POLICE"})),
            "CORRIDOR": Cell(Reach.REDUCED, frozenset({"SPOC_24_7"})),
            "RESIDENCE": Cell(Reach.FULL),
        },
        topics=Cell(Reach.REDUCED),
    ),
    RoleRow(
        urgencies=None,
        roles={
            "LAST_SEEN": Cell(Reach.FULL),
            "HEADING": Cell(Reach.FULL),
            "NATIONALITY": Cell(Reach.REDUCED),
        },
        topics=None,
    ),
)

ANYTHING_GOES: Final = Agreement(
    name="Whatever a test wants",
    from_=frozenset({EVERYBODY}),
    to=frozenset({EVERYBODY}),
    regimes=frozenset({"LED", "GDPR"}),
    basis="AGREEMENT",
    crossing=True,
)
"""An agreement that lets everything through: what transfers need is for the tests of transfers."""

POLICY: Final = Policy(
    roles={MISSING: ROLE_ROWS},
    purposes={
        "LOCATE_PERSON": {
            "SPOC_24_7": Reach.FULL,
            "POLICE_THB": Reach.FULL,
            "BORDER_POLICE": Reach.FULL,
            "HOTLINE": Reach.REDUCED,
            "PARTNER_TECH": Reach.REDUCED,
            "NATIONAL_COORDINATOR": Reach.NOTICE,
        },
        "PROTECT_VICTIM": {"NGO_SHELTER": Reach.FULL},
    },
    tlp={
        "RED": TlpScope({}),
        "AMBER_STRICT": TlpScope({Tier.MEMBER: _AUTHORITIES}),
        "AMBER": TlpScope({Tier.MEMBER: _AUTHORITIES | _SERVICES, Tier.OBSERVER: _AUTHORITIES}),
        "GREEN": TlpScope({Tier.MEMBER: None, Tier.OBSERVER: None, Tier.GUEST: None}),
        "CLEAR": TlpScope(dict.fromkeys(Tier)),
    },
    competence={MISSING: _AUTHORITIES | _SERVICES | {"PARTNER_TECH"}},
    publishes={Tier.MEMBER: frozenset({MISSING}), Tier.OBSERVER: frozenset({MISSING})},
    clocks={
        MISSING: (
            ClockRow(
                frozenset({"IMMEDIATE"}),
                (Clock("acted", timedelta(hours=8)), Clock("read", timedelta(minutes=15))),
            ),
            ClockRow(None, (Clock("read", timedelta(hours=8)),)),
        )
    },
    lifetimes={MISSING: timedelta(days=30)},
    agreements=(ANYTHING_GOES,),
    groups=_GROUPS,
    corridors=CORRIDORS,
    small_cell=5,
)


class DeskChanges(TypedDict, total=False):
    """What a test may want otherwise in a desk."""

    regime: str
    clearance: Clearance
    majors: frozenset[int]
    suspended: bool


def a_desk(
    desk_id: str,
    organisation: str = "SPOC_24_7",
    *,
    topics: Iterable[str] = (),
    purposes: Iterable[str] = EVERY_PURPOSE,
    statuses: Iterable[str] = ("ACTUAL",),
    **changes: Unpack[DeskChanges],
) -> Desk:
    """A desk on duty, accredited for every purpose unless the test says otherwise."""
    member = desk_id.partition(".")[0]
    desk = Desk(
        id=desk_id,
        member=member,
        name=f"{organisation} of {member}",
        organisation=organisation,
        competences=frozenset(topics),
        purposes=frozenset(purposes),
        statuses=frozenset(statuses),
        regime="LED",
        languages=("en",),
        hours="24/7",
    )
    return replace(desk, **changes)


def a_network(
    *desks: Desk,
    policy: Policy = POLICY,
    audiences: Mapping[str, Audience] | None = None,
    version: int = 1,
    digest: bytes = bytes(32),
    suspended: Collection[str] = (),
) -> Network:
    """A network of these desks. tr is an observer, and a member without country is a partner."""
    members = {
        code: replace(_member(code), suspended=code in suspended)
        for code in sorted({desk.member for desk in desks})
    }
    by_country: defaultdict[str, list[Desk]] = defaultdict(list)
    by_topic: defaultdict[str, list[Desk]] = defaultdict(list)
    for desk in desks:
        country = members[desk.member].country
        if country is not None:
            by_country[country].append(desk)
        for topic in desk.competences:
            by_topic[topic].append(desk)
    return Network(
        version=version,
        digest=digest,
        name="A network of a test",
        example=True,
        designations={"XK": "This designation is without prejudice to positions on status."},
        members=members,
        desks={desk.id: desk for desk in desks},
        neighbours={
            "RS": frozenset({"HU", "RO", "BG", "XK"}),
            "HU": frozenset({"RS", "RO", "SI", "AT"}),
            "RO": frozenset({"RS", "HU", "BG"}),
            "BG": frozenset({"RS", "RO", "TR"}),
            "SI": frozenset({"HU", "AT"}),
            "XK": frozenset({"RS"}),
            "TR": frozenset({"BG"}),
        },
        policy=policy,
        audiences={MISSING: AUDIENCE} if audiences is None else audiences,
        desks_by_country={country: tuple(each) for country, each in by_country.items()},
        desks_by_topic={topic: tuple(each) for topic, each in by_topic.items()},
        border_points={point.code: point for point in BORDER_POINTS},
        transfers=transfers_by_sender(policy.agreements, policy.groups),
    )


def _member(code: str) -> Member:
    country = _COUNTRIES.get(code)
    tier = Tier.PARTNER if country is None else Tier.OBSERVER if code == "tr" else Tier.MEMBER
    return Member(code=code, name=_NAMES.get(code, code), tier=tier, country=country)


class Changes(TypedDict, total=False):
    """What a test may want otherwise in a header."""

    addressing: Addressing
    from_: str
    kind: Kind
    status: Status
    urgency: Urgency
    purpose: Purpose
    version: str
    sent_at: datetime
    legal_basis: LegalBasis
    change: Change
    supersedes: Reference | None
    conflicts: tuple[str, ...]
    clearance: Clearance


def a_header(
    *,
    tlp: Tlp = Tlp.AMBER,
    europol: tuple[EuropolCode, ...] = (),
    **changes: Unpack[Changes],
) -> Header:
    """An immediate alert of rs.spoc that points at nobody yet."""
    header = Header(
        message_id="0195f3a0-0000-7000-8000-000000000001",
        thread_id="rs.0195f3a0-0000-7000-8000-000000000002",
        type=MISSING,
        version="1.0",
        from_="rs.spoc",
        kind=Kind.ALERT,
        status=Status.ACTUAL,
        urgency=Urgency.IMMEDIATE,
        sent_at=SENT_AT,
        expires_at=SENT_AT + timedelta(days=30),
        purpose=Purpose.LOCATE_PERSON,
        legal_basis=LegalBasis(regime=Regime.LED, reference="RS:ZKP-2011/Art.72"),
        handling=Handling(tlp=tlp, europol=europol, pap=Pap.AMBER),
        addressing=Addressing(),
        retention=Retention(review_by=date(2026, 6, 1), erase_by=date(2027, 3, 1)),
    )
    return replace(header, **changes)


def addressed(  # noqa: PLR0913 - one for each field
    *,
    desks: Collection[str] = (),
    roles: Collection[CountryRole] = (),
    countries: Collection[tuple[str, CountryRole]] = (),
    corridors: Collection[str] = (),
    topics: Collection[str] = (),
    exclude: Collection[str] = (),
    only: bool = False,
) -> Addressing:
    """An addressing; ``countries`` are pairs of code and role."""
    return Addressing(
        desks=tuple(desks),
        roles=tuple(roles),
        countries=tuple(CountryInRole(code=code, role=role) for code, role in countries),
        corridors=tuple(corridors),
        topics=tuple(topics),
        exclude=tuple(exclude),
        only=only,
    )

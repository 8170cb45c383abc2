"""Networks, messages and earlier recipients for tests of what must hold of every decision.

Policies may be odd and messages wrong, and the invariants must hold. But gates stand in series, and
behind a closed one nothing is seen: so each is open in most draws. Everything is drawn from short
lists made beforehand, because a case has some sixty draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import (
    Addressing,
    Clearance,
    CountryInRole,
    CountryRole,
    EuropolCode,
    Header,
    Kind,
    LegalBasis,
    Purpose,
    Regime,
    Status,
    Tlp,
    Urgency,
)
from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision, Delivery, Prior
from natcbus.routing.network import (
    Agreement,
    Cell,
    Desk,
    Network,
    Policy,
    Reach,
    RoleRow,
    Tier,
    TlpScope,
)
from natcbus.routing.transfers import transfers_by_sender
from tests.support.building import (
    ANYTHING_GOES,
    BORDER_POINTS,
    CORRIDORS,
    MISSING,
    POLICY,
    SEALED,
    SENT_AT,
    a_desk,
    a_header,
    a_network,
)

T = TypeVar("T")

MEMBERS: Final = ("rs", "hu", "ro", "bg", "tr", "techco")
DESK_IDS: Final = tuple(f"{member}.{name}" for member in MEMBERS for name in ("spoc", "post"))
COUNTRIES: Final = ("RS", "HU", "RO", "BG", "TR", "AT")
TOPICS: Final = ("CHILDREN", "ONLINE")
ORGANISATIONS: Final = ("SPOC_24_7", "BORDER_POLICE", "NGO_SHELTER", "NATIONAL_COORDINATOR")
COMPARTMENTS: Final = tuple(sorted(SEALED))
COUNTED: Final = (*COMPARTMENTS, "results")
"""With one that holds counts, which a missing person's alert does not have."""
PURPOSES: Final = ("LOCATE_PERSON", "INVESTIGATE")
STATUSES: Final = ("ACTUAL", "EXERCISE", "TEST")

_TO: Final = (None, None, frozenset(ORGANISATIONS[:2]), frozenset(ORGANISATIONS[1:]))
_CELLS: Final = [Cell(reach, to) for reach in Reach for to in _TO]


@dataclass(frozen=True)
class Case:
    """A message under a network, with the earlier recipients of its thread."""

    header: Header
    open_part: Mapping[str, object]
    present: frozenset[str]
    network: Network
    prior: Prior

    def decide(self) -> Decision:
        """The decision of this case."""
        return decide(MISSING, self.header, self.open_part, self.present, self.network, self.prior)

    def with_addressing(self, addressing: Addressing) -> Case:
        """The same, pointing elsewhere."""
        return replace(self, header=replace(self.header, addressing=addressing))


def opened(deliveries: Collection[Delivery]) -> frozenset[tuple[str, str]]:
    """Every (desk, compartment), and (desk, "") for the message itself."""
    return frozenset((row.desk, name) for row in deliveries for name in ("", *row.compartments))


def rebuilt(
    network: Network, *, policy: Policy | None = None, audience: Audience | None = None
) -> Network:
    """The same network with another policy or another audience table."""
    rules = policy or network.policy
    return replace(
        network,
        policy=rules,
        audiences={MISSING: audience} if audience is not None else network.audiences,
        transfers=transfers_by_sender(rules.agreements, rules.groups),
    )


def with_desks(network: Network, each: Iterable[Desk]) -> Network:
    """The same network with other desks; members that have none are gone."""
    suspended = [code for code, member in network.members.items() if member.suspended]
    return a_network(*each, policy=network.policy, audiences=network.audiences, suspended=suspended)


def some(values: Iterable[T]) -> st.SearchStrategy[frozenset[T]]:
    """A subset, in one draw."""
    return st.sampled_from(_subsets(values))


def _subsets(values: Iterable[T]) -> list[frozenset[T]]:
    each = tuple(values)
    return [
        frozenset(subset)
        for size in range(len(each), -1, -1)
        for subset in combinations(each, size)
    ]


def _mostly(common: T, *others: T) -> st.SearchStrategy[T]:
    return st.sampled_from([*[common] * (8 * len(others)), *others])


_TEMPLATES: Final = [
    a_desk("rs.spoc", organisation, topics=topics, purposes=purposes, statuses=statuses)
    for organisation, topics, purposes, statuses in product(
        ORGANISATIONS,
        _subsets(TOPICS),
        [PURPOSES, PURPOSES, PURPOSES, PURPOSES[:1], ()],
        [STATUSES, STATUSES, STATUSES, STATUSES[:1], STATUSES[1:]],
    )
]


_STANDINGS: Final = [
    {"regime": regime, "clearance": clearance, "majors": majors, "suspended": suspended}
    for regime in ("LED", "LED", "GDPR")
    for clearance in (Clearance.SECRET, Clearance.SECRET, Clearance.RESTRICTED, Clearance.NONE)
    for majors in ({1}, {1}, {1}, {1, 2}, {1, 2}, {2})
    for suspended in [False] * 9 + [True]
]


def desks() -> st.SearchStrategy[Desk]:
    """A desk of one of ``MEMBERS``."""
    drawn = (st.sampled_from(each) for each in (DESK_IDS, _TEMPLATES, _STANDINGS))
    return st.tuples(*drawn).map(_placed)


def _placed(drawn: tuple[str, Desk, Mapping[str, Any]]) -> Desk:
    desk_id, template, standing = drawn
    return replace(template, id=desk_id, member=desk_id.partition(".")[0], **standing)


_SIDES: Final = (
    frozenset({"all"}),
    frozenset({"all"}),
    frozenset({"rs", "hu"}),
    frozenset({"bg", "techco"}),
)
_AGREEMENTS: Final = [
    Agreement("Drawn", from_, to, regimes, "AGREEMENT", until, crossing)
    for from_, to in product(_SIDES, repeat=2)
    for regimes in (frozenset({"LED", "GDPR"}), frozenset({"LED"}), frozenset({"GDPR"}))
    for until in (None, SENT_AT.date(), SENT_AT.date() - timedelta(days=1), date(2030, 1, 1))
    for crossing in (True, False)
]


def agreements() -> st.SearchStrategy[tuple[Agreement, ...]]:
    """Mostly one that lets everything through; else up to three that do not."""
    some_of_them = st.lists(st.sampled_from(_AGREEMENTS), max_size=3).map(
        lambda drawn: tuple(
            replace(each, name=f"Drawn {number}") for number, each in enumerate(drawn)
        )
    )
    return st.one_of(st.just((ANYTHING_GOES,)), st.just((ANYTHING_GOES,)), some_of_them)


_ROLE_TABLES: Final = st.fixed_dictionaries(
    {role.value: st.sampled_from([*_CELLS, None]) for role in CountryRole}
).map(lambda table: {role: cell for role, cell in table.items() if cell is not None})

_PURPOSE_ROWS: Final = [
    {
        organisation: reach
        for organisation, reach in zip(ORGANISATIONS, reaches, strict=True)
        if reach is not None
    }
    for reaches in product(
        [Reach.FULL, Reach.FULL, Reach.REDUCED, Reach.NOTICE, None], repeat=len(ORGANISATIONS)
    )
]

SCOPES: Final = (
    TlpScope(dict.fromkeys(Tier)),
    TlpScope({}),
    TlpScope({Tier.MEMBER: None}),
    TlpScope({Tier.MEMBER: frozenset(ORGANISATIONS[:2])}),
    TlpScope({Tier.MEMBER: frozenset(ORGANISATIONS[1:]), Tier.OBSERVER: None}),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy, also one whose stricter TLP levels reach further than looser ones."""
    topics = draw(st.sampled_from([*_CELLS, None]))
    row = RoleRow(draw(_mostly(None, frozenset({"IMMEDIATE"}))), draw(_ROLE_TABLES), topics)
    return replace(
        POLICY,
        roles={MISSING: (row, RoleRow(None, {"LAST_SEEN": Cell(Reach.FULL)}, None))},
        purposes={purpose: draw(st.sampled_from(_PURPOSE_ROWS)) for purpose in PURPOSES},
        tlp={level.value: draw(_mostly(*SCOPES)) for level in Tlp},
        competence={MISSING: draw(_mostly(*_subsets(ORGANISATIONS)))},
        agreements=draw(agreements()),
        small_cell=draw(st.sampled_from([5, 0, 3])),
    )


def audiences(names: tuple[str, ...] = COMPARTMENTS) -> st.SearchStrategy[Audience]:
    """Any audience table for these compartments."""
    return st.builds(
        Audience,
        compartments=st.fixed_dictionaries(
            {organisation: some(names) for organisation in ORGANISATIONS[1:]}
        ).map(lambda rows: {ORGANISATIONS[0]: frozenset(names), **rows}),
        reduced=some(names),
        named_only=some(names[:2]),
        country_roles=st.just(
            {"LAST_SEEN": ("/last_seen/country",), "HEADING": ("/likely_heading/*/country",)}
        ),
    )


def networks(names: tuple[str, ...] = COMPARTMENTS) -> st.SearchStrategy[Network]:
    """A network of up to ten desks, with an audience table for these compartments."""
    drawn = st.lists(desks(), min_size=3, max_size=10, unique_by=lambda desk: desk.id)
    suspended = _mostly((), *((member,) for member in MEMBERS))
    return st.builds(_network, drawn, policies(), audiences(names), suspended)


def _network(
    drawn: list[Desk], policy: Policy, audience: Audience, suspended: tuple[str, ...]
) -> Network:
    audiences = {MISSING: audience}
    return a_network(*drawn, policy=policy, audiences=audiences, suspended=suspended)


_COUNTRIES_IN_ROLES: Final = [
    CountryInRole(code=code, role=role) for code, role in product(COUNTRIES, CountryRole)
]


def addressings() -> st.SearchStrategy[Addressing]:
    """Any addressing, also of desks, topics and members that are not there."""
    return st.builds(
        Addressing,
        desks=st.lists(st.sampled_from((*DESK_IDS, "no.desk")), max_size=3).map(tuple),
        roles=some(CountryRole).map(lambda roles: tuple(sorted(roles))),
        countries=st.lists(st.sampled_from(_COUNTRIES_IN_ROLES), max_size=4).map(tuple),
        corridors=st.sampled_from([(), *((name,) for name in CORRIDORS), ("XX-YY", *CORRIDORS)]),
        topics=st.sampled_from([(), ("CHILDREN",), ("ONLINE", "CHILDREN"), ("NOTHING",)]),
        exclude=_mostly((), *((party,) for party in (*MEMBERS, *DESK_IDS))),
        only=st.sampled_from([False] * 5 + [True]),
    )


def headers() -> st.SearchStrategy[Header]:
    """Any header, as far as a decision reads it."""
    return st.builds(
        a_header,
        tlp=st.sampled_from((*Tlp, *tuple(Tlp)[1:])),
        addressing=addressings(),
        from_=st.sampled_from(DESK_IDS),
        kind=_mostly(Kind.ALERT, Kind.UPDATE, Kind.UNKNOWN),
        status=_mostly(Status.ACTUAL, Status.EXERCISE, Status.TEST, Status.SYSTEM),
        urgency=_mostly(Urgency.IMMEDIATE, Urgency.EXPECTED, Urgency.UNKNOWN),
        purpose=_mostly(Purpose.LOCATE_PERSON, Purpose.INVESTIGATE, Purpose.UNKNOWN),
        europol=_mostly((), (EuropolCode.H2,), (EuropolCode.H1, EuropolCode.H2)),
        conflicts=_mostly((), *((party,) for party in (*MEMBERS, *DESK_IDS))),
        clearance=_mostly(Clearance.NONE, *tuple(Clearance)),
        version=_mostly("1.0", "1.7", "2.0", "one"),
        legal_basis=st.sampled_from(
            [LegalBasis(regime=regime, reference="RS:ZKP/1") for regime in Regime]
        ),
    )


def open_parts() -> st.SearchStrategy[Mapping[str, object]]:
    """An open part that says where somebody was last seen and may be heading, and a count."""
    return st.sampled_from(_OPEN_PARTS)


_POINTS: Final = (None, "UNHEARD", *(point.code for point in BORDER_POINTS))
_HEADINGS: Final = [(), (), *combinations(COUNTRIES[:4], 1), *combinations(COUNTRIES, 2)]
_OPEN_PARTS: Final[list[Mapping[str, object]]] = [
    {
        "last_seen": {"country": seen, "border_point": point},
        "likely_heading": [{"country": code} for code in headings],
        "smallest_cell": smallest,
    }
    for seen, point, headings in product(COUNTRIES, _POINTS, _HEADINGS)
    for smallest in (0, 2, 4, 9)
]


def priors() -> st.SearchStrategy[Prior]:
    """Earlier recipients, also ones that are gone."""
    return st.dictionaries(st.sampled_from((*DESK_IDS, "no.desk")), some(COMPARTMENTS), max_size=2)


def cases(names: tuple[str, ...] = COMPARTMENTS) -> st.SearchStrategy[Case]:
    """A message with some of these compartments under a network."""
    return st.builds(Case, headers(), open_parts(), some(names), networks(names), priors())

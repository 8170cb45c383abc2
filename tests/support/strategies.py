"""Networks, messages and earlier recipients for tests of what must hold of every decision.

Policies may be odd and messages wrong, and the invariants must hold. But gates stand in series, and
behind a closed one nothing is seen: so each is open in most draws. Everything is drawn from short
lists made beforehand, because a case has some sixty draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Final, TypeVar

from hypothesis import strategies as st

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import (
    Addressing,
    CountryInRole,
    CountryRole,
    Header,
    Kind,
    Purpose,
    Status,
    Tlp,
    Urgency,
)
from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision, Delivery, Prior
from natcbus.routing.network import Cell, Desk, Network, Policy, Reach, RoleRow, Tier, TlpScope
from tests.support.building import MISSING, POLICY, SEALED, a_desk, a_header, a_network

T = TypeVar("T")

MEMBERS: Final = ("rs", "hu", "ro", "bg", "tr", "techco")
DESK_IDS: Final = tuple(f"{member}.{name}" for member in MEMBERS for name in ("spoc", "post"))
COUNTRIES: Final = ("RS", "HU", "RO", "BG", "TR", "AT")
TOPICS: Final = ("CHILDREN", "ONLINE")
ORGANISATIONS: Final = ("SPOC_24_7", "BORDER_POLICE", "NGO_SHELTER", "NATIONAL_COORDINATOR")
COMPARTMENTS: Final = tuple(sorted(SEALED))
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
    return replace(
        network,
        policy=policy or network.policy,
        audiences={MISSING: audience} if audience is not None else network.audiences,
    )


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
    return st.sampled_from([*[common] * (5 * len(others)), *others])


_TEMPLATES: Final = [
    a_desk("rs.spoc", organisation, topics=topics, purposes=purposes, statuses=statuses)
    for organisation, topics, purposes, statuses in product(
        ORGANISATIONS,
        _subsets(TOPICS),
        [PURPOSES, PURPOSES, PURPOSES, PURPOSES[:1], ()],
        [STATUSES, STATUSES, STATUSES, STATUSES[:1], STATUSES[1:]],
    )
]


def desks() -> st.SearchStrategy[Desk]:
    """A desk of one of ``MEMBERS``."""
    return st.tuples(st.sampled_from(DESK_IDS), st.sampled_from(_TEMPLATES)).map(_placed)


def _placed(drawn: tuple[str, Desk]) -> Desk:
    desk_id, template = drawn
    return replace(template, id=desk_id, member=desk_id.partition(".")[0])


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
    )


def audiences() -> st.SearchStrategy[Audience]:
    """Any audience table."""
    return st.builds(
        Audience,
        compartments=st.fixed_dictionaries(
            {organisation: some(COMPARTMENTS) for organisation in ORGANISATIONS[1:]}
        ).map(lambda rows: {ORGANISATIONS[0]: frozenset(COMPARTMENTS), **rows}),
        reduced=some(COMPARTMENTS),
        named_only=some(COMPARTMENTS[:2]),
        country_roles=st.just(
            {"LAST_SEEN": ("/last_seen/country",), "HEADING": ("/likely_heading/*/country",)}
        ),
    )


def networks() -> st.SearchStrategy[Network]:
    """A network of up to ten desks."""
    drawn = st.lists(desks(), min_size=3, max_size=10, unique_by=lambda desk: desk.id)
    return st.builds(_network, drawn, policies(), audiences())


def _network(drawn: list[Desk], policy: Policy, audience: Audience) -> Network:
    return a_network(*drawn, policy=policy, audiences={MISSING: audience})


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
    )


def open_parts() -> st.SearchStrategy[Mapping[str, object]]:
    """An open part that says where somebody was last seen and may be heading."""
    return st.sampled_from(
        [
            {
                "last_seen": {"country": seen},
                "likely_heading": [{"country": code} for code in headings],
            }
            for seen, headings in product(COUNTRIES, [(), *combinations(COUNTRIES, 2)])
        ]
    )


def priors() -> st.SearchStrategy[Prior]:
    """Earlier recipients, also ones that are gone."""
    return st.dictionaries(st.sampled_from((*DESK_IDS, "no.desk")), some(COMPARTMENTS), max_size=2)


def cases() -> st.SearchStrategy[Case]:
    """A message under a network."""
    return st.builds(Case, headers(), open_parts(), some(COMPARTMENTS), networks(), priors())

"""A restriction never adds a recipient or a compartment, whatever the network and the message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Clearance, EuropolCode, Tlp
from natcbus.routing.network import Agreement, Cell, Desk, Reach, RoleRow
from tests.support.building import MISSING, SENT_AT
from tests.support.strategies import (
    COMPARTMENTS,
    COUNTED,
    DESK_IDS,
    MEMBERS,
    ORGANISATIONS,
    SCOPES,
    Case,
    cases,
    opened,
    rebuilt,
    some,
    with_desks,
)

T = TypeVar("T")

_STRICTER: Mapping[Tlp, tuple[Tlp, ...]] = {
    level: tuple(Tlp)[: index + 1] for index, level in enumerate(Tlp)
}
_NARROWER: Mapping[Reach, tuple[Reach, ...]] = {
    Reach.FULL: tuple(Reach),
    Reach.REDUCED: (Reach.REDUCED, Reach.NOTICE),
    Reach.NOTICE: (Reach.NOTICE,),
}


def never_more(restricted: Case, case: Case) -> None:
    assert opened(restricted.decide().deliveries) <= opened(case.decide().deliveries)


def fewer(data: st.DataObject, values: Collection[T]) -> tuple[T, ...]:
    kept = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    return tuple(value for value, keep in zip(values, kept, strict=True) if keep)


@given(case=cases(), party=st.sampled_from((*MEMBERS, *DESK_IDS)))
def test_an_exclusion_never_adds(case: Case, party: str) -> None:
    addressing = case.header.addressing

    never_more(
        case.with_addressing(replace(addressing, exclude=(*addressing.exclude, party))), case
    )


@given(case=cases())
def test_only_never_adds(case: Case) -> None:
    never_more(case.with_addressing(replace(case.header.addressing, only=True)), case)


@given(case=cases(), data=st.data())
def test_fewer_desks_roles_corridors_and_topics_never_add(case: Case, data: st.DataObject) -> None:
    addressing = case.header.addressing
    restricted = replace(
        addressing,
        desks=fewer(data, addressing.desks),
        roles=fewer(data, addressing.roles),
        corridors=fewer(data, addressing.corridors),
        topics=fewer(data, addressing.topics),
    )

    never_more(case.with_addressing(restricted), case)


@given(case=cases(), data=st.data())
def test_fewer_earlier_recipients_never_add(case: Case, data: st.DataObject) -> None:
    kept = fewer(data, case.prior)

    never_more(
        replace(
            case, prior={desk: frozenset(fewer(data, sorted(case.prior[desk]))) for desk in kept}
        ),
        case,
    )


@given(case=cases(), data=st.data())
def test_a_stricter_tlp_never_adds_whatever_the_table_says(case: Case, data: st.DataObject) -> None:
    table = {level.value: data.draw(st.sampled_from(SCOPES)) for level in Tlp}
    odd = replace(
        case, network=rebuilt(case.network, policy=replace(case.network.policy, tlp=table))
    )
    tlp = data.draw(st.sampled_from(_STRICTER[case.header.handling.tlp]))
    header = replace(case.header, handling=replace(case.header.handling, tlp=tlp))

    never_more(replace(odd, header=header), odd)


@given(case=cases(), data=st.data())
def test_a_narrower_purpose_never_adds(case: Case, data: st.DataObject) -> None:
    policy = case.network.policy
    purposes = {
        purpose: {
            organisation: data.draw(st.sampled_from(_NARROWER[row[organisation]]))
            for organisation in fewer(data, row)
        }
        for purpose, row in policy.purposes.items()
    }

    never_more(
        replace(case, network=rebuilt(case.network, policy=replace(policy, purposes=purposes))),
        case,
    )


@given(case=cases(), data=st.data())
def test_a_narrower_matrix_never_adds(case: Case, data: st.DataObject) -> None:
    def narrower(cell: Cell) -> Cell:
        organisations = fewer(data, sorted(ORGANISATIONS if cell.to is None else cell.to))
        return Cell(data.draw(st.sampled_from(_NARROWER[cell.reach])), frozenset(organisations))

    def narrower_row(row: RoleRow) -> RoleRow:
        roles = {role: narrower(row.roles[role]) for role in fewer(data, row.roles)}
        return replace(
            row, roles=roles, topics=narrower(row.topics) if row.topics is not None else None
        )

    policy = case.network.policy
    matrix = {MISSING: tuple(narrower_row(row) for row in policy.roles[MISSING])}

    never_more(
        replace(case, network=rebuilt(case.network, policy=replace(policy, roles=matrix))), case
    )


@given(case=cases(), data=st.data())
def test_a_narrower_audience_never_adds(case: Case, data: st.DataObject) -> None:
    audience = case.network.audiences[MISSING]
    narrower = replace(
        audience,
        compartments={
            organisation: frozenset(fewer(data, sorted(audience.compartments[organisation])))
            for organisation in fewer(data, audience.compartments)
        },
        reduced=frozenset(fewer(data, sorted(audience.reduced))),
        named_only=audience.named_only | data.draw(some(COMPARTMENTS)),
    )

    never_more(replace(case, network=rebuilt(case.network, audience=narrower)), case)


@given(case=cases(), data=st.data())
def test_fewer_compartments_never_add_a_recipient_or_another_compartment(
    case: Case, data: st.DataObject
) -> None:
    never_more(replace(case, present=frozenset(fewer(data, sorted(case.present)))), case)


@given(case=cases(), party=st.sampled_from((*MEMBERS, *DESK_IDS)))
def test_a_conflict_of_interest_never_adds(case: Case, party: str) -> None:
    header = replace(case.header, conflicts=(*case.header.conflicts, party))

    never_more(replace(case, header=header), case)


@given(case=cases(), data=st.data())
def test_a_higher_clearance_never_adds(case: Case, data: st.DataObject) -> None:
    higher = tuple(Clearance)[: tuple(Clearance).index(case.header.clearance) + 1]
    header = replace(case.header, clearance=data.draw(st.sampled_from(higher)))

    never_more(replace(case, header=header), case)


@given(case=cases(), code=st.sampled_from(EuropolCode))
def test_a_europol_code_never_adds(case: Case, code: EuropolCode) -> None:
    handling = replace(case.header.handling, europol=(*case.header.handling.europol, code))

    never_more(replace(case, header=replace(case.header, handling=handling)), case)


@given(case=cases(), party=st.sampled_from((*MEMBERS, *DESK_IDS)))
def test_a_suspension_never_adds(case: Case, party: str) -> None:
    network = case.network
    members = {
        code: replace(member, suspended=member.suspended or code == party)
        for code, member in network.members.items()
    }
    each = [
        replace(desk, suspended=desk.suspended or desk.id == party)
        for desk in network.desks.values()
    ]
    suspending = replace(with_desks(network, each), members=members)

    never_more(replace(case, network=suspending), case)


@given(case=cases(), data=st.data())
def test_fewer_and_narrower_agreements_never_add(case: Case, data: st.DataObject) -> None:
    def narrower(agreement: Agreement) -> Agreement:
        return replace(
            agreement,
            to=frozenset(fewer(data, sorted(agreement.to))),
            regimes=frozenset(fewer(data, sorted(agreement.regimes))),
            until=data.draw(st.sampled_from([agreement.until, SENT_AT.date() - timedelta(days=9)])),
            crossing=agreement.crossing and data.draw(st.booleans()),
        )

    policy = case.network.policy
    kept = tuple(map(narrower, fewer(data, policy.agreements)))

    never_more(
        replace(case, network=rebuilt(case.network, policy=replace(policy, agreements=kept))), case
    )


@given(case=cases(), data=st.data())
def test_desks_with_less_standing_never_get_more(case: Case, data: st.DataObject) -> None:
    def lesser(desk: Desk) -> Desk:
        lower = tuple(Clearance)[tuple(Clearance).index(desk.clearance) :]
        return replace(
            desk,
            clearance=data.draw(st.sampled_from(lower)),
            majors=frozenset(fewer(data, sorted(desk.majors))),
            purposes=frozenset(fewer(data, sorted(desk.purposes))),
            statuses=frozenset(fewer(data, sorted(desk.statuses))),
            competences=frozenset(fewer(data, sorted(desk.competences))),
        )

    each = [lesser(desk) for desk in case.network.desks.values()]

    never_more(replace(case, network=with_desks(case.network, each)), case)


@given(case=cases(COUNTED), more=st.integers(0, 20))
def test_a_larger_small_cell_never_adds(case: Case, more: int) -> None:
    policy = case.network.policy
    larger = replace(policy, small_cell=policy.small_cell + more)

    never_more(replace(case, network=rebuilt(case.network, policy=larger)), case)


@given(case=cases())
def test_a_major_that_nobody_reads_reaches_nobody(case: Case) -> None:
    header = replace(case.header, version="77.0")

    assert replace(case, header=header).decide().deliveries == ()


@given(case=cases())
def test_a_derived_heading_brings_no_more_than_a_stated_one(case: Case) -> None:
    last_seen = case.open_part["last_seen"]
    assert isinstance(last_seen, dict)
    silent = replace(case, open_part={**case.open_part, "likely_heading": []})
    here = {last_seen["country"]}
    point = case.network.border_points.get(last_seen["border_point"])
    beyond = point.between - here if point is not None and point.between & here else ()
    headings = [{"country": country} for country in beyond]
    stated = replace(case, open_part={**case.open_part, "likely_heading": headings})

    never_more(silent, stated)

"""A restriction never adds a recipient or a compartment, whatever the network and the message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Tlp
from natcbus.routing.network import Cell, Reach, RoleRow
from tests.support.building import MISSING
from tests.support.strategies import (
    COMPARTMENTS,
    DESK_IDS,
    MEMBERS,
    ORGANISATIONS,
    SCOPES,
    Case,
    cases,
    opened,
    rebuilt,
    some,
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
def test_fewer_desks_roles_and_topics_never_add(case: Case, data: st.DataObject) -> None:
    addressing = case.header.addressing
    restricted = replace(
        addressing,
        desks=fewer(data, addressing.desks),
        roles=fewer(data, addressing.roles),
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

"""What a decision does not depend on: order, names, and what happens at other desks."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Addressing
from natcbus.routing.decision import Decision
from natcbus.routing.network import Desk, Tier
from tests.support.renaming import new_name, renamed
from tests.support.strategies import DESK_IDS, MEMBERS, Case, cases, desks, with_desks

T = TypeVar("T")


@given(case=cases(), data=st.data())
def test_the_order_of_lists_and_repetition_change_nothing(case: Case, data: st.DataObject) -> None:
    def shuffled(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(data.draw(st.permutations(values + values[:1])))

    addressing = case.header.addressing
    reordered = Addressing(
        desks=shuffled(addressing.desks),
        roles=shuffled(addressing.roles),
        countries=shuffled(addressing.countries),
        corridors=shuffled(addressing.corridors),
        topics=shuffled(addressing.topics),
        exclude=shuffled(addressing.exclude),
        only=addressing.only,
    )
    headings = case.open_part["likely_heading"]
    assert isinstance(headings, list)
    backwards = {**case.open_part, "likely_heading": headings[::-1]}

    assert replace(case.with_addressing(reordered), open_part=backwards).decide() == case.decide()


@given(case=cases(), data=st.data())
def test_the_order_of_the_desks_in_the_network_changes_nothing(
    case: Case, data: st.DataObject
) -> None:
    reordered = data.draw(st.permutations(list(case.network.desks.values())))

    assert replace(case, network=with_desks(case.network, reordered)).decide() == case.decide()


@given(case=cases(), desk=desks())
def test_a_desk_more_or_less_changes_no_other_row(case: Case, desk: Desk) -> None:
    others = [each for each in case.network.desks.values() if each.id != desk.id]
    without = replace(case, network=with_desks(case.network, others)).decide()
    with_it = replace(case, network=with_desks(case.network, [*others, desk])).decide()

    assert without.deliveries == tuple(row for row in with_it.deliveries if row.desk != desk.id)
    assert without.denials == tuple(row for row in with_it.denials if row.desk != desk.id)


@given(case=cases(), desk=desks(), data=st.data())
def test_whatever_changes_at_one_desk_changes_no_other_row(
    case: Case, desk: Desk, data: st.DataObject
) -> None:
    changed_id = data.draw(st.sampled_from(sorted(case.network.desks)))
    changed = replace(desk, id=changed_id, member=changed_id.partition(".")[0])
    each = [changed if known.id == changed_id else known for known in case.network.desks.values()]

    before, after = case.decide(), replace(case, network=with_desks(case.network, each)).decide()

    assert _without(changed_id, before) == _without(changed_id, after)


@given(case=cases(), member=st.sampled_from(MEMBERS), tier=st.sampled_from(Tier))
def test_whatever_changes_at_one_member_changes_no_row_of_another(
    case: Case, member: str, tier: Tier
) -> None:
    members = {
        code: replace(each, tier=tier, suspended=not each.suspended) if code == member else each
        for code, each in case.network.members.items()
    }
    after = replace(case, network=replace(case.network, members=members)).decide()

    before = case.decide()
    others = [desk for desk in DESK_IDS if desk.partition(".")[0] != member]
    assert [row for row in before.deliveries if row.desk in others] == [
        row for row in after.deliveries if row.desk in others
    ]
    assert [row for row in before.denials if row.desk in others] == [
        row for row in after.denials if row.desk in others
    ]


def _without(desk: str, decision: Decision) -> tuple[list[object], list[object]]:
    return (
        [row for row in decision.deliveries if row.desk != desk],
        [row for row in decision.denials if row.desk != desk],
    )


@given(case=cases())
def test_other_names_for_all_members_and_desks_are_another_name_for_the_same_decision(
    case: Case,
) -> None:
    there = renamed(case).decide()
    here = case.decide()

    assert sorted(
        (new_name(row.desk), row.compartments, row.because, row.view, row.withheld)
        for row in here.deliveries
    ) == sorted(
        (row.desk, row.compartments, row.because, row.view, row.withheld)
        for row in there.deliveries
    )
    assert sorted((new_name(row.desk), row.code) for row in here.denials) == sorted(
        (row.desk, row.code) for row in there.denials
    )

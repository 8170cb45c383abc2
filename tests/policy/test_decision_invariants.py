"""What holds of every decision, whatever the network, the policy and the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import (
    Clearance,
    EuropolCode,
    Header,
    Status,
    Tlp,
)
from natcbus.contract.types.hub import DeliveryRow, NetworkRef, ReasonRow, Slip
from natcbus.routing.addressing import addressing_problems
from natcbus.routing.candidates import candidates
from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision, View
from natcbus.routing.narrowing import intersect, owed_recalls, withheld
from natcbus.routing.network import Tier
from natcbus.routing.telling import Telling, may_be_told
from natcbus.routing.why_not import Outcome, why_not
from tests.support.building import MISSING
from tests.support.strategies import (
    COUNTED,
    DESK_IDS,
    MEMBERS,
    Case,
    audiences,
    cases,
    headers,
    opened,
    rebuilt,
)

T = TypeVar("T")


def rows(decision: Decision) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (row.desk, row.compartments, tuple(reason.code for reason in row.because))
        for row in decision.deliveries
    ]


@given(case=cases())
def test_empty_addressing_decides_nobody(case: Case) -> None:
    addressing = replace(case.header.addressing, desks=(), roles=(), topics=())

    decision = replace(case.with_addressing(addressing), prior={}).decide()

    assert (decision.deliveries, decision.denials) == ((), ())


@given(case=cases())
def test_a_compartment_for_named_desks_never_reaches_another(case: Case) -> None:
    named_only = case.network.audiences[MISSING].named_only

    for row in case.decide().deliveries:
        if row.desk not in case.header.addressing.desks:
            assert not named_only & set(row.compartments)


@given(case=cases())
def test_every_delivery_stays_within_the_message_and_the_audience_table(case: Case) -> None:
    table = case.network.audiences[MISSING].compartments

    for row in case.decide().deliveries:
        organisation = case.network.desks[row.desk].organisation
        assert set(row.compartments) <= case.present & table.get(organisation, frozenset())
        assert list(row.compartments) == sorted(row.compartments)
        assert row.because
        assert [reason.code for reason in row.because] == sorted(
            {reason.code for reason in row.because}
        )
        assert (row.view is View.NOTICE) == (not row.compartments)
        assert (row.view is View.FULL) == (
            bool(row.compartments) and set(row.compartments) == case.present
        )


@given(case=cases())
def test_every_candidate_is_delivered_or_denied_and_nobody_else_is(case: Case) -> None:
    decision = case.decide()
    pointed_at = candidates(MISSING, case.header, case.open_part, case.network, case.prior)

    listed = [row.desk for row in decision.deliveries] + [row.desk for row in decision.denials]

    assert sorted(listed) == [candidate.desk.id for candidate in pointed_at]


@given(case=cases(), party=st.sampled_from((*MEMBERS, *DESK_IDS)))
def test_the_sender_and_whom_it_excludes_never_receive(case: Case, party: str) -> None:
    excluding = case.with_addressing(replace(case.header.addressing, exclude=(party,)))

    for row in excluding.decide().deliveries:
        assert not {case.header.from_, party} & {row.desk, case.network.desks[row.desk].member}


@given(case=cases())
def test_only_and_red_reach_named_desks_alone(case: Case) -> None:
    addressing = case.header.addressing
    only = case.with_addressing(replace(addressing, only=True))
    red = replace(
        case, header=replace(case.header, handling=replace(case.header.handling, tlp=Tlp.RED))
    )

    for decision in (only.decide(), red.decide()):
        assert {row.desk for row in decision.deliveries} <= set(addressing.desks)


@given(case=cases())
def test_nothing_flows_to_a_partner_that_is_neither_named_nor_public(case: Case) -> None:
    for row in case.decide().deliveries:
        if case.network.members[case.network.desks[row.desk].member].tier is Tier.PARTNER:
            assert row.desk in case.header.addressing.desks or case.header.handling.tlp is Tlp.CLEAR


@given(case=cases())
def test_every_recipient_is_accredited_and_competent(case: Case) -> None:
    policy, purpose = case.network.policy, case.header.purpose
    for row in case.decide().deliveries:
        desk = case.network.desks[row.desk]
        assert purpose in desk.purposes
        assert desk.organisation in policy.purposes[purpose]
        assert desk.organisation in policy.competence[MISSING]


@given(case=cases(), status=st.sampled_from(Status))
def test_a_status_never_reaches_a_desk_that_is_not_enrolled_for_it(
    case: Case, status: Status
) -> None:
    decision = replace(case, header=replace(case.header, status=status)).decide()

    assert all(status.value in case.network.desks[row.desk].statuses for row in decision.deliveries)


@given(case=cases())
def test_exercises_and_tests_reach_nobody_who_is_on_duty_alone(case: Case) -> None:
    on_duty = {
        desk.id for desk in case.network.desks.values() if desk.statuses == frozenset({"ACTUAL"})
    }
    for status in (Status.EXERCISE, Status.TEST, Status.SYSTEM):
        drill = replace(case, header=replace(case.header, status=status)).decide()
        assert not on_duty & {row.desk for row in drill.deliveries}


@given(case=cases(COUNTED))
def test_small_counts_open_for_named_desks_alone(case: Case) -> None:
    smallest = case.open_part["smallest_cell"]
    assert isinstance(smallest, int)
    for row in case.decide().deliveries:
        if "results" in row.compartments and row.desk not in case.header.addressing.desks:
            assert smallest == 0 or smallest >= case.network.policy.small_cell


@given(case=cases(COUNTED))
def test_every_compartment_is_opened_or_withheld_for_a_reason(case: Case) -> None:
    for row in case.decide().deliveries:
        kept_back = [name for name, _ in row.withheld]
        assert kept_back == sorted(case.present - set(row.compartments))


@given(case=cases())
def test_nobody_gets_what_stands_against_a_rule_about_them(case: Case) -> None:
    header, network = case.header, case.network
    sender = header.from_.partition(".")[0]
    for row in case.decide().deliveries:
        desk = network.desks[row.desk]
        assert not {desk.id, desk.member} & set(header.conflicts)
        assert True not in {desk.suspended, network.members[desk.member].suspended}
        assert list(Clearance).index(desk.clearance) <= list(Clearance).index(header.clearance)
        assert int(header.version.partition(".")[0]) in desk.majors
        if EuropolCode.H2 in header.handling.europol and desk.member != sender:
            indirect = {"ROLE_ADJACENT", "ROLE_CORRIDOR", "COMPETENCE", "PRIOR"}
            assert {reason.code for reason in row.because} - indirect


@given(case=cases())
def test_earlier_recipients_get_it_again_or_are_owed_a_recall(case: Case) -> None:
    decision = case.decide()
    delivered = {row.desk for row in decision.deliveries}

    assert set(owed_recalls(decision, case.prior)) == set(case.prior) - delivered


@given(case=cases(), header=headers(), audience=audiences())
def test_the_digest_changes_when_and_only_when_the_rows_change(
    case: Case, header: Header, audience: Audience
) -> None:
    one = case.decide()
    other = replace(case, header=header, network=rebuilt(case.network, audience=audience)).decide()

    assert (one.digest == other.digest) == (rows(one) == rows(other))


@given(case=cases())
def test_the_digest_changes_with_the_network_version_and_its_digest(case: Case) -> None:
    later = replace(case, network=replace(case.network, version=2)).decide()
    changed = replace(case, network=replace(case.network, digest=b"\x01" * 32)).decide()

    assert len({case.decide().digest, later.digest, changed.digest}) == 3


@given(case=cases(), other=cases())
def test_the_hub_only_narrows(case: Case, other: Case) -> None:
    mine, theirs = case.decide(), other.decide()

    narrowed = intersect(mine, _slip(theirs))

    assert opened(narrowed) == opened(mine.deliveries) & opened(theirs.deliveries)
    for row in narrowed:
        assert (row.view is View.NOTICE) == (not row.compartments)
        assert row.view is not View.FULL or set(row.compartments) == case.present
    kept = {row.desk for row in narrowed}
    lost = {row.desk for row in withheld(mine, _slip(theirs))}
    assert kept | lost == {row.desk for row in theirs.deliveries}
    assert not kept & lost


@given(case=cases())
def test_equal_decisions_pass_the_hub_unchanged(case: Case) -> None:
    decision = case.decide()

    assert intersect(decision, _slip(decision)) == decision.deliveries
    assert withheld(decision, _slip(decision)) == ()


def _slip(decision: Decision) -> Slip:
    return Slip(
        signed_sha256=bytes(32),
        network=NetworkRef(version=decision.network_version, digest=decision.network_digest),
        engine=decision.engine,
        decision_digest=decision.digest,
        deliveries=tuple(
            DeliveryRow(
                desk=row.desk,
                compartments=row.compartments,
                because=tuple(
                    ReasonRow(code=reason.code, about=reason.about) for reason in row.because
                ),
            )
            for row in decision.deliveries
        ),
    )


@given(case=cases(), desk=st.sampled_from((*DESK_IDS, "no.desk")))
def test_silence_is_kept_towards_all_who_may_not_know(case: Case, desk: str) -> None:
    told = may_be_told(desk, MISSING, case.header, case.open_part, case.network, case.prior)
    decision = case.decide()
    denied = {row.desk: row.code for row in decision.denials}

    if told is Telling.NOTHING:
        assert desk not in {row.desk for row in decision.deliveries}
    if desk in denied and told is Telling.ITS_OWN_ROW:
        assert denied[desk] == "SCHEMA_UNSUPPORTED"
        assert desk in case.header.addressing.desks
    if desk == case.header.from_ and desk in case.network.desks:
        assert told is Telling.EVERYTHING


@given(case=cases(), desk=st.sampled_from((*DESK_IDS, "no.desk")))
def test_why_not_agrees_with_the_decision(case: Case, desk: str) -> None:
    decision = case.decide()
    delivered = {row.desk: row for row in decision.deliveries}
    denied = {row.desk: row.code for row in decision.denials}

    answer = why_not(
        desk, MISSING, case.header, case.open_part, case.present, case.network, case.prior
    )

    assert answer.delivery == delivered.get(desk)
    assert [(each.compartment, each.objection.code) for each in answer.withheld] == list(
        delivered[desk].withheld if desk in delivered else ()
    )
    if answer.outcome is Outcome.DENIED:
        assert answer.objections[0].code == denied[desk]
    else:
        assert desk not in denied
    assert (answer.outcome is Outcome.NO_SUCH_DESK) == (desk not in case.network.desks)


@given(case=cases(), desk=st.sampled_from(DESK_IDS))
def test_naming_a_desk_as_why_not_says_makes_it_a_candidate(case: Case, desk: str) -> None:
    answer = why_not(
        desk, MISSING, case.header, case.open_part, case.present, case.network, case.prior
    )
    if answer.outcome is not Outcome.NOT_CANDIDATE:
        return
    addressing = case.header.addressing
    named = case.with_addressing(
        replace(addressing, desks=(*addressing.desks, answer.addresses[0].add))
    )

    listed = named.decide()

    assert desk in {row.desk for row in listed.deliveries} | {row.desk for row in listed.denials}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["RS", "HU"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(case=cases(), last_seen=_JSON, heading=_JSON)
def test_no_open_part_makes_a_decision_fail(case: Case, last_seen: object, heading: object) -> None:
    odd: Mapping[str, object] = {"last_seen": last_seen, "likely_heading": heading}

    decide(MISSING, case.header, odd, case.present, case.network, case.prior)
    addressing_problems(MISSING, case.header, odd, case.network)
    why_not("rs.spoc", MISSING, case.header, odd, case.present, case.network, case.prior)


@pytest.mark.parametrize("message_type", ["weather", ""])
@given(case=cases())
def test_an_event_type_that_the_policy_does_not_know_reaches_nobody(
    message_type: str, case: Case
) -> None:
    decision = decide(
        message_type, case.header, case.open_part, case.present, case.network, case.prior
    )

    assert decision.deliveries == ()

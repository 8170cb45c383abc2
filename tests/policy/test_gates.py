"""What says no to a candidate, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import pytest

from natcbus.contract.types.core import Addressing, Kind, Purpose, Status, Tlp
from natcbus.routing.candidates import Candidate
from natcbus.routing.decision import Reason
from natcbus.routing.gates import Refusal, conditions, every_refusal, first_refusal
from natcbus.routing.network import Desk, Network, Reach, Tier, TlpScope
from tests.support.building import MISSING, POLICY, Changes, a_desk, a_header, a_network, addressed

HU_SPOC = a_desk("hu.spoc")
SHELTER = a_desk("hu.shelter", "NGO_SHELTER")
OBSERVER = a_desk("tr.spoc")
PLATFORM = a_desk("techco.safety", "PARTNER_TECH")
NETWORK = a_network(a_desk("rs.spoc"), HU_SPOC, SHELTER, OBSERVER, PLATFORM)


def refused(
    desk: Desk,
    *,
    named: bool = False,
    tlp: Tlp = Tlp.AMBER,
    network: Network = NETWORK,
    message_type: str = MISSING,
    **header: Unpack[Changes],
) -> Refusal | None:
    candidate = Candidate(
        desk, (Reason("NAMED" if named else "ROLE_HEADING"),), Reach.FULL, named=named
    )
    return first_refusal(candidate, conditions(message_type, a_header(tlp=tlp, **header), network))


def excluding(*parties: str) -> Addressing:
    return addressed(exclude=parties)


def test_a_desk_that_may_have_it_passes() -> None:
    assert refused(HU_SPOC) is None


@pytest.mark.parametrize("party", ["hu.spoc", "hu"])
def test_the_sender_can_exclude_a_desk_or_a_whole_member(party: str) -> None:
    assert refused(HU_SPOC, addressing=excluding(party)) is Refusal.EXCLUDED_BY_SENDER
    assert refused(OBSERVER, addressing=excluding(party)) is None


def test_a_desk_that_is_named_and_excluded_is_excluded() -> None:
    assert refused(HU_SPOC, named=True, addressing=excluding("hu")) is Refusal.EXCLUDED_BY_SENDER


def test_the_sending_desk_gets_no_echo_but_its_colleagues_do() -> None:
    assert refused(HU_SPOC, from_="hu.spoc") is Refusal.OWN_DESK
    assert refused(HU_SPOC, named=True, from_="hu.spoc") is Refusal.OWN_DESK
    assert refused(HU_SPOC, from_="hu.border-police") is None


def test_a_kind_that_is_unknown_goes_to_nobody() -> None:
    assert refused(HU_SPOC, named=True, kind=Kind.UNKNOWN) is Refusal.UNKNOWN_CODE_FAIL_CLOSED


def test_nothing_flows_back_to_a_partner_unless_it_is_named_or_public() -> None:
    assert refused(PLATFORM) is Refusal.PARTNER_NO_BACKFLOW
    assert refused(PLATFORM, tlp=Tlp.GREEN) is Refusal.PARTNER_NO_BACKFLOW
    assert refused(PLATFORM, named=True) is None
    assert refused(PLATFORM, tlp=Tlp.CLEAR) is None


@pytest.mark.parametrize("status", [Status.EXERCISE, Status.TEST, Status.SYSTEM])
def test_a_desk_gets_only_the_statuses_it_is_enrolled_for(status: Status) -> None:
    assert refused(HU_SPOC, named=True, status=status) is Refusal.STATUS_ISOLATION
    assert refused(a_desk("hu.spoc", statuses=[status.value]), status=status) is None


def test_a_desk_for_exercises_alone_gets_nothing_actual() -> None:
    assert refused(a_desk("hu.spoc", statuses=["EXERCISE"])) is Refusal.STATUS_ISOLATION


def test_red_goes_to_named_desks_only() -> None:
    assert refused(HU_SPOC, tlp=Tlp.RED) is Refusal.TLP_RED_NOT_NAMED
    assert refused(HU_SPOC, tlp=Tlp.RED, named=True) is None


@pytest.mark.parametrize(
    ("tlp", "desk", "within"),
    [
        (Tlp.AMBER_STRICT, HU_SPOC, True),
        (Tlp.AMBER_STRICT, SHELTER, False),
        (Tlp.AMBER_STRICT, OBSERVER, False),
        (Tlp.AMBER, SHELTER, True),
        (Tlp.AMBER, OBSERVER, True),
        (Tlp.AMBER, a_desk("tr.hotline", "HOTLINE"), False),
        (Tlp.GREEN, a_desk("tr.hotline", "HOTLINE"), True),
        (Tlp.CLEAR, PLATFORM, True),
    ],
)
def test_the_level_says_who_may_have_it_without_being_named(
    tlp: Tlp, desk: Desk, *, within: bool
) -> None:
    refusals = every_refusal(
        Candidate(desk, (Reason("ROLE_HEADING"),), Reach.FULL),
        conditions(MISSING, a_header(tlp=tlp), NETWORK),
    )
    assert (Refusal.TLP_SCOPE not in refusals) is within


def test_a_stricter_level_never_reaches_further_even_if_the_table_says_so() -> None:
    odd = {**POLICY.tlp, "GREEN": TlpScope({Tier.MEMBER: frozenset({"HOTLINE"})})}
    network = a_network(a_desk("rs.spoc"), HU_SPOC, policy=replace(POLICY, tlp=odd))

    assert refused(HU_SPOC, tlp=Tlp.AMBER, network=network) is Refusal.TLP_SCOPE


def test_a_level_without_a_row_covers_nobody() -> None:
    network = a_network(HU_SPOC, policy=replace(POLICY, tlp={}))

    assert refused(HU_SPOC, tlp=Tlp.CLEAR, network=network) is Refusal.TLP_SCOPE


def test_a_desk_of_a_member_that_is_not_there_is_treated_as_a_partner() -> None:
    assert refused(a_desk("gone.spoc")) is Refusal.PARTNER_NO_BACKFLOW


def test_the_type_of_organisation_must_be_admitted_for_the_purpose() -> None:
    assert refused(SHELTER) is Refusal.PURPOSE_MISMATCH
    assert refused(SHELTER, named=True) is Refusal.PURPOSE_MISMATCH
    assert refused(SHELTER, purpose=Purpose.PROTECT_VICTIM) is None


def test_this_very_desk_must_be_accredited_for_the_purpose() -> None:
    assert refused(a_desk("hu.spoc", purposes=["INVESTIGATE"])) is Refusal.PURPOSE_MISMATCH


@pytest.mark.parametrize("purpose", [Purpose.UNKNOWN, Purpose.RESEARCH_STATISTICS])
def test_a_purpose_that_the_policy_does_not_know_admits_nobody(purpose: Purpose) -> None:
    desk = a_desk("hu.spoc", purposes=[*(each.value for each in Purpose)])

    assert refused(desk, named=True, purpose=purpose) is Refusal.PURPOSE_MISMATCH


def test_the_type_of_organisation_must_be_competent_for_the_event() -> None:
    network = a_network(
        HU_SPOC, policy=replace(POLICY, competence={MISSING: frozenset({"HOTLINE"})})
    )

    assert refused(HU_SPOC, named=True, network=network) is Refusal.COMPETENCE


def test_nobody_is_competent_for_an_event_that_policy_or_contract_does_not_know() -> None:
    no_audience = a_network(HU_SPOC, audiences={})

    assert refused(HU_SPOC, named=True, message_type="weather") is Refusal.COMPETENCE
    assert refused(HU_SPOC, named=True, network=no_audience) is Refusal.COMPETENCE


def test_every_gate_that_says_no_is_told_in_order() -> None:
    partner = a_desk("techco.safety", "PARTNER_TECH", purposes=[], statuses=[])
    header = a_header(
        tlp=Tlp.RED, addressing=excluding("techco"), from_="techco.safety", kind=Kind.UNKNOWN
    )

    refusals = every_refusal(
        Candidate(partner, (Reason("COMPETENCE", ("ONLINE",)),), Reach.FULL),
        conditions("weather", header, NETWORK),
    )

    assert refusals == (
        Refusal.EXCLUDED_BY_SENDER,
        Refusal.OWN_DESK,
        Refusal.UNKNOWN_CODE_FAIL_CLOSED,
        Refusal.PARTNER_NO_BACKFLOW,
        Refusal.STATUS_ISOLATION,
        Refusal.TLP_RED_NOT_NAMED,
        Refusal.PURPOSE_MISMATCH,
        Refusal.COMPETENCE,
    )

"""What says no to a candidate, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Unpack

import pytest

from natcbus.contract.types.core import (
    Addressing,
    Clearance,
    EuropolCode,
    Kind,
    LegalBasis,
    Purpose,
    Regime,
    Status,
    Tlp,
)
from natcbus.routing.candidates import Candidate
from natcbus.routing.decision import Reason
from natcbus.routing.gates import GATES, Refusal, conditions, every_refusal, first_refusal
from natcbus.routing.network import Agreement, Desk, Network, Reach, Tier, TlpScope
from tests.support.building import MISSING, POLICY, Changes, a_desk, a_header, a_network, addressed

HU_SPOC = a_desk("hu.spoc")
SHELTER = a_desk("hu.shelter", "NGO_SHELTER")
OBSERVER = a_desk("tr.spoc")
PLATFORM = a_desk("techco.safety", "PARTNER_TECH")
NETWORK = a_network(a_desk("rs.spoc"), HU_SPOC, SHELTER, OBSERVER, PLATFORM)


def refused(  # noqa: PLR0913 - the desk, how it was found, and the message
    desk: Desk,
    *,
    named: bool = False,
    direct: bool = True,
    tlp: Tlp = Tlp.AMBER,
    europol: tuple[EuropolCode, ...] = (),
    network: Network = NETWORK,
    message_type: str = MISSING,
    **header: Unpack[Changes],
) -> Refusal | None:
    reason = Reason("NAMED" if named else "ROLE_HEADING")
    candidate = Candidate(desk, (reason,), Reach.FULL, named=named, direct=direct)
    message = a_header(tlp=tlp, europol=europol, **header)
    return first_refusal(candidate, conditions(message_type, message, network))


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


@pytest.mark.parametrize("party", ["hu.spoc", "hu"])
def test_whom_the_case_concerns_never_gets_it_even_if_named(party: str) -> None:
    assert refused(HU_SPOC, conflicts=(party,)) is Refusal.CONFLICT_OF_INTEREST
    assert refused(HU_SPOC, conflicts=(party,), named=True) is Refusal.CONFLICT_OF_INTEREST
    assert refused(OBSERVER, conflicts=(party,)) is None


def test_a_conflict_keeps_it_from_the_senders_own_colleagues_too() -> None:
    assert refused(a_desk("rs.post"), conflicts=("rs.post",)) is Refusal.CONFLICT_OF_INTEREST


def test_a_suspended_desk_or_member_gets_nothing_named_or_not() -> None:
    network = a_network(a_desk("rs.spoc"), HU_SPOC, suspended=["hu"])

    assert refused(HU_SPOC, named=True, network=network) is Refusal.SUSPENDED
    assert refused(OBSERVER, network=network) is not Refusal.SUSPENDED
    assert refused(a_desk("hu.spoc", suspended=True)) is Refusal.SUSPENDED


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


def test_h2_asks_for_the_providers_permission() -> None:
    """Given by a name, by a country's role in the case, and not needed within the provider."""
    h2 = (EuropolCode.H1, EuropolCode.H2)

    assert refused(HU_SPOC, europol=h2) is None
    assert refused(HU_SPOC, europol=h2, direct=False) is Refusal.H2_NO_PROVIDER_CONSENT
    assert refused(HU_SPOC, europol=h2, direct=False, named=True) is None
    assert refused(a_desk("rs.post"), europol=h2, direct=False) is None
    assert refused(HU_SPOC, europol=(EuropolCode.H1,), direct=False) is None


UNTIL_MARCH = Agreement(
    name="Police, until the second of March",
    from_=frozenset({"rs"}),
    to=frozenset({"hu"}),
    regimes=frozenset({"LED"}),
    basis="AGREEMENT",
    until=date(2026, 3, 2),
)


def under(*agreements: Agreement) -> Network:
    policy = replace(POLICY, agreements=agreements)
    return a_network(a_desk("rs.spoc"), HU_SPOC, OBSERVER, policy=policy)


def test_between_two_members_an_agreement_must_cover_the_transfer() -> None:
    assert refused(HU_SPOC, network=under()) is Refusal.NO_TRANSFER_BASIS
    assert refused(HU_SPOC, network=under(), named=True) is Refusal.NO_TRANSFER_BASIS
    assert refused(HU_SPOC, network=under(UNTIL_MARCH)) is None
    assert refused(OBSERVER, network=under(UNTIL_MARCH)) is Refusal.NO_TRANSFER_BASIS


def test_an_agreement_holds_one_way() -> None:
    there = under(UNTIL_MARCH)

    assert refused(a_desk("rs.post"), from_="hu.spoc", network=there) is Refusal.NO_TRANSFER_BASIS


def test_within_a_member_and_for_what_is_public_no_agreement_is_needed() -> None:
    assert refused(a_desk("rs.post"), network=under()) is None
    assert refused(HU_SPOC, tlp=Tlp.CLEAR, network=under()) is None
    assert refused(HU_SPOC, tlp=Tlp.GREEN, network=under()) is Refusal.NO_TRANSFER_BASIS


def test_the_member_of_a_sender_is_what_stands_before_its_first_dot() -> None:
    night_shift = "rs.spoc.night"

    assert refused(a_desk("rs.post"), from_=night_shift, network=under()) is None
    assert refused(HU_SPOC, from_=night_shift, network=under(UNTIL_MARCH)) is None


@pytest.mark.parametrize(
    ("sent_at", "covered"),
    [
        (datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 3, 0, 0, tzinfo=UTC), False),
    ],
)
def test_an_agreement_holds_until_the_end_of_its_last_day(
    sent_at: datetime, *, covered: bool
) -> None:
    refusal = refused(HU_SPOC, sent_at=sent_at, network=under(UNTIL_MARCH))

    assert (refusal is None) is covered


def test_an_agreement_covers_the_regimes_that_it_names() -> None:
    service = a_desk("hu.spoc", regime="GDPR")

    assert refused(service, network=under(UNTIL_MARCH)) is Refusal.NO_TRANSFER_BASIS


def test_what_police_collected_goes_to_others_only_where_an_agreement_crosses() -> None:
    service = a_desk("hu.spoc", regime="GDPR")
    both = replace(UNTIL_MARCH, regimes=frozenset({"LED", "GDPR"}))
    civil = LegalBasis(regime=Regime.GDPR, reference="RS:ZZP/1")

    assert refused(service, network=under(both)) is Refusal.NO_TRANSFER_BASIS
    assert refused(service, network=under(both), legal_basis=civil) is None
    assert refused(service, network=under(replace(both, crossing=True))) is None
    assert refused(HU_SPOC, network=under(both), legal_basis=civil) is None


def test_one_agreement_that_covers_is_enough() -> None:
    expired = replace(UNTIL_MARCH, name="Old", until=date(2020, 1, 1))

    assert refused(HU_SPOC, network=under(expired, UNTIL_MARCH)) is None


@pytest.mark.parametrize(
    ("demanded", "held", "passes"),
    [
        (Clearance.NONE, Clearance.NONE, True),
        (Clearance.RESTRICTED, Clearance.NONE, False),
        (Clearance.RESTRICTED, Clearance.RESTRICTED, True),
        (Clearance.CONFIDENTIAL, Clearance.RESTRICTED, False),
        (Clearance.CONFIDENTIAL, Clearance.SECRET, True),
        (Clearance.SECRET, Clearance.CONFIDENTIAL, False),
    ],
)
def test_a_desk_must_be_cleared_for_what_the_message_demands(
    demanded: Clearance, held: Clearance, *, passes: bool
) -> None:
    refusal = refused(a_desk("hu.spoc", clearance=held), clearance=demanded, named=True)

    assert refusal is (None if passes else Refusal.CLEARANCE)


@pytest.mark.parametrize(
    ("version", "majors", "reads"),
    [
        ("1.0", {1}, True),
        ("1.37", {1, 2}, True),
        ("2.0", {1}, False),
        ("2.0", {2}, True),
        ("", {1}, False),
        ("one", {1}, False),
        ("1", {1}, False),
        ("0.9", {1}, False),
    ],
)
def test_a_desk_gets_only_major_versions_that_it_reads(
    version: str, majors: set[int], *, reads: bool
) -> None:
    desk = a_desk("hu.spoc", majors=frozenset(majors))

    refusal = refused(desk, version=version, named=True)

    assert refusal is (None if reads else Refusal.SCHEMA_UNSUPPORTED)


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


def worst(desk: Desk, tlp: Tlp, from_: str) -> tuple[Refusal, ...]:
    header = a_header(
        tlp=tlp,
        europol=(EuropolCode.H2,),
        addressing=excluding("techco"),
        conflicts=("techco",),
        from_=from_,
        kind=Kind.UNKNOWN,
        clearance=Clearance.SECRET,
        version="9.0",
    )
    return every_refusal(
        Candidate(desk, (Reason("COMPETENCE", ("ONLINE",)),), Reach.FULL),
        conditions("weather", header, under()),
    )


def test_every_gate_that_says_no_is_told_in_order() -> None:
    partner = a_desk("techco.safety", "PARTNER_TECH", purposes=[], statuses=[], suspended=True)
    all_but = {Refusal.NOT_CANDIDATE, Refusal.TLP_SCOPE, Refusal.OWN_DESK}

    assert worst(partner, Tlp.RED, "rs.spoc") == tuple(
        refusal for refusal in Refusal if refusal not in all_but
    )
    assert Refusal.TLP_SCOPE in worst(partner, Tlp.AMBER, "rs.spoc")
    assert Refusal.OWN_DESK in worst(partner, Tlp.RED, "techco.safety")


def test_a_gate_is_left_out_only_where_it_would_let_everybody_pass() -> None:
    plain = conditions(MISSING, a_header(tlp=Tlp.CLEAR), NETWORK)

    assert len(plain.asked) < len(GATES)
    for gate, _ in GATES:
        if gate not in plain.asked:
            for desk in NETWORK.desks.values():
                assert gate(Candidate(desk, (), Reach.FULL), plain) is None

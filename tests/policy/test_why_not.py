"""Why a desk does not get a message, and what would change that."""

from __future__ import annotations

from collections.abc import Mapping

from natcbus.contract.types.core import Addressing, CountryRole, Header, Tlp, Urgency
from natcbus.routing.decide import decide
from natcbus.routing.decision import Reason
from natcbus.routing.why_not import Address, Outcome, WhyNot, why_not
from tests.support.building import (
    LAST_SEEN_IN_SERBIA,
    MISSING,
    SEALED,
    a_desk,
    a_header,
    a_network,
    addressed,
)

NETWORK = a_network(
    a_desk("rs.spoc"),
    a_desk("hu.spoc", topics=["CHILDREN"]),
    a_desk("hu.shelter", "NGO_SHELTER"),
    a_desk("hu.border-police", "BORDER_POLICE"),
    a_desk("bg.spoc", topics=["CHILDREN", "ONLINE"]),
    a_desk("bg.training", statuses=["EXERCISE"]),
    a_desk("techco.safety", "PARTNER_TECH"),
)


def asked(
    desk: str, header: Header | Addressing, open_part: Mapping[str, object] = LAST_SEEN_IN_SERBIA
) -> WhyNot:
    message = a_header(addressing=header) if isinstance(header, Addressing) else header
    return why_not(desk, MISSING, message, open_part, SEALED, NETWORK)


def test_a_desk_that_does_not_exist_is_answered_with_the_nearest() -> None:
    answer = asked("hu.spok", addressed(desks=["hu.spoc"]))

    assert answer.outcome is Outcome.NO_SUCH_DESK
    assert answer.nearest[0] == "hu.spoc"


def test_a_desk_that_receives_is_told_what_and_why() -> None:
    header = a_header(addressing=addressed(desks=["hu.spoc"]))
    answer = asked("hu.spoc", header)

    assert answer.outcome is Outcome.RECEIVES
    assert (answer.delivery,) == decide(
        MISSING, header, LAST_SEEN_IN_SERBIA, SEALED, NETWORK
    ).deliveries
    assert answer.because == (Reason("NAMED"),)
    assert answer.objections == ()


def test_a_desk_that_receives_is_told_what_it_does_not_open_and_who_may_change_that() -> None:
    answer = asked("bg.spoc", addressed(roles=[CountryRole.ADJACENT]))

    assert [
        (each.compartment, each.objection.code, each.objection.rule, each.objection.may_fix)
        for each in answer.withheld
    ] == [
        ("circumstances", "REACH", "", "publisher"),
        ("source", "FIELD_MASKED_PII", "R16", "publisher"),
    ]
    assert answer.withheld[0].objection.text == (
        "The reasons for which this desk was chosen do not reach that far."
    )


def test_what_is_withheld_is_told_with_the_words_of_the_message() -> None:
    answer = asked("hu.border-police", addressed(desks=["hu.border-police"]))

    assert [(each.compartment, each.objection.text) for each in answer.withheld] == [
        (
            "source",
            "The audience table of missing_person does not give it to BORDER_POLICE desks.",
        )
    ]


def test_an_earlier_recipient_that_nothing_else_points_at_is_told_what_it_gets() -> None:
    earlier = {"bg.spoc": frozenset({"recognition"})}
    header = a_header(addressing=addressed(desks=["hu.spoc"]))

    answer = why_not("bg.spoc", MISSING, header, {}, SEALED, NETWORK, earlier)

    assert answer.outcome is Outcome.RECEIVES
    assert answer.because == (Reason("PRIOR"),)
    assert answer.delivery is not None
    assert answer.delivery.compartments == ("recognition",)


def test_a_conflict_can_be_lifted_by_a_coordinator() -> None:
    header = a_header(addressing=addressed(desks=["hu.spoc"]), conflicts=("hu",))

    (objection,) = asked("hu.spoc", header).objections

    assert (objection.code, objection.rule, objection.may_fix) == (
        "CONFLICT_OF_INTEREST",
        "R17",
        "coordinator",
    )


def test_a_corridor_that_leads_through_the_country_is_an_address() -> None:
    answer = asked("bg.spoc", addressed(roles=[CountryRole.CORRIDOR], corridors=["RO-HU"]))

    assert Address("/header/addressing/corridors", "TR-BG-RS-HU") in answer.addresses
    assert Address("/header/addressing/countries", "BG as CORRIDOR") in answer.addresses


def test_a_denied_desk_is_told_every_gate_the_deciding_one_first() -> None:
    answer = asked(
        "hu.shelter",
        a_header(tlp=Tlp.AMBER_STRICT, addressing=addressed(roles=[CountryRole.HEADING])),
    )

    assert answer.outcome is Outcome.DENIED
    assert answer.because == (Reason("ROLE_HEADING", ("HU",)),)
    assert [(each.code, each.rule, each.may_fix) for each in answer.objections] == [
        ("TLP_SCOPE", "R04", "publisher"),
        ("PURPOSE_MISMATCH", "R06", "secretariat"),
    ]
    assert answer.objections[0].text.startswith("TLP:AMBER+STRICT does not cover")


def test_a_desk_that_nothing_points_at_is_told_which_addresses_would() -> None:
    answer = asked("bg.spoc", addressed(roles=[CountryRole.HEADING]))

    assert answer.outcome is Outcome.NOT_CANDIDATE
    assert [each.code for each in answer.objections] == ["NOT_CANDIDATE"]
    assert answer.addresses == (
        Address("/header/addressing/desks", "bg.spoc"),
        Address(
            "/header/addressing/roles", "LAST_SEEN, with BG as LAST_SEEN in addressing.countries"
        ),
        Address("/header/addressing/countries", "BG as HEADING"),
        Address(
            "/header/addressing/roles",
            "NATIONALITY, with BG as NATIONALITY in addressing.countries",
        ),
        Address("/header/addressing/roles", "ORIGIN, with BG as ORIGIN in addressing.countries"),
        Address("/header/addressing/roles", "ADJACENT"),
        Address(
            "/header/addressing/roles", "RESIDENCE, with BG as RESIDENCE in addressing.countries"
        ),
        Address(
            "/header/addressing/roles", "CORRIDOR, with BG as CORRIDOR in addressing.countries"
        ),
        Address("/header/addressing/corridors", "TR-BG-RS-HU, with CORRIDOR in addressing.roles"),
        Address("/header/addressing/topics", "CHILDREN"),
        Address("/header/addressing/topics", "ONLINE"),
    )


def test_a_desk_that_would_be_refused_anyway_is_told_that_too() -> None:
    answer = asked("bg.training", addressed(roles=[CountryRole.HEADING]))

    assert [each.code for each in answer.objections] == ["NOT_CANDIDATE", "STATUS_ISOLATION"]


def test_under_only_a_name_is_the_only_address() -> None:
    answer = asked("bg.spoc", addressed(desks=["hu.spoc"], only=True))

    assert answer.addresses == (Address("/header/addressing/desks", "bg.spoc"),)


def test_a_partner_has_no_country_to_be_addressed_by() -> None:
    answer = asked("techco.safety", addressed(roles=[CountryRole.HEADING]))

    assert [each.code for each in answer.objections] == [
        "NOT_CANDIDATE",
        "PARTNER_NO_BACKFLOW",
        "TLP_SCOPE",
    ]
    assert answer.addresses == (Address("/header/addressing/desks", "techco.safety"),)


def test_addresses_are_those_of_the_urgency() -> None:
    header = a_header(urgency=Urgency.EXPECTED, addressing=addressed(roles=[CountryRole.LAST_SEEN]))

    assert Address("/header/addressing/roles", "ADJACENT") not in asked("hu.spoc", header).addresses
    assert Address("/header/addressing/roles", "HEADING") in asked("hu.spoc", header).addresses


def test_an_event_type_without_policy_leaves_only_the_name() -> None:
    header = a_header(addressing=addressed(desks=["bg.spoc"]))
    answer = why_not("hu.spoc", "weather", header, {}, SEALED, NETWORK)

    assert [each.code for each in answer.objections] == ["NOT_CANDIDATE", "COMPETENCE"]
    assert answer.addresses == (Address("/header/addressing/desks", "hu.spoc"),)

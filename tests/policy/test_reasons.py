"""The reasons of a decision in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natcbus.contract.types.core import Clearance, Status, Tlp
from natcbus.routing.country_roles import BY_ROLE
from natcbus.routing.decision import Withheld
from natcbus.routing.gates import Refusal
from natcbus.routing.reasons import explain, explain_denial, explain_withheld, tlp_label
from natcbus.routing.rules import RULES, WITHHOLDING
from tests.support.building import POLICY, a_desk, a_header, a_network

NETWORK = a_network(
    a_desk("rs.spoc"), a_desk("hu.shelter", "NGO_SHELTER"), a_desk("ro.spoc"), a_desk("xk.spoc")
)


def test_every_delivery_code_has_its_sentence() -> None:
    for code in ["NAMED", "PRIOR", "COMPETENCE", *BY_ROLE.values()]:
        text = explain(code, ("RS",), NETWORK, "hu.shelter")
        assert text.endswith(".")
        assert code not in text


def test_countries_are_named() -> None:
    assert (
        explain("ROLE_LAST_SEEN", ("RS",), NETWORK, "rs.spoc")
        == "The person was last seen in Serbia (RS)."
    )
    assert (
        explain("ROLE_ORIGIN", ("HU", "RO", "RS"), NETWORK, "rs.spoc")
        == "People from Hungary (HU), Romania (RO) and Serbia (RS) are the target."
    )


def test_a_country_that_is_no_member_is_named_by_its_code() -> None:
    assert (
        explain("ROLE_HEADING", ("AT",), NETWORK, "rs.spoc") == "The person may be heading for AT."
    )


def test_a_neighbour_is_told_which_border_it_is_about() -> None:
    text = explain("ROLE_ADJACENT", ("RO", "RS"), NETWORK, "hu.shelter")

    assert (
        text == "Hungary (HU) borders Romania (RO) and Serbia (RS), where the person was last seen."
    )


def test_a_neighbour_by_the_senders_word_is_told_so() -> None:
    text = explain("ROLE_ADJACENT", ("HU",), NETWORK, "hu.shelter")

    assert text == "The sender counts Hungary (HU) among the countries around."


def test_a_designation_note_stands_with_the_name() -> None:
    note = "* This designation is without prejudice to positions on status."

    assert (
        explain("ROLE_HEADING", ("XK",), NETWORK, "rs.spoc")
        == f"The person may be heading for Kosovo* (XK). {note}"
    )
    assert explain("ROLE_ADJACENT", ("RS",), NETWORK, "xk.spoc").endswith(note)


def test_each_designation_has_its_note() -> None:
    network = replace(NETWORK, designations={"XK": "One note.", "RO": "Another note."})

    assert explain("ROLE_HEADING", ("RO", "XK"), network, "rs.spoc") == (
        "The person may be heading for Romania* (RO) and Kosovo* (XK). * Another note. * One note."
    )


def test_topics_are_put_in_words() -> None:
    assert explain("COMPETENCE", ("MISSING_CHILDREN", "ONLINE"), NETWORK, "rs.spoc") == (
        "This desk works on missing children and online."
    )
    assert explain("COMPETENCE", ("CYBER", "MISSING_CHILDREN", "ONLINE"), NETWORK, "rs.spoc") == (
        "This desk works on cyber, missing children and online."
    )


def test_a_code_of_a_later_version_is_shown_as_it_is() -> None:
    no_words = "which this version of natcbus cannot put into words: update it."

    assert explain("ROLE_NEW", ("RS", "HU"), NETWORK, "rs.spoc") == (
        f"Reason ROLE_NEW (RS, HU), {no_words}"
    )
    assert explain("ROLE_HEADING", (), NETWORK, "rs.spoc") == f"Reason ROLE_HEADING, {no_words}"
    assert "GATE_NEW" in explain_denial("GATE_NEW", NETWORK, "rs.spoc")


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_denial_code_has_its_sentence_with_and_without_the_header(refusal: Refusal) -> None:
    for text in (
        explain_denial(refusal, NETWORK, "hu.shelter", a_header()),
        explain_denial(refusal, NETWORK, "hu.shelter"),
        explain_denial(refusal, NETWORK, "no.such-desk"),
    ):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text


def test_a_desk_and_a_message_that_the_reader_does_not_know_are_told_in_general_words() -> None:
    network = a_network(a_desk("rs.spoc"), policy=replace(POLICY, small_cell=7))
    rules = {**RULES, **WITHHOLDING}
    said = {code.value: explain_denial(code, network, "no.such-desk") for code in Refusal}
    said |= {code.value: explain_withheld(code, network, "no.such-desk") for code in Withheld}

    assert {code: text for code, text in said.items() if "{" in rules[code].says} == {
        "EXCLUDED_BY_SENDER": "The sender excluded this desk or all of its member.",
        "CONFLICT_OF_INTEREST": "The case itself concerns this desk or its member.",
        "SUSPENDED": "This desk or all of its member is suspended.",
        "STATUS_ISOLATION": "This desk is not enrolled for such messages.",
        "TLP_SCOPE": "The message's TLP level does not cover unlisted desks of its member, "
        "and this desk is not named.",
        "H2_NO_PROVIDER_CONSENT": "The data is under Europol code H2, and its provider "
        "has not allowed that it goes on to its member.",
        "NO_TRANSFER_BASIS": "No agreement covers a transfer from its provider to a desk of "
        "its member under its regime.",
        "CLEARANCE": "The message demands the clearance that the sender chose, and this desk "
        "has less.",
        "SCHEMA_UNSUPPORTED": "The message is written in version unknown here, and this desk "
        "reads others.",
        "PURPOSE_MISMATCH": "This unlisted desk is not accredited for the purpose that the "
        "sender chose.",
        "COMPETENCE": "Unlisted desks have no competence for such events.",
        "AUDIENCE": "The audience table of such events does not give it to unlisted desks.",
        "SMALL_CELL": "A count in it is below 7 and may point at a person, and this desk is not "
        "named.",
        "PURPOSE_REACH": "The purpose that the sender chose does not give it to unlisted desks.",
    }


def test_a_message_without_a_version_is_told_to_a_desk_that_reads_several_or_none() -> None:
    header = a_header(version="")
    network = a_network(
        a_desk("rs.spoc", majors=frozenset({3, 1, 2})), a_desk("hu.spoc", majors=frozenset())
    )

    assert explain_denial("SCHEMA_UNSUPPORTED", network, "rs.spoc", header) == (
        "The message is written in version unknown, and this desk reads 1.x, 2.x and 3.x."
    )
    assert explain_denial("SCHEMA_UNSUPPORTED", network, "hu.spoc", header) == (
        "The message is written in version unknown, and this desk reads none."
    )


def test_a_withheld_compartment_is_told_with_the_words_of_the_message() -> None:
    header = a_header()

    assert explain_withheld("AUDIENCE", NETWORK, "hu.shelter", header) == (
        "The audience table of missing_person does not give it to NGO_SHELTER desks."
    )
    assert explain_withheld("PURPOSE_REACH", NETWORK, "hu.shelter", header) == (
        "The purpose LOCATE_PERSON does not give it to NGO_SHELTER desks."
    )


def test_a_desk_of_no_country_is_told_of_its_country_in_general_words() -> None:
    network = a_network(a_desk("techco.safety", "PARTNER_TECH"))

    assert explain("ROLE_ADJACENT", ("RS",), network, "techco.safety") == (
        "This desk's country borders RS, where the person was last seen."
    )
    assert explain("ROLE_CORRIDOR", ("RO-HU",), network, "techco.safety") == (
        "The route RO-HU leads through this desk's country."
    )


def test_a_denial_is_exact_when_the_header_is_known() -> None:
    header = a_header(tlp=Tlp.AMBER_STRICT, status=Status.EXERCISE)

    assert explain_denial("TLP_SCOPE", NETWORK, "hu.shelter", header) == (
        "TLP:AMBER+STRICT does not cover NGO_SHELTER desks of Hungary, and this desk is not named."
    )
    assert explain_denial("STATUS_ISOLATION", NETWORK, "hu.shelter", header) == (
        "This desk is not enrolled for EXERCISE messages."
    )
    assert "LOCATE_PERSON" in explain_denial("PURPOSE_MISMATCH", NETWORK, "hu.shelter", header)
    assert "missing_person" in explain_denial("COMPETENCE", NETWORK, "hu.shelter", header)


def test_every_rule_names_who_may_change_it() -> None:
    assert set(RULES) == set(Refusal)
    assert {rule.may_fix for rule in RULES.values()} == {
        "publisher",
        "secretariat",
        "provider",
        "data-protection officer",
        "coordinator",
        "recipient",
        "nobody",
    }
    assert RULES["TLP_SCOPE"].number == "R04"


@pytest.mark.parametrize("code", list(Withheld))
def test_every_withheld_compartment_has_its_sentence(code: Withheld) -> None:
    for text in (
        explain_withheld(code, NETWORK, "hu.shelter", a_header()),
        explain_withheld(code, NETWORK, "no.such-desk"),
    ):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text
    assert set(WITHHOLDING) == set(Withheld)
    assert "RULE_NEW" in explain_withheld("RULE_NEW", NETWORK, "hu.shelter")


def test_numbers_of_rules_are_those_of_the_networks_list() -> None:
    numbers = {refusal.value: RULES[refusal].number for refusal in Refusal}
    numbers |= {code.value: WITHHOLDING[code].number for code in Withheld}
    assert {code: number for code, number in numbers.items() if number} == {
        "NOT_CANDIDATE": "R01",
        "EXCLUDED_BY_SENDER": "R02",
        "TLP_RED_NOT_NAMED": "R03",
        "TLP_SCOPE": "R04",
        "H2_NO_PROVIDER_CONSENT": "R05",
        "PURPOSE_MISMATCH": "R06",
        "PURPOSE_REACH": "R06",
        "NO_TRANSFER_BASIS": "R07",
        "COMPETENCE": "R10",
        "CLEARANCE": "R11",
        "STATUS_ISOLATION": "R12",
        "SUSPENDED": "R15",
        "FIELD_MASKED_PII": "R16",
        "CONFLICT_OF_INTEREST": "R17",
        "SMALL_CELL": "R18",
        "SCHEMA_UNSUPPORTED": "R19",
        "UNKNOWN_CODE_FAIL_CLOSED": "R21",
    }


def test_a_refusal_names_provider_regime_clearance_and_version() -> None:
    header = a_header(clearance=Clearance.SECRET, version="2.3")

    def said(code: str) -> str:
        return explain_denial(code, NETWORK, "hu.shelter", header)

    assert said("H2_NO_PROVIDER_CONSENT") == (
        "The data is under Europol code H2, and Serbia has not allowed that it goes on to Hungary."
    )
    from_the_night_shift = replace(header, from_="rs.spoc.night")
    assert "Serbia" in explain_denial(
        "H2_NO_PROVIDER_CONSENT", NETWORK, "hu.shelter", from_the_night_shift
    )
    assert said("NO_TRANSFER_BASIS") == (
        "No agreement covers a transfer from Serbia to a desk of Hungary under LED."
    )
    assert said("CLEARANCE") == "The message demands the clearance SECRET, and this desk has NONE."
    assert said("SCHEMA_UNSUPPORTED") == (
        "The message is written in version 2.3, and this desk reads 1.x."
    )


def test_a_route_is_told_with_the_country_that_it_leads_through() -> None:
    assert explain("ROLE_CORRIDOR", ("TR-BG-RS-HU",), NETWORK, "rs.spoc") == (
        "The route TR-BG-RS-HU leads through Serbia (RS)."
    )
    assert explain("ROLE_CORRIDOR", ("RO-HU", "TR-BG-RS-HU"), NETWORK, "hu.shelter") == (
        "The routes RO-HU and TR-BG-RS-HU lead through Hungary (HU)."
    )
    assert explain("ROLE_CORRIDOR", ("RO",), NETWORK, "ro.spoc") == (
        "The sender counts Romania (RO) among the countries of the route."
    )
    assert explain("ROLE_CORRIDOR", ("XK-RS",), NETWORK, "xk.spoc").endswith(
        "through Kosovo* (XK). * This designation is without prejudice to positions on status."
    )


def test_levels_are_written_as_first_writes_them() -> None:
    assert [tlp_label(level) for level in Tlp] == [
        "TLP:RED",
        "TLP:AMBER+STRICT",
        "TLP:AMBER",
        "TLP:GREEN",
        "TLP:CLEAR",
    ]

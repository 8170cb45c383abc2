"""The reasons of a decision in words."""

from __future__ import annotations

import pytest

from natcbus.contract.types.core import Status, Tlp
from natcbus.routing.candidates import BY_ROLE
from natcbus.routing.gates import Refusal
from natcbus.routing.reasons import RULES, explain, explain_denial, tlp_label
from tests.support.building import a_desk, a_header, a_network

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


def test_topics_are_put_in_words() -> None:
    assert explain("COMPETENCE", ("MISSING_CHILDREN", "ONLINE"), NETWORK, "rs.spoc") == (
        "This desk works on missing children and online."
    )


def test_a_code_of_a_later_version_is_shown_as_it_is() -> None:
    assert "ROLE_NEW (RS)" in explain("ROLE_NEW", ("RS",), NETWORK, "rs.spoc")
    assert "ROLE_HEADING" in explain("ROLE_HEADING", (), NETWORK, "rs.spoc")
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
    assert {rule.may_fix for rule in RULES.values()} == {"publisher", "secretariat", "nobody"}
    assert RULES["TLP_SCOPE"].number == "R04"


def test_levels_are_written_as_first_writes_them() -> None:
    assert [tlp_label(level) for level in Tlp] == [
        "TLP:RED",
        "TLP:AMBER+STRICT",
        "TLP:AMBER",
        "TLP:GREEN",
        "TLP:CLEAR",
    ]

"""What the bus derives from the open part, always a machine assessment."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.types.core import CountryRole
from natcbus.contract.types.hub import ReasonRow
from natcbus.contract.types.recruitment_ad import IndicatorCode, Stated
from natcbus.enrichment import advertisements, missing_persons
from natcbus.enrichment.enrich import enrich, explain_indicator
from tests.support.building import a_desk, a_header, a_network, addressed

NETWORK = a_network(a_desk("rs.spoc"), a_desk("hu.spoc"))
CODES = tuple(code.value for code in IndicatorCode)
FLAGS = ("pay_above_norm", "lodging", "transport", "upfront_fee")


def an_ad(
    present: tuple[str, ...] = (), *, state: str = "PRESENT", **offer: str
) -> Mapping[str, object]:
    flags = dict.fromkeys(FLAGS, "NOT_STATED") | offer
    return {"offer": flags, "indicators": [{"code": code, "state": state} for code in present]}


def band(open_part: Mapping[str, object]) -> str:
    return advertisements.indicators(open_part)[0].code


def rows(open_part: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    return {row.code: row.about for row in advertisements.indicators(open_part)}


def test_every_indicator_of_the_contract_has_a_group() -> None:
    assert set(CODES) - {"UNKNOWN"} | {flag.upper() for flag in FLAGS} == set(advertisements.GROUPS)


@pytest.mark.parametrize("code", [code for code in CODES if code != "UNKNOWN"])
def test_one_indicator_is_never_more_than_low(code: str) -> None:
    assert rows(an_ad((code,)))["AD_BAND_LOW"] == (code,)


def test_two_indicators_are_never_more_than_low() -> None:
    assert {band(an_ad(pair)) for pair in combinations(CODES, 2)} == {"AD_BAND_LOW"}


def test_many_indicators_of_one_group_are_low() -> None:
    targeting = ("ASKS_PHOTO", "ASKS_DOCUMENT_SCAN", "WOMEN_ONLY", "MINORS_TARGETED", "SECRECY")

    assert band(an_ad(targeting)) == "AD_BAND_LOW"


def test_three_indicators_of_two_groups_are_worth_a_look() -> None:
    assert rows(an_ad(("DEBT_FOR_TRAVEL", "WAGE_DEDUCTIONS"), pay_above_norm="PRESENT")) == {
        "AD_BAND_REVIEW": ("DEBT_FOR_TRAVEL", "PAY_ABOVE_NORM", "WAGE_DEDUCTIONS"),
        "AD_GROUPS": ("DEBT", "OFFER"),
        "AD_NOT_STATED": ("LODGING", "TRANSPORT", "UPFRONT_FEE"),
    }


def test_five_indicators_need_three_groups_to_be_high() -> None:
    two_groups = (
        "DEBT_FOR_TRAVEL",
        "WAGE_DEDUCTIONS",
        "URGENT_START",
        "VAGUE_DUTIES",
        "NO_EXPERIENCE_NEEDED",
    )
    three_groups = (*two_groups[:4], "MESSENGER_ONLY")

    assert band(an_ad(two_groups)) == "AD_BAND_REVIEW"
    assert band(an_ad(three_groups)) == "AD_BAND_HIGH"


def test_what_is_not_stated_counts_apart_from_what_is_contradicted() -> None:
    found = rows(an_ad(("URGENT_START",), state="CONTRADICTED", lodging="CONTRADICTED"))

    assert found["AD_BAND_LOW"] == ()
    assert found["AD_CONTRADICTED"] == ("LODGING", "URGENT_START")
    assert found["AD_NOT_STATED"] == ("PAY_ABOVE_NORM", "TRANSPORT", "UPFRONT_FEE")


def test_an_indicator_stated_twice_counts_once_and_a_contradiction_prevails() -> None:
    twice = {
        "indicators": [
            {"code": "SECRECY", "state": "PRESENT"},
            {"code": "SECRECY", "state": "PRESENT"},
        ]
    }
    both = {
        "indicators": [
            {"code": "SECRECY", "state": "PRESENT"},
            {"code": "SECRECY", "state": "CONTRADICTED"},
        ]
    }

    assert rows(twice)["AD_BAND_LOW"] == ("SECRECY",)
    assert rows(both) == {"AD_BAND_LOW": (), "AD_CONTRADICTED": ("SECRECY",)}


def test_an_indicator_of_a_later_version_counts_for_nothing() -> None:
    assert rows(an_ad(("UNKNOWN", "PAID_IN_CRYPTO")))["AD_BAND_LOW"] == ()


def test_an_open_part_without_anything_is_low() -> None:
    assert advertisements.indicators({}) == (ReasonRow(code="AD_BAND_LOW"),)


STATEMENTS = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from([each.value for each in Stated])), max_size=24
)


@given(statements=STATEMENTS)
def test_the_band_is_bounded_by_count_and_groups_and_the_order_is_irrelevant(
    statements: list[tuple[str, str]],
) -> None:
    stated = [{"code": code, "state": state} for code, state in statements]
    found = advertisements.indicators({"indicators": stated})
    present = set(found[0].about)

    assert found == advertisements.indicators({"indicators": stated[::-1]})
    if found[0].code != "AD_BAND_LOW":
        assert len(present) >= 3
        assert len({advertisements.GROUPS[code] for code in present}) >= 2
    assert max(len(row.about) for row in found) <= 32


def test_a_minor_near_a_border_heading_abroad() -> None:
    open_part = {
        "age_band": "CHILD_12_15",
        "last_seen": {"country": "RS", "border_point": "RSHRG"},
        "likely_heading": [
            {"country": "HU"},
            {"country": "RS"},
            {"country": "AT"},
            {"country": "HU"},
        ],
    }
    assert missing_persons.indicators(open_part) == (
        ReasonRow(code="MINOR", about=("CHILD_12_15",)),
        ReasonRow(code="NEAR_BORDER", about=("RSHRG",)),
        ReasonRow(code="HEADING_ABROAD", about=("AT", "HU")),
    )


def test_an_adult_inland_is_nothing_to_notice() -> None:
    open_part = {
        "age_band": "ADULT_25_59",
        "last_seen": {"country": "RS", "border_point": None},
        "likely_heading": [{"country": "RS"}],
    }
    assert missing_persons.indicators(open_part) == ()
    assert missing_persons.indicators({}) == ()


def enriched(event: str, open_part: Mapping[str, object]) -> tuple[ReasonRow, ...]:
    return enrich(event, a_header(), open_part, NETWORK)


def test_each_event_type_has_its_own_enrichment_or_none() -> None:
    assert enriched("missing_person", {"age_band": "CHILD_0_5"}) == (
        ReasonRow(code="MINOR", about=("CHILD_0_5",)),
    )
    assert enriched("recruitment_ad", {}) == (ReasonRow(code="AD_BAND_LOW"),)
    assert enriched("joint_action_day", {}) == ()
    assert enriched("weather", {}) == ()
    assert {"missing_person", "recruitment_ad"} <= load_catalogue().types.keys()


def test_a_heading_that_routing_derived_is_marked_as_possible() -> None:
    header = a_header(addressing=addressed(roles=[CountryRole.HEADING]))
    at_the_border = {"last_seen": {"country": "RS", "border_point": "RSHRG"}}
    stated = {**at_the_border, "likely_heading": [{"country": "HU"}]}

    derived = ReasonRow(code="HEADING_DERIVED", about=("HU", "POSSIBLE", "NEAR_BORDER"))
    assert derived in enrich("missing_person", header, at_the_border, NETWORK)
    assert derived not in enrich("missing_person", header, stated, NETWORK)
    assert derived not in enriched("missing_person", at_the_border)


def test_indicators_are_put_in_words() -> None:
    assert explain_indicator("HEADING_DERIVED", ("HU", "POSSIBLE", "NEAR_BORDER")) == (
        "May be heading for HU, beyond the border point: derived, not said by the sender."
    )
    assert explain_indicator("MINOR", ("CHILD_12_15",)) == "The person is a minor."
    assert (
        explain_indicator("HEADING_ABROAD", ("AT", "HU"))
        == "May be leaving the country for AT, HU."
    )
    assert (
        explain_indicator("AD_GROUPS", ("DEBT", "OFFER")) == "The indicators concern debt, offer."
    )
    assert (
        explain_indicator("AD_BAND_LOW", ())
        == "Few indicators, which says little either way: none."
    )
    assert explain_indicator("NEW", ("x",)) == "NEW: x."
    assert explain_indicator("NEW", ()) == "NEW: nothing."

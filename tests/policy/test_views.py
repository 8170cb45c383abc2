"""What a desk may open, and what people call it."""

from __future__ import annotations

from natcbus.routing.candidates import Candidate
from natcbus.routing.decision import Reason, View
from natcbus.routing.network import Reach
from natcbus.routing.views import Openings, small_counts, view_of
from tests.support.building import AUDIENCE, SEALED, a_desk


def opened(
    organisation: str = "SPOC_24_7",
    *,
    reach: Reach = Reach.FULL,
    named: bool = False,
    had: frozenset[str] = frozenset(),
    purpose: Reach = Reach.FULL,
    present: frozenset[str] = SEALED,
) -> tuple[str, ...]:
    candidate = Candidate(
        a_desk("hu.desk", organisation), (Reason("ROLE_HEADING"),), reach, named=named, had=had
    )
    return Openings(present, AUDIENCE, {organisation: purpose}).of(candidate).compartments


def test_a_full_reach_opens_what_the_audience_table_gives_the_organisation() -> None:
    assert opened("SPOC_24_7") == ("circumstances", "identity", "recognition")
    assert opened("NGO_SHELTER") == ("recognition",)
    assert opened("NATIONAL_COORDINATOR") == ()


def test_an_organisation_that_the_audience_table_does_not_list_opens_nothing() -> None:
    assert opened("PROSECUTION", named=True) == ()


def test_a_reduced_reach_keeps_the_reduced_set() -> None:
    assert opened("BORDER_POLICE", reach=Reach.REDUCED) == ("identity", "recognition")


def test_a_notice_opens_nothing() -> None:
    assert opened(reach=Reach.NOTICE) == ()


def test_a_compartment_for_named_desks_needs_the_name() -> None:
    assert "source" not in opened()
    assert "source" in opened(named=True)


def test_an_earlier_recipient_keeps_what_it_had_and_no_more() -> None:
    assert opened(reach=Reach.NOTICE, had=frozenset({"circumstances"})) == ("circumstances",)
    assert opened("NGO_SHELTER", reach=Reach.NOTICE, had=frozenset({"circumstances"})) == ()


def test_an_earlier_name_does_not_open_what_needs_a_name_now() -> None:
    assert opened(reach=Reach.NOTICE, had=frozenset({"source", "identity"})) == ("identity",)


def test_the_purpose_narrows_every_reason_even_a_name() -> None:
    assert opened(named=True, purpose=Reach.REDUCED) == ("identity", "recognition")
    assert opened(named=True, purpose=Reach.NOTICE) == ()


def test_only_what_is_present_can_be_opened() -> None:
    assert opened(present=frozenset({"identity", "unheard_of"})) == ("identity",)


def test_full_holds_every_present_compartment() -> None:
    assert view_of(("identity",), {"identity"}) is View.FULL
    assert view_of(("identity",), {"identity", "source"}) is View.REDUCED
    assert view_of((), {"identity"}) is View.NOTICE


def test_a_message_without_compartments_is_a_notice_to_everybody() -> None:
    assert view_of((), set()) is View.NOTICE


def why(
    organisation: str = "SPOC_24_7",
    *,
    reach: Reach = Reach.FULL,
    named: bool = False,
    purpose: Reach = Reach.FULL,
    guarded: frozenset[str] = frozenset(),
) -> dict[str, str]:
    candidate = Candidate(
        a_desk("hu.desk", organisation), (Reason("ROLE_HEADING"),), reach, named=named
    )
    openings = Openings(SEALED, AUDIENCE, {organisation: purpose}, guarded)
    return {name: code.value for name, code in openings.of(candidate).withheld}


def test_what_the_organisation_may_not_open_comes_first() -> None:
    everything = why("NATIONAL_COORDINATOR", reach=Reach.NOTICE, purpose=Reach.NOTICE)

    assert everything == dict.fromkeys(SEALED, "AUDIENCE")


def test_then_what_needs_a_name() -> None:
    assert why(reach=Reach.NOTICE)["source"] == "FIELD_MASKED_PII"
    assert why(guarded=frozenset({"identity"}))["identity"] == "SMALL_CELL"
    assert why(guarded=frozenset({"identity", "source"}), named=True) == {}


def test_then_what_the_reasons_and_last_what_the_purpose_does_not_reach() -> None:
    assert why(reach=Reach.REDUCED, purpose=Reach.NOTICE) == {
        "circumstances": "REACH",
        "identity": "PURPOSE_REACH",
        "recognition": "PURPOSE_REACH",
        "source": "FIELD_MASKED_PII",
    }
    assert why(named=True, purpose=Reach.REDUCED) == {
        "circumstances": "PURPOSE_REACH",
        "source": "PURPOSE_REACH",
    }


def test_candidates_of_one_kind_open_the_same_and_others_do_not() -> None:
    openings = Openings(SEALED, AUDIENCE, {"SPOC_24_7": Reach.FULL})

    def of(desk: str, reach: Reach, *, named: bool = False) -> tuple[str, ...]:
        return openings.of(Candidate(a_desk(desk), (), reach, named)).compartments

    assert of("hu.spoc", Reach.FULL) == of("ro.spoc", Reach.FULL)
    assert of("hu.spoc", Reach.REDUCED) == ("identity", "recognition")
    assert of("hu.spoc", Reach.FULL, named=True) == tuple(sorted(SEALED))


def test_a_count_is_small_below_the_networks_bound_and_zero_says_that_there_is_none() -> None:
    small = frozenset({"results"})

    assert small_counts({"smallest_cell": 4}, 5) == small
    assert small_counts({"smallest_cell": 1}, 5) == small
    assert small_counts({"smallest_cell": 5}, 5) == frozenset()
    assert small_counts({"smallest_cell": 0}, 5) == frozenset()
    assert small_counts({"smallest_cell": 4}, 0) == frozenset()
    assert small_counts({}, 5) == frozenset()
    assert small_counts({"smallest_cell": "4"}, 5) == frozenset()

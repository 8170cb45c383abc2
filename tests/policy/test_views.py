"""What a desk may open, and what people call it."""

from __future__ import annotations

from natcbus.routing.candidates import Candidate
from natcbus.routing.decision import Reason, View
from natcbus.routing.network import Reach
from natcbus.routing.views import openable, view_of
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
    return openable(candidate, present, AUDIENCE, purpose)


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

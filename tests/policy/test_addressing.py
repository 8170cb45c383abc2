"""What is wrong with whom a message points at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Addressing, CountryRole, Header, Kind, Purpose, Urgency
from natcbus.routing.addressing import addressing_problems, nobody_problem
from natcbus.routing.decide import decide
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
    a_desk("rs.border-police", "BORDER_POLICE"),
    a_desk("hu.spoc", topics=["CHILDREN"]),
    a_desk("hu.hotline", "HOTLINE"),
    a_desk("techco.safety", "PARTNER_TECH"),
)


def problems(
    addressing: Addressing | None = None,
    *,
    header: Header | None = None,
    open_part: Mapping[str, object] = LAST_SEEN_IN_SERBIA,
    message_type: str = MISSING,
) -> list[Problem]:
    message = header or a_header(addressing=addressing or addressed(desks=["hu.spoc"]))
    return addressing_problems(message_type, message, open_part, NETWORK)


def codes(found: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in found]


def test_an_address_that_resolves_has_no_problem() -> None:
    whole = addressed(
        desks=["hu.spoc"],
        roles=[CountryRole.LAST_SEEN, CountryRole.ADJACENT, CountryRole.NATIONALITY],
        countries=[("HU", CountryRole.NATIONALITY)],
        topics=["CHILDREN"],
        exclude=["techco", "hu.hotline"],
    )
    assert problems(whole) == []


def test_empty_addressing_is_refused() -> None:
    assert codes(problems(addressed())) == [("/header/addressing", "EMPTY_ADDRESSING")]


def test_only_without_a_name_is_empty() -> None:
    (problem,) = problems(addressed(roles=[CountryRole.LAST_SEEN], only=True))

    assert (problem.pointer, problem.code) == ("/header/addressing", "EMPTY_ADDRESSING")
    assert "only" in problem.text


def test_a_mistyped_desk_is_pointed_at_with_the_nearest() -> None:
    (problem,) = problems(addressed(desks=["hu.spoc", "hu.hotlin"]))

    assert (problem.pointer, problem.code) == ("/header/addressing/desks/1", "UNKNOWN_DESK")
    assert "did you mean hu.hotline?" in problem.text


def test_a_mistyped_member_is_looked_for_among_all_desks() -> None:
    (problem,) = problems(addressed(desks=["sr.border-police"]))

    assert "rs.border-police" in problem.text


def test_a_desk_like_no_other_gets_the_way_to_the_list() -> None:
    (problem,) = problems(addressed(desks=["zz.qqqqqqqqq"]))

    assert "natcbus network show" in problem.text


def test_an_exclusion_of_nobody_is_refused() -> None:
    found = problems(addressed(desks=["hu.spoc"], exclude=["hu", "hun"]))

    assert codes(found) == [("/header/addressing/exclude/1", "UNKNOWN_EXCLUDE")]


def test_a_role_that_the_policy_gives_no_reach_is_refused() -> None:
    (problem,) = problems(addressed(desks=["hu.spoc"], roles=[CountryRole.TRANSIT]))

    assert (problem.pointer, problem.code) == ("/header/addressing/roles/0", "ROLE_NOT_IN_MATRIX")
    assert "LAST_SEEN" in problem.text


def test_the_matrix_depends_on_the_urgency() -> None:
    header = a_header(addressing=addressed(roles=[CountryRole.ADJACENT]), urgency=Urgency.EXPECTED)

    assert codes(problems(header=header)) == [("/header/addressing/roles/0", "ROLE_NOT_IN_MATRIX")]


def test_an_unknown_role_is_refused() -> None:
    found = problems(addressed(roles=[CountryRole.UNKNOWN]))

    assert codes(found) == [("/header/addressing/roles/0", "ROLE_NOT_IN_MATRIX")]


def test_a_role_that_no_country_plays_is_refused_with_the_field_to_fill() -> None:
    (heading,) = problems(
        addressed(roles=[CountryRole.HEADING]), open_part={"last_seen": {"country": "RS"}}
    )
    (nationality,) = problems(addressed(roles=[CountryRole.NATIONALITY]))
    (adjacent,) = problems(addressed(roles=[CountryRole.ADJACENT]), open_part={})

    assert (heading.pointer, heading.code) == ("/header/addressing/roles/0", "ROLE_WITHOUT_COUNTRY")
    assert "/open/likely_heading/*/country" in heading.text
    assert nationality.code == "ROLE_WITHOUT_COUNTRY"
    assert "addressing.countries" in nationality.text
    assert adjacent.code == "ROLE_WITHOUT_COUNTRY"


def test_a_country_whose_role_is_not_listed_is_refused() -> None:
    found = problems(addressed(desks=["hu.spoc"], countries=[("HU", CountryRole.HEADING)]))

    assert codes(found) == [("/header/addressing/countries/0/role", "COUNTRY_ROLE_NOT_LISTED")]


def test_a_country_without_a_desk_is_refused() -> None:
    found = problems(
        addressed(roles=[CountryRole.HEADING], countries=[("AT", CountryRole.HEADING)])
    )

    assert codes(found) == [("/header/addressing/countries/0/code", "COUNTRY_WITHOUT_MEMBER")]


def test_a_heading_in_the_open_part_may_lead_out_of_the_network() -> None:
    to_austria = {"last_seen": {"country": "RS"}, "likely_heading": [{"country": "AT"}]}

    assert (
        problems(
            addressed(roles=[CountryRole.LAST_SEEN, CountryRole.HEADING]), open_part=to_austria
        )
        == []
    )


def test_a_corridor_that_is_unknown_is_refused_with_the_nearest() -> None:
    (problem,) = problems(addressed(roles=[CountryRole.CORRIDOR], corridors=["TR-BG-RS-HR"]))[:1]

    assert (problem.pointer, problem.code) == (
        "/header/addressing/corridors/0",
        "UNKNOWN_CORRIDOR",
    )
    assert "did you mean TR-BG-RS-HU?" in problem.text


def test_a_corridor_without_its_role_is_refused() -> None:
    found = problems(addressed(desks=["hu.spoc"], corridors=["TR-BG-RS-HU"]))

    assert codes(found) == [("/header/addressing/corridors", "CORRIDOR_ROLE_NOT_LISTED")]


def test_the_role_corridor_without_a_route_is_refused() -> None:
    (problem,) = problems(addressed(desks=["hu.spoc"], roles=[CountryRole.CORRIDOR]))

    assert problem.code == "ROLE_WITHOUT_COUNTRY"
    assert "addressing.corridors" in problem.text


def test_a_route_that_is_named_is_no_problem() -> None:
    assert problems(addressed(roles=[CountryRole.CORRIDOR], corridors=["TR-BG-RS-HU"])) == []


def test_a_heading_that_can_be_derived_is_no_problem() -> None:
    near = {"last_seen": {"country": "RS", "border_point": "RSHRG"}}
    inland = {"last_seen": {"country": "RS", "border_point": None}}
    heading = addressed(roles=[CountryRole.HEADING])

    assert problems(heading, open_part=near) == []
    assert [each.code for each in problems(heading, open_part=inland)] == ["ROLE_WITHOUT_COUNTRY"]


def test_a_border_point_that_the_network_does_not_know_is_refused() -> None:
    open_part = {
        "last_seen": {"country": "RS", "border_point": "RSHRX"},
        "likely_heading": [{"country": "HU"}, {"country": "HU", "border_point": "ZZZZZ"}],
    }

    found = problems(addressed(desks=["hu.spoc"]), open_part=open_part)

    assert codes(found) == [
        ("/open/last_seen/border_point", "UNKNOWN_BORDER_POINT"),
        ("/open/likely_heading/1/border_point", "UNKNOWN_BORDER_POINT"),
    ]
    assert "did you mean RSHRG?" in " ".join(each.text for each in found)


def test_a_border_point_on_another_border_is_refused() -> None:
    open_part = {
        "last_seen": {"country": "RS", "border_point": "BGKAN"},
        "likely_heading": [{"country": "HU", "border_point": "HUROZ"}],
    }

    (problem,) = problems(addressed(desks=["hu.spoc"]), open_part=open_part)

    assert (problem.pointer, problem.code) == (
        "/open/last_seen/border_point",
        "BORDER_POINT_ELSEWHERE",
    )
    assert "BG and TR" in problem.text


def test_a_conflict_with_nobody_is_refused() -> None:
    header = a_header(addressing=addressed(desks=["hu.spoc"]), conflicts=("hu", "hu.hotlin"))

    (problem,) = problems(header=header)

    assert (problem.pointer, problem.code) == ("/header/conflicts/1", "UNKNOWN_CONFLICT")
    assert "hu.hotline" in problem.text


def test_who_is_suspended_may_only_take_back() -> None:
    network = a_network(a_desk("rs.spoc"), a_desk("hu.spoc"), suspended=["rs"])
    by_kind = {
        kind: addressing_problems(
            MISSING, a_header(addressing=addressed(desks=["hu.spoc"]), kind=kind), {}, network
        )
        for kind in (Kind.ALERT, Kind.UPDATE, Kind.CANCEL, Kind.RECALL)
    }

    assert codes(by_kind[Kind.ALERT]) == [("/header/from", "SENDER_SUSPENDED")]
    assert codes(by_kind[Kind.UPDATE]) == [("/header/from", "SENDER_SUSPENDED")]
    assert by_kind[Kind.CANCEL] == by_kind[Kind.RECALL] == []


def test_a_topic_that_nobody_works_on_is_refused() -> None:
    (problem,) = problems(addressed(topics=["CHILDRENS"]))

    assert (problem.pointer, problem.code) == ("/header/addressing/topics/0", "UNKNOWN_TOPIC")
    assert "did you mean CHILDREN?" in problem.text


def test_topics_where_the_matrix_has_none_are_refused() -> None:
    header = a_header(addressing=addressed(topics=["CHILDREN"]), urgency=Urgency.EXPECTED)

    assert codes(problems(header=header)) == [("/header/addressing/topics", "TOPICS_NOT_IN_MATRIX")]


def test_a_sender_that_is_no_desk_is_refused() -> None:
    header = a_header(addressing=addressed(desks=["hu.spoc"]), from_="rs.spok")

    (problem,) = problems(header=header)

    assert (problem.pointer, problem.code) == ("/header/from", "UNKNOWN_SENDER_DESK")
    assert "rs.spoc" in problem.text


def test_a_tier_publishes_only_its_event_types() -> None:
    header = a_header(addressing=addressed(desks=["hu.spoc"]), from_="techco.safety")

    (problem,) = problems(header=header)

    assert (problem.pointer, problem.code) == ("/type", "TIER_MAY_NOT_PUBLISH")
    assert "PARTNER" in problem.text


def test_a_purpose_that_the_policy_does_not_know_is_refused() -> None:
    header = a_header(addressing=addressed(desks=["hu.spoc"]), purpose=Purpose.RESEARCH_STATISTICS)

    (problem,) = problems(header=header)

    assert (problem.pointer, problem.code) == ("/header/purpose", "PURPOSE_UNKNOWN")
    assert "LOCATE_PERSON" in problem.text


def test_all_problems_are_told_at_once_and_in_order() -> None:
    header = a_header(
        addressing=addressed(
            desks=["hu.x"], roles=[CountryRole.TRANSIT], topics=["NONE"], exclude=["y.z"]
        ),
        purpose=Purpose.UNKNOWN,
        from_="rs.x",
    )

    found = problems(header=header)

    assert [problem.code for problem in found] == [
        "UNKNOWN_DESK",
        "UNKNOWN_EXCLUDE",
        "ROLE_NOT_IN_MATRIX",
        "UNKNOWN_TOPIC",
        "UNKNOWN_SENDER_DESK",
        "PURPOSE_UNKNOWN",
    ]


def test_texts_fit_the_record_of_the_hub() -> None:
    long = "a" * 15 + "." + "b" * 39
    header = a_header(
        addressing=addressed(desks=[long], exclude=[long], topics=["T" * 40]), from_=long
    )

    assert max(len(problem.text) for problem in problems(header=header)) <= 512


def test_a_decision_for_nobody_is_a_problem_that_says_why() -> None:
    header = a_header(
        addressing=addressed(roles=[CountryRole.LAST_SEEN], exclude=["rs.border-police"])
    )

    problem = nobody_problem(decide(MISSING, header, LAST_SEEN_IN_SERBIA, SEALED, NETWORK))

    assert problem is not None
    assert (problem.pointer, problem.code) == ("/header/addressing", "NOBODY")
    assert "EXCLUDED_BY_SENDER 1, OWN_DESK 1" in problem.text


def test_a_decision_without_candidates_is_a_problem() -> None:
    nobody = decide(MISSING, a_header(), LAST_SEEN_IN_SERBIA, SEALED, NETWORK)
    somebody = decide(
        MISSING, a_header(addressing=addressed(desks=["hu.spoc"])), {}, SEALED, NETWORK
    )

    assert nobody_problem(nobody) is not None
    assert nobody_problem(somebody) is None
    assert nobody_problem(replace(somebody, deliveries=())) is not None

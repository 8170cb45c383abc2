"""Whom the header and the thread point at, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from natcbus.contract.types.core import Addressing, CountryRole, Urgency
from natcbus.routing.candidates import Candidate, candidates
from natcbus.routing.decision import Prior, Reason
from natcbus.routing.network import Cell, Reach
from tests.support.building import (
    AUDIENCE,
    LAST_SEEN_IN_SERBIA,
    MISSING,
    POLICY,
    ROLE_ROWS,
    a_desk,
    a_header,
    a_network,
    addressed,
)

NETWORK = a_network(
    a_desk("rs.spoc"),
    a_desk("rs.border-police", "BORDER_POLICE"),
    a_desk("hu.spoc"),
    a_desk("hu.border-police", "BORDER_POLICE", topics=["BORDER_CROSSING"]),
    a_desk("hu.shelter", "NGO_SHELTER", topics=["CHILDREN"]),
    a_desk("bg.spoc"),
    a_desk("bg.coordinator", "NATIONAL_COORDINATOR"),
    a_desk("si.spoc", topics=["CHILDREN", "BORDER_CROSSING"]),
    a_desk("tr.spoc"),
)


def found(
    addressing: Addressing,
    *,
    urgency: Urgency = Urgency.IMMEDIATE,
    open_part: Mapping[str, object] = LAST_SEEN_IN_SERBIA,
    prior: Prior | None = None,
) -> dict[str, Candidate]:
    header = a_header(addressing=addressing, urgency=urgency)
    return {
        each.desk.id: each for each in candidates(MISSING, header, open_part, NETWORK, prior or {})
    }


def reasons(candidate: Candidate) -> list[tuple[str, tuple[str, ...]]]:
    return [(reason.code, reason.about) for reason in candidate.because]


def test_empty_addressing_points_at_nobody() -> None:
    assert found(addressed()) == {}


def test_a_named_desk_is_a_candidate_for_everything() -> None:
    assert found(addressed(desks=["bg.spoc"])) == {
        "bg.spoc": Candidate(NETWORK.desks["bg.spoc"], (Reason("NAMED"),), Reach.FULL, named=True)
    }


def test_a_desk_that_does_not_exist_is_nobody() -> None:
    assert found(addressed(desks=["bg.sopc"], topics=["NO_SUCH_TOPIC"])) == {}


def test_a_role_takes_its_countries_from_the_open_part() -> None:
    last_seen = found(addressed(roles=[CountryRole.LAST_SEEN]))
    heading = found(addressed(roles=[CountryRole.HEADING]))

    assert list(last_seen) == ["rs.border-police", "rs.spoc"]
    assert list(heading) == ["hu.border-police", "hu.shelter", "hu.spoc"]
    assert reasons(heading["hu.spoc"]) == [("ROLE_HEADING", ("HU",))]


def test_a_role_takes_countries_from_the_addressing_too() -> None:
    heading = found(addressed(roles=[CountryRole.HEADING], countries=[("BG", CountryRole.HEADING)]))

    assert reasons(heading["bg.spoc"]) == [("ROLE_HEADING", ("BG",))]
    assert "hu.spoc" in heading


def test_a_country_in_a_role_that_is_not_listed_yields_nobody() -> None:
    assert found(addressed(countries=[("BG", CountryRole.HEADING)])) == {}


def test_nationality_comes_from_the_addressing_alone() -> None:
    pointer = {"NATIONALITY": ("/nationalities/*",)}
    network = replace(NETWORK, audiences={MISSING: replace(AUDIENCE, country_roles=pointer)})
    addressing = addressed(
        roles=[CountryRole.NATIONALITY], countries=[("BG", CountryRole.NATIONALITY)]
    )

    pointed_at = candidates(
        MISSING, a_header(addressing=addressing), {"nationalities": ["SI"]}, network, {}
    )

    assert [each.desk.id for each in pointed_at] == ["bg.coordinator", "bg.spoc"]


def test_adjacent_are_the_neighbours_of_where_the_person_was_last_seen() -> None:
    adjacent = found(addressed(roles=[CountryRole.ADJACENT]))

    assert list(adjacent) == ["bg.spoc", "hu.border-police", "hu.spoc"]
    assert reasons(adjacent["hu.spoc"]) == [("ROLE_ADJACENT", ("RS",))]
    assert adjacent["hu.spoc"].reach is Reach.REDUCED


def test_a_country_is_not_adjacent_to_itself() -> None:
    roles = [CountryRole.ADJACENT, CountryRole.LAST_SEEN]
    adjacent = found(addressed(roles=roles, countries=[("HU", CountryRole.LAST_SEEN)]))

    assert reasons(adjacent["hu.spoc"]) == [("ROLE_LAST_SEEN", ("HU",))]
    assert reasons(adjacent["si.spoc"]) == [("ROLE_ADJACENT", ("HU",))]


def test_a_country_can_be_called_adjacent_by_the_sender() -> None:
    adjacent = found(
        addressed(roles=[CountryRole.ADJACENT], countries=[("TR", CountryRole.ADJACENT)])
    )

    assert reasons(adjacent["tr.spoc"]) == [("ROLE_ADJACENT", ("TR",))]


def test_the_cell_of_the_matrix_says_which_organisations_a_role_reaches() -> None:
    assert "hu.shelter" not in found(addressed(roles=[CountryRole.ADJACENT]))
    assert "bg.coordinator" not in found(addressed(roles=[CountryRole.ADJACENT]))


def test_a_role_without_cell_for_this_urgency_yields_nobody() -> None:
    adjacent = addressed(roles=[CountryRole.ADJACENT])

    assert found(adjacent, urgency=Urgency.EXPECTED) == {}
    assert found(adjacent, urgency=Urgency.UNKNOWN) == {}


def test_a_role_that_is_unknown_yields_nobody() -> None:
    unknown = addressed(roles=[CountryRole.UNKNOWN], countries=[("BG", CountryRole.UNKNOWN)])

    assert found(unknown) == {}


def test_a_corridor_takes_in_every_country_on_the_route() -> None:
    route = found(addressed(roles=[CountryRole.CORRIDOR], corridors=["TR-BG-RS-HU"]))

    assert list(route) == ["bg.spoc", "hu.spoc", "rs.spoc", "tr.spoc"]
    assert reasons(route["tr.spoc"]) == [("ROLE_CORRIDOR", ("TR-BG-RS-HU",))]
    assert route["tr.spoc"].reach is Reach.REDUCED


def test_two_corridors_through_one_country_are_both_its_reason() -> None:
    route = found(addressed(roles=[CountryRole.CORRIDOR], corridors=["TR-BG-RS-HU", "RO-HU"]))

    assert reasons(route["hu.spoc"]) == [("ROLE_CORRIDOR", ("RO-HU", "TR-BG-RS-HU"))]


def test_a_country_can_be_put_on_the_route_by_the_sender() -> None:
    route = found(addressed(roles=[CountryRole.CORRIDOR], countries=[("SI", CountryRole.CORRIDOR)]))

    assert reasons(route["si.spoc"]) == [("ROLE_CORRIDOR", ("SI",))]


def test_a_corridor_without_its_role_or_without_a_name_that_is_known_yields_nobody() -> None:
    assert found(addressed(roles=[CountryRole.HEADING], corridors=["RO-HU"])).keys() == {
        "hu.border-police",
        "hu.shelter",
        "hu.spoc",
    }
    assert found(addressed(roles=[CountryRole.CORRIDOR], corridors=["SI-AT"])) == {}


def test_residence_comes_from_the_addressing() -> None:
    lives = found(
        addressed(roles=[CountryRole.RESIDENCE], countries=[("SI", CountryRole.RESIDENCE)])
    )

    assert reasons(lives["si.spoc"]) == [("ROLE_RESIDENCE", ("SI",))]
    assert lives["si.spoc"].direct


def at_horgos(**more: object) -> Mapping[str, object]:
    return {"last_seen": {"country": "RS", "border_point": "RSHRG"}, **more}


HEADING = addressed(roles=[CountryRole.HEADING])


def test_near_a_border_point_the_other_side_may_be_the_heading() -> None:
    derived = found(HEADING, open_part=at_horgos())

    assert list(derived) == ["hu.border-police", "hu.shelter", "hu.spoc"]
    assert reasons(derived["hu.spoc"]) == [("ROLE_HEADING", ("HU",))]


def test_a_derived_heading_brings_a_reduced_view_at_most() -> None:
    assert found(HEADING, open_part=at_horgos())["hu.spoc"].reach is Reach.REDUCED


def test_nothing_but_heading_is_derived() -> None:
    roles = [CountryRole.HEADING, CountryRole.NATIONALITY, CountryRole.ADJACENT]
    derived = found(addressed(roles=roles), open_part={**at_horgos(), "likely_heading": []})

    assert reasons(derived["hu.shelter"]) == [("ROLE_HEADING", ("HU",))]
    assert reasons(derived["hu.spoc"]) == [("ROLE_ADJACENT", ("RS",)), ("ROLE_HEADING", ("HU",))]
    assert derived["hu.spoc"].reach is Reach.REDUCED


def test_a_derived_heading_keeps_to_the_cell_of_the_matrix() -> None:
    def derived(cell: Cell) -> dict[str, Reach]:
        row = replace(ROLE_ROWS[0], roles={"HEADING": cell})
        network = replace(NETWORK, policy=replace(POLICY, roles={MISSING: (row,)}))
        header = a_header(addressing=HEADING)
        pointed_at = candidates(MISSING, header, at_horgos(), network, {})
        return {each.desk.id: each.reach for each in pointed_at}

    spoc_alone = frozenset({"SPOC_24_7"})
    assert derived(Cell(Reach.FULL, spoc_alone)) == {"hu.spoc": Reach.REDUCED}
    assert derived(Cell(Reach.REDUCED, spoc_alone)) == {"hu.spoc": Reach.REDUCED}
    assert derived(Cell(Reach.NOTICE, spoc_alone)) == {"hu.spoc": Reach.NOTICE}


def test_a_derived_heading_is_no_direct_role() -> None:
    assert not found(HEADING, open_part=at_horgos())["hu.spoc"].direct
    assert found(HEADING)["hu.spoc"].direct


def test_a_stated_heading_leaves_nothing_to_derive() -> None:
    stated = at_horgos(likely_heading=[{"country": "RO"}])
    by_sender = replace(
        HEADING, countries=addressed(countries=[("BG", CountryRole.HEADING)]).countries
    )

    assert found(HEADING, open_part=stated) == {}
    assert list(found(by_sender, open_part=at_horgos())) == ["bg.coordinator", "bg.spoc"]


def test_a_heading_is_derived_only_when_minutes_count_and_the_sender_asks_for_it() -> None:
    assert found(HEADING, open_part=at_horgos(), urgency=Urgency.EXPECTED) == {}
    assert found(addressed(roles=[CountryRole.TRANSIT]), open_part=at_horgos()) == {}


def test_a_border_point_that_is_unknown_or_elsewhere_derives_nothing() -> None:
    unknown = {"last_seen": {"country": "RS", "border_point": "RSXXX"}}
    elsewhere = {"last_seen": {"country": "RS", "border_point": "BGKAN"}}
    none = {"last_seen": {"country": "RS", "border_point": None}}

    for open_part in (unknown, elsewhere, none):
        assert found(HEADING, open_part=open_part) == {}


def test_a_role_of_the_case_is_direct_and_one_by_where_a_country_lies_is_not() -> None:
    both = addressed(
        roles=[CountryRole.LAST_SEEN, CountryRole.ADJACENT, CountryRole.CORRIDOR],
        corridors=["TR-BG-RS-HU"],
        topics=["CHILDREN"],
        desks=["tr.spoc"],
    )
    direct = {desk: each.direct for desk, each in found(both).items()}

    assert direct["rs.spoc"]
    assert not any(direct[desk] for desk in ("hu.spoc", "bg.spoc", "si.spoc", "tr.spoc"))


def test_topics_add_the_desks_that_work_on_them() -> None:
    by_topic = found(addressed(topics=["CHILDREN", "BORDER_CROSSING"]))

    assert reasons(by_topic["hu.shelter"]) == [("COMPETENCE", ("CHILDREN",))]
    assert reasons(by_topic["si.spoc"]) == [("COMPETENCE", ("BORDER_CROSSING", "CHILDREN"))]
    assert list(by_topic) == ["hu.border-police", "hu.shelter", "si.spoc"]


def test_topics_choose_nobody_where_the_matrix_gives_them_no_cell() -> None:
    assert found(addressed(topics=["CHILDREN"]), urgency=Urgency.FUTURE) == {}


def test_earlier_recipients_are_candidates_again() -> None:
    had = frozenset({"identity"})
    earlier = found(addressed(), prior={"si.spoc": had, "gone.desk": had})

    assert earlier == {
        "si.spoc": Candidate(NETWORK.desks["si.spoc"], (Reason("PRIOR"),), Reach.NOTICE, had=had)
    }


def test_the_widest_reason_counts_and_all_are_kept() -> None:
    both = found(
        addressed(desks=["hu.spoc"], roles=[CountryRole.ADJACENT, CountryRole.HEADING]),
        prior={"hu.spoc": frozenset({"identity"})},
    )["hu.spoc"]

    assert [reason.code for reason in both.because] == [
        "NAMED",
        "PRIOR",
        "ROLE_ADJACENT",
        "ROLE_HEADING",
    ]
    assert both.reach is Reach.FULL


def test_only_keeps_the_named_desks_alone() -> None:
    alone = found(
        addressed(desks=["bg.spoc"], roles=[CountryRole.HEADING], topics=["CHILDREN"], only=True),
        prior={"si.spoc": frozenset()},
    )

    assert list(alone) == ["bg.spoc"]


def test_only_without_a_name_points_at_nobody() -> None:
    assert found(addressed(roles=[CountryRole.HEADING], only=True)) == {}


def test_an_open_part_without_the_fields_points_at_nobody() -> None:
    roles = addressed(roles=[CountryRole.LAST_SEEN, CountryRole.ADJACENT])

    assert found(roles, open_part={}) == {}
    assert found(roles, open_part={"last_seen": None, "likely_heading": "HU"}) == {}


def test_an_event_type_that_the_policy_does_not_know_points_at_nobody_by_role() -> None:
    header = a_header(addressing=addressed(roles=[CountryRole.LAST_SEEN], topics=["CHILDREN"]))

    assert candidates("weather", header, LAST_SEEN_IN_SERBIA, NETWORK, {}) == []
